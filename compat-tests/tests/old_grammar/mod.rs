//! The old grammar beside Debian's own `ctdb`, on the same real clusters: every command, right and wrong, in every state.
//!
//! Both tools get the same words on the same node; exit status and both streams are compared byte for byte, apart from
//! the table of masks. Commands that change something are run by the C tool, undone, and run by ours.

mod both;
mod cases;
mod changes;
mod healthy;
mod masks;
mod no_daemon;
mod scripts;
mod states;

use std::collections::BTreeSet;

use compat_tests::{Tool, run};

/// The first plain words of all questions, and the commands with tests of their own.
fn asked() -> BTreeSet<String> {
    let lines = cases::OPTIONS.iter().chain(cases::LOCAL).chain(cases::STATES).copied();
    let lines =
        lines.chain(cases::QUESTIONS.iter().map(|(line, _)| *line)).chain(changes::COMMANDS.iter().copied());
    let words = lines.flat_map(|line| line.split_ascii_whitespace().map(str::to_owned));
    words.chain(cases::OWN_TESTS.iter().map(|name| (*name).to_owned())).collect()
}

#[test]
fn every_command_of_the_c_tool_is_asked_and_there_are_77_and_pushrecord() {
    let all = run(std::process::Command::new(Tool::Ctdb.path().unwrap()), std::time::Duration::from_secs(10));
    let text = all.unwrap().stdout;
    let (_, commands) = text.split_once("Commands:\n").unwrap();
    let mut names: BTreeSet<&str> =
        commands.lines().map(|line| line.split_ascii_whitespace().next().unwrap()).collect();
    assert_eq!(names.len(), 77);
    names.insert("pushrecord");
    let asked = asked();
    let missing: Vec<_> = names.iter().filter(|name| !asked.contains(**name)).collect();
    assert!(missing.is_empty(), "no test asks {missing:?}");
}
