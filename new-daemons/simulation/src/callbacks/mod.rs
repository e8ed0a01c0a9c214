//! The callbacks of a daemon in virtual time: random events, registrations, reloads, and programs that behave as badly as
//! chance wants.
//!
//! [`Programs`] drives the machine and plays the programs. What was promised is held against it by the model beside it,
//! which knows each event of each callback by its number and panics at the first one that goes astray.

mod chance;
mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callback::{Callback, Callbacks, Effect, Ending, Input, Owner, Reason, Row, RunId, Start, Token};
use machine::{Machine, Time};
use rand::Rng;

use crate::stage::{Stage, World};
use model::Model;

/// What will happen.
#[derive(Debug)]
pub enum Todo {
    /// Something by chance.
    Chance,
    /// A program ends.
    End(RunId, Ending),
}

/// What somebody asked who waits for the answer.
#[derive(Debug)]
enum Asked {
    Register(Owner, Row, Duration),
    Renew(Owner, String, Duration),
    Remove(Owner, String),
}

/// A daemon with its callbacks, and the programs that they run.
pub struct Programs {
    machine: Callbacks,
    model: Model,
    stage: Stage<Todo>,
    questions: u64,
    asked: BTreeMap<Token, Asked>,
    /// Programs that hang until they are stopped.
    hanging: BTreeSet<RunId>,
    /// Whether programs behave, and nothing new happens.
    calm: bool,
    unseen: u32,
}

impl Programs {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut new = Self {
            machine: Callbacks::default(),
            model: Model::default(),
            stage: Stage::new(seed),
            questions: 0,
            asked: BTreeMap::new(),
            hanging: BTreeSet::new(),
            calm: false,
            unseen: 0,
        };
        new.stage.plan(Duration::ZERO, Todo::Chance);
        new
    }

    /// Nothing new happens and programs behave: all that waits has to be delivered.
    pub fn calm_down(&mut self) {
        self.calm = true;
        self.stage.retain(|todo| matches!(todo, Todo::End(..)));
        self.run(Duration::from_secs(4 * 3600));
        self.model.nothing_is_open();
        assert!(self.machine.is_idle(), "a program still runs");
    }

    /// The daemon ends: everything is given up, every program is stopped.
    pub fn stop(&mut self) {
        self.calm = true;
        self.stage.retain(|todo| matches!(todo, Todo::End(..)));
        self.model.stopping = true;
        self.input(Input::Stop);
        self.run(Duration::from_secs(3600));
        self.model.nothing_is_open();
        assert!(self.machine.is_idle() && self.machine.iter().next().is_none(), "something is left");
    }

    /// Events that were delivered, replaced and given up, of all callbacks together.
    #[must_use]
    pub fn ends(&self) -> (u64, u64, u64) {
        self.model.ends()
    }

    fn input(&mut self, input: Input) {
        self.stage.trace(&input);
        self.machine.handle(self.stage.now, input);
        self.effects();
    }

    fn effects(&mut self) {
        while let Some(effect) = self.machine.poll_effect(self.stage.now) {
            self.stage.trace(&effect);
            match effect {
                Effect::Start(start) => self.start(&start),
                Effect::Stop(run) => {
                    self.model.stop(self.stage.now, run);
                    self.stopped(run);
                }
                Effect::Answer { token, result } => {
                    let asked = self.asked.remove(&token).expect("an answer that nobody waits for");
                    self.model.answer(self.stage.now, asked, &result);
                }
                Effect::Failed { callback, again, .. } => self.model.failed(&callback, again),
                Effect::GivenUp { callback, what } => {
                    self.model.given_up(&callback, &what);
                    assert!(!self.calm || self.model.stopping || what.reason != Reason::Stopping);
                }
                Effect::Expired { callback, owner } => self.model.expired(&callback, &owner),
                Effect::NotConfigured { callback, .. } => assert_eq!(callback, chance::BROKEN),
            }
        }
        // Seen as a whole now and then only while much is waiting: that takes its time.
        let waiting: usize = self.machine.iter().map(Callback::waiting).sum();
        self.unseen += 1;
        if waiting < 100 || self.unseen > 100 {
            self.unseen = 0;
            self.machine.check();
            self.model.agrees(self.stage.now, &self.machine);
        }
    }

    fn start(&mut self, start: &Start) {
        self.model.start(self.stage.now, start);
        let json: serde_json::Value = serde_json::from_slice(&start.json("sim/0", Some(1))).unwrap();
        assert_eq!(json["events"].as_array().map(Vec::len), Some(start.events.len()));
        let (after, ending) = self.behaviour(&start.callback);
        match ending {
            Some(ending) => self.stage.plan(after, Todo::End(start.run, ending)),
            None => drop(self.hanging.insert(start.run)),
        }
    }

    /// A program that was asked to end does so, sooner or later, and may even call that a success.
    fn stopped(&mut self, run: RunId) {
        if self.hanging.remove(&run) {
            let ending = if self.stage.rng.random_bool(0.2) { Ending::Exit(0) } else { Ending::Signal(9) };
            let after = self.stage.millis(5000);
            self.stage.plan(after, Todo::End(run, ending));
        }
    }

    fn end(&mut self, run: RunId, ending: Ending) {
        self.model.end(self.stage.now, run, &ending);
        let output = vec![b'x'; self.stage.rng.random_range(0..10_000)];
        self.input(Input::Ended { run, ending: ending.clone(), output, omitted: 3 });
        if self.stage.rng.random_bool(0.05) {
            // Said twice: nobody waits for it any more.
            self.input(Input::Ended { run, ending, output: Vec::new(), omitted: 0 });
        }
    }
}

impl World for Programs {
    type Event = Todo;

    fn stage(&mut self) -> &mut Stage<Todo> {
        &mut self.stage
    }

    fn deadline(&self) -> Option<Time> {
        let due = self.machine.poll_timeout();
        // A deadline that lies behind is a machine that spins.
        assert!(due.is_none_or(|due| due >= self.stage.now), "{due:?} is past at {}", self.stage.now);
        due
    }

    fn tick(&mut self) {
        self.machine.tick(self.stage.now);
        self.effects();
        let due = self.machine.poll_timeout();
        assert!(due.is_none_or(|due| due > self.stage.now), "tick left something to do");
    }

    fn happens(&mut self, todo: Todo) {
        match todo {
            Todo::Chance => self.chance(),
            Todo::End(run, ending) => self.end(run, ending),
        }
    }
}
