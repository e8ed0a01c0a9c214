//! K8w: a walk over all nodes meets each record once, when nothing disturbs it (DB-13, DB-14).
//!
//! A daemon that gives up sends the same end as one that is done, and a record that moves may come twice or not at all. So
//! only a walk counts that no fault is near of, and none of whose records was still to be made: a process of that workload
//! makes those that are missing between its beginning and its first call.

use std::collections::BTreeMap;

use super::MOST;
use crate::history::{History, Nanos, Op, Outcome, ProcId, Process, What, Workload};
use crate::verdict::{Kind, Report};

pub(super) fn check(history: &History, report: &mut Report) {
    let settle = history.header.bounds.settle_ms * 1_000_000;
    let mut disturbed: Vec<(Nanos, Nanos)> = history
        .troubles()
        .iter()
        .map(|trouble| (trouble.begins, trouble.ends.saturating_add(settle)))
        .collect();
    disturbed
        .extend(makers(history).into_values().map(|(begins, ends)| (begins, ends.saturating_add(settle))));
    let mut found = 0;
    for operation in history.operations() {
        let (Op::Walk { db, records: there }, Some((at, Outcome::Counted { records }))) =
            (operation.op, operation.returned)
        else {
            continue;
        };
        report.looked += 1;
        let calm = disturbed.iter().all(|(begins, ends)| at < *begins || operation.called > *ends);
        if calm && records != there && found < MOST {
            found += 1;
            let text = format!("{db}: a walk from node {} met {records} of {there} records", operation.node);
            report.found(Kind::Walk, at, text);
        }
    }
}

/// When each process of the workload makes records: from its beginning to its first call, or to its end.
fn makers(history: &History) -> BTreeMap<ProcId, (Nanos, Nanos)> {
    let (mut all, mut open) = (BTreeMap::new(), BTreeMap::new());
    for line in &history.lines {
        match &line.what {
            What::Process { proc, workload: Workload::W8, state: Process::Started, .. } => {
                open.insert(*proc, line.t);
            }
            What::Call { proc, .. } | What::Process { proc, .. } => {
                if let Some(begins) = open.remove(proc) {
                    all.insert(*proc, (begins, line.t));
                }
            }
            _ => {}
        }
    }
    all.extend(open.into_iter().map(|(proc, begins)| (proc, (begins, history.end()))));
    all
}
