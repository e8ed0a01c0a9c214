//! Whether some order of overlapping calls on one register explains what was seen, after Wing and Gong, Lowe.
//!
//! The calls are walked in the order of time. A configuration is a value and the set of open calls that have taken effect
//! already; when a call returns, every configuration must have it among those, or can be brought there by letting other
//! open calls take effect first. Whatever is not open any more is forgotten, so a configuration is as small as the number
//! of clients. Calls that never return may take effect at any later moment or never; deletes among them are many, after a fault
//! that takes a node out, and are the same: only their number matters.
//!
//! A read that fits takes effect at once: it changes nothing, so whatever is possible without it is possible with it. Only
//! writes have to be tried, and many readers cost no more than one.

use std::collections::BTreeSet;

use crate::history::Nanos;

/// A call on a register, or its return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Call `id` wants to write; none: to delete.
    Write(usize, Option<u64>),
    /// Call `id` wants to read. What it will see is known from its return.
    Read(usize, Option<u64>),
    /// Call `id` has returned.
    Return(usize),
}

/// There were too many possibilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecided;

/// The most configurations at once.
const MOST: usize = 200_000;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Config {
    value: Option<u64>,
    /// Open calls that have taken effect, sorted.
    done: Vec<usize>,
    /// How many of the deletes that never return have taken effect.
    spent: usize,
}

/// The first event, by its place, that no order explains; none: the events are linearizable.
///
/// # Errors
/// [`Undecided`] when there are too many possibilities.
pub fn linearizable(events: &[(Nanos, Event)], initial: Option<u64>) -> Result<Option<usize>, Undecided> {
    let returns: BTreeSet<usize> = events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Return(id) => Some(*id),
            _ => None,
        })
        .collect();
    let mut configs = BTreeSet::from([Config { value: initial, done: Vec::new(), spent: 0 }]);
    let mut open = Open::default();
    for (place, (_, event)) in events.iter().enumerate() {
        match *event {
            // One is as good as another: they are counted.
            Event::Write(id, None) if !returns.contains(&id) => open.deletes += 1,
            Event::Write(..) | Event::Read(..) => open.calls.push(*event),
            Event::Return(id) => {
                configs = returned(&configs, &open, id)?;
                if configs.is_empty() {
                    return Ok(Some(place));
                }
                open.calls.retain(|call| number(call) != id);
            }
        }
    }
    Ok(None)
}

/// Calls that have begun and not returned.
#[derive(Default)]
struct Open {
    calls: Vec<Event>,
    /// Deletes that will never return: each may take effect once, at any later moment or never.
    deletes: usize,
}

const fn number(event: &Event) -> usize {
    match event {
        Event::Write(id, _) | Event::Read(id, _) | Event::Return(id) => *id,
    }
}

/// All configurations in which `id` has taken effect; it is forgotten in them.
fn returned(from: &BTreeSet<Config>, open: &Open, id: usize) -> Result<BTreeSet<Config>, Undecided> {
    let mut result = BTreeSet::new();
    let seen: BTreeSet<Config> = from.iter().map(|config| with_reads(config.clone(), &open.calls)).collect();
    let (mut todo, mut seen) = (seen.iter().cloned().collect::<Vec<_>>(), seen);
    while let Some(config) = todo.pop() {
        if let Ok(at) = config.done.binary_search(&id) {
            let mut without = config;
            without.done.remove(at);
            result.insert(without);
            continue;
        }
        let writes = open.calls.iter().filter_map(|call| written(&config, call));
        for next in writes.chain(deleted(&config, open.deletes)) {
            let next = with_reads(next, &open.calls);
            if seen.insert(next.clone()) {
                todo.push(next);
            }
        }
        if seen.len() + result.len() > MOST {
            return Err(Undecided);
        }
    }
    Ok(thriftiest(result))
}

/// The configuration after one of the deletes that never return took effect, if one is left.
fn deleted(config: &Config, deletes: usize) -> Option<Config> {
    let useful = config.value.is_some() && config.spent < deletes;
    useful.then(|| Config { value: None, spent: config.spent + 1, ..config.clone() })
}

/// Of configurations that differ in the number of spent deletes alone the one that spent least: it can become whatever the
/// others can.
fn thriftiest(of: BTreeSet<Config>) -> BTreeSet<Config> {
    let mut kept: BTreeSet<Config> = BTreeSet::new();
    for config in of {
        // In this order the least comes first.
        let same = kept.last().is_some_and(|last| (last.value, &last.done) == (config.value, &config.done));
        if !same {
            kept.insert(config);
        }
    }
    kept
}

/// The configuration after an open write took effect, if it has not yet.
fn written(config: &Config, call: &Event) -> Option<Config> {
    let Event::Write(id, value) = *call else { return None };
    let at = config.done.binary_search(&id).err()?;
    let mut done = config.done.clone();
    done.insert(at, id);
    Some(Config { value, done, spent: config.spent })
}

/// The configuration after all open reads took effect that see its value.
fn with_reads(mut config: Config, open: &[Event]) -> Config {
    for call in open {
        if let Event::Read(id, saw) = *call
            && saw == config.value
            && let Err(at) = config.done.binary_search(&id)
        {
            config.done.insert(at, id);
        }
    }
    config
}
