//! K5: a public address is never on two nodes that see each other, and not on none for too long (IP-28).
//!
//! Two nodes see each other when nothing between them is cut, both run, neither calls the other disconnected, and they are in
//! the same generation and in no recovery: before it nobody could tell either to let go. From then on they have the bound
//! for settling. One sample is not enough: an address that moves may be met on the
//! node that it leaves and, a moment later, on the one where it comes.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, Nanos, NodeState, View, What};
use crate::verdict::{Kind, Report};

/// Flags of a node that may hold no address: any but the one for "runs all services".
const HEALTHY: u32 = 0;
/// The flag of a node that is not connected.
const DISCONNECTED: u32 = 1;

#[derive(Default)]
struct Seen {
    cut: BTreeSet<(u32, u32)>,
    away: BTreeSet<u32>,
    wanted: Vec<String>,
    /// Who is healthy in the eyes of whom.
    views: BTreeMap<u32, View>,
    /// When it changed last who sees whom.
    shaken: Nanos,
    /// When two nodes were last in different generations, or in a recovery.
    apart: BTreeMap<(u32, u32), Nanos>,
    /// Since when an address is nowhere although a node could host it.
    nowhere: BTreeMap<String, Nanos>,
    /// Told already: until the address is somewhere again.
    told: BTreeSet<String>,
    /// Met on two nodes by the last sample, and whether that was told.
    twice: BTreeMap<(String, u32, u32), bool>,
}

fn disconnected(view: &View) -> impl Iterator<Item = bool> {
    view.flags.iter().map(|flags| flags & DISCONNECTED != 0)
}

impl Seen {
    fn connected(&self, a: u32, b: u32) -> bool {
        let whole = !self.cut.contains(&(a, b)) && !self.cut.contains(&(b, a));
        let lost = |of: u32, other: u32| {
            let place = usize::try_from(other).unwrap_or(usize::MAX);
            self.views.get(&of).is_some_and(|view| disconnected(view).nth(place) == Some(true))
        };
        let away = self.away.contains(&a) || self.away.contains(&b);
        whole && !away && !lost(a, b) && !lost(b, a)
    }

    /// A node that could host: it is there, and says of itself that it is healthy and not in recovery.
    fn able(&self) -> bool {
        self.views.iter().any(|(node, view)| {
            let own = usize::try_from(*node).ok().and_then(|at| view.flags.get(at)).copied();
            !self.away.contains(node) && own == Some(HEALTHY) && !view.recovering
        })
    }

    fn view(&mut self, at: Nanos, node: u32, view: &View) {
        let before = self.views.insert(node, view.clone());
        if before.is_none_or(|before| !disconnected(&before).eq(disconnected(view))) {
            self.shaken = at;
        }
        for (other, theirs) in self.views.iter().filter(|(other, _)| **other != node) {
            if view.recovering || theirs.recovering || view.generation != theirs.generation {
                self.apart.insert((node.min(*other), node.max(*other)), at);
            }
        }
    }

    /// The last moment at which two nodes did not have the chance to agree.
    fn disturbed(&self, a: u32, b: u32) -> Nanos {
        self.apart.get(&(a.min(b), a.max(b))).copied().unwrap_or(0).max(self.shaken)
    }

    fn held(&mut self, at: Nanos, by: &[(u32, Vec<String>)], bounds: (Nanos, Nanos), report: &mut Report) {
        let (settle, limit) = bounds;
        let mut homes: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (node, addresses) in by {
            for address in addresses.iter().filter(|address| self.wanted.contains(address)) {
                homes.entry(address).or_default().push(*node);
            }
        }
        let calm = |a: u32, b: u32| at > self.disturbed(a, b).saturating_add(settle);
        let mut twice = BTreeMap::new();
        for (address, nodes) in &homes {
            for (index, a) in nodes.iter().enumerate() {
                let others = nodes.iter().skip(index + 1);
                for b in others.filter(|b| self.connected(*a, **b) && calm(*a, **b)) {
                    let key = ((*address).to_owned(), *a, *b);
                    let before = self.twice.get(&key).copied();
                    if before == Some(false) {
                        report.found(Kind::AddressTwice, at, format!("{address} is on nodes {a} and {b}"));
                    }
                    twice.insert(key, before.is_some());
                }
            }
        }
        self.twice = twice;
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
    let bounds = history.header.bounds;
    let bounds = (bounds.settle_ms * 1_000_000, bounds.unhosted_ms * 1_000_000);
    let mut seen = Seen::default();
    for line in &history.lines {
        match &line.what {
            What::Links { cut } => {
                seen.cut = cut.iter().copied().collect();
                seen.shaken = line.t;
            }
            What::Node { node, state } => {
                seen.shaken = line.t;
                if *state == NodeState::Started {
                    seen.away.remove(node);
                } else {
                    seen.away.insert(*node);
                    seen.views.remove(node);
                }
            }
            What::View { node, view } => seen.view(line.t, *node, view),
            What::Wanted { addresses } => seen.wanted.clone_from(addresses),
            What::Held { by } => {
                report.looked += 1;
                seen.held(line.t, by, bounds, report);
            }
            _ => {}
        }
    }
}
