//! K6x: a lock of all nodes has one holder at a time (TXN, `g_lock`).
//!
//! Who was killed holds nothing any more. Who is on a node that a fault took out may believe that he holds it (REC-25).

use std::collections::BTreeMap;

use crate::history::{History, Nanos, ProcId, Trouble, What};
use crate::verdict::{Kind, Report};

pub(super) fn check(history: &History, report: &mut Report) {
    let (nodes, troubles) = (history.nodes_of_processes(), history.troubles());
    let settle = history.header.bounds.settle_ms * 1_000_000;
    let out = |proc: ProcId, at: Nanos| {
        let hit = |trouble: &Trouble<'_>| {
            let lasts = trouble.begins..=trouble.ends.saturating_add(settle);
            nodes.get(&proc).is_some_and(|node| trouble.tail.contains(node)) && lasts.contains(&at)
        };
        troubles.iter().any(hit)
    };
    let mut holders: BTreeMap<&str, Vec<ProcId>> = BTreeMap::new();
    for line in &history.lines {
        match &line.what {
            What::Enter { proc, lock } => {
                report.looked += 1;
                let inside = holders.entry(lock).or_default();
                if let Some(other) = inside.iter().find(|other| !out(**other, line.t))
                    && !out(*proc, line.t)
                {
                    let text = format!("{lock}: process {} got it while {} had it", proc.0, other.0);
                    report.found(Kind::Exclusion, line.t, text);
                }
                inside.push(*proc);
            }
            What::Leave { proc, lock } => holders.entry(lock).or_default().retain(|other| other != proc),
            What::Process { proc, state, .. } if *state != crate::history::Process::Started => {
                holders.values_mut().for_each(|inside| inside.retain(|other| other != proc));
            }
            _ => {}
        }
    }
}
