//! A daemon on the bus: any machine behind the calls of a bus's end, as one machine.
//!
//! It does what a program does between the two: a request becomes an input, an answer a reply, what is told an event, and
//! whoever withdraws takes along what has not begun for him.

use std::collections::BTreeSet;

use bus::calls::{self, Calls, Me, Refusal, RequestId};
use bus::{Address, Ticket};
use bytes::Bytes;
use machine::{Machine, Time, earliest};

/// A machine that others can ask.
pub trait Served: Machine {
    /// A request as an input. `id` comes back in [`Said::Answer`].
    ///
    /// # Errors
    /// There is no such request, or it cannot be read.
    fn question(id: u64, number: u32, body: &Bytes) -> Result<Self::Input, Refusal>;

    /// Nobody waits for the answer any more.
    fn withdrawn(id: u64) -> Self::Input;

    /// What an effect is on the bus.
    fn said(now: Time, effect: &Self::Effect) -> Said;
}

/// What an effect is on the bus.
#[derive(Debug)]
pub enum Said {
    /// The answer to a request.
    Answer(u64, Result<Bytes, Refusal>),
    /// An event.
    Tell(&'static str, Bytes),
    /// Nothing: it is for the node alone.
    Nothing,
}

/// What goes into a daemon on the bus.
#[derive(Debug)]
pub(crate) enum In<I> {
    Bus(calls::Input),
    Core(I),
}

/// What comes out of it.
#[derive(Debug)]
pub(crate) enum Out<E> {
    Send { ticket: Ticket, to: Address, body: Bytes },
    Core(E),
}

/// A daemon on the bus.
#[derive(Debug)]
pub(crate) struct Member<C> {
    calls: Calls,
    core: C,
    /// Requests that the core has not answered, by their numbers, which are the same on both sides.
    pending: BTreeSet<u64>,
}

impl<C: Served> Member<C> {
    pub(crate) fn new(me: Me, core: C) -> Self {
        let mut calls = Calls::new(me);
        calls.handle(Time::ZERO, calls::Input::Serve(true));
        Self { calls, core, pending: BTreeSet::new() }
    }

    pub(crate) fn nothing_is_owed(&self) {
        assert!(self.pending.is_empty(), "requests that were never answered: {:?}", self.pending);
    }

    fn asked(&mut self, now: Time, request: RequestId, number: u32, body: &Bytes) {
        match C::question(request.0, number, body) {
            Ok(input) => {
                assert!(self.pending.insert(request.0), "{request:?} comes twice");
                self.core.handle(now, input);
            }
            Err(refusal) => self.calls.handle(now, calls::Input::Reply { request, answer: Err(refusal) }),
        }
    }

    fn say(&mut self, now: Time, said: Said) {
        match said {
            // Nobody waits any more when it is not there.
            Said::Answer(id, answer) if self.pending.remove(&id) => {
                self.calls.handle(now, calls::Input::Reply { request: RequestId(id), answer });
            }
            Said::Tell(topic, body) => {
                self.calls.handle(now, calls::Input::Publish { topic: topic.to_owned(), body });
            }
            Said::Answer(..) | Said::Nothing => {}
        }
    }
}

impl<C: Served> Machine for Member<C> {
    type Input = In<C::Input>;
    type Effect = Out<C::Effect>;

    fn handle(&mut self, now: Time, input: Self::Input) {
        match input {
            In::Bus(input) => self.calls.handle(now, input),
            In::Core(input) => self.core.handle(now, input),
        }
    }

    fn tick(&mut self, now: Time) {
        self.calls.tick(now);
        self.core.tick(now);
    }

    fn poll_effect(&mut self, now: Time) -> Option<Self::Effect> {
        while let Some(effect) = self.calls.poll_effect(now) {
            match effect {
                calls::Effect::Send { ticket, to, body } => return Some(Out::Send { ticket, to, body }),
                calls::Effect::Request { request, number, body, .. } => {
                    self.asked(now, request, number, &body);
                }
                calls::Effect::Withdrawn(RequestId(id)) => {
                    self.pending.remove(&id);
                    self.core.handle(now, C::withdrawn(id));
                }
                _ => {}
            }
        }
        let effect = self.core.poll_effect(now)?;
        self.say(now, C::said(now, &effect));
        Some(Out::Core(effect))
    }

    fn poll_timeout(&self) -> Option<Time> {
        earliest(self.calls.poll_timeout(), self.core.poll_timeout())
    }

    fn check(&self) {
        self.calls.check();
        self.core.check();
    }
}
