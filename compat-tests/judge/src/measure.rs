//! What each fault of a run cost: how long nobody was served, what was lost, how often the cluster recovered.
//!
//! A fault's time is from its beginning to the beginning of the next one, or to the quiet phase. Service is looked at on the
//! nodes that the fault does not hit; a fault that hits all is looked at on all. Nothing here says whether that is good
//! enough: it is what the bounds are chosen by, and what two builds are compared with.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, Nanos, Op, Outcome, Phase, ProcId, Process, What, Workload};
use crate::known::Known;
use crate::verdict::{Finding, Kind, Verdict};

/// What a fault cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Its name, as in `F4`; none: the quiet phase, which no fault disturbs.
    pub fault: Option<String>,
    /// For each workload, the longest time in which a client on one of the nodes that were not hit got no answer that it
    /// wanted; for W7, in which an address was on no node.
    pub without: BTreeMap<Workload, Nanos>,
    /// Increments that were acknowledged, on whatever node, and did not last.
    pub increments: u64,
    /// Messages between nodes that were not hit which did not arrive.
    pub messages: u64,
    /// Generations that began.
    pub recoveries: u64,
    /// What the checkers found, with the rule when it is known of C. Each finding counts for the fault that came last.
    pub found: BTreeMap<(Kind, Option<Known>), u64>,
}

/// A fault's time and whom it spares.
struct Window {
    fault: Option<String>,
    from: Nanos,
    to: Nanos,
    hit: BTreeSet<u32>,
}

fn windows(history: &History) -> Vec<Window> {
    let nodes = history.header.nodes();
    let quiet = history.began(Phase::Quiet).unwrap_or_else(|| history.end());
    let troubles = history.troubles();
    let ends = troubles.iter().skip(1).map(|next| next.begins).chain([quiet]);
    let faults = troubles.iter().zip(ends).map(|(trouble, to)| {
        let hit: BTreeSet<u32> = trouble.victims.iter().copied().collect();
        let all = usize::try_from(nodes) == Ok(hit.len());
        let hit = if all { BTreeSet::new() } else { hit };
        Window { fault: Some(trouble.name.to_owned()), from: trouble.begins, to, hit }
    });
    let mut all: Vec<Window> = faults.collect();
    let to = history.began(Phase::Audit).unwrap_or_else(|| history.end());
    all.push(Window { fault: None, from: quiet, to, hit: BTreeSet::new() });
    all
}

/// The cost of each fault of a history, in the order in which they came, and of the quiet phase behind them.
#[must_use]
pub fn measure(history: &History, verdict: &Verdict) -> Vec<Cost> {
    let windows = windows(history);
    let mut costs: Vec<Cost> =
        windows.iter().map(|window| Cost { fault: window.fault.clone(), ..Cost::default() }).collect();
    let nodes = history.nodes_of_processes();
    let (served, homeless) = (served(history, &nodes), homeless(history));
    for (window, cost) in windows.iter().zip(&mut costs) {
        for ((workload, _), times) in served.iter().filter(|((_, node), _)| !window.hit.contains(node)) {
            let longest = cost.without.entry(*workload).or_default();
            *longest = (*longest).max(gap(times, window));
        }
        if history.header.workloads.contains(&Workload::W7) {
            let inside = homeless
                .iter()
                .map(|(from, to)| (*to).min(window.to).saturating_sub((*from).max(window.from)));
            cost.without.insert(Workload::W7, inside.max().unwrap_or(0));
        }
        cost.recoveries = recoveries(history, window);
    }
    let mut count = |at: Nanos, one: &mut dyn FnMut(&Window, &mut Cost)| {
        let which = windows.iter().position(|window| at < window.to).unwrap_or(windows.len() - 1);
        if let (Some(window), Some(cost)) = (windows.get(which), costs.get_mut(which)) {
            one(window, cost);
        }
    };
    for at in lost_increments(history) {
        count(at, &mut |_, cost| cost.increments += 1);
    }
    for (at, ends) in lost_messages(history) {
        let spared = |window: &Window| {
            ends.iter().all(|proc| nodes.get(proc).is_some_and(|n| !window.hit.contains(n)))
        };
        count(at, &mut |window, cost| cost.messages += u64::from(spared(window)));
    }
    let known = verdict.known.iter().map(|(finding, known)| (finding, Some(*known)));
    for (finding, known) in verdict.red.iter().map(|finding: &Finding| (finding, None)).chain(known) {
        // What can be seen in the quiet phase or at the end only is the fault's that came last.
        let last = windows.len().saturating_sub(2);
        let which = windows.iter().position(|window| finding.at < window.to).unwrap_or(last).min(last);
        if let Some(cost) = costs.get_mut(which) {
            *cost.found.entry((finding.kind, known)).or_default() += 1;
        }
    }
    costs
}

