//! An event daemon on the bus: others ask it for events and listen to it, over ways that lose, from a seed.
//!
//! [`AskedEvents`] drives the calls of some daemons and the core of one event daemon, translated by `event::messages` as the
//! program does it; `promises` knows what must hold and panics when it does not. Messages are lost, doubted and late, the
//! event daemon is started anew, callers lose their patience, scripts hang.

mod promises;
mod server;

use std::collections::BTreeMap;
use std::time::Duration;

use bus::calls::{CallError, CallId, Calls, Effect, Input, Me, News, SubscriptionId};
use bus::{Address, Failure, Ticket, Undelivered};
use bytes::Bytes;
use machine::{Machine, Time};
use protocol::common::Span;
use protocol::event::{EventArgument, EventRan, EventRun, EventWhich};
use protocol::interface::Ask;
use protocol::services::event as service;
use protocol::xdr::Xdr;
use rand::Rng;

use crate::queue::Queue;
use promises::Promises;
use server::Server;

const CALLERS: u32 = 4;
const EVENTS: [&str; 4] = ["monitor", "monitor", "takeip", "recovered"];
const COMPONENTS: [&str; 2] = ["legacy", "ip"];
/// The node of the event daemon.
const HOME: u32 = 0;

#[derive(Debug)]
enum Happening {
    /// A caller asks for something.
    Ask,
    /// A caller does not wait any more.
    Leave,
    /// The event daemon is started anew.
    Restart,
    /// The way between two nodes is cut, or is whole again.
    Cut(u32),
    /// A message arrives.
    Arrive { from: Address, to: Address, body: Bytes },
    /// The sender is told what became of it.
    Completed { to: Address, run: u64, ticket: Ticket, result: Result<(), Undelivered> },
    /// A script, or a directory, of this run of the event daemon.
    Script { run: u64, input: event::Input },
}

/// Some callers and an event daemon.
#[derive(Debug)]
pub struct AskedEvents {
    server: Server,
    /// Counts the runs of the event daemon.
    run: u64,
    callers: BTreeMap<u32, Calls>,
    queue: Queue<Happening>,
    /// Nodes whose way to the event daemon is cut.
    cut: Vec<u32>,
    promises: Promises,
    count: u64,
    busy: bool,
    trace: bool,
    /// How much has happened.
    pub steps: u64,
}

fn home() -> Address {
    address(HOME, "event")
}

fn address(node: u32, name: &str) -> Address {
    format!("{node}/{name}").parse().expect("a name that is fit")
}

impl AskedEvents {
    /// Nobody has asked for anything yet.
    #[must_use]
    pub fn new(seed: u64, trace: bool) -> Self {
        let mut queue = Queue::new(seed);
        queue.at(Time::ZERO, Happening::Ask);
        queue.after(Duration::from_secs(10), Happening::Leave);
        queue.after(Duration::from_secs(120), Happening::Restart);
        queue.after(Duration::from_secs(60), Happening::Cut(1));
        let mut this = Self {
            server: Server::new(1),
            run: 1,
            callers: BTreeMap::new(),
            queue,
            cut: Vec::new(),
            promises: Promises::default(),
            count: 0,
            busy: true,
            trace,
            steps: 0,
        };
        for node in 1..=CALLERS {
            let daemon = address(node, "me").daemon;
            let me =
                Me { daemon, incarnation: 1000 + u64::from(node), release: "test".to_owned(), features: 0 };
            let mut calls = Calls::new(me);
            let id = SubscriptionId(u64::from(node));
            calls.handle(Time::ZERO, Input::Subscribe { id, to: home(), prefix: "event.".to_owned() });
            this.callers.insert(node, calls);
        }
        this.drain();
        this
    }

