//! The service daemon in virtual time: services that break, crash and hang, operations that end late, twice or unseen,
//! reloads, commands, and a daemon that is killed at any moment and started again.
//!
//! [`Serviced`] drives the machine. [`host`] is what the machine cannot see: which services and processes really run; what
//! was promised is held against it in [`promises`], which panics at the first thing that goes astray.

mod chance;
mod host;
mod promises;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use machine::{Machine, Time};
use rand::Rng;
use service::{
    Answer, Command, Config, Effect, How, Input, Notice, OperationOutcome, Printed, Process, RequestId,
    Saved, Services, Token, Wall,
};

use crate::disk::Disk;
use crate::hosted::Hosted;
use crate::stage::{Stage, World};
use host::{Host, Running};
use promises::{Begins, Promises};

/// What will happen.
#[derive(Debug)]
pub enum Todo {
    /// Something by chance.
    Chance,
    /// A process ends.
    End(Token),
    /// The result of a process is heard of, perhaps once more.
    Heard(Token, OperationOutcome),
    /// The daemon is started.
    Begin,
}

/// A file of the daemon.
#[derive(Clone, Debug)]
enum OnDisk {
    Choices(BTreeMap<String, bool>),
    Saved(Box<Saved>),
}

/// A daemon with its services, and the machine on which they run.
pub struct Serviced {
    /// None while it does not run.
    daemon: Hosted<Services>,
    host: Host,
    promises: Promises,
    stage: Stage<Todo>,
    config: Config,
    /// What was decided, and what the daemon has left.
    disk: Disk<OnDisk>,
    /// Names, those that others require first.
    names: Vec<String>,
    asked: BTreeMap<RequestId, Command>,
    requests: u64,
    /// Nothing fails any more.
    calm: bool,
    /// The daemon has not been given its configuration yet.
    beginning: bool,
    /// How often the daemon was killed.
    pub kills: u64,
    /// Operations that were begun.
    pub runs: u64,
}

