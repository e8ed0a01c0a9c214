//! What is done with services, and what comes of it.

use std::fmt;
use std::time::Duration;

use machine::{Printed, Wall};
use serde::{Deserialize, Serialize};

/// What is done with a service, or has changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// It was started.
    Start,
    /// It was checked.
    Check,
    /// It was stopped.
    Stop,
    /// It was told its addresses.
    Reconfigure,
    /// Somebody outside has reported on it.
    Report,
    /// Somebody has given a command.
    Command,
    /// A service that it requires has changed.
    Required,
    /// The configuration was read again.
    Configuration,
    /// It changed too often, or has been quiet for long enough.
    Damping,
    /// The daemon was started again, and has found it.
    Adoption,
}

impl Operation {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Check => "check",
            Self::Stop => "stop",
            Self::Reconfigure => "reconfigure",
            Self::Report => "report",
            Self::Command => "command",
            Self::Required => "required",
            Self::Configuration => "configuration",
            Self::Damping => "damping",
            Self::Adoption => "adoption",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It went well.
    Ok,
    /// It failed, with this exit status where there is one, else with 0.
    Failed(u8),
    /// The service does not run. Of a check alone, and only where the kind can tell.
    NotRunning,
    /// It took too long.
    TimedOut,
    /// It could not be begun, and why.
    CannotRun(String),
    /// A signal ended it.
    Killed(i32),
    /// It has ended, and nobody saw how: it was begun by a daemon that is no more.
    Unknown,
}

impl How {
    /// Whether it went well.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok)
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Failed(0) => f.write_str("failed"),
            Self::Failed(status) => write!(f, "exit status {status}"),
            Self::NotRunning => f.write_str("not running"),
            Self::TimedOut => f.write_str("took too long"),
            Self::CannotRun(why) => write!(f, "cannot run: {why}"),
            Self::Killed(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("nobody saw how it ended"),
        }
    }
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationOutcome {
    /// How it ended.
    pub how: How,
    /// What it printed.
    pub output: Printed,
}

/// An operation that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The operation that has ended.
    pub operation: Operation,
    /// How it has ended.
    pub how: How,
    /// Why it did not go well, in a line; empty when it did.
    pub reason: String,
    /// When it was begun.
    pub began: Wall,
    /// How long it took.
    pub took: Duration,
    /// What it printed.
    pub output: Printed,
}
