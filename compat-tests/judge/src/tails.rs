//! The tail of a node: what it alone knew when a fault hit it, and so may be lost (REC-25).
//!
//! A record lives where it was changed last. When that node dies, stands still or is cut off for longer than it takes to
//! notice, the others go on with what they have. An operation belongs to the tail when its node is one of those that the
//! fault names, no other node touched the record between it and the fault, and it was called before the node was back.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, Nanos, Operation};

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
    for trouble in history.troubles() {
        let until: Nanos = trouble.ends.saturating_add(settle);
        for node in trouble.tail {
            for indices in by_record.values() {
                let of = |index: &usize| operations.get(*index);
                // The last time that another node surely had the record before the fault.
                let elsewhere = indices.iter().filter_map(of).filter(|op| op.node != *node);
                let had = elsewhere
                    .filter_map(|op| op.returned.map(|(at, _)| (op.called, at)))
                    .filter(|(_, returned)| *returned < trouble.begins)
                    .map(|(called, _)| called)
                    .max();
                let lost = indices.iter().filter(|index| {
                    of(index).is_some_and(|op| {
                        let ended = op.returned.map_or(Nanos::MAX, |(at, _)| at);
                        op.node == *node && op.called < until && had.is_none_or(|had| ended > had)
                    })
                });
                all.extend(lost.copied());
            }
        }
    }
    all
}