    /// Lets so much time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.queue.now + time;
        loop {
            let due =
                self.callers.values().filter_map(Calls::poll_timeout).chain(self.server.timeout()).min();
            match (self.queue.next_time(), due) {
                (next, Some(due)) if next.is_none_or(|next| due < next) && due <= until => {
                    self.queue.now = self.queue.now.max(due);
                    let now = self.queue.now;
                    self.callers.values_mut().for_each(|calls| calls.tick(now));
                    self.server.tick(now);
                }
                (Some(next), _) if next <= until => {
                    if let Some(happening) = self.queue.pop() {
                        self.happens(happening);
                    }
                }
                _ => break,
            }
            self.steps += 1;
            self.drain();
            self.promises.check(self.queue.now);
        }
        self.queue.now = until;
    }

    /// Nobody asks any more and all ways are whole. Then nothing may be owed.
    pub fn calm_down(&mut self) {
        self.busy = false;
        self.cut.clear();
        self.run(Duration::from_secs(600));
        self.promises.nothing_is_owed();
        self.server.nothing_is_owed();
    }

    /// How many calls were answered, refused, in doubt or given up, and how many events were heard.
    #[must_use]
    pub fn seen(&self) -> [u64; 4] {
        self.promises.seen
    }

    fn note(&self, what: &dyn std::fmt::Debug) {
        if self.trace {
            println!("{} {what:?}", self.queue.now);
        }
    }

    fn happens(&mut self, happening: Happening) {
        self.note(&happening);
        let now = self.queue.now;
        match happening {
            Happening::Ask => {
                if self.busy {
                    self.ask();
                    let pause = if self.queue.chance(0.3) { 10 } else { 1500 };
                    self.queue.after(Duration::from_millis(pause), Happening::Ask);
                }
            }
            Happening::Leave => {
                if let Some((node, id)) = self.promises.an_open_call(&mut self.queue.rng)
                    && let Some(calls) = self.callers.get_mut(&node)
                {
                    calls.handle(now, Input::Cancel(id));
                    self.promises.left(id);
                }
                if self.busy {
                    self.queue.after(Duration::from_secs(10), Happening::Leave);
                }
            }
            Happening::Restart => {
                if self.busy {
                    self.run += 1;
                    self.server = Server::new(self.run);
                    self.promises.restarted(self.run);
                    self.queue.after(Duration::from_secs(120), Happening::Restart);
                }
            }
            Happening::Cut(node) => {
                if self.busy {
                    match self.cut.iter().position(|other| *other == node) {
                        Some(at) => drop(self.cut.remove(at)),
                        None => self.cut.push(node),
                    }
                    let next = self.queue.rng.random_range(1..=CALLERS);
                    self.queue.after(Duration::from_secs(20), Happening::Cut(next));
                }
            }
            Happening::Arrive { from, to, body } => match self.calls(to) {
                Some(calls) => calls.handle(now, Input::Received { from, body }),
                None => unreachable!("messages go to daemons that are there"),
            },
            Happening::Completed { to, run, ticket, result } => {
                // A ticket of an earlier run means nothing to the next.
                if to != home() || run == self.run {
                    let calls = self.calls(to).expect("a daemon");
                    calls.handle(now, Input::Completed { ticket, result });
                }
            }
            Happening::Script { run, input } => {
                if run == self.run {
                    self.server.scripts(now, input);
                }
            }
        }
    }

    fn calls(&mut self, of: Address) -> Option<&mut Calls> {
        if of == home() { Some(&mut self.server.calls) } else { self.callers.get_mut(&of.node.0) }
    }

    fn ask(&mut self) {
        self.count += 1;
        let (id, now) = (CallId(self.count), self.queue.now);
        let rng = &mut self.queue.rng;
        let node = rng.random_range(1..=CALLERS);
        let component = COMPONENTS[rng.random_range(0..COMPONENTS.len())].to_owned();
        let event = EVENTS[rng.random_range(0..EVENTS.len())].to_owned();
        let patience = Duration::from_millis(rng.random_range(200..40_000));
        let limit = Span(rng.random_range(500_000..10_000_000));
        let (number, body) = if rng.random_bool(0.8) {
            let args = vec![EventArgument(id.0.to_string())];
            let asked = EventRun { component, event, args, limit, all: false };
            (service::Run::NUMBER, asked.to_bytes())
        } else {
            (service::Status::NUMBER, EventWhich { component, event }.to_bytes())
        };
        let body = body.expect("within its bounds");
        self.promises.asked(now, node, id, number, patience);
        let to = home();
        if let Some(calls) = self.callers.get_mut(&node) {
            calls.handle(now, Input::Call { id, to, number, body, patience });
        }
    }

    fn drain(&mut self) {
        loop {
            let now = self.queue.now;
            let mut quiet = true;
            for node in 1..=CALLERS {
                while let Some(effect) = self.callers.get_mut(&node).and_then(|calls| calls.poll_effect(now))
                {
                    quiet = false;
                    self.of_caller(node, effect);
                }
            }
            while let Some(effect) = self.server.calls.poll_effect(now) {
                quiet = false;
                match effect {
                    Effect::Send { ticket, to, body } => self.send(home(), to, ticket, body),
                    other => self.server.asked(now, other),
                }
            }
            while let Some(effect) = self.server.poll(now, &mut self.promises) {
                quiet = false;
                let run = self.run;
                for (after, input) in self.server.carry_out(effect, &mut self.queue.rng) {
                    self.queue.at(now + after, Happening::Script { run, input });
                }
            }
            if quiet {
                self.callers.values().for_each(Calls::check);
                self.server.check();
                return;
            }
        }
    }

    fn of_caller(&mut self, node: u32, effect: Effect) {
        match effect {
            Effect::Send { ticket, to, body } => self.send(address(node, "me"), to, ticket, body),
            Effect::Answered { id, result } => {
                self.note(&(id, result.as_ref().map(Bytes::len)));
                let ran = self.promises.is_run(id).then(|| {
                    result
                        .as_ref()
                        .ok()
                        .map(|body| EventRan::from_bytes(body).expect("an answer that can be read"))
                });
                self.promises.answered(self.queue.now, id, result.map(drop), ran.flatten());
            }
            Effect::News { news, .. } => self.promises.heard(node, news),
            Effect::Request { .. }
            | Effect::Withdrawn(_)
            | Effect::Watched { .. }
            | Effect::Foreign { .. } => {}
        }
    }

    /// A message on its way: what the layer below promises is that it comes once and in order, or its sender is told.
    fn send(&mut self, from: Address, to: Address, ticket: Ticket, body: Bytes) {
        let (caller, run) = (if from == home() { to.node.0 } else { from.node.0 }, self.run);
        let pipe = ("way", caller, u64::from(from == home()));
        let back = ("told", caller, u64::from(from == home()));
        let cut = self.cut.contains(&caller);
        let (lost, doubt) = (cut || self.queue.chance(0.01), self.queue.chance(0.5));
        let mean = Duration::from_millis(if cut { 2000 } else { 3 });
        // What is in doubt may have come all the same.
        if !lost || (doubt && self.queue.chance(0.5)) {
            self.queue.through(pipe, Duration::from_millis(2), Happening::Arrive { from, to, body });
        }
        let undelivered = Undelivered { reason: Failure::NodeUnreachable, in_doubt: doubt };
        let result = if lost { Err(undelivered) } else { Ok(()) };
        self.queue.through(back, mean, Happening::Completed { to: from, run, ticket, result });
    }
}

/// Whether it is certain that nothing was done.
fn surely_not(error: &CallError) -> bool {
    !error.in_doubt()
}

/// What a caller hears of the event daemon.
fn is_event(news: &News) -> bool {
    matches!(news, News::Event { .. })
}
