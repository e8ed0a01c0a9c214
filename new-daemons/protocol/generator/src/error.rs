//! What is wrong with a `.x` file, in one line: file, line, column, and what was expected or why it is refused.
//!
//! Holds no text of a file but the word that was found.

/// Why nothing can be generated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// {file}:{line}:{column}: {problem}
    #[error("{}:{line}:{column}: {}", one_line(file), one_line(problem))]
    Source {
        /// The name of the file.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// {path}: {error}
    #[error("{}: {}", one_line(path), one_line(error))]
    File {
        /// A file or folder.
        path: String,
        /// What the system says.
        error: String,
    },
}

/// A word of a file or the name of one may hold an end of a line; a message of ours does not.
fn one_line(text: impl ToString) -> String {
    let text = text.to_string();
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// expected {expected}, found {found}
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What may stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// {name} is not defined above
    #[error("{name} is not defined above")]
    Undefined {
        /// The name.
        name: String,
    },
    /// {name} is defined twice
    #[error("{name} is defined twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// {what}: {why}
    #[error("{what}: {why}")]
    Refused {
        /// The name or the construct.
        what: String,
        /// The rule.
        why: &'static str,
    },
}
