//! What happens when: events in order of time, and pipes that keep their order.

use std::collections::BTreeMap;
use std::time::Duration;

use machine::Time;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Events that lie ahead, and chance.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    pub(crate) now: Time,
    pub(crate) rng: SmallRng,
    events: BTreeMap<(Time, u64), E>,
    count: u64,
    pipes: BTreeMap<Pipe, Time>,
}

/// Something that keeps its order: a socket's direction, or the link between two nodes.
pub(crate) type Pipe = (&'static str, u32, u64);

impl<E> Queue<E> {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: Time::ZERO,
            rng: SmallRng::seed_from_u64(seed),
            events: BTreeMap::new(),
            count: 0,
            pipes: BTreeMap::new(),
        }
    }

    /// After about `mean`, at any time from now.
    pub(crate) fn after(&mut self, mean: Duration, event: E) {
        let nanos = u64::try_from(mean.as_nanos()).unwrap_or(u64::MAX);
        let at = self.now + Duration::from_nanos(self.rng.random_range(nanos / 2..=nanos * 3 / 2));
        self.at(at, event);
    }

    pub(crate) fn at(&mut self, at: Time, event: E) {
        self.count += 1;
        self.events.insert((at.max(self.now), self.count), event);
    }

    /// Through a pipe: after about `mean`, but behind what went in before.
    pub(crate) fn through(&mut self, pipe: Pipe, mean: Duration, event: E) {
        let nanos = u64::try_from(mean.as_nanos()).unwrap_or(u64::MAX);
        let at = self.now + Duration::from_nanos(self.rng.random_range(nanos / 2..=nanos * 3 / 2));
        let at = at.max(self.pipes.get(&pipe).copied().unwrap_or_default());
        self.pipes.insert(pipe, at);
        self.at(at, event);
    }

    pub(crate) fn next_time(&self) -> Option<Time> {
        self.events.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn pop(&mut self) -> Option<E> {
        let ((at, _), event) = self.events.pop_first()?;
        self.now = at;
        Some(event)
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && self.rng.random_bool(p.min(1.0))
    }
}
