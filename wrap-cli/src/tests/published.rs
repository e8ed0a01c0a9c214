//! What is published about the commands and made from their table: manual pages, the JSON schema, and the map from the old
//! commands to the new. `UPDATE=1 cargo test -p ctdbctl published` writes the files; the test fails when one is stale.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use super::examples;
use crate::args::command;
use crate::commands::{NOUNS, commands, schema};
use crate::render::json;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs")
}

fn publish(files: &BTreeMap<String, String>) {
    for (name, text) in files {
        let path = docs().join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(there == *text, "{} is stale: UPDATE=1 cargo test -p ctdbctl published", path.display());
    }
}

/// Pages of this project that are written by hand.
const OTHER_PAGES: [&str; 4] = ["ctdb-conf.d(5)", "ctdb-eventd(8)", "ctdb-serviced(8)", "ctdb-tunneld(8)"];

/// Pages of others that ours may point to.
const FOREIGN_PAGES: [&str; 6] =
    ["ctdb(1)", "ctdb.conf(5)", "ctdbd(1)", "systemctl(1)", "systemd.service(5)", "tcpdump(8)"];

/// A text as troff wants it.
fn troff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// Verbs that have no page of their own as the words that are typed: `ctdbctl event run`, not `ctdbctl-event-run(1)`.
fn name_verbs(text: &str, title: &str, nouns: &BTreeSet<String>) -> String {
    let above = format!("{}\\-", troff(title));
    let words = title.replacen('-', " ", 1);
    let line = |line: &str| match line.strip_suffix("(1)").and_then(|name| name.strip_prefix(&above)) {
        Some(verb) if !nouns.contains(&format!("{title}-{}", verb.replace('\\', ""))) => {
            format!("\\fB{} {verb}\\fR", troff(&words))
        }
        _ => line.to_owned(),
    };
    let mut named: Vec<String> = text.lines().map(line).collect();
    named.push(String::new());
    named.join("\n")
}

/// What ends a page: examples, and where to read on.
fn tail(noun: &str, nouns: &BTreeSet<String>) -> String {
    let mut text = String::from(".SH EXAMPLES\n");
    for (line, what) in examples::of(noun) {
        text += &format!(".TP\n\\fB{}\\fR\n{}\n", troff(line), troff(what));
    }
    let own = if noun.is_empty() { "ctdbctl".to_owned() } else { format!("ctdbctl-{noun}") };
    let pages =
        ["ctdbctl".to_owned()].into_iter().chain(nouns.iter().cloned()).map(|page| format!("{page}(1)"));
    let pages = pages.chain(OTHER_PAGES.map(str::to_owned)).filter(|page| *page != format!("{own}(1)"));
    // A page of a noun points to the whole, and the whole to all.
    let pages: Vec<String> = pages
        .filter(|page| noun.is_empty() || !page.starts_with("ctdbctl-"))
        .map(|page| troff(&page))
        .collect();
    text + &format!(".SH SEE ALSO\n{}\n", pages.join(", "))
}

/// The pages of nouns that there are.
fn nouns() -> BTreeSet<String> {
    NOUNS.iter().filter(|noun| noun.path.len() == 1).map(|noun| format!("ctdbctl-{}", noun.path[0])).collect()
}

