//! One checker per promise. Each reads the whole history and knows nothing of the others.

mod addresses;
mod agreement;
mod audits;
mod counters;
mod exclusion;
mod ghosts;
mod growth;
mod leaders;
mod linear;
mod messages;
mod progress;
mod registers;
mod transactions;
mod walks;

pub use linear::{Event, Undecided, linearizable};

use crate::history::History;
use crate::verdict::Report;

/// A checker by its names.
#[derive(Clone, Copy, Debug)]
pub struct Checker {
    /// The short name, as in `K1`.
    pub name: &'static str,
    /// What it looks for.
    pub about: &'static str,
    check: fn(&History, &mut Report),
}

impl Checker {
    /// Reads a history.
    #[must_use]
    pub fn run(&self, history: &History) -> Report {
        let mut report = Report::new(self.name);
        (self.check)(history, &mut report);
        report
    }
}

/// All of them.
pub const ALL: &[Checker] = &[
    Checker {
        name: "K0",
        about: "every workload worked and every node could be started",
        check: progress::check,
    },
    Checker { name: "K1", about: "counters count each value once", check: counters::check },
    Checker { name: "K2", about: "registers are linearizable", check: registers::check },
    Checker { name: "K3", about: "deleted records stay away, and leave the files", check: ghosts::check },
    Checker { name: "K4", about: "transactions are whole, ordered and on disk", check: transactions::check },
    Checker { name: "K5", about: "an address is on one node, and on one", check: addresses::check },
    Checker { name: "K6", about: "messages arrive once and in order", check: messages::check },
    Checker { name: "K6x", about: "a lock has one holder", check: exclusion::check },
    Checker { name: "K7", about: "one node leads", check: leaders::check },
    Checker { name: "K8", about: "daemons do not grow", check: growth::check },
    Checker { name: "K8w", about: "a walk over all nodes meets each record once", check: walks::check },
    Checker { name: "K9", about: "nodes agree, in time", check: agreement::check },
    Checker { name: "K10", about: "nothing is left behind", check: audits::check },
];

/// The most findings of one kind that a checker lists; the rest is a number.
pub(crate) const MOST: usize = 8;
