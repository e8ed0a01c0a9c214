//! What a daemon leaves, and how the next one takes it over: what runs is looked at before anything is started.
//!
//! Invariant: an operation is saved before it is run, so that one that nobody has ended is always known to have begun.

use std::collections::BTreeSet;
use std::sync::Arc;

use machine::{Calendar, Level, Time};

use crate::addresses::Addresses;
use crate::course::Course;
use crate::fleet::Fleet;
use crate::io::{Token, Work};
use crate::judgement::{Judgement, Verdict};
use crate::listening::Listening;
use crate::out::Out;
use crate::outcome::Operation;
use crate::presence::Presence;
use crate::saved::{Life, Saved, SavedService, UnderWay};
use crate::service::Service;
use crate::spec::Spec;
use crate::standing::Standing;
use crate::task::{Ending, Task};
use crate::tokens::Tokens;
use crate::view::{Phase, State};

/// What a daemon before this one has left, and which of its operations still run.
pub(crate) type Left = (Box<Saved>, BTreeSet<Token>);

/// All that outlives a daemon.
pub(crate) struct Heritage<'a> {
    pub(crate) now: Time,
    pub(crate) calendar: Calendar,
    pub(crate) course: &'a mut Course,
    pub(crate) all: &'a mut Fleet,
    pub(crate) tokens: &'a mut Tokens,
    pub(crate) addresses: &'a mut Addresses,
    pub(crate) standing: &'a mut Standing,
    pub(crate) out: &'a mut Out,
}

impl Heritage<'_> {
    /// What a daemon after this one has to know.
    pub(crate) fn save(&mut self) -> Box<Saved> {
        let (now, calendar) = (self.now, self.calendar);
        let services = self.all.iter_mut().map(|service| service.save(now, calendar)).collect();
        Box::new(Saved {
            phase: self.course.phase(),
            healthy: self.standing.healthy().unwrap_or(false),
            since: self.standing.since(),
            reasons: self.standing.reasons().to_vec(),
            telling: self.standing.is_being_told(),
            next_token: self.tokens.to_be_saved(),
            addresses: self.addresses.named().map(|all| all.iter().cloned().collect()),
            services,
        })
    }

    /// Takes over what a daemon before this one has left, once it is known which services there are to be.
    pub(crate) fn adopt(&mut self, (saved, mut running): Left) {
        let now = self.now;
        let Saved { phase, healthy, since, reasons, telling, next_token, addresses, services } = *saved;
        let used = services.iter().filter_map(|service| service.under_way.as_ref());
        self.tokens.inherit(next_token, used.map(|task| task.token).chain(running.iter().copied()));
        *self.standing = Standing::inherited(healthy, since, reasons, telling);
        *self.addresses = Addresses::inherited(addresses);
        let outside = self.course.is_outside();
        for service in self.all.iter_mut() {
            service.fresh = phase == Phase::Running
                && !outside
                && !services.iter().any(|old| old.name == service.spec.name);
        }
        let mut seen = BTreeSet::new();
        for old in services.into_iter().filter(|old| seen.insert(old.name.clone())) {
            let task = old.under_way.as_ref().filter(|task| running.remove(&task.token)).cloned();
            let at = match self.all.at(&old.name) {
                Some(at) => at,
                None if outside || (old.life == Life::Down && task.is_none()) => {
                    task.iter().for_each(|task| self.out.end(task.token));
                    continue;
                }
                None => {
                    // It is configured no more, but has to be stopped.
                    let spec = Spec::new(old.name.clone(), old.kind.clone());
                    let mut service = Service::new(Arc::new(spec), true, old.since);
                    service.leaving = true;
                    self.all.push(service)
                }
            };
            let calendar = self.calendar;
            let (until, limit) =
                task.as_ref().map(|task| (calendar.time(task.until), limit(task))).unwrap_or_default();
            let service = &mut self.all[at];
            service.take_over(old, now, outside, calendar);
            service.task = task.map(|task| {
                let work = match task.operation {
                    Operation::Start => Work::Start,
                    Operation::Stop => Work::Stop,
                    Operation::Check => Work::Check,
                    _ => Work::Reconfigure(Arc::default()),
                };
                let process = task.process;
                Task {
                    token: task.token,
                    work,
                    began: task.began,
                    limit,
                    deadline: until.max(now),
                    ending: Ending::Not,
                    counted: false,
                    process,
                    saved: true,
                }
            });
            // One that runs though it counts as failed goes on counting as that.
            if let Some(task) = service.task.as_mut().filter(|_| service.presence.is_there()) {
                task.counted = matches!(task.work, Work::Start | Work::Stop);
            }
            service.presence.settle(service.task.as_ref().map(|task| &task.work));
        }
        // Of whom nobody knows what they were for.
        running.into_iter().for_each(|token: Token| self.out.end(token));
        self.course.inherit(phase, self.all.iter().all(|service| service.presence.is_down()));
        let phase = self.course.phase();
        self.out.log(Level::Notice, format!("took over from a daemon before this one: {phase}"));
    }
}

fn limit(task: &UnderWay) -> std::time::Duration {
    std::time::Duration::from_micros(task.until.0.saturating_sub(task.began.0))
}

impl Service {
    fn save(&mut self, now: Time, calendar: Calendar) -> SavedService {
        let under_way = self.task.as_mut().and_then(|task| task.under_way(now, calendar));
        SavedService {
            name: self.spec.name.clone(),
            kind: self.spec.kind.clone(),
            life: self.presence.life(),
            failed: self.judgement.verdict() == Verdict::Failed,
            fresh: self.fresh,
            state: self.shown.state(),
            since: self.shown.since(),
            reason: self.shown.reason().to_owned(),
            restarts: self.restarting.count,
            held_until: self.damping.held_until().map(|until| calendar.wall(until)),
            told: self.listening.told().iter().cloned().collect(),
            perhaps: self.listening.perhaps().iter().cloned().collect(),
            reported: self.judgement.reported().cloned(),
            under_way,
        }
    }

    fn take_over(&mut self, old: SavedService, now: Time, outside: bool, calendar: Calendar) {
        self.presence = Presence::inherited(old.life, !outside);
        let verdict = match old.state {
            _ if old.life == Life::Down => Verdict::Unknown,
            _ if old.failed => Verdict::Failed,
            State::Starting => Verdict::Unknown,
            _ => Verdict::Good,
        };
        self.judgement = Judgement::inherited(verdict, old.failed, old.reported);
        self.fresh = old.fresh;
        self.shown.inherit(old.state, old.since, old.reason);
        self.restarting.count = old.restarts;
        self.listening = Listening::new(old.told, old.perhaps);
        if let Some(until) = old.held_until {
            self.damping.hold(calendar.time(until));
        }
        self.checking.set(now);
        if old.kind != self.spec.kind && old.life != Life::Down {
            self.next_kind = Some(self.spec.kind.clone());
            self.spec = Arc::new(Spec { kind: old.kind, ..Spec::clone(&self.spec) });
        }
    }
}
