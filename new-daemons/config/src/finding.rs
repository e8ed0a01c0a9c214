//! What is told about a configuration: findings about lines, and about lines of files.

use std::fmt;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// ctdbd takes it; perhaps it is not what was meant.
    Warning,
    /// ctdbd does not start with it, or takes nothing from the file.
    Error,
}

/// Something about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Number of the line, from 1.
    pub line: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, and what to do about it.
    pub message: String,
}

impl Finding {
    pub(crate) fn error(line: usize, message: impl Into<String>) -> Self {
        Self { line, severity: Severity::Error, message: message.into() }
    }

    pub(crate) fn warning(line: usize, message: impl Into<String>) -> Self {
        Self { line, severity: Severity::Warning, message: message.into() }
    }
}

/// A finding and the file that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The name of the file, as it was given.
    pub source: String,
    /// What there is to be said.
    pub finding: Finding,
}

impl fmt::Display for Remark {
    /// `conf.d/a.conf:3: ...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.source, self.finding.line, self.finding.message)
    }
}
