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
use event::{Config, EventDaemon};
use machine::{Machine, Time};
use protocol::common::Span;
use protocol::event::{EventArgument, EventRan, EventRun, EventWhich};
use protocol::interface::Ask;
use protocol::services::event as service;
use protocol::xdr::Xdr;
use rand::Rng;

use crate::hosted::Hosted;
use crate::member::{In, Member, Out};
use crate::network::{Fate, Link};
use crate::stage::{Stage, World};
use promises::Promises;
use server::Scripts;

const CALLERS: u32 = 4;
const EVENTS: [&str; 4] = ["monitor", "monitor", "ipreallocated", "recovered"];
const COMPONENTS: [&str; 2] = ["legacy", "ip"];
/// The node of the event daemon.
const HOME: u32 = 0;

/// What will happen.
#[derive(Debug)]
pub enum Happening {
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
    /// The event daemon.
    server: Hosted<Member<EventDaemon>>,
    /// What it runs.
    scripts: Scripts,
    callers: BTreeMap<u32, Calls>,
    stage: Stage<Happening>,
    promises: Promises,
    count: u64,
    busy: bool,
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
    pub fn new(seed: u64) -> Self {
        let mut stage = Stage::new(seed);
        stage.network.loss = 0.01;
        stage.at(Time::ZERO, Happening::Ask);
        stage.after(Duration::from_secs(10), Happening::Leave);
        stage.after(Duration::from_secs(120), Happening::Restart);
        stage.after(Duration::from_secs(60), Happening::Cut(1));
        let mut this = Self {
            server: Hosted::default(),
            scripts: Scripts::default(),
            callers: BTreeMap::new(),
            stage,
            promises: Promises::default(),
            count: 0,
            busy: true,
        };
        this.start();
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

    /// Nobody asks any more and all ways are whole. Then nothing may be owed.
    pub fn calm_down(&mut self) {
        self.busy = false;
        self.stage.network.heal_all();
        self.run(Duration::from_secs(600));
        self.promises.nothing_is_owed();
        self.server.get().expect("it runs").nothing_is_owed();
        self.scripts.none_is_left();
    }

    /// How many calls were answered, refused, in doubt or given up, and how many events were heard.
    #[must_use]
    pub fn seen(&self) -> [u64; 4] {
        self.promises.seen
    }

    /// The event daemon is started, perhaps in the place of one that ends.
    fn start(&mut self) {
        let incarnation = self.server.run() + 1;
        let me = Me { daemon: home().daemon, incarnation, release: "test".to_owned(), features: 0 };
        self.server.start(Member::new(me, EventDaemon::new(Config { hook: false })));
        self.scripts = Scripts::default();
        self.promises.restarted(incarnation);
    }

    /// A daemon hears something from the bus.
    fn tell(&mut self, to: Address, input: Input) {
        let now = self.stage.now;
        if to == home() {
            self.server.handle(now, In::Bus(input));
        } else if let Some(calls) = self.callers.get_mut(&to.node.0) {
            calls.handle(now, input);
        }
    }

    fn ask(&mut self) {
        self.count += 1;
        let (id, now) = (CallId(self.count), self.stage.now);
        let rng = &mut self.stage.rng;
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
            let now = self.stage.now;
            let mut quiet = true;
            for node in 1..=CALLERS {
                while let Some(effect) = self.callers.get_mut(&node).and_then(|calls| calls.poll_effect(now))
                {
                    quiet = false;
                    self.of_caller(node, effect);
                }
            }
            while let Some(effect) = self.server.poll_effect(now) {
                quiet = false;
                match effect {
                    Out::Send { ticket, to, body } => self.send(home(), to, ticket, body),
                    Out::Core(event::Effect::Publish(notice)) => self.promises.told(&notice),
                    Out::Core(effect) => {
                        let run = self.server.run();
                        for (after, input) in self.scripts.carry_out(effect, &mut self.stage.rng) {
                            self.stage.plan(after, Happening::Script { run, input });
                        }
                    }
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
                self.stage.trace(&(id, result.as_ref().map(Bytes::len)));
                let ran = self.promises.is_run(id).then(|| {
                    result
                        .as_ref()
                        .ok()
                        .map(|body| EventRan::from_bytes(body).expect("an answer that can be read"))
                });
                self.promises.answered(self.stage.now, id, result.map(drop), ran.flatten());
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
        let (caller, run) = (if from == home() { to.node.0 } else { from.node.0 }, self.server.run());
        let pipe = ("way", caller, u64::from(from == home()));
        let back = ("told", caller, u64::from(from == home()));
        let cut = !self.stage.network.carries(from.node.0, to.node.0);
        let fate = self.stage.network.fate(from.node.0, to.node.0, &mut self.stage.rng);
        let (lost, doubt) = (fate == Fate::Lost, self.stage.chance(0.5));
        let slow = self.stage.network.delay(from.node.0, to.node.0);
        let mean = Duration::from_millis(if cut { 2000 } else { 3 }) + slow;
        // What is in doubt may have come all the same.
        if !lost || (doubt && self.stage.chance(0.5)) {
            self.stage.through(pipe, Duration::from_millis(2) + slow, Happening::Arrive { from, to, body });
        }
        let undelivered = Undelivered { reason: Failure::NodeUnreachable, in_doubt: doubt };
        let result = if lost { Err(undelivered) } else { Ok(()) };
        self.stage.through(back, mean, Happening::Completed { to: from, run, ticket, result });
    }
}

impl World for AskedEvents {
    type Event = Happening;

    fn stage(&mut self) -> &mut Stage<Happening> {
        &mut self.stage
    }

    fn deadline(&self) -> Option<Time> {
        self.callers.values().filter_map(Calls::poll_timeout).chain(self.server.deadline()).min()
    }

    fn reads_first(&self) -> bool {
        true
    }

    fn tick(&mut self) {
        let now = self.stage.now;
        self.callers.values_mut().for_each(|calls| calls.tick(now));
        self.server.tick(now);
    }

    fn happens(&mut self, happening: Happening) {
        let now = self.stage.now;
        match happening {
            Happening::Ask => {
                if self.busy {
                    self.ask();
                    let pause = if self.stage.chance(0.3) { 10 } else { 1500 };
                    self.stage.after(Duration::from_millis(pause), Happening::Ask);
                }
            }
            Happening::Leave => {
                if let Some((node, id)) = self.promises.an_open_call(&mut self.stage.rng)
                    && let Some(calls) = self.callers.get_mut(&node)
                {
                    calls.handle(now, Input::Cancel(id));
                    self.promises.left(id);
                }
                if self.busy {
                    self.stage.after(Duration::from_secs(10), Happening::Leave);
                }
            }
            Happening::Restart => {
                if self.busy {
                    self.start();
                    self.stage.after(Duration::from_secs(120), Happening::Restart);
                }
            }
            Happening::Cut(node) => {
                if self.busy {
                    let network = &mut self.stage.network;
                    let (there, back) = (network.carries(node, HOME), network.carries(HOME, node));
                    network.mend(node, HOME);
                    network.mend(HOME, node);
                    let link = Link { loss: 0.2, delay: self.stage.millis(1000) };
                    match self.stage.rng.random_range(0..5) {
                        _ if !there || !back => self.stage.network.join(node, HOME),
                        0 => drop(self.stage.network.cut(node, HOME)),
                        1 => drop(self.stage.network.cut(HOME, node)),
                        2 => drop(self.stage.worsen(node, HOME, link)),
                        3 => drop(self.stage.worsen(HOME, node, link)),
                        _ => drop(self.stage.network.part(node, HOME)),
                    }
                    let next = self.stage.rng.random_range(1..=CALLERS);
                    self.stage.after(Duration::from_secs(20), Happening::Cut(next));
                }
            }
            Happening::Arrive { from, to, body } => self.tell(to, Input::Received { from, body }),
            Happening::Completed { to, run, ticket, result } => {
                // A ticket of an earlier run means nothing to the next.
                if to != home() || run == self.server.run() {
                    self.tell(to, Input::Completed { ticket, result });
                }
            }
            Happening::Script { run, input } => {
                if run == self.server.run() && self.scripts.comes(&input) {
                    self.server.handle(now, In::Core(input));
                }
            }
        }
    }

    fn after_step(&mut self) {
        self.drain();
        self.promises.check(self.stage.now);
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
