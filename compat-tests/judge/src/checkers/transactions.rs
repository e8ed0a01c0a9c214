//! K4: a transaction is seen whole or not at all, in the order of each client, and what was acknowledged is on disk (TXN).
//!
//! All amounts of a database add up to nothing in every snapshot and every dump. Each commit also writes its client's number,
//! so that a snapshot says which commits it holds.

use std::collections::BTreeMap;

use crate::history::{History, Nanos, Op, Outcome, What};
use crate::verdict::{Kind, Report};

/// The commits of one client to one database.
#[derive(Default)]
struct Client {
    /// Number, when it was called, when it was acknowledged.
    commits: Vec<(u64, Nanos, Option<Nanos>)>,
}

impl Client {
    /// The highest that was acknowledged before a moment.
    fn acknowledged(&self, before: Nanos) -> u64 {
        let all = self.commits.iter().filter(|(_, _, at)| at.is_some_and(|at| at < before));
        all.map(|(n, ..)| *n).max().unwrap_or(0)
    }

    /// The highest that was begun before a moment.
    fn begun(&self, before: Nanos) -> u64 {
        self.commits.iter().filter(|(_, called, _)| *called < before).map(|(n, ..)| *n).max().unwrap_or(0)
    }
}

type Clients<'a> = BTreeMap<(&'a str, &'a str), Client>;

pub(super) fn check(history: &History, report: &mut Report) {
    let operations = history.operations();
    let mut clients: Clients<'_> = BTreeMap::new();
    // Acknowledged sequence numbers by database: when, which.
    let mut seqnums: BTreeMap<&str, Vec<(Nanos, Nanos, u64)>> = BTreeMap::new();
    for operation in &operations {
        let Op::Commit { db, client, n } = operation.op else { continue };
        let done = operation.returned.filter(|(_, result)| result.done());
        let commits = &mut clients.entry((db, client)).or_default().commits;
        commits.push((*n, operation.called, done.map(|(at, _)| at)));
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
            commits(db, &clients, (operation.called, at), &seen, &format!("node {}", operation.node), report);
        }
    }
    back(&seqnums, report);
    dumps(history, &clients, &seqnums, report);
}

/// What is seen holds all that was acknowledged before, and nothing that was not begun.
fn commits(
    db: &str,
    clients: &Clients<'_>,
    (called, returned): (Nanos, Nanos),
    seen: &dyn Fn(&str) -> u64,
    whose: &str,
    report: &mut Report,
) {
    for ((_, name), client) in clients.range((db, "")..).take_while(|((of, _), _)| *of == db) {
        let (least, most, seen) = (client.acknowledged(called), client.begun(returned), seen(name));
        if seen < least {
            let text =
                format!("{db}: {whose} shows commit {seen} of {name}, though {least} was acknowledged");
            report.found(Kind::Commit, returned, text);
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
        commits(db, clients, (line.t, line.t), &seen, &format!("the file of node {node}"), report);
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
