//! The event daemon of the simulation: what it says and hears on the bus, and scripts that do what they like.

use std::time::Duration;

use bus::calls::Refusal;
use bytes::Bytes;
use event::messages::{self, Publication};
use event::{
    Answer, Effect, Entry, EventDaemon, How, Input, Origin, Output, RequestId as Question, Token, Word,
};
use machine::{Calendar, Time, Wall};
use protocol::event::{EventRun, EventWhich};
use protocol::interface::{Ask, Tell};
use protocol::services::event as service;
use protocol::xdr::Xdr;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::member::{Said, Served};
use crate::processes::Processes;

pub(super) fn calendar() -> Calendar {
    Calendar::new(Wall(0))
}

impl Served for EventDaemon {
    fn question(id: u64, number: u32, body: &Bytes) -> Result<Input, Refusal> {
        let request = question(number, body)?;
        Ok(Input::Request { id: Question(id), origin: Origin(id), request })
    }

    fn withdrawn(id: u64) -> Input {
        Input::Gone(Origin(id))
    }

    fn said(now: Time, effect: &Effect) -> Said {
        match effect.clone() {
            Effect::Answer(Question(id), answer) => {
                let answer = match answer {
                    Answer::Run(..) => messages::ran(answer, calendar()).map(|ran| ran.to_bytes()),
                    _ => messages::last(answer, calendar()).map(|last| last.to_bytes()),
                };
                Said::Answer(id, answer.map(|bytes| bytes.expect("an answer fits its bounds")))
            }
            Effect::Publish(notice) => match messages::told(notice, now, calendar()) {
                Publication::Started(told) => publish(&told),
                Publication::Finished(told) => publish(&told),
                Publication::Script(told) => publish(&told),
                Publication::Hung(told) => publish(&told),
            },
            _ => Said::Nothing,
        }
    }
}

/// What the event daemon runs.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    running: Processes<Token>,
}

impl Scripts {
    /// Whether something that was planned still comes: a program ends once.
    pub(super) fn comes(&mut self, input: &Input) -> bool {
        if let Input::Ended(token, ..) = input { self.running.end(*token) } else { true }
    }

    pub(super) fn none_is_left(&self) {
        self.running.none_is_left();
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
                self.running.start(token, rng.random_bool(0.3));
                let how = How::Exit(u8::from(rng.random_bool(0.2)));
                let time = Duration::from_millis(rng.random_range(0..2000));
                let output = Output { bytes: b"done\xff\n".to_vec(), omitted: 0 };
                let mut all = vec![started];
                all.extend(ends.then_some((time, Input::Ended(token, how, output))));
                all
            }
            Effect::Peek(token) => vec![(soon, Input::Printed(token, Output::default()))],
            Effect::End { token, grace } => {
                let wait = match self.running.tell_to_end(token) {
                    Some(true) => grace,
                    Some(false) => soon,
                    None => return Vec::new(),
                };
                vec![(wait, Input::Ended(token, How::Signal(15), Output::default()))]
            }
            Effect::Enable { token, .. } => vec![(soon, Input::Enabled(token, Ok(())))],
            Effect::Components(token) => vec![(soon, Input::Found(token, Ok(Vec::new())))],
            Effect::Debug { .. } | Effect::Answer(..) | Effect::Log(..) | Effect::Publish(_) => Vec::new(),
        }
    }
}

fn publish<T: Tell>(told: &T) -> Said {
    Said::Tell(T::TOPIC, told.to_bytes().expect("what is told fits its bounds"))
}

fn question(number: u32, body: &Bytes) -> Result<event::Request, Refusal> {
    let unreadable = |error| Refusal::unreadable(&error);
    match number {
        service::Run::NUMBER => messages::run(&EventRun::from_bytes(body).map_err(unreadable)?),
        _ => Ok(messages::status(&EventWhich::from_bytes(body).map_err(unreadable)?)),
    }
}
