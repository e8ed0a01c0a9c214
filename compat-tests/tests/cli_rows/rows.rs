//! Commands of `ctdbctl` with what is expected of them, tried in table and in JSON form; each JSON answer is held against
//! the schema that the program itself prints for the command.
//!
//! A noun is covered by a list of [`Try`]s and a test that plays it on a cluster. What is tried is in the order of the
//! list: a row may rely on what the rows before it did.

use std::collections::{BTreeMap, BTreeSet};

use compat_tests::{Node, ToolOutput};
use serde_json::{Value, json};

use super::shape::Shape;

/// A command line, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    /// As typed; `{net}` stands for the first three octets of the cluster's network, `{dir}` for the node's directory.
    pub(crate) words: &'static str,
    /// Exit status in both forms.
    pub(crate) exit: i32,
    /// What the table, and with an error the line on standard error, has in it.
    pub(crate) says: &'static [&'static str],
    /// Where something is in the JSON form, and what: asked second, so that a change has been made already.
    pub(crate) json: &'static [(&'static str, &'static str)],
}

/// Commands that say nothing to people when all is done, or when what is asked for is not there.
const SILENT: [&str; 4] = ["db key delete", "db key get", "db key set", "db tdb set"];

/// A row that ends with status 0.
pub(crate) const fn done(
    words: &'static str,
    says: &'static [&'static str],
    json: &'static [(&'static str, &'static str)],
) -> Try {
    Try { words, exit: 0, says, json }
}

/// A row that ends with another one.
pub(crate) const fn ends(
    exit: i32,
    words: &'static str,
    says: &'static [&'static str],
    json: &'static [(&'static str, &'static str)],
) -> Try {
    Try { words, exit, says, json }
}

/// The schemas of all answers.
pub(crate) struct Schemas {
    commands: BTreeMap<String, Value>,
    definitions: Value,
}

impl Schemas {
    /// As the program prints them.
    pub(crate) fn of(node: &Node) -> Self {
        let text = node.ctdbctl(&["schema", "-o", "json"]).unwrap().ok().unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let commands = document["commands"].as_object().unwrap().clone().into_iter().collect();
        Self { commands, definitions: document["$defs"].clone() }
    }

    /// The names of all commands.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.commands.keys().map(String::as_str).collect()
    }

    /// The command that a command line begins with.
    pub(crate) fn command(&self, words: &str) -> &str {
        let begins =
            |name: &&str| words == *name || words.strip_prefix(*name).is_some_and(|w| w.starts_with(' '));
        let found = self.names().into_iter().filter(begins).max_by_key(|name| name.len());
        let name = found.unwrap_or_else(|| panic!("'{words}' is no command"));
        self.commands.get_key_value(name).unwrap().0
    }

    /// Fails unless an answer, or an error, has the shape that was promised.
    #[track_caller]
    pub(crate) fn check(&self, command: &str, answer: &Value) {
        let schema = match answer.get("error").filter(|error| error.get("exit_status").is_some()) {
            Some(_) => error_schema(),
            None => self.commands[command].clone(),
        };
        let mut wrong = Vec::new();
        Shape { definitions: &self.definitions }.check(&schema, answer, "", &mut wrong);
        assert!(wrong.is_empty(), "'{command}': {wrong:#?} in {answer:#}");
    }
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message", "exit_status"],
            "properties": {
                "code": { "type": "string" },
                "message": { "type": "string" },
                "exit_status": { "type": "integer", "minimum": 1, "maximum": 6 },
            },
        } },
    })
}

/// Runs a command line in words.
pub(crate) fn run(node: &Node, words: &str, output: &str) -> ToolOutput {
    let mut args: Vec<&str> = words.split_ascii_whitespace().collect();
    args.extend(["-o", output]);
    node.ctdbctl(&args).unwrap()
}

/// Tries rows one after the other on a node.
#[track_caller]
pub(crate) fn play(node: &Node, net: &str, rows: &[Try]) {
    let schemas = Schemas::of(node);
    for row in rows {
        play_one(node, net, &schemas, row);
    }
}

#[track_caller]
fn play_one(node: &Node, net: &str, schemas: &Schemas, row: &Try) {
    let dir = node.base().display().to_string();
    let words = row.words.replace("{net}", net).replace("{dir}", &dir);
    let command = schemas.command(&words).to_owned();
    let table = run(node, &words, "table");
    assert_eq!(table.code, Some(row.exit), "{table:#?}");
    for part in row.says {
        let part = part.replace("{net}", net);
        let said = table.stdout.contains(&part) || table.stderr.contains(&part);
        assert!(said, "'{part}' is not said by '{words}':\n{}{}", table.stdout, table.stderr);
    }
    let told = run(node, &words, "json");
    assert_eq!(told.code, Some(row.exit), "{told:#?}");
    let answer: Value = serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{e}: {told:#?}"));
    schemas.check(&command, &answer);
    for (pointer, wanted) in row.json {
        let wanted: Value = serde_json::from_str(&wanted.replace("{net}", net)).unwrap();
        assert_eq!(answer.pointer(pointer), Some(&wanted), "{pointer} of '{words}': {answer:#}");
    }
    // What was an error in the table is one here, in one line each.
    let is_error = answer.get("error").is_some_and(|error| error.get("exit_status").is_some());
    let is_silent = table.stdout.is_empty();
    let has_remark = is_silent && row.exit != 0;
    assert_eq!(table.stderr.lines().count(), usize::from(is_error || has_remark), "{table:#?}");
    assert!(is_silent == is_error || (is_silent && SILENT.contains(&command.as_str())), "{table:#?}");
}
