//! K7: with a cluster lock one node leads (LDR-21).
//!
//! A node leads when it says so of itself while it is not in recovery. A node that stands still cannot be asked and says
//! nothing. Two may both say so for as long as the word of the new one is on its way.

use std::collections::BTreeMap;

use crate::history::{History, Nanos, What};
use crate::verdict::{Kind, Report};

pub(super) fn check(history: &History, report: &mut Report) {
    let limit = history.header.bounds.two_leaders_ms * 1_000_000;
    // Who says so, since when, and when it was heard last.
    let mut claims: BTreeMap<u32, (Nanos, Nanos)> = BTreeMap::new();
    let mut told = false;
    for line in &history.lines {
        match &line.what {
            What::View { node, view } => {
                report.looked += 1;
                if view.leader == Some(*node) && !view.recovering && view.generation.is_some() {
                    claims.entry(*node).or_insert((line.t, line.t)).1 = line.t;
                } else {
                    claims.remove(node);
                }
                // Claims that were not heard of for longer than that are no claims.
                claims.retain(|_, (_, heard)| line.t.saturating_sub(*heard) <= limit);
                let begun = claims.values().map(|(since, _)| *since).max().unwrap_or(line.t);
                let long = claims.len() > 1 && line.t.saturating_sub(begun) > limit;
                if long && !told {
                    let who: Vec<u32> = claims.keys().copied().collect();
                    report.found(Kind::TwoLeaders, line.t, format!("nodes {who:?} lead at the same time"));
                }
                told = long;
            }
            What::Node { node, .. } => {
                claims.remove(node);
            }
            _ => {}
        }
    }
}
