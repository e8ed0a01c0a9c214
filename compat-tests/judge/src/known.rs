//! What Samba's own daemon is known to lose. Only a mix with a C node is forgiven, and only under the faults named here.

use std::fmt;

use crate::history::{History, Trouble};
use crate::verdict::{Finding, Kind};

/// A loss that is known of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// RCV-34: a node was given up by the others and came back with what it had; records win by their numbers, which do not
    /// count writes, and acknowledged writes of the side that went on are rolled back.
    CameBack,
    /// VAC-27: a record was deleted and vacuumed while a node was away that still had a copy of it; when it comes back
    /// the copy wins.
    DeletedDuringCut,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CameBack => "RCV-34",
            Self::DeletedDuringCut => "VAC-27",
        })
    }
}

/// Faults that part nodes which both go on.
const CUTS: [&str; 4] = ["F6", "F7", "F8", "F9"];

/// The fault at which a node stands still. That it costs increments was seen on C; of other losses nobody has seen one.
const STILL: &str = "F4";

/// The rule that explains a finding, if there is one.
#[must_use]
pub fn known(history: &History, finding: &Finding) -> Option<Known> {
    if !history.header.has_c() {
        return None;
    }
    let before = |trouble: &Trouble<'_>| trouble.begins <= finding.at;
    let troubles = history.troubles();
    let cut = troubles.iter().any(|trouble| CUTS.contains(&trouble.name) && before(trouble));
    let still = troubles.iter().any(|trouble| trouble.name == STILL && before(trouble));
    match finding.kind {
        Kind::CounterTwice | Kind::CounterBack | Kind::CounterLost if cut || still => Some(Known::CameBack),
        Kind::Register if cut => Some(Known::CameBack),
        Kind::Ghost if cut => Some(Known::DeletedDuringCut),
        _ => None,
    }
}
