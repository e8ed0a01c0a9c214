//! What a file of shell variables says, without running it: which variables it sets in any case, and what it may do besides.
//!
//! The grammar is that of POSIX (Shell Command Language) as far as such files need it. What stands under a condition, in a
//! function or in a text for another program is told apart from what holds for certain. Nothing is run, nothing is put in.
//!
//! [`reader`] cuts the text into words and commands, [`walk`] says what each command does and in what it stands.

mod reader;
#[cfg(test)]
mod tests;
mod walk;

use reader::Reader;
use walk::Walk;

/// Something that the file does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Number of the line, from 1.
    pub(crate) line: usize,
    /// In what it stands; none when it is done in any case.
    pub(crate) within: Option<Within>,
    pub(crate) what: What,
}

/// What holds something that is not done in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    /// How it begins: `if`, `case`, `for`, `a function`.
    pub(crate) word: &'static str,
    /// Where it begins.
    pub(crate) line: usize,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A variable is set; without a value when that is put together or made by a program.
    Set(String, Option<String>),
    /// A variable is not set any more.
    Unset(String),
    /// Nothing behind it is read.
    End,
    /// Something else, which begins with this word.
    Run(String),
}

/// All that a file does; and the line of what is never closed, or closed without having been opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    pub(crate) broken: Option<(usize, String)>,
}

/// Whether a text is such a file of CTDB's: it sets variables of CTDB, and none of its lines begins a section.
#[must_use]
pub(crate) fn is_shell(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.trim_start().trim_start_matches("export "));
    let sets = |line: &str| {
        let name = line.split_once('=').map(|(name, _)| name).unwrap_or_default();
        name.starts_with("CTDB_") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    lines.clone().any(sets) && !lines.any(|line| line.starts_with('['))
}

/// Reads a file.
pub(crate) fn read(text: &str) -> Script {
    let mut walk = Walk::default();
    match Reader::new(text).all(&mut walk) {
        Ok(()) => walk.end(),
        Err((line, why)) => walk.broken(line, why),
    }
    walk.script
}

/// Name and text of an assignment.
fn assigned(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("export ").map_or(text, str::trim_start);
    let (name, value) = text.split_once('=')?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts && name.chars().all(good)).then_some((name, value))
}
