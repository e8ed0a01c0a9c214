//! All services of a node as one machine: inputs are taken here, and each step ends with what follows from them.
//!
//! A step: times that have come, how services are seen now, what may be begun, what the daemon does as a whole, the node's
//! health, answers. Each of these has a file of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use machine::{Calendar, Level, Machine, Printed, Time, Wall, earliest};

use crate::addresses::Addresses;
use crate::answers::Waiter;
use crate::graph::waits_for;
use crate::io::{Effect, Input, Notice, Token, Work};
use crate::limits::TOLD_MAX;
use crate::out::Out;
use crate::outcome::{Done, How, Outcome};
use crate::presence::Presence;
use crate::saved::{Process, Saved};
use crate::service::Service;
use crate::spec::{Config, Manager};
use crate::standing::Standing;
use crate::task::{Ending, Task};
use crate::tokens::Tokens;
use crate::view::{Health, Phase, Transition, View};

/// The services of a node.
#[derive(Debug)]
pub struct Services {
    pub(crate) calendar: Calendar,
    /// None before the first configuration.
    pub(crate) config: Option<Config>,
    pub(crate) choices: BTreeMap<String, bool>,
    pub(crate) adopted: Option<(Box<Saved>, BTreeSet<Token>)>,
    pub(crate) phase: Phase,
    /// Each stands behind those for which it waits.
    pub(crate) all: Vec<Service>,
    pub(crate) tokens: Tokens,
    pub(crate) addresses: Addresses,
    pub(crate) standing: Standing,
    pub(crate) waiters: Vec<Waiter>,
    pub(crate) last_saved: Option<Box<Saved>>,
    pub(crate) out: Out,
}

impl Services {
    /// A daemon without a configuration. `zero`: the time of day at [`Time::ZERO`].
    #[must_use]
    pub fn new(zero: Wall) -> Self {
        Self {
            calendar: Calendar::new(zero),
            config: None,
            choices: BTreeMap::new(),
            adopted: None,
            phase: Phase::Waiting,
            all: Vec::new(),
            tokens: Tokens::default(),
            addresses: Addresses::default(),
            standing: Standing::new(zero),
            waiters: Vec::new(),
            last_saved: None,
            out: Out::default(),
        }
    }

    /// What it does as a whole.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Who starts and stops the services.
    #[must_use]
    pub fn manager(&self) -> Manager {
        self.config.as_ref().map(|config| config.manager).unwrap_or_default()
    }

