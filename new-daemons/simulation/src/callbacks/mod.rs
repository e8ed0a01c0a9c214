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
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use model::Model;

/// What will happen.
#[derive(Debug)]
enum Todo {
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
    rng: SmallRng,
    now: Time,
    agenda: BTreeMap<(Time, u64), Todo>,
    planned: u64,
    asked: BTreeMap<Token, Asked>,
    /// Programs that hang until they are stopped.
    hanging: BTreeSet<RunId>,
    /// Whether programs behave, and nothing new happens.
    calm: bool,
    tracing: bool,
    unseen: u32,
    /// Steps that were made.
    pub steps: u64,
}

impl Programs {
    /// From a seed; with `tracing` each step is printed.
    #[must_use]
    pub fn new(seed: u64, tracing: bool) -> Self {
        let mut new = Self {
            machine: Callbacks::default(),
            model: Model::default(),
            rng: SmallRng::seed_from_u64(seed),
            now: Time::ZERO,
            agenda: BTreeMap::new(),
            planned: 0,
            asked: BTreeMap::new(),
            hanging: BTreeSet::new(),
            calm: false,
            tracing,
            unseen: 0,
            steps: 0,
        };
        new.plan(Duration::ZERO, Todo::Chance);
        new
    }

    /// Lets so much time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// Nothing new happens and programs behave: all that waits has to be delivered.
    pub fn calm_down(&mut self) {
        self.calm = true;
        self.agenda.retain(|_, todo| matches!(todo, Todo::End(..)));
        self.run(Duration::from_secs(4 * 3600));
        self.model.nothing_is_open();
        assert!(self.machine.is_idle(), "a program still runs");
    }

    /// The daemon ends: everything is given up, every program is stopped.
    pub fn stop(&mut self) {
        self.calm = true;
        self.agenda.retain(|_, todo| matches!(todo, Todo::End(..)));
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

    fn step(&mut self, end: Time) -> bool {
        let planned = self.agenda.keys().next().map(|(time, _)| *time);
        let due = self.machine.poll_timeout();
        let Some(next) = machine::earliest(planned, due).filter(|next| *next <= end) else { return false };
        self.steps += 1;
        // A deadline that lies behind is a machine that spins.
        assert!(next >= self.now, "{next} is past at {}", self.now);
        self.now = next;
        if due == Some(next) {
            self.machine.tick(self.now);
            self.effects();
            assert!(
                self.machine.poll_timeout().is_none_or(|due| due > self.now),
                "tick left something to do"
            );
        } else if let Some((_, todo)) = self.agenda.pop_first() {
            match todo {
                Todo::Chance => self.chance(),
                Todo::End(run, ending) => self.end(run, ending),
            }
        }
        true
    }

    fn plan(&mut self, after: Duration, todo: Todo) {
        self.planned += 1;
        self.agenda.insert((self.now + after, self.planned), todo);
    }

    fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(0..=most))
    }

    fn input(&mut self, input: Input) {
        if self.tracing {
            println!("{} {}", self.now, shortened(&input));
        }
        self.machine.handle(self.now, input);
        self.effects();
    }

    fn effects(&mut self) {
        while let Some(effect) = self.machine.poll_effect(self.now) {
            if self.tracing {
                println!("{}   -> {}", self.now, shortened(&effect));
            }
            match effect {
                Effect::Start(start) => self.start(&start),
                Effect::Stop(run) => {
                    self.model.stop(self.now, run);
                    self.stopped(run);
                }
                Effect::Answer { token, result } => {
                    let asked = self.asked.remove(&token).expect("an answer that nobody waits for");
                    self.model.answer(self.now, asked, &result);
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
            self.model.agrees(self.now, &self.machine);
        }
    }

    fn start(&mut self, start: &Start) {
        self.model.start(self.now, start);
        let json: serde_json::Value = serde_json::from_slice(&start.json("sim/0", Some(1))).unwrap();
        assert_eq!(json["events"].as_array().map(Vec::len), Some(start.events.len()));
        let (after, ending) = self.behaviour(&start.callback);
        match ending {
            Some(ending) => self.plan(after, Todo::End(start.run, ending)),
            None => drop(self.hanging.insert(start.run)),
        }
    }

    /// A program that was asked to end does so, sooner or later, and may even call that a success.
    fn stopped(&mut self, run: RunId) {
        if self.hanging.remove(&run) {
            let ending = if self.rng.random_bool(0.2) { Ending::Exit(0) } else { Ending::Signal(9) };
            let after = self.millis(5000);
            self.plan(after, Todo::End(run, ending));
        }
    }

    fn end(&mut self, run: RunId, ending: Ending) {
        self.model.end(self.now, run, &ending);
        let output = vec![b'x'; self.rng.random_range(0..10_000)];
        self.input(Input::Ended { run, ending: ending.clone(), output, omitted: 3 });
        if self.rng.random_bool(0.05) {
            // Said twice: nobody waits for it any more.
            self.input(Input::Ended { run, ending, output: Vec::new(), omitted: 0 });
        }
    }
}

/// Enough of something to recognise it.
fn shortened(what: &impl std::fmt::Debug) -> String {
    let mut text = format!("{what:?}");
    if let Some((end, _)) = text.char_indices().nth(300) {
        text.truncate(end);
    }
    text
}