/// The moments at which the clients of a workload on a node got what they wanted.
fn served(history: &History, nodes: &BTreeMap<ProcId, u32>) -> BTreeMap<(Workload, u32), Vec<Nanos>> {
    let mut of: BTreeMap<ProcId, Workload> = BTreeMap::new();
    let mut all: BTreeMap<(Workload, u32), Vec<Nanos>> = BTreeMap::new();
    for line in &history.lines {
        let proc = match &line.what {
            What::Process { proc, workload, .. } => {
                of.insert(*proc, *workload);
                continue;
            }
            What::Return { proc, result, .. } if result.done() => proc,
            What::Received { proc, .. } | What::Leave { proc, .. } => proc,
            _ => continue,
        };
        if let (Some(workload), Some(node)) = (of.get(proc), nodes.get(proc)) {
            all.entry((*workload, *node)).or_default().push(line.t);
        }
    }
    all
}

/// The longest time between two moments, as far as it is inside the window.
fn gap(times: &[Nanos], window: &Window) -> Nanos {
    let inside = times.iter().copied().filter(|at| (window.from..window.to).contains(at));
    let mut last = window.from;
    let mut longest = 0;
    for at in inside.chain([window.to]) {
        longest = longest.max(at.saturating_sub(last));
        last = at;
    }
    longest
}

/// When an address was on no node: from the first sample without it to the first with it again.
fn homeless(history: &History) -> Vec<(Nanos, Nanos)> {
    let (mut wanted, mut since): (&[String], BTreeMap<&str, Nanos>) = (&[], BTreeMap::new());
    let mut all = Vec::new();
    for line in &history.lines {
        match &line.what {
            What::Wanted { addresses } => wanted = addresses,
            What::Held { by } => {
                let held: BTreeSet<&str> = by.iter().flat_map(|(_, held)| held).map(String::as_str).collect();
                for address in wanted.iter().map(String::as_str) {
                    if !held.contains(address) {
                        since.entry(address).or_insert(line.t);
                    } else if let Some(from) = since.remove(address) {
                        all.push((from, line.t));
                    }
                }
            }
            _ => {}
        }
    }
    all.extend(since.into_values().map(|from| (from, history.end())));
    all
}

/// How many generations the nodes that were not hit came to within the window.
fn recoveries(history: &History, window: &Window) -> u64 {
    let (mut before, mut within) = (BTreeSet::new(), BTreeSet::new());
    for line in history.lines.iter().filter(|line| line.t < window.to) {
        if let What::View { node, view } = &line.what
            && let Some(generation) = view.generation.filter(|_| !window.hit.contains(node))
        {
            if line.t < window.from { &mut before } else { &mut within }.insert(generation);
        }
    }
    u64::try_from(within.difference(&before).count()).unwrap_or(u64::MAX)
}

/// When increments were acknowledged that did not last: their value was given again later, or is above the last one.
fn lost_increments(history: &History) -> Vec<Nanos> {
    let mut given: BTreeMap<(&str, &str), BTreeMap<u64, Vec<Nanos>>> = BTreeMap::new();
    for operation in history.operations() {
        if let (Op::Inc { db, key }, Some((at, Outcome::Done { value: Some(value) }))) =
            (operation.op, operation.returned)
        {
            given.entry((db, key)).or_default().entry(*value).or_default().push(at);
        }
    }
    let mut last: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in &history.lines {
        if let What::Dump { db, records, .. } = &line.what {
            for (key, value) in records {
                let most = last.entry((db, key)).or_default();
                *most = (*most).max(u64::try_from(*value).unwrap_or_default());
            }
        }
    }
    let mut all = Vec::new();
    for (name, values) in given {
        let last = last.get(&name).copied().unwrap_or(u64::MAX);
        for (value, mut times) in values {
            times.sort_unstable();
            if value <= last {
                times.pop();
            }
            all.extend(times);
        }
    }
    all
}

/// When messages were sent that did not arrive, and between whom. What its sender or receiver did not outlive is no loss.
fn lost_messages(history: &History) -> Vec<(Nanos, [ProcId; 2])> {
    let (mut under_way, mut early) = (BTreeMap::new(), BTreeSet::new());
    let quiet = history.began(Phase::Quiet).unwrap_or_else(|| history.end());
    for line in history.lines.iter().filter(|line| line.t < quiet) {
        match &line.what {
            What::Sent { proc, to, n } => drop(under_way.insert((*proc, *to, *n), line.t)),
            What::Process { proc, state, .. } if *state != Process::Started => drop(early.insert(*proc)),
            _ => {}
        }
    }
    for line in &history.lines {
        if let What::Received { proc, from, n, .. } = &line.what {
            under_way.remove(&(*from, *proc, *n));
        }
    }
    let there = |proc: &ProcId| !early.contains(proc);
    let all = under_way.into_iter().filter(|((from, to, _), _)| there(from) && there(to));
    all.map(|((from, to, _), at)| (at, [from, to])).collect()
}