impl Serviced {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut stage = Stage::new(seed);
        let shift = stage.rng.random_range(0..7);
        let names = (0..7).map(|n| format!("s{}", (n * 3 + shift) % 7)).collect();
        let mut new = Self {
            daemon: Hosted::default(),
            host: Host::default(),
            promises: Promises::default(),
            stage,
            config: Config::default(),
            disk: Disk::default(),
            names,
            asked: BTreeMap::new(),
            requests: 0,
            calm: false,
            beginning: false,
            kills: 0,
            runs: 0,
        };
        new.config = new.any_config();
        new.begin();
        new.stage.plan(Duration::ZERO, Todo::Chance);
        new
    }

    /// How often the node's health was told.
    #[must_use]
    pub const fn health_changes(&self) -> u64 {
        self.promises.health_changes
    }

    /// Everything works from now on: all services have to come up, and to stop in the end.
    pub fn calm_down(&mut self) {
        self.calm = true;
        self.stage.retain(|todo| !matches!(todo, Todo::Chance));
        if !self.daemon.is_up() {
            self.begin();
        }
        self.host.repair();
        let seconds = Duration::from_secs;
        // Longer than any damping, pause or limit.
        self.run(seconds(900));
        self.command(Command::Startup);
        self.run(seconds(100));
        for name in self.names.clone() {
            self.command(Command::Enable(name));
        }
        self.run(seconds(100));
        for name in self.names.clone() {
            self.command(Command::Restart(name));
            self.run(seconds(30));
        }
        self.run(seconds(600));
        self.promises.all_is_well(self.machine(), &self.host);
        self.command(Command::Shutdown);
        self.run(seconds(600));
        assert!(self.asked.is_empty(), "nobody has answered {:?}", self.asked);
        self.promises.all_is_over(self.machine(), &self.host);
    }

    fn machine(&self) -> &Services {
        self.daemon.get().expect("the daemon runs")
    }

    fn input(&mut self, input: Input) {
        let Some(daemon) = self.daemon.get() else { return };
        self.promises.input(daemon, &input);
        self.stage.trace(&input);
        self.daemon.handle(self.stage.now, input);
        self.effects();
    }

    /// Written, and safe, before anything else is done.
    fn keep(&mut self, name: &'static str, content: OnDisk) {
        self.disk.write(name, content);
        self.disk.sync(name);
    }

    fn command(&mut self, command: Command) {
        self.requests += 1;
        let id = RequestId(self.requests);
        if self.daemon.is_up() {
            self.asked.insert(id, command.clone());
            self.input(Input::Command { id, command });
        }
    }

    /// The daemon starts, with what the one before it has left.
    fn begin(&mut self) {
        let zero = Wall(1_000_000_000);
        self.daemon.start(Services::new(zero));
        self.beginning = true;
        let saved = match self.disk.read("saved") {
            Some(OnDisk::Saved(saved)) => Some(saved.clone()),
            _ => None,
        };
        self.promises.begun(self.stage.now, saved.as_deref(), &self.config);
        let choices = match self.disk.read("choices") {
            Some(OnDisk::Choices(choices)) => choices.clone(),
            _ => BTreeMap::new(),
        };
        self.input(Input::Choices(choices));
        if let Some(saved) = saved {
            let text = serde_json::to_string(&saved).expect("it can be written");
            let saved = Box::new(serde_json::from_str(&text).expect("it can be read"));
            let running: BTreeSet<Token> = self.host.processes.keys().copied().collect();
            self.input(Input::Adopt { saved, running });
        }
        self.beginning = false;
        self.input(Input::Configure(self.config.clone()));
    }

    /// The daemon is killed.
    fn kill(&mut self) {
        if !self.daemon.die() {
            return;
        }
        self.stage.trace(&"killed");
        self.kills += 1;
        self.asked.clear();
        // What was said to nobody is lost.
        self.stage.retain(|todo| !matches!(todo, Todo::Heard(..)));
        // The node goes on; what was not synced may be lost with it all the same.
        self.disk.crash(&mut self.stage.rng);
        let tokens: Vec<Token> = self.host.processes.keys().copied().collect();
        for token in tokens {
            if self.stage.rng.random_bool(0.3) {
                self.host.ends(token, &How::Killed(9), self.stage.rng.random_bool(0.5));
            } else if let Some(process) = self.host.processes.get_mut(&token) {
                process.orphan = true;
            }
        }
        let after = self.stage.millis(10_000);
        self.stage.plan(after, Todo::Begin);
    }

    fn effects(&mut self) {
        let mut whole = true;
        while let Some(effect) = self.daemon.poll_effect(self.stage.now) {
            self.stage.trace(&effect);
            let told = matches!(effect, Effect::Tell(Notice::Health(_)));
            self.carry_out(effect);
            let likely = if told { 0.1 } else { 0.0005 };
            if !self.calm && self.stage.rng.random_bool(likely) {
                if told && self.stage.rng.random_bool(0.5) {
                    // So that what was told may not be so any more for the next one.
                    self.host.repair();
                }
                // Killed between two of them.
                self.promises.interrupted();
                self.kill();
                whole = false;
            }
        }
        if whole
            && !self.beginning
            && let Some(daemon) = self.daemon.get()
        {
            daemon.check();
            self.promises.hold(self.stage.now, daemon);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Log(..) => {}
            Effect::Tell(notice) => self.promises.told(&notice),
            Effect::Keep(choices) => self.keep("choices", OnDisk::Choices(choices)),
            Effect::Save(saved) => self.keep("saved", OnDisk::Saved(saved)),
            Effect::End(token) => self.end(token),
            Effect::Run { token, spec, work, limit } => {
                self.runs += 1;
                let daemon = self.daemon.get().expect("whose effect it is");
                let begins = Begins { spec: &spec, work: &work, limit };
                self.promises.run(self.stage.now, daemon, &self.host, token, &begins);
                let running = Running {
                    service: spec.name.clone(),
                    work,
                    began: self.stage.now,
                    ending: None,
                    orphan: false,
                };
                self.host.processes.insert(token, running);
                let after = self.takes(&spec.name, limit);
                if let Some(after) = after {
                    self.stage.plan(after, Todo::End(token));
                }
                if self.stage.rng.random_bool(0.9) {
                    let pid = i32::try_from(token.0 % 30_000).unwrap_or(1);
                    let process = Process { pid, started: token.0 };
                    self.input(Input::Started { token, process });
                }
            }
            Effect::Answer { id, answer } => {
                let command = self.asked.remove(&id).expect("an answer that nobody waits for");
                if let (Command::Check(_), Answer::Checked(all)) = (&command, &answer) {
                    assert!(all.iter().all(|checked| self.names.contains(&checked.service)));
                }
            }
        }
    }

    /// Somebody ends a process: it goes soon, or hardly.
    fn end(&mut self, token: Token) {
        let Some(process) = self.host.processes.get_mut(&token) else { return };
        process.ending.get_or_insert(self.stage.now);
        self.promises.end(self.stage.now, token);
        let stubborn = !self.calm && self.stage.rng.random_bool(0.1);
        let after = if stubborn { self.stage.millis(90_000) } else { self.stage.millis(4000) };
        self.stage.plan(after, Todo::End(token));
    }

    /// A process ends.
    fn ended(&mut self, token: Token) {
        let Some(process) = self.host.processes.get(&token).cloned() else { return };
        let how = self.result(&process);
        let lasting = self.stage.rng.random_bool(0.5);
        self.host.ends(token, &how, lasting);
        let how = if process.orphan && self.stage.rng.random_bool(0.8) { How::Unknown } else { how };
        let output = Printed { text: "x".repeat(self.stage.rng.random_range(0..10_000)), omitted: 0 };
        let outcome = OperationOutcome { how, output };
        let mut times = 1;
        while !self.calm && self.stage.rng.random_bool(0.05) {
            times += 1;
        }
        for _ in 0..times {
            let after = if self.calm { Duration::ZERO } else { self.stage.millis(300) };
            self.stage.plan(after, Todo::Heard(token, outcome.clone()));
        }
        if !self.calm && self.stage.rng.random_bool(0.05) {
            // Of one that nobody knows, or that was over long ago.
            let stale = Token(self.stage.rng.random_range(0..=token.0 + 10_000));
            if !self.host.processes.contains_key(&stale) && stale != token {
                self.stage.plan(
                    Duration::ZERO,
                    Todo::Heard(stale, OperationOutcome { how: How::Ok, output: Printed::default() }),
                );
            }
        }
    }
}

impl World for Serviced {
    type Event = Todo;

    fn stage(&mut self) -> &mut Stage<Todo> {
        &mut self.stage
    }

    fn deadline(&self) -> Option<Time> {
        self.daemon.deadline()
    }

    fn tick(&mut self) {
        self.daemon.tick(self.stage.now);
        self.effects();
        assert!(self.daemon.deadline().is_none_or(|due| due > self.stage.now), "tick left something to do");
    }

    fn happens(&mut self, todo: Todo) {
        match todo {
            Todo::Chance => self.chance(),
            Todo::End(token) => self.ended(token),
            Todo::Heard(token, outcome) => self.input(Input::Done { token, outcome }),
            Todo::Begin if !self.daemon.is_up() => self.begin(),
            Todo::Begin => {}
        }
    }
}
