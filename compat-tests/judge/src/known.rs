//! What Samba's own daemon is known to lose. Only a mix with a C node is forgiven, and only under the faults named here.

use std::fmt;

use crate::history::{History, Trouble};
use crate::verdict::{Finding, Kind};

/// A loss that is known of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// RCV-34: the leader was cut off and went on by itself; at the healing one side's records win by their numbers, and
    /// acknowledged writes of the other are rolled back.
    LeaderCutOff,
    /// VAC-27: a record was deleted and vacuumed while a node was cut off that still had a copy of it; at the healing
    /// the copy wins.
    DeletedDuringCut,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaderCutOff => "RCV-34",
            Self::DeletedDuringCut => "VAC-27",
        })
    }
}

/// Faults that part nodes which both go on.
const CUTS: [&str; 4] = ["F6", "F7", "F8", "F9"];

/// The rule that explains a finding, if there is one.
#[must_use]
pub fn known(history: &History, finding: &Finding) -> Option<Known> {
    if !history.header.has_c() {
        return None;
    }
    let cut = |trouble: &Trouble<'_>| CUTS.contains(&trouble.name) && trouble.begins <= finding.at;
    if !history.troubles().iter().any(cut) {
        return None;
    }
    match finding.kind {
        Kind::CounterTwice | Kind::CounterBack | Kind::CounterLost | Kind::Register => {
            Some(Known::LeaderCutOff)
        }
        Kind::Ghost => Some(Known::DeletedDuringCut),
        _ => None,
    }
}
