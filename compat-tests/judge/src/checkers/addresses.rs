//! K5: a public address is never on two nodes that see each other, and not on none for too long (IP-28).

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, Nanos, NodeState, View, What};
use crate::verdict::{Kind, Report};

/// Flags of a node that may hold no address: any but the one for "runs all services".
const HEALTHY: u32 = 0;

#[derive(Default)]
struct Seen {
    cut: BTreeSet<(u32, u32)>,
    away: BTreeSet<u32>,
    wanted: Vec<String>,
    /// Who is healthy in the eyes of whom.
    views: BTreeMap<u32, View>,
    /// Since when an address is nowhere although a node could host it.
    nowhere: BTreeMap<String, Nanos>,
    /// Told already: until the address is somewhere again.
    told: BTreeSet<String>,
    twice: BTreeSet<(String, u32, u32)>,
}

impl Seen {
    fn connected(&self, a: u32, b: u32) -> bool {
        let whole = !self.cut.contains(&(a, b)) && !self.cut.contains(&(b, a));
        whole && !self.away.contains(&a) && !self.away.contains(&b)
    }

    /// A node that could host: it is there, and says of itself that it is healthy and not in recovery.
    fn able(&self) -> bool {
        self.views.iter().any(|(node, view)| {
            let own = usize::try_from(*node).ok().and_then(|at| view.flags.get(at)).copied();
            !self.away.contains(node) && own == Some(HEALTHY) && !view.recovering
        })
    }

    fn held(&mut self, at: Nanos, by: &[(u32, Vec<String>)], limit: Nanos, report: &mut Report) {
        let mut homes: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (node, addresses) in by {
            for address in addresses.iter().filter(|address| self.wanted.contains(address)) {
                homes.entry(address).or_default().push(*node);
            }
        }
        for (address, nodes) in &homes {
            for (index, a) in nodes.iter().enumerate() {
                for b in nodes.iter().skip(index + 1) {
                    if self.connected(*a, *b) && self.twice.insert(((*address).to_owned(), *a, *b)) {
                        report.found(Kind::AddressTwice, at, format!("{address} is on nodes {a} and {b}"));
                    }
                }
            }
        }
        self.twice.retain(|(address, a, b)| {
            homes.get(address.as_str()).is_some_and(|nodes| nodes.contains(a) && nodes.contains(b))
        });
        let able = self.able();
        for address in self.wanted.clone() {
            if homes.contains_key(address.as_str()) || !able {
                self.nowhere.remove(&address);
                self.told.remove(&address);
                continue;
            }
            let since = *self.nowhere.entry(address.clone()).or_insert(at);
            if at.saturating_sub(since) > limit && self.told.insert(address.clone()) {
                let millis = at.saturating_sub(since) / 1_000_000;
                report.found(Kind::AddressGone, at, format!("{address} is on no node for {millis} ms"));
            }
        }
    }
}

pub(super) fn check(history: &History, report: &mut Report) {
    let limit = history.header.bounds.unhosted_ms * 1_000_000;
    let mut seen = Seen::default();
    for line in &history.lines {
        match &line.what {
            What::Links { cut } => seen.cut = cut.iter().copied().collect(),
            What::Node { node, state } => {
                if *state == NodeState::Started {
                    seen.away.remove(node);
                } else {
                    seen.away.insert(*node);
                    seen.views.remove(node);
                }
            }
            What::View { node, view } => {
                seen.views.insert(*node, view.clone());
            }
            What::Wanted { addresses } => seen.wanted.clone_from(addresses),
            What::Held { by } => {
                report.looked += 1;
                seen.held(line.t, by, limit, report);
            }
            _ => {}
        }
    }
}
