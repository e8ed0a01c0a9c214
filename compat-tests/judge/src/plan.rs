//! A run before it is made: all of it follows from a seed, it can be written on one line, and it can be made smaller.
//!
//! Owns which faults there are and what may be drawn. Carrying them out is the driver's.

mod draw;
mod fault;
mod line;
mod shrink;

pub use draw::{ANY_PAUSE_MS, Wishes, draw};
pub use fault::{Fault, Victim};
pub use line::{BadPlan, parse_workloads};
pub use shrink::smaller;

use crate::history::Workload;

/// A fault that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The fault that is to come.
    pub fault: Fault,
    /// Whom it hits.
    pub victim: Victim,
    /// When it begins, in milliseconds after the first phase has ended.
    pub at_ms: u64,
    /// How long it lasts.
    pub for_ms: u64,
}

/// How quick the daemons are told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Tunables at which a fault's cycle takes some seconds.
    Fast,
    /// As they are delivered.
    Default,
}

impl Profile {
    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Default => "default",
        }
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// From which everything random follows that is not written here: delays, keys, the moments at which clients die.
    pub seed: u64,
    /// A letter for each node.
    pub mix: String,
    /// The tunables.
    pub profile: Profile,
    /// What clients do, sorted.
    pub workloads: Vec<Workload>,
    /// How many records they use.
    pub keys: u32,
    /// The faults, in the order in which they begin.
    pub faults: Vec<Planned>,
}

impl Plan {
    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        u32::try_from(self.mix.len()).unwrap_or(u32::MAX)
    }

    /// When the last fault has ended, in milliseconds after the first phase.
    #[must_use]
    pub fn ends_ms(&self) -> u64 {
        self.faults.iter().map(|planned| planned.at_ms.saturating_add(planned.for_ms)).max().unwrap_or(0)
    }
}
