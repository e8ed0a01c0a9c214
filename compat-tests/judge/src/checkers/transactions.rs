//! K4: a transaction is seen whole or not at all, in the order of each client, and what was acknowledged is on disk (TXN).
//!
//! All amounts of a database add up to nothing in every snapshot and every dump. Each commit also writes its client's number,
//! so that a snapshot says which commits it holds. A node reads what it has: one that the others left out of a recovery
//! need not show what they have committed since, until it takes part in one itself (REC-25).

use std::collections::BTreeMap;

use crate::history::{History, Nanos, Op, Outcome, What};
use crate::stale::Stale;
use crate::verdict::{Kind, Report};

/// The commits of one client to one database.
#[derive(Default)]
struct Client {
    /// Number, when it was called, when it was acknowledged, and whether a recovery came between.
    commits: Vec<(u64, Nanos, Option<Nanos>, bool)>,
    /// Where it is.
    node: u32,
}

impl Client {
    /// The highest that was acknowledged before a moment, but for what a reader may not have heard of. And whether, of
    /// those that are higher than what is seen, each was acknowledged behind a recovery that came between.
    fn acknowledged(&self, before: Nanos, unheard: impl Fn(u32, Nanos) -> bool, seen: u64) -> (u64, bool) {
        let acknowledged = |at: Nanos| at < before && !unheard(self.node, at);
        let all = self.commits.iter().filter(|(_, _, at, _)| at.is_some_and(acknowledged));
        let (mut highest, mut across) = (0, true);
        for (n, .., between) in all {
            highest = highest.max(*n);
            across &= *n <= seen || *between;
        }
        (highest, across)
    }

    /// The highest that was begun before a moment.
    fn begun(&self, before: Nanos) -> u64 {
        self.commits.iter().filter(|(_, called, ..)| *called < before).map(|(n, ..)| *n).max().unwrap_or(0)
    }
}

type Clients<'a> = BTreeMap<(&'a str, &'a str), Client>;

pub(super) fn check(history: &History, report: &mut Report) {
    let operations = history.operations();
    let mut clients: Clients<'_> = BTreeMap::new();
    let stale = Stale::of(history);
    // Acknowledged sequence numbers by database: when, which.
    let mut seqnums: BTreeMap<&str, Vec<(Nanos, Nanos, u64)>> = BTreeMap::new();
    for operation in &operations {
        let Op::Commit { db, client, n } = operation.op else { continue };
        let done = operation.returned.filter(|(_, result)| result.done());
        let known = clients.entry((db, client)).or_default();
        known.node = operation.node;
        let acknowledged = done.map(|(at, _)| at);
        let across = acknowledged.is_some_and(|at| stale.moved(operation.node, operation.called, at));
        known.commits.push((*n, operation.called, acknowledged, across));
        if let Some((at, Outcome::Committed { seqnum })) = done {
            seqnums.entry(db).or_default().push((operation.called, at, *seqnum));
            report.looked += 1;
        }
    }
    for operation in &operations {
        if let (Op::Snapshot { db }, Some((at, Outcome::Saw { sum, last }))) =
            (operation.op, operation.returned)
        {
            report.looked += 1;
            if *sum != 0 {
                report.found(
                    Kind::Sum,
                    at,
                    format!("{db}: the amounts add up to {sum} on node {}", operation.node),
                );
            }
            let seen = |client: &str| last.get(client).copied().unwrap_or(0);
            let unheard = |other: u32, acknowledged: Nanos| {
                stale.left_out(operation.node, other, acknowledged, operation.called)
            };
            let whose = format!("node {}", operation.node);
            commits(db, &clients, (operation.called, at), (&seen, &unheard), &whose, report);
        }
    }
    back(&seqnums, report);
    dumps(history, &clients, &seqnums, report);
}

