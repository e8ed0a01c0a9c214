//! Those who wait until something is done, and what they are answered.

use std::collections::BTreeSet;
use std::mem::take;

use machine::RequestId;

use crate::course::Course;
use crate::fleet::Fleet;
use crate::health::reason_of;
use crate::io::{Answer, Checked, Refusal};
use crate::limits::WAITERS_MAX;
use crate::out::Out;
use crate::outcome::Done;
use crate::service::Service;
use crate::view::Phase;

/// What somebody waits for.
#[derive(Clone, Debug)]
pub(crate) enum Awaited {
    /// All services up or failed.
    Startup,
    /// All services stopped.
    Shutdown,
    /// A service stopped and up again.
    Restart(String),
    /// These services checked.
    Check { left: BTreeSet<String>, checked: Vec<(String, Done)> },
}

/// Somebody who waits.
#[derive(Clone, Debug)]
struct Waiter {
    id: RequestId,
    wanted: Awaited,
}

/// All who wait.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Vec<Waiter>);

impl Waiters {
    /// Somebody waits for something.
    pub(crate) fn wait(&mut self, id: RequestId, wanted: Awaited) -> Result<(), Refusal> {
        if self.0.len() >= WAITERS_MAX {
            return Err(Refusal::Busy);
        }
        self.0.push(Waiter { id, wanted });
        Ok(())
    }

    /// A check has ended.
    pub(crate) fn see_check(&mut self, name: &str, done: &Done) {
        for waiter in &mut self.0 {
            if let Awaited::Check { left, checked } = &mut waiter.wanted
                && left.remove(name)
            {
                checked.push((name.to_owned(), done.clone()));
            }
        }
    }

    /// Whether somebody waits for a check of this service.
    pub(crate) fn await_check(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|waiter| matches!(&waiter.wanted, Awaited::Check { left, .. } if left.contains(name)))
    }

    /// Those who wait for the opposite are told so.
    pub(crate) fn overtake(&mut self, wanted: &Awaited, by: &'static str, out: &mut Out) {
        let restarts = by == "shutdown";
        for waiter in take(&mut self.0) {
            let overtaken = match (&waiter.wanted, wanted) {
                (Awaited::Startup, Awaited::Startup) | (Awaited::Shutdown, Awaited::Shutdown) => true,
                (Awaited::Restart(_), _) => restarts,
                _ => false,
            };
            if overtaken {
                out.answer(waiter.id, Answer::Refused(Refusal::Overtaken(by)));
            } else {
                self.0.push(waiter);
            }
        }
    }

    /// Answers those whose waiting is over.
    pub(crate) fn answer(&mut self, all: &Fleet, course: Course, out: &mut Out) {
        for waiter in take(&mut self.0) {
            match answer(&waiter.wanted, all, course) {
                Some(answer) => out.answer(waiter.id, answer),
                None => self.0.push(waiter),
            }
        }
    }
}

/// None while it has to be waited for.
fn answer(wanted: &Awaited, all: &Fleet, course: Course) -> Option<Answer> {
    let reason = |service: &Service| format!("{}: {}", service.spec.name, reason_of(service, course));
    let phase = course.phase();
    match wanted {
        Awaited::Startup => {
            let over = phase == Phase::Running && all.iter().all(|service| service.place.settled);
            let failed = all.iter().filter(|service| service.presence.start_failed() && service.spec.counts);
            over.then(|| Answer::Settled(phase, failed.map(reason).collect()))
        }
        Awaited::Shutdown => {
            let failed = all.iter().filter(|service| service.presence.refuses());
            (phase == Phase::Stopped).then(|| Answer::Settled(phase, failed.map(reason).collect()))
        }
        Awaited::Restart(name) => {
            let Some(service) = all.get(name) else {
                return Some(Answer::Refused(Refusal::Unknown(name.clone())));
            };
            if !service.enabled {
                return Some(Answer::Refused(Refusal::Disabled(name.clone())));
            }
            let over = service.place.settled
                && (service.place.wanted || service.presence.refuses() || service.place.lacks.is_some());
            let up = service.shown.state().is_up();
            over.then(|| Answer::Settled(phase, if up { Vec::new() } else { vec![reason(service)] }))
        }
        Awaited::Check { left, checked } => {
            let gone = left.iter().all(|name| all.get(name).is_none());
            gone.then(|| Answer::Checked(sorted(checked, all)))
        }
    }
}

/// In the order in which services are started; those that are gone are left out.
fn sorted(checked: &[(String, Done)], all: &Fleet) -> Vec<Checked> {
    let found = |service: &Service| {
        let (name, done) = checked.iter().find(|(name, _)| *name == service.spec.name)?;
        Some(Checked { service: name.clone(), state: service.shown.state(), done: done.clone() })
    };
    all.iter().filter_map(found).collect()
}
