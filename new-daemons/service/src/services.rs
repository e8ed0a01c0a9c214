//! All services of a node as one machine: inputs are taken here and go to the parts that they are for, and each step ends with
//! what follows from them.
//!
//! A step: times that have come, how services are seen now, what may be begun, what the daemon does as a whole, the node's
//! health, answers. This file holds the parts and passes things on; each part has a file and a state of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use machine::{Calendar, Level, Machine, Time, Wall, earliest};

use crate::addresses::Addresses;
use crate::adopt::{Heritage, Left};
use crate::answers::Waiters;
use crate::commands::Commands;
use crate::course::Course;
use crate::fleet::Fleet;
use crate::graph::waits_for;
use crate::io::{Effect, Input, Work};
use crate::operations::Operations;
use crate::order::{Order, next_time};
use crate::out::Out;
use crate::presence::Presence;
use crate::reload::Reload;
use crate::saved::Saved;
use crate::spec::{Config, Manager};
use crate::standing::Standing;
use crate::tokens::Tokens;
use crate::view::{Health, Phase, Transition, View};
use crate::{health, seeing};

/// The services of a node.
#[derive(Debug)]
pub struct Services {
    calendar: Calendar,
    /// None before the first configuration.
    config: Option<Config>,
    /// Which services are enabled and disabled by command.
    choices: BTreeMap<String, bool>,
    /// Until the first configuration says which services there are to be.
    left: Option<Left>,
    course: Course,
    all: Fleet,
    tokens: Tokens,
    addresses: Addresses,
    standing: Standing,
    waiters: Waiters,
    last_saved: Option<Box<Saved>>,
    out: Out,
}

impl Services {
    /// A daemon without a configuration. `zero`: the time of day at [`Time::ZERO`].
    #[must_use]
    pub fn new(zero: Wall) -> Self {
        Self {
            calendar: Calendar::new(zero),
            config: None,
            choices: BTreeMap::new(),
            left: None,
            course: Course::default(),
            all: Fleet::default(),
            tokens: Tokens::default(),
            addresses: Addresses::default(),
            standing: Standing::new(zero),
            waiters: Waiters::default(),
            last_saved: None,
            out: Out::default(),
        }
    }

