//! The tail of a node: what it alone knew when a fault hit it, and so may be lost (REC-25).
//!
//! A record lives where it was changed last. When that node dies, stands still or is cut off for longer than it takes to
//! notice, the others go on with what they have. An operation belongs to the tail when its node is one of those that the
//! fault names, no other node touched the record between it and the fault, and it was called before the node was back. A
//! node that is banned or stopped, by whomever, has no say in the recovery that follows (RCV-22): its tail goes as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, Nanos, Operation, What};

/// Flags of a node that was banned or stopped.
const INACTIVE: u32 = 0x28;

/// The time in which a node may lose what it alone knew.
struct Spell {
    node: u32,
    begins: Nanos,
    ends: Nanos,
}

/// From the last sample in which a node was not banned or stopped to the first in which it is neither again.
fn inactive(history: &History) -> Vec<Spell> {
    let (mut well, mut since, mut all): (BTreeMap<u32, Nanos>, BTreeMap<u32, Nanos>, _) =
        (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for line in &history.lines {
        let What::View { view, .. } = &line.what else { continue };
        for (node, flags) in (0_u32..).zip(&view.flags) {
            if flags & INACTIVE != 0 {
                let from = well.get(&node).copied().unwrap_or(0);
                since.entry(node).or_insert(from);
            } else {
                if let Some(begins) = since.remove(&node) {
                    all.push(Spell { node, begins, ends: line.t });
                }
                well.insert(node, line.t);
            }
        }
    }
    all.extend(since.into_iter().map(|(node, begins)| Spell { node, begins, ends: history.end() }));
    all
}

/// The positions, in [`History::operations`], of operations that may be lost.
pub(crate) fn tails(history: &History, operations: &[Operation<'_>]) -> BTreeSet<usize> {
    let settle = history.header.bounds.settle_ms * 1_000_000;
    let mut by_record: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        if let Some(record) = operation.op.record() {
            by_record.entry(record).or_default().push(index);
        }
    }
    let mut all = BTreeSet::new();
    let troubles = history.troubles();
    let hit = troubles.iter().flat_map(|trouble| {
        trouble.tail.iter().map(|node| Spell { node: *node, begins: trouble.begins, ends: trouble.ends })
    });
    for Spell { node, begins, ends } in hit.chain(inactive(history)) {
        let until: Nanos = ends.saturating_add(settle);
        for indices in by_record.values() {
            let of = |index: &usize| operations.get(*index);
            // The last time that another node surely had the record before the fault.
            let elsewhere = indices.iter().filter_map(of).filter(|op| op.node != node);
            let had = elsewhere
                .filter_map(|op| op.returned.map(|(at, _)| (op.called, at)))
                .filter(|(_, returned)| *returned < begins)
                .map(|(called, _)| called)
                .max();
            let lost = indices.iter().filter(|index| {
                of(index).is_some_and(|op| {
                    let ended = op.returned.map_or(Nanos::MAX, |(at, _)| at);
                    op.node == node && op.called < until && had.is_none_or(|had| ended > had)
                })
            });
            all.extend(lost.copied());
        }
    }
    all
}
