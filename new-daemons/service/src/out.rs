//! What one step of the machine wants done, sorted: nothing is run before it is saved, nothing answered before it is told.

use std::collections::{BTreeMap, VecDeque};
use std::mem::take;

use machine::{Level, RequestId};

use crate::io::{Answer, Effect, Notice, Token};
use crate::saved::Saved;

/// The effects of a step.
#[derive(Debug, Default)]
pub(crate) struct Out {
    logs: Vec<Effect>,
    notices: Vec<Effect>,
    keep: Option<BTreeMap<String, bool>>,
    ends: Vec<Effect>,
    runs: Vec<Effect>,
    answers: Vec<Effect>,
    ready: VecDeque<Effect>,
}

impl Out {
    pub(crate) fn log(&mut self, level: Level, text: String) {
        self.logs.push(Effect::Log(level, text));
    }

    pub(crate) fn tell(&mut self, notice: Notice) {
        self.notices.push(Effect::Tell(notice));
    }

    pub(crate) fn keep(&mut self, choices: BTreeMap<String, bool>) {
        self.keep = Some(choices);
    }

    pub(crate) fn end(&mut self, token: Token) {
        self.ends.push(Effect::End(token));
    }

    pub(crate) fn run(&mut self, run: Effect) {
        self.runs.push(run);
    }

    pub(crate) fn answer(&mut self, id: RequestId, answer: Answer) {
        self.answers.push(Effect::Answer { id, answer });
    }

    /// To be saved before anything is told.
    pub(crate) fn first(&mut self, saved: Option<Box<Saved>>) {
        self.ready.extend(saved.map(Effect::Save));
    }

    /// The step is over.
    pub(crate) fn flush(&mut self, saved: Option<Box<Saved>>) {
        self.ready.extend(take(&mut self.logs));
        self.ready.extend(take(&mut self.notices));
        self.ready.extend(self.keep.take().map(Effect::Keep));
        self.ready.extend(saved.map(Effect::Save));
        self.ready.extend(take(&mut self.ends));
        self.ready.extend(take(&mut self.runs));
        self.ready.extend(take(&mut self.answers));
    }

    pub(crate) fn pop(&mut self) -> Option<Effect> {
        self.ready.pop_front()
    }
}
