//! K8: a daemon that lives through the faults is afterwards no larger than before, but for a bound.
//!
//! Compared are the medians of the warm-up and of the quiet phase of the same life of a daemon. Those that were restarted
//! meanwhile have no "before".

use std::collections::BTreeMap;

use crate::history::{Epoch, History, Phase, What};
use crate::verdict::{Kind, Report};

#[derive(Default)]
struct Life {
    before: Vec<(u64, u64)>,
    after: Vec<(u64, u64)>,
}

fn median(of: impl Iterator<Item = u64>) -> u64 {
    let mut all: Vec<u64> = of.collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(0)
}

pub(super) fn check(history: &History, report: &mut Report) {
    let bounds = history.header.bounds;
    let mut lives: BTreeMap<(u32, &str, Epoch), Life> = BTreeMap::new();
    let mut phase = None;
    for line in &history.lines {
        match &line.what {
            What::Phase { phase: begins } => phase = Some(*begins),
            What::Size { node, daemon, life, memory_kib, descriptors } => {
                report.looked += 1;
                let life = lives.entry((*node, daemon, *life)).or_default();
                match phase {
                    Some(Phase::WarmUp) => life.before.push((*memory_kib, *descriptors)),
                    Some(Phase::Quiet) => life.after.push((*memory_kib, *descriptors)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    for ((node, daemon, _), life) in lives.iter().filter(|(_, l)| !l.before.is_empty() && !l.after.is_empty())
    {
        for (what, bound, of) in [
            ("KiB of memory", bounds.memory_kib, (|s: &(u64, u64)| s.0) as fn(&(u64, u64)) -> u64),
            ("descriptors", bounds.descriptors, |s: &(u64, u64)| s.1),
        ] {
            let (before, after) = (median(life.before.iter().map(of)), median(life.after.iter().map(of)));
            if after.saturating_sub(before) > bound {
                let text = format!("{daemon} of node {node} grew from {before} to {after} {what}");
                report.found(Kind::Growth, history.end(), text);
            }
        }
    }
}
