//! What there is to be seen: states, transitions, health. All of it is made when somebody asks.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use machine::{Printed, Wall};

use crate::io::Address;
use crate::outcome::{Done, How, Operation};
use crate::spec::Spec;

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is not wanted.
    Disabled,
    /// It does not run, and is not to run now.
    Stopped,
    /// It waits for another service that it requires, or is not well without it.
    Blocked,
    /// It is being started, or has not been checked yet.
    Starting,
    /// It runs, and its checks go well.
    Up,
    /// Its last checks have failed, not yet often enough to count.
    Failing,
    /// It has failed.
    Failed,
    /// It changes too often, and counts as failed until it has been quiet.
    Flapping,
    /// It is being stopped.
    Stopping,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Disabled,
        Self::Stopped,
        Self::Blocked,
        Self::Starting,
        Self::Up,
        Self::Failing,
        Self::Failed,
        Self::Flapping,
        Self::Stopping,
    ];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Stopped => "stopped",
            Self::Blocked => "blocked",
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Failing => "failing",
            Self::Failed => "failed",
            Self::Flapping => "flapping",
            Self::Stopping => "stopping",
        }
    }

    /// Whether others that require it may run.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Up | Self::Failing)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What the daemon does as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has asked for the services yet.
    #[default]
    Waiting,
    /// They are being started.
    Starting,
    /// They were started, and are checked.
    Running,
    /// They are being stopped.
    Stopping,
    /// They were stopped.
    Stopped,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Starting, Self::Running, Self::Stopping, Self::Stopped];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A service came from one state into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// The state now.
    pub to: State,
    /// When it changed.
    pub at: Wall,
    /// By what.
    pub operation: Operation,
    /// How that ended, when it was an operation.
    pub how: Option<How>,
    /// Why, in a line; empty when there is nothing to say.
    pub reason: String,
    /// The end of what the operation printed.
    pub output: Printed,
}

/// How well the node is, as far as its services say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What the daemon does.
    pub phase: Phase,
    /// Whether the node may serve clients.
    pub healthy: bool,
    /// Since when it may, or may not.
    pub since: Wall,
    /// Why it may not, a line for each service.
    pub reasons: Vec<String>,
}

/// An operation that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Going {
    /// The operation that goes on.
    pub operation: Operation,
    /// When it was begun.
    pub began: Wall,
    /// When it has taken too long.
    pub until: Wall,
}

/// All about one service.
#[derive(Clone, Debug)]
pub struct View {
    /// What it is.
    pub spec: Arc<Spec>,
    /// Whether it is wanted.
    pub enabled: bool,
    /// Whether it is configured no more, and goes when it has stopped.
    pub leaving: bool,
    /// How it is.
    pub state: State,
    /// Since when.
    pub since: Wall,
    /// Why it is not up, in a line; empty when there is nothing to say.
    pub reason: String,
    /// What is done with it now.
    pub under_way: Option<Going>,
    /// What was done with it last, checks apart.
    pub last: Option<Arc<Done>>,
    /// How it was checked last.
    pub last_check: Option<Arc<Done>>,
    /// When it is checked again.
    pub next_check: Option<Wall>,
    /// Checks that have failed in a row.
    pub failed_in_a_row: u32,
    /// Checks that went well in a row, since it failed.
    pub good_in_a_row: u32,
    /// Restarts since it was last well.
    pub restarts: u32,
    /// When it is restarted.
    pub next_restart: Option<Wall>,
    /// Until when it counts as failed because it changed too often, unless it changes again.
    pub held_until: Option<Wall>,
    /// Checks since the daemon was started.
    pub checks: u64,
    /// Those of them that failed.
    pub failed_checks: u64,
    /// The addresses of which it was told.
    pub listen: Vec<Address>,
}
