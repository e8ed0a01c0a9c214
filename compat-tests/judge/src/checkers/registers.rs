//! K2: what readers of a register see, some order of the calls explains (REC-14, RO).
//!
//! Values are written once, so that a write that nobody saw and that never returned can be left out. A write in the tail
//! of a node that was taken out may be lost: it counts as one that never returned. What such a node read meanwhile says
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::linear::{Event, Undecided, linearizable};
use crate::history::{History, Nanos, Op, Operation, Outcome};
use crate::tails::tails;
use crate::verdict::{Kind, Report};

pub(super) fn check(history: &History, report: &mut Report) {
    let operations = history.operations();
    let tail = tails(history, &operations);
    let mut registers: BTreeMap<(&str, &str), Vec<(usize, &Operation<'_>)>> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        if matches!(operation.op, Op::Read { .. } | Op::Write { .. } | Op::Delete { .. })
            && let Some(record) = operation.op.record()
        {
            registers.entry(record).or_default().push((index, operation));
            report.looked += 1;
        }
    }
    for ((db, key), calls) in registers {
        let events = events(&calls, &tail);
        match linearizable(&events, None) {
            Ok(None) => {}
            Ok(Some(place)) => {
                let (at, event) = events.get(place).copied().unwrap_or((0, Event::Return(0)));
                let id = match event {
                    Event::Write(id, _) | Event::Read(id, _) | Event::Return(id) => id,
                };
                let what =
                    operations.get(id).map(|op| format!("node {} {:?} {:?}", op.node, op.op, op.returned));
                let text = format!("{db} {key}: nothing explains {}", what.unwrap_or_default());
                report.found(Kind::Register, at, text);
            }
            Err(Undecided) => {
                let text =
                    format!("{db} {key}: too many calls that never returned, no order was found or excluded");
                report.found(Kind::Undecided, history.end(), text);
            }
        }
    }
}

/// How a call ended that was surely done and is in no tail.
fn sure<'a>(index: usize, op: &Operation<'a>, tail: &BTreeSet<usize>) -> Option<(Nanos, &'a Outcome)> {
    op.returned.filter(|(_, result)| result.done() && !tail.contains(&index))
}

/// Calls and returns of one register in the order of time.
fn events(calls: &[(usize, &Operation<'_>)], tail: &BTreeSet<usize>) -> Vec<(Nanos, Event)> {
    let reads = calls.iter().filter_map(|(index, op)| match (op.op, sure(*index, op, tail)) {
        (Op::Read { .. }, Some((_, Outcome::Done { value }))) => *value,
        _ => None,
    });
    let seen: BTreeSet<u64> = reads.collect();
    let mut events = Vec::new();
    for (index, op) in calls {
        let returned = sure(*index, op, tail).map(|(at, result)| (at, result.clone()));
        let refused = matches!(op.returned, Some((_, Outcome::Refused { .. })));
        let event = match (op.op, &returned) {
            (Op::Read { .. }, Some((_, Outcome::Done { value }))) => Event::Read(*index, *value),
            (Op::Write { value, .. }, Some(_)) => Event::Write(*index, Some(*value)),
            (Op::Write { value, .. }, None) if !refused && seen.contains(value) => {
                Event::Write(*index, Some(*value))
            }
            (Op::Delete { .. }, Some(_)) => Event::Write(*index, None),
            (Op::Delete { .. }, None) if !refused => Event::Write(*index, None),
            _ => continue,
        };
        events.push((op.called, event));
        if let Some((at, _)) = returned {
            events.push((at, Event::Return(*index)));
        }
    }
    // At the same moment calls come first: they overlap.
    events.sort_by_key(|(at, event)| (*at, matches!(event, Event::Return(_))));
    events
}
