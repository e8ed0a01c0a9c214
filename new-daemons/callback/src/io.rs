//! What goes into the callbacks and what comes out of them, and the JSON that a program reads.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::event::Event;
use crate::history::{GivenUp, RunOutcome};
use crate::limits::{LEASE_MAX, REGISTERED_BY_ONE, REGISTERED_MAX};
use crate::row::{Row, RowError};

/// One run of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// Somebody who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u64);

/// Who has registered a callback over the bus: its address there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(pub String);

/// Why a registration was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// the row is wrong
    #[error(transparent)]
    Row(#[from] RowError),
    /// the configuration has a callback of this name
    #[error("the configuration has a callback of this name")]
    Configured,
    /// somebody else has a callback of this name
    #[error("{0} has registered a callback of this name")]
    Taken(String),
    /// too many
    #[error("{REGISTERED_MAX} callbacks are registered already, or {REGISTERED_BY_ONE} by one registrant")]
    TooMany,
    /// the lease is out of bounds
    #[error("a lease has to be between 1s and {}s", LEASE_MAX.as_secs())]
    Lease,
    /// there is none
    #[error("you have registered no callback of this name")]
    Unknown,
    /// the daemon is about to end
    #[error("the daemon is about to end")]
    Stopping,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exit(u8),
    /// By a signal.
    Signal(i32),
    /// It was not started, and why.
    NotStarted(String),
}

/// What happens to the callbacks.
#[derive(Clone, Debug)]
pub enum Input {
    /// These are the callbacks of the configuration, and no others.
    Configure(Vec<Row>),
    /// Somebody registers a callback, or says it anew.
    Register {
        /// Comes back in [`Effect::Answer`].
        token: Token,
        /// The registrant.
        owner: Owner,
        /// What it wants to have run, and when.
        row: Row,
        /// For how long.
        lease: Duration,
    },
    /// The registrant still wants it.
    Renew {
        /// Comes back in [`Effect::Answer`].
        token: Token,
        /// The registrant.
        owner: Owner,
        /// The callback, by its name.
        name: String,
        /// For how long from now.
        lease: Duration,
    },
    /// The registrant wants it no longer.
    Remove {
        /// Comes back in [`Effect::Answer`].
        token: Token,
        /// The registrant.
        owner: Owner,
        /// The callback, by its name.
        name: String,
    },
    /// A registrant is no more.
    OwnerGone(Owner),
    /// Something happened.
    Event(Event),
    /// The end of a run, or that there was none.
    Ended {
        /// The run that has ended.
        run: RunId,
        /// How it has ended.
        ending: Ending,
        /// The last bytes of what it printed.
        output: Vec<u8>,
        /// Bytes that it printed before them.
        omitted: u64,
    },
    /// The daemon ends: what runs is stopped, what waits is given up.
    Stop,
}

/// A program to be started.
#[derive(Clone, Debug)]
pub struct Start {
    /// Comes back in [`Input::Ended`].
    pub run: RunId,
    /// The callback's name.
    pub callback: String,
    /// The program.
    pub program: PathBuf,
    /// As whom.
    pub user: Option<String>,
    /// All arguments: those of the row, the topic, those of the event; of several events the last one's.
    pub arguments: Vec<String>,
    /// The events, oldest first, with their numbers.
    pub events: Vec<(u64, Arc<Event>)>,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// Events that were given up since the callback was last told.
    pub missed: u64,
}

/// An event as a program reads it.
#[derive(Serialize)]
struct EventText<'a> {
    number: u64,
    topic: &'a str,
    subject: &'a str,
    time_us: u64,
    arguments: &'a [String],
    data: &'a RawValue,
}

/// What a program reads.
#[derive(Serialize)]
struct StartText<'a> {
    callback: &'a str,
    daemon: &'a str,
    node: Option<u32>,
    attempt: u32,
    missed: u64,
    events: Vec<EventText<'a>>,
}

impl Start {
    /// What the program reads from its standard input: one line of JSON.
    #[must_use]
    pub fn json(&self, daemon: &str, node: Option<u32>) -> Vec<u8> {
        let events = self.events.iter().map(|(number, event)| EventText {
            number: *number,
            topic: event.topic(),
            subject: event.subject(),
            time_us: event.time_us(),
            arguments: event.arguments(),
            data: event.data(),
        });
        let text = StartText {
            callback: &self.callback,
            daemon,
            node,
            attempt: self.attempt,
            missed: self.missed,
            events: events.collect(),
        };
        // Texts, numbers and JSON that was read before: this cannot fail.
        let mut json = serde_json::to_vec(&text).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

/// What the callbacks want done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Start a program, and say [`Input::Ended`] when it has ended or does not start.
    Start(Box<Start>),
    /// A run has taken too long, or the daemon ends: ask its process group to end, and kill what is left of it.
    Stop(RunId),
    /// The answer to somebody.
    Answer {
        /// The token of the question.
        token: Token,
        /// Whether it was done.
        result: Result<(), Refusal>,
    },
    /// A row of the configuration is not one.
    NotConfigured {
        /// The callback's name.
        callback: String,
        /// What is wrong with it.
        why: Refusal,
    },
    /// A run failed; it is run again after a pause when `again` says so.
    Failed {
        /// The callback's name.
        callback: String,
        /// How it has ended.
        how: RunOutcome,
        /// The pause.
        again: Option<Duration>,
    },
    /// An event will not be delivered to a callback.
    GivenUp {
        /// The callback's name.
        callback: String,
        /// What, and why.
        what: GivenUp,
    },
    /// A registration has ended without having been taken back.
    Expired {
        /// The callback's name.
        callback: String,
        /// Whose it was.
        owner: Owner,
    },
}
