//! The event daemon of the simulation: its calls, its core, and scripts that do what they like.
//!
//! Between the two it does what the program does: a request becomes a question, an answer a reply, and whoever withdraws
//! takes along what has not begun for him.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bus::calls::{Calls, Effect as Called, Input as Call, Me, Refusal, RequestId};
use bytes::Bytes;
use event::messages::{self, Told};
use event::{
    Answer, Config, Effect, Entry, EventDaemon, How, Input, Origin, Output, RequestId as Question, Token,
    Word,
};
use machine::{Calendar, Machine, Time, Wall};
use protocol::event::{EventRun, EventWhich};
use protocol::interface::{Ask, Tell};
use protocol::services::event as service;
use protocol::xdr::Xdr;
use rand::Rng;
use rand::rngs::SmallRng;

use super::promises::Promises;

/// An event daemon.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) calls: Calls,
    core: EventDaemon,
    /// Requests that the core has not answered, by their numbers, which are the same on both sides.
    pending: BTreeSet<u64>,
    /// What runs, and whether it ends by itself.
    programs: BTreeMap<Token, bool>,
}

pub(super) fn calendar() -> Calendar {
    Calendar::new(Wall(0))
}

impl Server {
    pub(super) fn new(incarnation: u64) -> Self {
        let daemon = super::home().daemon;
        let mut calls = Calls::new(Me { daemon, incarnation, release: "test".to_owned(), features: 0 });
        calls.handle(Time::ZERO, Call::Serve(true));
        let core = EventDaemon::new(Config { hook: false });
        Self { calls, core, pending: BTreeSet::new(), programs: BTreeMap::new() }
    }

    pub(super) fn timeout(&self) -> Option<Time> {
        self.calls.poll_timeout().into_iter().chain(self.core.poll_timeout()).min()
    }

    pub(super) fn tick(&mut self, now: Time) {
        self.calls.tick(now);
        self.core.tick(now);
    }

    pub(super) fn check(&self) {
        self.calls.check();
        self.core.check();
    }

    pub(super) fn nothing_is_owed(&self) {
        assert!(self.pending.is_empty(), "requests that were never answered: {:?}", self.pending);
        assert!(self.programs.is_empty(), "programs run for ever: {:?}", self.programs);
    }

    /// Somebody asks, or has gone.
    pub(super) fn asked(&mut self, now: Time, effect: Called) {
        match effect {
            Called::Request { request, number, body, .. } => match question(number, &body) {
                Ok(question) => {
                    let id = request.0;
                    assert!(self.pending.insert(id), "{request:?} comes twice");
                    let (id, origin) = (Question(id), Origin(id));
                    self.core.handle(now, Input::Request { id, origin, request: question });
                }
                Err(refusal) => self.calls.handle(now, Call::Reply { request, answer: Err(refusal) }),
            },
            Called::Withdrawn(RequestId(id)) => {
                self.pending.remove(&id);
                self.core.handle(now, Input::Gone(Origin(id)));
            }
            _ => {}
        }
    }

    pub(super) fn scripts(&mut self, now: Time, input: Input) {
        if let Input::Ended(token, ..) = &input
            && self.programs.remove(token).is_none()
        {
            return;
        }
        self.core.handle(now, input);
    }

    /// The next effect that concerns programs; answers and notices go out on the way.
    pub(super) fn poll(&mut self, now: Time, promises: &mut Promises) -> Option<Effect> {
        loop {
            match self.core.poll_effect(now)? {
                Effect::Answer(Question(id), answer) => self.answer(now, id, answer),
                Effect::Publish(notice) => {
                    promises.told(&notice);
                    let told = messages::told(notice, now, calendar());
                    let (topic, body) = match told {
                        Told::Started(told) => publish(&told),
                        Told::Finished(told) => publish(&told),
                        Told::Script(told) => publish(&told),
                        Told::Hung(told) => publish(&told),
                    };
                    self.calls.handle(now, Call::Publish { topic: topic.to_owned(), body });
                }
                Effect::Log(..) => {}
                effect => return Some(effect),
            }
        }
    }

    fn answer(&mut self, now: Time, id: u64, answer: Answer) {
        if !self.pending.remove(&id) {
            // Nobody waits any more.
            return;
        }
        let answer = match answer {
            Answer::Run(..) => messages::ran(answer, calendar()).map(|ran| ran.to_bytes()),
            _ => messages::last(answer, calendar()).map(|last| last.to_bytes()),
        };
        let answer = answer.map(|bytes| bytes.expect("an answer fits its bounds"));
        self.calls.handle(now, Call::Reply { request: RequestId(id), answer });
    }

    /// What comes of an effect, and after how long.
    pub(super) fn carry_out(&mut self, effect: Effect, rng: &mut SmallRng) -> Vec<(Duration, Input)> {
        let soon = Duration::from_millis(rng.random_range(0..20));
        match effect {
            Effect::List { token, .. } => {
                let name = |n| Entry { name: Word::from(&*format!("{n}0.x.script")), enabled: true };
                vec![(soon, Input::Listed(token, Ok((1..=rng.random_range(1..4)).map(name).collect())))]
            }
            Effect::Start { token, .. } => {
                let started = (Duration::ZERO, Input::Started(token, rng.random_range(2..99_999)));
                // Some run for ever.
                let ends = rng.random_bool(0.9);
                self.programs.insert(token, ends);
                let how = How::Exit(u8::from(rng.random_bool(0.2)));
                let time = Duration::from_millis(rng.random_range(0..2000));
                let output = Output { bytes: b"done\xff\n".to_vec(), omitted: 0 };
                let mut all = vec![started];
                all.extend(ends.then_some((time, Input::Ended(token, how, output))));
                all
            }
            Effect::Peek(token) => vec![(soon, Input::Printed(token, Output::default()))],
            Effect::End { token, grace } => {
                let wait = if rng.random_bool(0.3) { grace } else { soon };
                vec![(wait, Input::Ended(token, How::Signal(15), Output::default()))]
            }
            Effect::Enable { token, .. } => vec![(soon, Input::Enabled(token, Ok(())))],
            Effect::Components(token) => vec![(soon, Input::Found(token, Ok(Vec::new())))],
            Effect::Debug { .. } | Effect::Answer(..) | Effect::Log(..) | Effect::Publish(_) => Vec::new(),
        }
    }
}

fn publish<T: Tell>(told: &T) -> (&'static str, Bytes) {
    (T::TOPIC, told.to_bytes().expect("what is told fits its bounds"))
}

fn question(number: u32, body: &Bytes) -> Result<event::Request, Refusal> {
    let unreadable = |error| Refusal::unreadable(&error);
    match number {
        service::Run::NUMBER => messages::run(&EventRun::from_bytes(body).map_err(unreadable)?),
        _ => Ok(messages::status(&EventWhich::from_bytes(body).map_err(unreadable)?)),
    }
}