    /// Whether nothing is being done with any service.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.all.iter().all(|service| service.task.is_none())
    }

    /// How well the node is.
    #[must_use]
    pub fn health(&self) -> Health {
        let healthy = self.standing.healthy().unwrap_or(false);
        let reasons = if self.holds_health() { self.standing.reasons().to_vec() } else { self.reasons_now() };
        Health { phase: self.phase, healthy, since: self.standing.since(), reasons }
    }

    /// All services, in the order in which they are started.
    #[must_use]
    pub fn views(&self) -> Vec<View> {
        self.all.iter().map(|service| self.view_of(service)).collect()
    }

    /// One service.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<View> {
        self.at(name).and_then(|at| self.all.get(at)).map(|service| self.view_of(service))
    }

    /// The last changes of a service's state, oldest first; none when there is no such service.
    #[must_use]
    pub fn history(&self, name: &str) -> Option<Vec<Arc<Transition>>> {
        let service = self.at(name).and_then(|at| self.all.get(at))?;
        Some(service.shown.history().cloned().collect())
    }

    fn view_of(&self, service: &Service) -> View {
        let wall = |time: Time| self.calendar.wall(time);
        let checked = service.is_checked() && service.task.is_none();
        View {
            spec: Arc::clone(&service.spec),
            enabled: service.enabled,
            leaving: service.leaving,
            state: service.shown.state(),
            since: service.shown.since(),
            reason: self.reason_of(service),
            under_way: service.task.as_ref().map(|task| task.going(self.calendar)),
            last: service.last.clone(),
            last_check: service.checking.last().cloned(),
            next_check: Some(wall(service.checking.next())).filter(|_| checked),
            failed_in_a_row: service.judgement.bad(),
            good_in_a_row: if service.judgement.is_recovering() { service.judgement.good() } else { 0 },
            restarts: service.restarting.count,
            next_restart: service.restarting.at().map(wall),
            held_until: service.damping.held_until().map(wall),
            checks: service.checking.count(),
            failed_checks: service.checking.failed(),
            listen: service.listening.told().iter().cloned().collect(),
        }
    }

    pub(crate) fn at(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|service| service.spec.name == name)
    }

    pub(crate) fn output(&self) -> usize {
        self.config.as_ref().map_or(0, |config| config.output)
    }

    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running)
    }

    /// Whether services of a daemon before this one are still being looked at. Until then nothing is started or stopped, and
    /// the node is as well as it was.
    pub(crate) fn is_adopting(&self) -> bool {
        let old = |task: &Task| self.tokens.is_old(task.token) && !task.counted;
        let open = |service: &Service| service.is_open() || service.task.as_ref().is_some_and(old);
        self.is_active() && self.all.iter().any(open)
    }

    /// Puts services in their order and finds out where those stand for which they wait.
    pub(crate) fn sort(&mut self) {
        let specs: Vec<Arc<_>> = self.all.iter().map(|service| Arc::clone(&service.spec)).collect();
        // A configuration with a cycle is not taken, and services that leave have nobody who waits for them but each other.
        let order = crate::graph::order(specs.iter().map(Arc::as_ref)).unwrap_or_default();
        let place: BTreeMap<&str, usize> =
            order.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        self.all.sort_by_key(|service| place.get(service.spec.name.as_str()).copied());
        let find =
            |names: &[String]| names.iter().filter_map(|name| place.get(name.as_str()).copied()).collect();
        for service in &mut self.all {
            service.place.needs = find(&service.spec.requires);
            service.place.follows = find(&service.spec.after);
        }
    }

    fn found(&mut self, token: Token) -> Option<&mut Service> {
        self.all.iter_mut().find(|service| service.task.as_ref().is_some_and(|task| task.token == token))
    }

    fn begun(&mut self, token: Token, process: Process) {
        if let Some(task) = self.found(token).and_then(|service| service.task.as_mut()) {
            task.process = Some(process);
        }
    }

    fn done(&mut self, now: Time, token: Token, outcome: Outcome) {
        let Some(at) = self.all.iter().position(|s| s.task.as_ref().is_some_and(|task| task.token == token))
        else {
            return;
        };
        let Some(task) = self.all[at].task.take() else { return };
        let Outcome { how, output } = outcome;
        let service = &mut self.all[at];
        if task.counted {
            // Known already. A stop that was held up by it can be tried now, and one that went well in the end was one.
            match task.work {
                Work::Stop if how.is_ok() && service.presence.is_there() => service.down(),
                Work::Stop => {}
                _ => service.presence.ask_again(),
            }
            return;
        }
        let how = match task.ending {
            Ending::Late(_) => How::TimedOut,
            Ending::Not | Ending::Dropped(_) => how,
        };
        let old = self.tokens.is_old(task.token);
        match (&task.work, task.ending) {
            // Not wanted any more; how a stop ended has to be known all the same.
            (Work::Start, Ending::Dropped(_)) => service.presence.come(),
            (Work::Check, Ending::Dropped(_)) => {
                let name = service.spec.name.clone();
                let asked = self.awaits_check(&name);
                self.all[at].checking.ask(asked);
            }
            (_, Ending::Dropped(_)) => {}
            // What it was told, only the daemon before this one knew; it is told again.
            (Work::Reconfigure(_), _) if old => {}
            _ => self.ended(now, at, &task, how, output),
        }
    }

    /// An operation counts as ended.
    pub(crate) fn ended(&mut self, now: Time, at: usize, task: &Task, how: How, output: Printed) {
        let (calendar, keep) = (self.calendar, self.output());
        let service = &mut self.all[at];
        let how = match how {
            How::CannotRun(why) => How::CannotRun(crate::words::cut(&why)),
            how => how,
        };
        // A check that a daemon before this one has begun counts when it took too long, but this one has to look for itself.
        let unseen = service.presence.is_inherited() && self.tokens.is_old(task.token);
        let done = service.ended(now, calendar, task, how, &output, keep);
        if unseen {
            service.presence.look_again();
        }
        let name = service.spec.name.clone();
        match &task.work {
            Work::Check => self.was_checked(&name, &done),
            Work::Reconfigure(change) => {
                let done = Box::new(Done { output: done.output.tail(TOLD_MAX), ..Done::clone(&done) });
                if !done.how.is_ok() {
                    self.out.log(Level::Warning, format!("{name}: {}", done.reason));
                }
                self.out.tell(Notice::Reconfigured { service: name, change: Arc::clone(change), done });
            }
            Work::Start | Work::Stop => {}
        }
    }

    /// Ends what has taken too long, and counts what does not end.
    fn limits(&mut self, now: Time) {
        for at in 0..self.all.len() {
            let Some(task) = self.all[at].task.as_mut() else { continue };
            if task.next_time().is_none_or(|time| time > now) {
                continue;
            }
            match task.ending {
                Ending::Not => {
                    task.ending = Ending::Late(now);
                    let token = task.token;
                    self.out.end(token);
                }
                Ending::Late(_) => {
                    task.counted = true;
                    let task = task.clone();
                    self.ended(now, at, &task, How::TimedOut, Printed::default());
                }
                Ending::Dropped(_) => {
                    task.counted = true;
                    self.all[at].cannot_stop(now);
                }
            }
        }
    }

    fn advance(&mut self, now: Time) {
        if self.config.is_none() {
            return self.out.flush(None);
        }
        self.announce(now);
        self.observe(now);
        self.plan(now);
        self.observe(now);
        self.drive(now);
        self.observe(now);
        self.advance_phase();
        self.observe(now);
        self.update_health(now);
        self.remove_left();
        self.answer_waiters();
        self.all.iter_mut().for_each(|service| service.shown.step_over());
        if self.standing.is_being_told() {
            let saved = self.save(now);
            self.out.first(saved);
            self.standing.was_told();
        }
        let saved = self.save(now);
        self.out.flush(saved);
    }
}

