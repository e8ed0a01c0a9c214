//! Those who wait until something is done, and what they are answered.

use std::collections::BTreeSet;
use std::mem::take;

use machine::RequestId;

use crate::io::{Answer, Checked, Refusal};
use crate::outcome::Done;
use crate::service::Service;
use crate::services::Services;
use crate::view::Phase;

/// What somebody waits for.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
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
pub(crate) struct Waiter {
    pub(crate) id: RequestId,
    pub(crate) wanted: Wanted,
}

impl Services {
    /// A check has ended.
    pub(crate) fn was_checked(&mut self, name: &str, done: &Done) {
        for waiter in &mut self.waiters {
            if let Wanted::Check { left, checked } = &mut waiter.wanted
                && left.remove(name)
            {
                checked.push((name.to_owned(), done.clone()));
            }
        }
    }

    /// Whether somebody waits for a check of this service.
    pub(crate) fn awaits_check(&self, name: &str) -> bool {
        self.waiters
            .iter()
            .any(|waiter| matches!(&waiter.wanted, Wanted::Check { left, .. } if left.contains(name)))
    }

    /// Those who wait for the opposite are told so.
    pub(crate) fn overtake(&mut self, wanted: &Wanted, by: &'static str) {
        let restarts = by == "shutdown";
        for waiter in take(&mut self.waiters) {
            let overtaken = match (&waiter.wanted, wanted) {
                (Wanted::Startup, Wanted::Startup) | (Wanted::Shutdown, Wanted::Shutdown) => true,
                (Wanted::Restart(_), _) => restarts,
                _ => false,
            };
            if overtaken {
                self.out.answer(waiter.id, Answer::Refused(Refusal::Overtaken(by)));
            } else {
                self.waiters.push(waiter);
            }
        }
    }

    /// Answers those whose waiting is over.
    pub(crate) fn answer_waiters(&mut self) {
        for waiter in take(&mut self.waiters) {
            match self.answer(&waiter.wanted) {
                Some(answer) => self.out.answer(waiter.id, answer),
                None => self.waiters.push(waiter),
            }
        }
    }

    fn answer(&self, wanted: &Wanted) -> Option<Answer> {
        let reason = |service: &Service| format!("{}: {}", service.spec.name, self.reason_of(service));
        match wanted {
            Wanted::Startup => {
                let over =
                    self.phase == Phase::Running && self.all.iter().all(|service| service.place.settled);
                let failed =
                    self.all.iter().filter(|service| service.presence.start_failed() && service.spec.counts);
                over.then(|| Answer::Settled(self.phase, failed.map(reason).collect()))
            }
            Wanted::Shutdown => {
                let failed = self.all.iter().filter(|service| service.presence.refuses());
                (self.phase == Phase::Stopped)
                    .then(|| Answer::Settled(self.phase, failed.map(reason).collect()))
            }
            Wanted::Restart(name) => {
                let Some(service) = self.at(name).and_then(|at| self.all.get(at)) else {
                    return Some(Answer::Refused(Refusal::Unknown(name.clone())));
                };
                if !service.enabled {
                    return Some(Answer::Refused(Refusal::Disabled(name.clone())));
                }
                let over = service.place.settled
                    && (service.place.wanted || service.presence.refuses() || service.place.lacks.is_some());
                let up = service.shown.state().is_up();
                over.then(|| Answer::Settled(self.phase, if up { Vec::new() } else { vec![reason(service)] }))
            }
            Wanted::Check { left, checked } => {
                let gone = left.iter().all(|name| self.at(name).is_none());
                gone.then(|| Answer::Checked(self.sorted(checked)))
            }
        }
    }

    /// In the order in which services are started; those that are gone are left out.
    fn sorted(&self, checked: &[(String, Done)]) -> Vec<Checked> {
        let found = |service: &Service| {
            let (name, done) = checked.iter().find(|(name, _)| *name == service.spec.name)?;
            Some(Checked { service: name.clone(), state: service.shown.state(), done: done.clone() })
        };
        self.all.iter().filter_map(found).collect()
    }
}
