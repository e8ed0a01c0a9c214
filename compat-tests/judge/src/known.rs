//! What Samba's own daemon is known to lose. Only a cluster of C alone is forgiven, and only what the history shows the reason
//! of. The reasons do not say whose copy won, so in a mix with another node they would excuse what that node has done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::history::{History, Nanos, NodeState, Op, What};
use crate::verdict::{Finding, Kind};

/// A loss that is known of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// RCV-34: a node was given up by the others and came back with what it had; records win by their numbers, which do not
    /// count writes, and acknowledged writes of the side that went on are rolled back.
    CameBack,
    /// VAC-27: a record was deleted and vacuumed while a node was away that still had a copy of it; when it comes back
    /// the copy wins.
    DeletedDuringCut,
    /// TXN-03: a node came back as above, so that the lock of all transactions was held on two sides. A recovery answers a
    /// commit that waits; its client looks whether the sequence number is the one that it wanted, and it is: somebody
    /// else's.
    AnsweredByRecovery,
    /// TXN-06: a node crashed in a commit that some nodes had and others had not. Its lock is void with its process, and
    /// until the recovery begins another may commit on top of either.
    HalfRolledOut,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CameBack => "RCV-34",
            Self::DeletedDuringCut => "VAC-27",
            Self::AnsweredByRecovery => "TXN-03",
            Self::HalfRolledOut => "TXN-06",
        })
    }
}

/// The flag of a node that is not connected.
const DISCONNECTED: u32 = 1;

/// When a node whose daemon ran was first called disconnected by one that had seen it connected in that life. A daemon that
/// was started anew has nothing to come back with, and is not connected at first.
fn given_up(history: &History) -> Option<Nanos> {
    let (mut down, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for line in &history.lines {
        match &line.what {
            What::Node { node, state: NodeState::Started } => drop(down.remove(node)),
            What::Node { node, state: NodeState::Killed | NodeState::Stopped | NodeState::Failed } => {
                down.insert(*node);
                seen.retain(|(a, b)| a != node && b != node);
            }
            What::View { node, view } => {
                for (other, flags) in (0_u32..).zip(&view.flags).filter(|(other, _)| other != node) {
                    if flags & DISCONNECTED == 0 {
                        seen.insert((*node, other));
                    } else if seen.contains(&(*node, other)) && !down.contains(&other) {
                        return Some(line.t);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// When a commit was begun that was under way when the daemon of its node was killed.
fn torn(history: &History) -> Option<Nanos> {
    let (nodes, mut open) = (history.nodes_of_processes(), BTreeMap::new());
    let mut first: Option<Nanos> = None;
    for line in &history.lines {
        match &line.what {
            What::Call { proc, op: Op::Commit { .. }, .. } => drop(open.insert(*proc, line.t)),
            What::Return { proc, .. } => drop(open.remove(proc)),
            What::Node { node, state: NodeState::Killed } => {
                let its = open.iter().filter(|(proc, _)| nodes.get(proc) == Some(node));
                first = first.into_iter().chain(its.map(|(_, at)| *at)).min();
            }
            _ => {}
        }
    }
    first
}

/// What a history shows that explains losses, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reasons {
    given_up: Option<Nanos>,
    torn: Option<Nanos>,
}

impl Reasons {
    pub(crate) fn of(history: &History) -> Self {
        if !history.header.is_c_alone() {
            return Self::default();
        }
        Self { given_up: given_up(history), torn: torn(history) }
    }

    /// The rule that explains a finding, if there is one.
    pub(crate) fn known(&self, finding: &Finding) -> Option<Known> {
        let since = |reason: Option<Nanos>| reason.is_some_and(|at| at <= finding.at);
        match finding.kind {
            Kind::CounterTwice | Kind::CounterBack | Kind::CounterLost | Kind::Register
                if since(self.given_up) =>
            {
                Some(Known::CameBack)
            }
            Kind::Ghost if since(self.given_up) => Some(Known::DeletedDuringCut),
            Kind::CommitAcross if since(self.given_up) => Some(Known::AnsweredByRecovery),
            Kind::Sum if since(self.torn) => Some(Known::HalfRolledOut),
            _ => None,
        }
    }
}
