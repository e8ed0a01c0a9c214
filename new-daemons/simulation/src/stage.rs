//! What every world stands on: virtual time, chance, what lies ahead, a network, and the one loop that lets time pass.
//!
//! A world adds its machines and what surrounds them. Its events are its own; processes, disks and the like are parts that
//! it takes from this crate, each with its owner named in the event, so that a node can die with all that it has.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use machine::Time;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::network::{Fate, Link, Network, Node};
use crate::seeds;

/// Events at one moment, at most: more are a machine that spins.
const AT_ONCE: u64 = 100_000;
/// Characters of a line of the trace.
const TRACED: usize = 400;

/// The machines of a world, and all around them.
pub trait World {
    /// What can happen.
    type Event: Debug;

    /// Time, chance, and what lies ahead.
    fn stage(&mut self) -> &mut Stage<Self::Event>;

    /// The earliest deadline of a machine; none in a world that plans its wake-ups as events.
    fn deadline(&self) -> Option<Time> {
        None
    }

    /// A deadline has come.
    fn tick(&mut self) {}

    /// Something that was planned comes.
    fn happens(&mut self, event: Self::Event);

    /// Behind each step: carries out what the machines want, and holds all of it against what was promised.
    fn after_step(&mut self) {}

    /// Of a deadline and an event at the same moment the event comes first: what has arrived is read.
    fn reads_first(&self) -> bool {
        false
    }

    /// Lets so much time pass.
    fn run(&mut self, time: Duration) {
        let end = self.stage().now + time;
        loop {
            let due = self.deadline();
            let stage = self.stage();
            let (now, next) = (stage.now, stage.next_time());
            let due = due.map(|due| due.max(now));
            let ticks = match (due, next) {
                (Some(due), Some(next)) => due < next || (due == next && !self.reads_first()),
                (due, _) => due.is_some(),
            };
            let at = if ticks { due } else { next };
            let Some(at) = at.filter(|at| *at <= end) else { break };
            let stage = self.stage();
            if ticks {
                stage.step(at, &"tick");
                self.tick();
            } else if let Some(event) = stage.pop() {
                stage.step(at, &event);
                self.happens(event);
            }
            self.after_step();
        }
        self.stage().now = end;
    }
}

/// Time, chance, and what lies ahead.
#[derive(Debug)]
pub struct Stage<E> {
    pub(crate) now: Time,
    pub(crate) rng: SmallRng,
    pub(crate) network: Network,
    events: BTreeMap<(Time, u64), E>,
    count: u64,
    pipes: BTreeMap<Pipe, Time>,
    steps: u64,
    at_once: u64,
    traced: bool,
}

/// Something that keeps its order: a socket's direction, or the link between two nodes.
pub(crate) type Pipe = (&'static str, u32, u64);

impl<E: Debug> Stage<E> {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: Time::ZERO,
            rng: SmallRng::seed_from_u64(seed),
            network: Network::default(),
            events: BTreeMap::new(),
            count: 0,
            pipes: BTreeMap::new(),
            steps: 0,
            at_once: 0,
            traced: seeds::is_traced(),
        }
    }

    /// Steps so far.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    fn step(&mut self, at: Time, what: &dyn Debug) {
        self.steps += 1;
        self.at_once = if at == self.now { self.at_once + 1 } else { 0 };
        self.now = at;
        seeds::at(self.steps, at);
        self.trace(what);
        assert!(self.at_once < AT_ONCE, "busy at {at}: {what:?}");
    }

    /// A line of the trace, when one seed is looked at.
    pub(crate) fn trace(&self, what: &dyn Debug) {
        if self.traced {
            let text: String = format!("{what:?}").chars().take(TRACED).collect();
            println!("{} {text}", self.now);
        }
    }

    /// After about `mean`, at any time from now.
    pub(crate) fn after(&mut self, mean: Duration, event: E) {
        let at = self.now + self.about(mean);
        self.at(at, event);
    }

    /// After just so long.
    pub(crate) fn plan(&mut self, after: Duration, event: E) {
        self.at(self.now + after, event);
    }

    pub(crate) fn at(&mut self, at: Time, event: E) {
        self.count += 1;
        self.events.insert((at.max(self.now), self.count), event);
    }

    /// Through a pipe: after about `mean`, but behind what went in before.
    pub(crate) fn through(&mut self, pipe: Pipe, mean: Duration, event: E) {
        let at = self.now + self.about(mean);
        let at = at.max(self.pipes.get(&pipe).copied().unwrap_or_default());
        self.pipes.insert(pipe, at);
        self.at(at, event);
    }

    /// Over the network, from one node to another, with all that may happen on the way.
    pub(crate) fn send(&mut self, from: Node, to: Node, mean: Duration, event: impl Fn() -> E) {
        let more = self.network.delay(from, to);
        match self.network.fate(from, to, &mut self.rng) {
            Fate::Lost => {}
            Fate::Comes { twice, late } => {
                if twice {
                    self.after(mean * 10 + more, event());
                }
                if late {
                    self.after(mean * 50 + more, event());
                } else {
                    self.through(("between", from, to.into()), mean + more, event());
                }
            }
        }
    }

    /// One direction between two nodes is worse than the others from now on; false when it was so already, which then goes
    /// on.
    pub fn worsen(&mut self, from: u32, to: u32, link: Link) -> bool {
        self.network.worsen(from, to, link)
    }

    /// It is as good as the others again.
    pub fn mend(&mut self, from: u32, to: u32) {
        self.network.mend(from, to);
    }

    fn about(&mut self, mean: Duration) -> Duration {
        let nanos = u64::try_from(mean.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.rng.random_range(nanos / 2..=nanos * 3 / 2))
    }

    fn next_time(&self) -> Option<Time> {
        self.events.keys().next().map(|(at, _)| *at)
    }

    fn pop(&mut self) -> Option<E> {
        self.events.pop_first().map(|(_, event)| event)
    }

    /// Only these of the events that lie ahead still come.
    pub(crate) fn retain(&mut self, keep: impl Fn(&E) -> bool) {
        self.events.retain(|_, event| keep(event));
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && self.rng.random_bool(p.min(1.0))
    }

    /// Any time up to that.
    pub(crate) fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(0..=most))
    }
}