    /// What it does as a whole.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.course.phase()
    }

    /// Who starts and stops the services.
    #[must_use]
    pub const fn manager(&self) -> Manager {
        self.course.manager()
    }

    /// Whether nothing is being done with any service.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.all.is_idle()
    }

    /// How well the node is.
    #[must_use]
    pub fn health(&self) -> Health {
        health::health(&self.standing, &self.all, self.course, self.holds_health())
    }

    /// What the daemon does, in a line.
    #[must_use]
    pub fn headline(&self) -> String {
        let up = self.all.iter().filter(|service| service.shown.state().is_up()).count();
        let health = self.health();
        let well = match health.reasons.first() {
            _ if health.healthy => "healthy".to_owned(),
            Some(reason) => format!("unhealthy: {reason}"),
            None => "unhealthy".to_owned(),
        };
        format!("{}, {up} of {} services up, {well}", health.phase, self.all.len())
    }

    /// All services, in the order in which they are started.
    #[must_use]
    pub fn views(&self) -> Vec<View> {
        self.all.iter().map(|service| service.view(self.calendar, self.course)).collect()
    }

    /// One service.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<View> {
        self.all.get(name).map(|service| service.view(self.calendar, self.course))
    }

    /// The last changes of a service's state, oldest first; none when there is no such service.
    #[must_use]
    pub fn history(&self, name: &str) -> Option<Vec<Arc<Transition>>> {
        Some(self.all.get(name)?.shown.history().cloned().collect())
    }

    fn is_adopting(&self) -> bool {
        self.all.is_adopting(self.course, &self.tokens)
    }

    /// Whether the health is that of a daemon before this one, because not all services have been looked at.
    fn holds_health(&self) -> bool {
        self.standing.healthy().is_some() && self.is_adopting()
    }

    fn configure(&mut self, now: Time, mut config: Config) {
        let problems = config.problems();
        if !problems.is_empty() {
            for problem in problems {
                self.out.log(Level::Error, format!("the configuration is not taken: {problem}"));
            }
            return;
        }
        let first = self.config.is_none();
        if let Some(before) = &self.config {
            (config.begin, config.manager) = (before.begin, before.manager);
        }
        let (today, course) = (self.calendar.wall(now), self.course);
        Reload { now, today, course, choices: &self.choices, all: &mut self.all }.take(&config);
        let begin = config.begin;
        self.course.manage(config.manager);
        self.config = Some(config);
        if first {
            if let Some(left) = self.left.take() {
                self.heritage(now).adopt(left);
            }
            self.course.begin(begin);
        }
        self.all.sort();
    }

    fn operations(&mut self, now: Time) -> Operations<'_> {
        let Self { calendar, all, tokens, waiters, out, .. } = self;
        let output = self.config.as_ref().map_or(0, |config| config.output);
        Operations { now, calendar: *calendar, output, all, tokens, waiters, out }
    }

    fn commands(&mut self, now: Time) -> Commands<'_> {
        let Self { course, all, choices, addresses, waiters, out, .. } = self;
        let settle = self.config.as_ref().map(|config| config.settle).unwrap_or_default();
        let today = self.calendar.wall(now);
        Commands { now, today, settle, course, all, choices, addresses, waiters, out }
    }

    fn order(&mut self, now: Time) -> Order<'_> {
        let Self { calendar, course, all, tokens, addresses, out, .. } = self;
        Order { now, calendar: *calendar, course: *course, all, tokens, addresses, out }
    }

    fn heritage(&mut self, now: Time) -> Heritage<'_> {
        let Self { calendar, course, all, tokens, addresses, standing, out, .. } = self;
        Heritage { now, calendar: *calendar, course, all, tokens, addresses, standing, out }
    }

    fn observe(&mut self, now: Time) {
        let keep = self.config.as_ref().map_or(0, |config| config.history);
        let times = (now, self.calendar.wall(now));
        seeing::observe(&mut self.all, self.course, times, keep, &mut self.out);
    }

    /// What a daemon after this one has to know, when that has changed.
    fn save(&mut self, now: Time) -> Option<Box<Saved>> {
        let saved =
            Some(self.heritage(now).save()).filter(|saved| self.last_saved.as_ref() != Some(saved))?;
        self.last_saved = Some(saved.clone());
        Some(saved)
    }

    fn advance(&mut self, now: Time) {
        if self.config.is_none() {
            return self.out.flush(None);
        }
        // Changes of addresses were gathered for long enough.
        if self.addresses.announce(now) {
            self.all.iter_mut().for_each(|service| service.listening.begin_anew());
        }
        self.observe(now);
        self.order(now).plan();
        self.observe(now);
        self.order(now).drive();
        self.observe(now);
        let settled = self.all.iter().all(|service| service.place.settled) && !self.is_adopting();
        self.course.advance(settled, self.all.iter().all(|service| service.presence.is_over()));
        self.observe(now);
        if !self.holds_health() {
            let today = self.calendar.wall(now);
            health::update(&mut self.standing, &self.all, self.course, today, &mut self.out);
        }
        self.all.remove_left();
        self.waiters.answer(&self.all, self.course, &mut self.out);
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
            Input::Adopt { saved, running } if self.config.is_none() => self.left = Some((saved, running)),
            Input::Adopt { .. } => {}
            Input::Configure(config) => self.configure(now, config),
            Input::Started { token, process } => self.operations(now).begun(token, process),
            Input::Done { token, outcome } => self.operations(now).done(token, outcome),
            Input::Command { id, command } => self.commands(now).command(id, command),
            Input::Look(name) => {
                if let Some(at) = self.all.at(&name) {
                    self.all[at].checking.by(now);
                }
            }
        }
        self.advance(now);
    }

    fn tick(&mut self, now: Time) {
        self.operations(now).limits();
        self.advance(now);
    }

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.out.pop()
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.config.as_ref()?;
        let known = (self.calendar, self.course, self.is_adopting());
        let times = self.all.iter().filter_map(|service| next_time(service, known, &self.addresses)).min();
        earliest(times, self.addresses.next_time())
    }

    fn check(&self) {
        let mut names = BTreeSet::new();
        let mut tokens = BTreeSet::new();
        for (at, service) in self.all.iter().enumerate() {
            let name = &service.spec.name;
            assert!(names.insert(name), "{name} twice");
            for other in waits_for(&service.spec) {
                assert!(self.all.at(other).is_none_or(|other| other < at), "{name} stands before {other}");
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