/// The last commit of a client that is seen.
type Seen<'a> = &'a dyn Fn(&str) -> u64;
/// Whether a reader may not have heard of what was acknowledged on a node at a moment.
type Unheard<'a> = &'a dyn Fn(u32, Nanos) -> bool;

/// What is seen holds all that was acknowledged before, and nothing that was not begun.
fn commits(
    db: &str,
    clients: &Clients<'_>,
    (called, returned): (Nanos, Nanos),
    (seen, unheard): (Seen<'_>, Unheard<'_>),
    whose: &str,
    report: &mut Report,
) {
    for ((_, name), client) in clients.range((db, "")..).take_while(|((of, _), _)| *of == db) {
        let (most, seen) = (client.begun(returned), seen(name));
        let (least, across) = client.acknowledged(called, unheard, seen);
        if seen < least {
            let text =
                format!("{db}: {whose} shows commit {seen} of {name}, though {least} was acknowledged");
            report.found(if across { Kind::CommitAcross } else { Kind::Commit }, returned, text);
        }
        if seen > most {
            let text = format!("{db}: {whose} shows commit {seen} of {name}, who had begun {most}");
            report.found(Kind::Commit, returned, text);
        }
    }
}

/// A commit that begins after another was acknowledged has a higher number.
fn back(seqnums: &BTreeMap<&str, Vec<(Nanos, Nanos, u64)>>, report: &mut Report) {
    for (db, all) in seqnums {
        let mut ended: Vec<(Nanos, u64)> = all.iter().map(|(_, at, seqnum)| (*at, *seqnum)).collect();
        ended.sort_unstable();
        let mut begun = all.clone();
        begun.sort_unstable();
        let (mut next, mut highest) = (ended.iter().peekable(), 0);
        for (called, at, seqnum) in begun {
            while let Some((_, given)) = next.next_if(|(ended, _)| *ended < called) {
                highest = highest.max(*given);
            }
            if seqnum <= highest {
                let text = format!("{db}: a commit got number {seqnum} after {highest} had been given");
                report.found(Kind::Seqnum, at, text);
            }
        }
    }
}

/// The files at the end.
fn dumps(
    history: &History,
    clients: &Clients<'_>,
    seqnums: &BTreeMap<&str, Vec<(Nanos, Nanos, u64)>>,
    report: &mut Report,
) {
    let mut first: BTreeMap<&str, (u32, &BTreeMap<String, i64>)> = BTreeMap::new();
    for line in &history.lines {
        let What::Dump { node, db, seqnum, records, .. } = &line.what else { continue };
        let Some(given) = seqnums.get(db.as_str()) else { continue };
        report.looked += 1;
        let sum: i64 =
            records.iter().filter(|(key, _)| !key.starts_with("last.")).map(|(_, value)| *value).sum();
        if sum != 0 {
            report.found(Kind::Sum, line.t, format!("{db}: the file of node {node} adds up to {sum}"));
        }
        let highest = given.iter().filter(|(_, at, _)| *at < line.t).map(|(.., seqnum)| *seqnum).max();
        if let Some(highest) = highest.filter(|highest| seqnum < highest) {
            let text = format!("{db}: node {node} has sequence number {seqnum}, though {highest} was given");
            report.found(Kind::Seqnum, line.t, text);
        }
        let seen = |client: &str| {
            let value = records.get(&format!("last.{client}")).copied();
            value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
        };
        let whose = format!("the file of node {node}");
        commits(db, clients, (line.t, line.t), (&seen, &|_, _| false), &whose, report);
        match first.get(db.as_str()) {
            Some((other, theirs)) if *theirs != records => {
                let differs = |key: &&String| theirs.get(*key) != records.get(*key);
                let key = records.keys().chain(theirs.keys()).find(differs);
                let text = format!("{db}: the files of nodes {other} and {node} differ, as in {key:?}");
                report.found(Kind::Dump, line.t, text);
            }
            Some(_) => {}
            None => {
                first.insert(db, (*node, records));
            }
        }
    }
}
