//! K10: nothing is left behind: core files, zombies, processes, addresses, sockets, files that libtdb finds damaged. And
//! everything was looked at: of each database that was written, the file of each node, if the run said that it would.

use std::collections::BTreeSet;

use super::MOST;
use crate::history::{History, Op, What};
use crate::verdict::{Kind, Report};

/// The audit that is made by reading files.
const DUMPS: &str = "dumps";

pub(super) fn check(history: &History, report: &mut Report) {
    let mut made = BTreeSet::from([DUMPS]);
    for line in &history.lines {
        if let What::Audit { name, found } = &line.what {
            report.looked += 1;
            made.insert(name.as_str());
            for what in found.iter().take(MOST) {
                report.found(Kind::Audit, line.t, format!("{name}: {what}"));
            }
        }
    }
    for name in history.header.audits.iter().filter(|name| !made.contains(name.as_str())) {
        report.found(Kind::Audit, history.end(), format!("{name}: was not looked for"));
    }
    if history.header.audits.iter().any(|name| name == DUMPS) {
        dumps(history, report);
    }
}

fn dumps(history: &History, report: &mut Report) {
    let (mut written, mut read) = (BTreeSet::new(), BTreeSet::new());
    for line in &history.lines {
        match &line.what {
            What::Call {
                op: Op::Inc { db, .. } | Op::Write { db, .. } | Op::Delete { db, .. } | Op::Commit { db, .. },
                ..
            } => drop(written.insert(db.as_str())),
            What::Dump { node, db, .. } => drop(read.insert((*node, db.as_str()))),
            _ => {}
        }
    }
    for node in 0..history.header.nodes() {
        for db in written.iter().filter(|db| !read.contains(&(node, **db))) {
            report.found(Kind::Audit, history.end(), format!("{DUMPS}: {db} of node {node} was not read"));
        }
    }
}