fn page(command: Command, title: &str) -> String {
    let mut page = Vec::new();
    let man = Man::new(command.display_name(title).bin_name(title.replacen('-', " ", 1)))
        .title(title.to_owned())
        .section("1")
        .manual("Tablecloth")
        .source("ctdbctl")
        .date("");
    man.render(&mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// The verbs of a noun with all their options, on one page.
fn noun_page(root: &Command, noun: &str) -> String {
    let title = format!("ctdbctl-{noun}");
    let command = root.find_subcommand(noun).unwrap().clone();
    let mut text = name_verbs(&page(command.clone(), &title), &title, &nouns());
    verbs(&command, &format!("ctdbctl {noun}"), &mut text);
    text + &tail(noun, &nouns())
}

/// The program as a whole, with the verbs that belong to no noun.
fn root_page(root: &Command) -> String {
    let nouns = nouns();
    let mut text = name_verbs(&page(root.clone(), "ctdbctl"), "ctdbctl", &nouns);
    for verb in root.get_subcommands().filter(|verb| !nouns.contains(&format!("ctdbctl-{}", verb.get_name())))
    {
        let mut alone = Command::new("ctdbctl").disable_help_subcommand(true).subcommand(verb.clone());
        alone.build();
        verbs(&alone, "ctdbctl", &mut text);
    }
    text + &tail("", &nouns)
}

fn verbs(command: &Command, words: &str, text: &mut String) {
    for verb in command.get_subcommands() {
        let words = format!("{words} {}", verb.get_name());
        if verb.has_subcommands() {
            verbs(verb, &words, text);
            continue;
        }
        let mut own = Vec::new();
        let man = Man::new(verb.clone().bin_name(words.clone()));
        man.render_description_section(&mut own).unwrap();
        man.render_synopsis_section(&mut own).unwrap();
        let shown = verb.get_arguments().any(|arg| !arg.is_global_set() && arg.get_id() != "help");
        if shown {
            man.render_options_section(&mut own).unwrap();
        }
        let own = String::from_utf8(own).unwrap();
        text.push_str(&format!(".SH \"{}\"\n", words.to_uppercase()));
        // Sections of one verb are subsections of the page; the description needs no head of its own.
        text.push_str(&own.replacen(".SH DESCRIPTION\n", "", 1).replace("\n.SH ", "\n.SS "));
    }
}

#[test]
fn published_manual_pages_are_those_of_the_table() {
    let mut root = command();
    root.build();
    let mut files = BTreeMap::new();
    files.insert("man/ctdbctl.1".to_owned(), root_page(&root));
    for noun in NOUNS.iter().filter(|noun| noun.path.len() == 1) {
        let name = noun.path[0];
        files.insert(format!("man/ctdbctl-{name}.1"), noun_page(&root, name));
    }
    publish(&files);
}

/// The names in a page that look like those of pages: letters, and a section in parentheses behind them.
fn pages_named(text: &str) -> BTreeSet<String> {
    let text = text.replace("\\-", "-").replace("\\fB", " ").replace("\\fR", "");
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.()".contains(c)));
    let page = |word: &str| {
        let (name, section) = word.trim_end_matches(['.']).strip_suffix(')')?.rsplit_once('(')?;
        let good =
            !name.is_empty() && section.len() == 1 && section.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| format!("{name}({section})"))
    };
    words.filter_map(page).collect()
}

#[test]
fn a_manual_page_names_no_page_that_does_not_exist() {
    let (mut there, mut named) = (BTreeSet::new(), BTreeMap::new());
    for entry in fs::read_dir(docs().join("man")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (name, section) = file.rsplit_once('.').unwrap();
        there.insert(format!("{name}({section})"));
        named.insert(file.clone(), pages_named(&fs::read_to_string(&path).unwrap()));
    }
    for page in OTHER_PAGES {
        assert!(there.contains(page), "{page} is not in docs/man");
    }
    there.extend(FOREIGN_PAGES.map(str::to_owned));
    for (file, pages) in named {
        assert!(!pages.is_empty(), "{file} points nowhere");
        let missing: Vec<&String> = pages.difference(&there).collect();
        assert!(missing.is_empty(), "{file} names {missing:?}");
    }
}

#[test]
fn published_schema_is_that_of_the_answers() {
    let text = json::text(&schema::schemas(""));
    publish(&BTreeMap::from([("generated/ctdbctl.schema.json".to_owned(), text)]));
}

#[test]
fn published_map_has_every_command_and_what_it_was_called() {
    let mut text = String::from(
        "# Commands\n\n<!-- Made from the table of commands: UPDATE=1 cargo test -p ctdbctl published -->\n\n\
         | `ctdbctl` | `ctdb` | What it does |\n|---|---|---|\n",
    );
    for row in commands() {
        let old: Vec<_> = row.old.iter().map(|old| format!("`{old}`")).collect();
        text.push_str(&format!("| `{}` | {} | {} |\n", row.words(), old.join(", "), row.doc));
    }
    publish(&BTreeMap::from([("generated/commands.md".to_owned(), text)]));
}
