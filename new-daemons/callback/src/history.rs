//! What became of events and runs, kept to be shown: the last ones, and counts of all.

use std::fmt;
use std::time::Duration;

use machine::Time;

use crate::io::{Ending, RunId};

/// What a callback has done. Each event taken is waiting, in a run, or counted in exactly one of the three ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Events that it was to be run on.
    pub taken: u64,
    /// Events of runs that succeeded.
    pub delivered: u64,
    /// Events in whose place a later one of the same subject was delivered, waits, or was given up.
    pub replaced: u64,
    /// Events that were given up.
    pub given_up: u64,
    /// Runs that have ended.
    pub runs: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Failures since the last success.
    pub failed_in_a_row: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// With status 0.
    Done,
    /// With another status.
    Exit(u8),
    /// By a signal.
    Signal(i32),
    /// It took too long.
    TimeLimit,
    /// The daemon ended.
    Stopped,
    /// It was not started.
    NotStarted(String),
}

impl From<Ending> for RunOutcome {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Exit(0) => Self::Done,
            Ending::Exit(status) => Self::Exit(status),
            Ending::Signal(signal) => Self::Signal(signal),
            Ending::NotStarted(why) => Self::NotStarted(why),
        }
    }
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Exit(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::TimeLimit => f.write_str("took too long"),
            Self::Stopped => f.write_str("the daemon ended"),
            Self::NotStarted(why) => write!(f, "not started: {why}"),
        }
    }
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The run, by its number.
    pub run: RunId,
    /// The number of its first event.
    pub first: u64,
    /// The number of its last event.
    pub last: u64,
    /// How many events it was given.
    pub events: usize,
    /// The topic of the last one.
    pub topic: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When it was started.
    pub started: Time,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The last bytes of what it printed.
    pub output: Vec<u8>,
    /// Bytes that it printed before them.
    pub omitted: u64,
}

/// Why an event was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The program failed as often as it may.
    Failed,
    /// Too many events were waiting.
    Full,
    /// The callback was removed.
    Removed,
    /// The daemon ended.
    Stopping,
}

impl Reason {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Full => "full",
            Self::Removed => "removed",
            Self::Stopping => "stopping",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "the program failed too often",
            Self::Full => "too many events were waiting",
            Self::Removed => "the callback was removed",
            Self::Stopping => "the daemon ended",
        })
    }
}

/// An event that was not delivered and will not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// The event's number.
    pub number: u64,
    /// Its topic.
    pub topic: String,
    /// Its subject.
    pub subject: String,
    /// Runs that it was in.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: Reason,
    /// When it was given up.
    pub at: Time,
}
