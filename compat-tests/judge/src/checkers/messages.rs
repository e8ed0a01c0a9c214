//! K6: messages between two processes arrive once, whole and in order (NET-19).
//!
//! What was sent before a fault that hit a sender's or a receiver's node, and had not arrived when it began, may be lost, and
//! so may what was sent while it lasted. Who did not end as he was asked to may not have handed over what he sent last.

use std::collections::{BTreeMap, BTreeSet};

use super::MOST;
use crate::history::{History, Nanos, ProcId, Process, What};
use crate::verdict::{Kind, Report};

/// Messages from one process to another.
#[derive(Default)]
struct Way {
    /// Number -> when it was sent.
    sent: BTreeMap<u64, Nanos>,
    /// Number, when it arrived, whole; in the order of arrival.
    arrived: Vec<(u64, Nanos, bool)>,
}

pub(super) fn check(history: &History, report: &mut Report) {
    let mut ways: BTreeMap<(ProcId, ProcId), Way> = BTreeMap::new();
    // When a process ended, by whatever cause: nothing has to reach it any more. And whether it was as it was asked to.
    let mut ended: BTreeMap<ProcId, (Nanos, bool)> = BTreeMap::new();
    for line in &history.lines {
        match &line.what {
            What::Sent { proc, to, n } => {
                ways.entry((*proc, *to)).or_default().sent.insert(*n, line.t);
            }
            What::Received { proc, from, n, whole } => {
                ways.entry((*from, *proc)).or_default().arrived.push((*n, line.t, *whole));
                report.looked += 1;
            }
            What::Process { proc, state, why, .. } if *state != Process::Started => {
                let as_asked = *state == Process::Ended && why.is_empty();
                ended.entry(*proc).or_insert((line.t, as_asked));
            }
            _ => {}
        }
    }
    let (nodes, troubles) = (history.nodes_of_processes(), history.troubles());
    let settle = history.header.bounds.settle_ms * 1_000_000;
    for ((from, to), way) in &ways {
        let name = format!("from process {} to {}", from.0, to.0);
        order(&name, way, report);
        let ends = [nodes.get(from), nodes.get(to)];
        let hit = |trouble: &&crate::history::Trouble<'_>| {
            ends.iter().flatten().any(|node| trouble.victims.contains(node))
        };
        let excused = |sent: Nanos| {
            let soon = |at: Nanos| at <= sent.saturating_add(settle);
            let gone = ended.get(to).is_some_and(|(at, _)| soon(*at));
            let torn = ended.get(from).is_some_and(|(at, as_asked)| !as_asked && soon(*at));
            gone || torn
                || troubles.iter().filter(hit).any(|trouble| {
                    let near = trouble.begins.saturating_sub(settle)..=trouble.ends.saturating_add(settle);
                    near.contains(&sent)
                })
        };
        let there: BTreeSet<u64> = way.arrived.iter().map(|(n, ..)| *n).collect();
        let mut lost = way.sent.iter().filter(|(n, sent)| !there.contains(n) && !excused(**sent));
        for (n, sent) in lost.by_ref().take(MOST) {
            report.found(Kind::MessageLost, *sent, format!("message {n} {name} did not arrive"));
        }
        let more = lost.count();
        if more > 0 {
            report.found(Kind::MessageLost, history.end(), format!("and {more} more {name} did not arrive"));
        }
    }
}

fn order(name: &str, way: &Way, report: &mut Report) {
    let (mut there, mut last) = (BTreeSet::new(), 0);
    for (n, at, whole) in &way.arrived {
        let sent = way.sent.get(n).is_some_and(|sent| sent <= at);
        if !sent || !whole || !there.insert(*n) {
            let how = match (sent, whole) {
                (false, _) => "was never sent",
                (_, false) => "is damaged",
                _ => "arrived twice",
            };
            report.found(Kind::MessageTwice, *at, format!("message {n} {name} {how}"));
        } else if *n < last {
            report.found(Kind::MessageOrder, *at, format!("message {n} {name} arrived after {last}"));
        }
        last = last.max(*n);
    }
}
