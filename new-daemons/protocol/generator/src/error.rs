//! What is wrong with a `.x` file, in one line: file, line, column, and what was expected or why it is refused.
//!
//! Holds no text of a file but the word that was found.

/// Why nothing can be generated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// {file}:{line}:{column}: {problem}
    #[error("{file}:{line}:{column}: {problem}")]
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
    #[error("{path}: {error}")]
    File {
        /// A file or folder.
        path: String,
        /// What the system says.
        error: String,
    },
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
