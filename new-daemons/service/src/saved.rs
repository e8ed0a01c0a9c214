//! What a daemon leaves to the one that comes after it: enough to start nothing twice and to keep the node's health.
//!
//! It is one JSON text that the driver writes and reads. Fields that are missing have their defaults, those that are not
//! known are passed over, so that a newer and an older daemon can follow one another.

use serde::{Deserialize, Serialize};

use machine::Wall;

use crate::io::{Address, Token};
use crate::outcome::Operation;
use crate::spec::Kind;
use crate::view::{Phase, State};

/// A process that can be told from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// When it was started, as the system counts it: field 22 of `/proc/PID/stat`.
    pub started: u64,
}

/// An operation that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Its token.
    pub token: Token,
    /// Which it is.
    pub operation: Operation,
    /// When it was begun.
    pub began: Wall,
    /// When it has taken too long.
    pub until: Wall,
    /// Where it runs, once that is known and when a process does it.
    #[serde(default)]
    pub process: Option<Process>,
}

/// Whether a service runs, as far as it was started and stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It was not started, or was stopped.
    #[default]
    Down,
    /// It is being started.
    Coming,
    /// It was started, with or without success, and not stopped since.
    There,
    /// It is being stopped.
    Going,
}

/// What somebody outside has said of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Whether it is well.
    pub healthy: bool,
    /// Why it is not.
    pub reason: String,
    /// When it was reported.
    pub at: Wall,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedService {
    /// Its name.
    pub name: String,
    /// What it was made of.
    pub kind: Kind,
    /// Whether it runs.
    #[serde(default)]
    pub life: Life,
    /// Whether it has failed.
    #[serde(default)]
    pub failed: bool,
    /// Whether it has not counted for the node's health yet.
    #[serde(default)]
    pub fresh: bool,
    /// What it was shown as.
    pub state: State,
    /// Since when.
    pub since: Wall,
    /// Why it is in that state; empty when nobody said.
    #[serde(default)]
    pub reason: String,
    /// Restarts since it was last well.
    #[serde(default)]
    pub restarts: u32,
    /// Until when it counts as failed because it changed too often.
    #[serde(default)]
    pub held_until: Option<Wall>,
    /// The addresses of which it was told.
    #[serde(default)]
    pub told: Vec<Address>,
    /// Addresses of which it may have been told: that was not done, or failed.
    #[serde(default)]
    pub perhaps: Vec<Address>,
    /// What somebody outside has said of it.
    #[serde(default)]
    pub reported: Option<Reported>,
    /// What is done with it.
    #[serde(default)]
    pub under_way: Option<UnderWay>,
}

/// What a daemon leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// What it did as a whole.
    pub phase: Phase,
    /// Whether the node was well.
    pub healthy: bool,
    /// Since when it was, or was not.
    pub since: Wall,
    /// Why it was not.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// It may not have been told that this has changed.
    #[serde(default)]
    pub telling: bool,
    /// The next token.
    pub next_token: u64,
    /// The addresses of the node, when they are known.
    #[serde(default)]
    pub addresses: Option<Vec<Address>>,
    /// The services, in the order in which they are started.
    #[serde(default)]
    pub services: Vec<SavedService>,
}
