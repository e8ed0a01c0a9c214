//! K10: nothing is left behind: core files, zombies, processes, addresses, sockets, files that libtdb finds damaged.

use std::collections::BTreeSet;

use super::MOST;
use crate::history::{History, What};
use crate::verdict::{Kind, Report};

pub(super) fn check(history: &History, report: &mut Report) {
    let mut made = BTreeSet::new();
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
}
