//! K3: what was deleted stays away (REC-17), and its empty records leave the files (VAC).
//!
//! A ghost is a value that was written and acknowledged before a delete began that was acknowledged too, and is seen after
//! that delete returned. Who deleted in the tail of a fault may lose the delete.

use std::collections::BTreeMap;

use super::MOST;
use crate::history::{History, Nanos, Op, Outcome, What};
use crate::tails::tails;
use crate::verdict::{Kind, Report};

#[derive(Default)]
struct Record {
    /// Value -> when its write returned; the end of time when it never did.
    written: BTreeMap<u64, Nanos>,
    /// Called, returned.
    deleted: Vec<(Nanos, Nanos)>,
    /// Value, when it was asked for, when it was seen.
    seen: Vec<(u64, Nanos, Nanos)>,
}

impl Record {
    /// The value was gone before it was asked for.
    fn ghost(&self, value: u64, called: Nanos) -> bool {
        let Some(written) = self.written.get(&value) else { return false };
        self.deleted.iter().any(|(began, ended)| written < began && *ended < called)
    }
}

pub(super) fn check(history: &History, report: &mut Report) {
    let operations = history.operations();
    let tail = tails(history, &operations);
    let mut records: BTreeMap<(&str, &str), Record> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        let Some(name) = operation.op.record() else { continue };
        let sure = operation.returned.filter(|(_, result)| result.done());
        let record = records.entry(name).or_default();
        match (operation.op, sure) {
            (Op::Write { value, .. }, sure) => {
                record.written.insert(*value, sure.map_or(Nanos::MAX, |(at, _)| at));
            }
            (Op::Delete { .. }, Some((at, _))) if !tail.contains(&index) => {
                record.deleted.push((operation.called, at));
                report.looked += 1;
            }
            (Op::Read { .. }, Some((at, Outcome::Done { value: Some(value) }))) if !tail.contains(&index) => {
                record.seen.push((*value, operation.called, at));
            }
            _ => {}
        }
    }
    for line in &history.lines {
        let What::Dump { node, db, empty, records: dumped, .. } = &line.what else { continue };
        if *empty > history.header.bounds.dead_records {
            let text = format!("{db}: node {node} still has {empty} empty records");
            report.found(Kind::Tombstones, line.t, text);
        }
        for (key, value) in dumped {
            if let (Some(record), Ok(value)) =
                (records.get_mut(&(db.as_str(), key.as_str())), u64::try_from(*value))
            {
                record.seen.push((value, line.t, line.t));
            }
        }
    }
    for ((db, key), record) in &records {
        let ghosts = record.seen.iter().filter(|(value, called, _)| record.ghost(*value, *called));
        for (value, _, at) in ghosts.take(MOST) {
            report.found(Kind::Ghost, *at, format!("{db} {key}: {value} is back after it was deleted"));
        }
    }
}
