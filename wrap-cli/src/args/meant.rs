//! Words that are not those of a command and are understood all the same: `help`, and commands that people look for elsewhere.

use std::ffi::OsString;

/// What is typed, and the command that it stands for.
const ALIASES: [(&[&str], &[&str]); 2] =
    [(&["health"], &["cluster", "health"]), (&["cluster", "status"], &["status"])];

/// Options that have a value in the word behind them.
const VALUED: [&str; 9] =
    ["-n", "--node", "-t", "--timeout", "-o", "--output", "--color", "--socket", "--run-dir"];

/// What somebody means who asks for help by that word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// These words.
    Words(Vec<OsString>),
    /// To be told the options that all commands share.
    Options,
}

/// `help` and words behind it, or a command by another name that begins here. Options may stand before it.
pub(super) fn meant(words: &[OsString]) -> Option<Meant> {
    let is =
        |at: usize, what: &dyn Fn(&str) -> bool| words.get(at).and_then(|it| it.to_str()).is_some_and(what);
    let valued = |at: usize| is(at, &|word| VALUED.contains(&word));
    let option = |at: usize| is(at, &|word| word.starts_with('-'));
    let first = (0..words.len()).find(|at| !option(*at) && !at.checked_sub(1).is_some_and(valued))?;
    let (before, typed) = words.split_at(first);
    if typed.first().is_some_and(|word| word == "help") {
        return Some(match &typed[1..] {
            [first, ..] if first == "options" => Meant::Options,
            topic => Meant::Words([before, topic, &["--help".into()]].concat()),
        });
    }
    let begins = |names: &[&str]| typed.len() >= names.len() && names.iter().zip(typed).all(|(a, b)| b == a);
    let (names, command) = ALIASES.into_iter().find(|(names, _)| begins(names))?;
    let command = command.iter().map(OsString::from);
    Some(Meant::Words(
        before.iter().cloned().chain(command).chain(typed[names.len()..].iter().cloned()).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn help_and_what_people_look_for_is_understood() {
        for (typed, command) in [
            ("help", "--help"),
            ("help node ban", "node ban --help"),
            ("health", "cluster health"),
            ("-v health -o json", "-v cluster health -o json"),
            ("-o json -n 1 health", "-o json -n 1 cluster health"),
            ("cluster status -n 1", "status -n 1"),
        ] {
            assert_eq!(meant(&words(typed)), Some(Meant::Words(words(command))), "{typed}");
        }
        assert_eq!(meant(&words("help options")), Some(Meant::Options));
        for typed in ["status", "cluster list", "", "-v", "node help"] {
            assert_eq!(meant(&words(typed)), None, "{typed}");
        }
    }
}
