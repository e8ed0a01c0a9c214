//! What is published about the commands and made from their table: manual pages, the JSON schema, and the map from the old
//! commands to the new. `UPDATE=1 cargo test -p ctdbctl published` writes the files; the test fails when one is stale.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

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
    let mut text = page(command.clone(), &title);
    verbs(&command, &format!("ctdbctl {noun}"), &mut text);
    text
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
    files.insert("man/ctdbctl.1".to_owned(), page(root.clone(), "ctdbctl"));
    for noun in NOUNS.iter().filter(|noun| noun.path.len() == 1) {
        let name = noun.path[0];
        files.insert(format!("man/ctdbctl-{name}.1"), noun_page(&root, name));
    }
    publish(&files);
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