impl Machine for Services {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Choices(choices) => self.choices = choices,
            Input::Adopt { saved, running } if self.config.is_none() => self.adopted = Some((saved, running)),
            Input::Adopt { .. } => {}
            Input::Configure(config) => self.configure(now, config),
            Input::Started { token, process } => self.begun(token, process),
            Input::Done { token, outcome } => self.done(now, token, outcome),
            Input::Command { id, command } => self.command(now, id, command),
            Input::Look(name) => {
                if let Some(service) = self.at(&name).and_then(|at| self.all.get_mut(at)) {
                    service.checking.by(now);
                }
            }
        }
        self.advance(now);
    }

    fn tick(&mut self, now: Time) {
        self.limits(now);
        self.advance(now);
    }

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.out.pop()
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.config.as_ref()?;
        let times = self.all.iter().filter_map(|service| self.next_time(service)).min();
        earliest(times, self.addresses.next_time())
    }

    fn check(&self) {
        let mut names = BTreeSet::new();
        let mut tokens = BTreeSet::new();
        for (at, service) in self.all.iter().enumerate() {
            let name = &service.spec.name;
            assert!(names.insert(name), "{name} twice");
            for other in waits_for(&service.spec) {
                assert!(self.at(other).is_none_or(|other| other < at), "{name} stands before {other}");
            }
            let work = service.task.as_ref().filter(|task| !task.counted).map(|task| &task.work);
            assert_eq!(
                (service.presence == Presence::Coming),
                work == Some(&Work::Start),
                "{name}: {service:?}"
            );
            assert_eq!(
                matches!(service.presence, Presence::Going(_)),
                work == Some(&Work::Stop),
                "{name}: {service:?}"
            );
            if let Some(task) = &service.task {
                assert!(tokens.insert(task.token), "{:?} twice", task.token);
            }
            assert!(
                self.config.as_ref().is_none_or(|config| service.shown.history().len() <= config.history)
            );
            let well = service.enabled && service.spec.counts && !service.leaving && !service.fresh;
            if self.standing.healthy() == Some(true) && well && !self.is_adopting() {
                let state = service.shown.state();
                assert!(state.is_up(), "healthy, and {name} is {state}");
                let required = service.place.needs.iter().all(|need| self.all[*need].shown.state().is_up());
                assert!(required, "healthy, and {name} lacks what it requires");
            }
        }
        self.tokens.check(tokens.into_iter());
    }
}
