//! K1: each value of a counter is given once, none is skipped, and it never goes back (REC-14).
//!
//! What may be lost is the tail of a node that a fault took out. A skipped value needs somebody whose call never returned,
//! for he may have taken it.

use std::collections::{BTreeMap, BTreeSet};

use super::MOST;
use crate::history::{History, Nanos, Op, Outcome};
use crate::tails::tails;
use crate::verdict::{Kind, Report};

#[derive(Default)]
struct Counter {
    /// Value, when called, when returned, in a tail.
    given: Vec<(u64, Nanos, Nanos, bool)>,
    /// Calls that may have taken a value.
    unsure: u64,
}

pub(super) fn check(history: &History, report: &mut Report) {
    let operations = history.operations();
    let tail = tails(history, &operations);
    let mut counters: BTreeMap<(&str, &str), Counter> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        let Op::Inc { db, key } = operation.op else { continue };
        let counter = counters.entry((db, key)).or_default();
        match operation.returned {
            Some((at, Outcome::Done { value: Some(value) })) => {
                counter.given.push((*value, operation.called, at, tail.contains(&index)));
            }
            Some((_, Outcome::Refused { .. })) => {}
            _ => counter.unsure += 1,
        }
        report.looked += 1;
    }
    let finals = finals(history);
    for ((db, key), counter) in &mut counters {
        one(&format!("{db} {key}"), counter, finals.get(&(*db, *key)).copied(), history.end(), report);
    }
}

/// The last value of each record, on the node that has the most.
fn finals(history: &History) -> BTreeMap<(&str, &str), u64> {
    let mut all = BTreeMap::new();
    for line in &history.lines {
        if let crate::history::What::Dump { db, records, .. } = &line.what {
            for (key, value) in records {
                let value = u64::try_from(*value).unwrap_or_default();
                let last = all.entry((db.as_str(), key.as_str())).or_insert(0);
                *last = value.max(*last);
            }
        }
    }
    all
}

fn one(name: &str, counter: &mut Counter, last: Option<u64>, end: Nanos, report: &mut Report) {
    counter.given.sort_unstable_by_key(|(_, called, ..)| *called);
    twice(name, counter, report);
    back(name, counter, report);
    let sure: BTreeSet<u64> =
        counter.given.iter().filter(|(.., tail)| !tail).map(|(value, ..)| *value).collect();
    let all: BTreeSet<u64> = counter.given.iter().map(|(value, ..)| *value).collect();
    // Holes: below the highest value that surely counts.
    if let Some(highest) = sure.last() {
        let below = u64::try_from(all.range(..=*highest).count()).unwrap_or(u64::MAX);
        let missing = highest.saturating_sub(below);
        if missing > counter.unsure {
            let text = format!(
                "{name}: {missing} values up to {highest} were given to nobody, and only {} calls never returned",
                counter.unsure
            );
            report.found(Kind::CounterHole, end, text);
        }
        if let Some(last) = last.filter(|last| last < highest) {
            let text = format!("{name}: ends as {last}, though {highest} was given");
            report.found(Kind::CounterLost, end, text);
        }
    }
}

/// The same value for two, neither of whom can have lost it.
fn twice(name: &str, counter: &Counter, report: &mut Report) {
    let mut by_value: BTreeMap<u64, Vec<Nanos>> = BTreeMap::new();
    for (value, _, returned, _) in counter.given.iter().filter(|(.., tail)| !tail) {
        by_value.entry(*value).or_default().push(*returned);
    }
    let mut all = by_value.iter().filter(|(_, times)| times.len() > 1);
    for (value, times) in all.by_ref().take(MOST) {
        let at = times.last().copied().unwrap_or_default();
        report.found(Kind::CounterTwice, at, format!("{name}: {value} was given {} times", times.len()));
    }
    let more: Vec<Nanos> = all.filter_map(|(_, times)| times.last().copied()).collect();
    if let Some(at) = more.iter().min() {
        let text = format!("{name}: and {} more values were given twice", more.len());
        report.found(Kind::CounterTwice, *at, text);
    }
}

/// Whoever calls after a value was given gets a higher one.
fn back(name: &str, counter: &Counter, report: &mut Report) {
    let mut ended: Vec<(Nanos, u64)> =
        counter.given.iter().filter(|(.., tail)| !tail).map(|(value, _, at, _)| (*at, *value)).collect();
    ended.sort_unstable();
    let (mut next, mut highest, mut found) = (ended.iter().peekable(), 0, 0_usize);
    for (value, called, returned, tail) in &counter.given {
        while let Some((_, given)) = next.next_if(|(at, _)| at < called) {
            highest = highest.max(*given);
        }
        if !tail && *value <= highest {
            found += 1;
            if found <= MOST {
                let text = format!("{name}: {value} was given after {highest} had been");
                report.found(Kind::CounterBack, *returned, text);
            }
        }
    }
}
