//! Which node was left out of a recovery by another, and until when: such a node goes on with what it has.

use std::collections::BTreeMap;

use crate::history::{History, Nanos, What};

/// When each node was first and last seen in each generation, in the order of time.
pub(crate) struct Stale(BTreeMap<u32, Vec<Stay>>);

struct Stay {
    generation: Option<u32>,
    first: Nanos,
    last: Nanos,
}

impl Stale {
    pub(crate) fn of(history: &History) -> Self {
        let mut all: BTreeMap<u32, Vec<Stay>> = BTreeMap::new();
        for line in &history.lines {
            if let What::View { node, view } = &line.what {
                let stays = all.entry(*node).or_default();
                match stays.last_mut().filter(|stay| stay.generation == view.generation) {
                    Some(stay) => stay.last = line.t,
                    None => stays.push(Stay { generation: view.generation, first: line.t, last: line.t }),
                }
            }
        }
        Self(all)
    }

    /// Whether a node came to another generation between two moments, as far as the samples tell.
    pub(crate) fn moved(&self, node: u32, from: Nanos, to: Nanos) -> bool {
        let stays = self.0.get(&node).map_or(&[][..], Vec::as_slice);
        stays.windows(2).any(|pair| matches!(pair, [before, after] if after.first > from && before.last < to))
    }

    /// Whether `node`, at the moment `reads`, may not have taken part in a recovery in which `other` left its generation
    /// before `writes`. Between two samples both is possible, and then it may.
    pub(crate) fn left_out(&self, node: u32, other: u32, writes: Nanos, reads: Nanos) -> bool {
        let (Some(own), Some(theirs)) = (self.0.get(&node), self.0.get(&other)) else { return false };
        // The generations in which the reader may have been: the last one seen before, and what lies between.
        let next = own.partition_point(|stay| stay.first <= reads);
        let Some(stay) = next.checked_sub(1).and_then(|at| own.get(at)) else { return false };
        let until = own.get(next).map_or(Nanos::MAX, |next| next.first);
        let left =
            theirs.iter().rev().find(|their| their.generation == stay.generation).map(|their| their.last);
        // The other was seen elsewhere behind it, and the write may lie behind its leaving.
        let moved = theirs.last().is_some_and(|last| last.generation != stay.generation);
        moved && left.is_some_and(|left| writes > left) && reads < until
    }
}
