//! Flap damping: a service that changes between well and failed too often counts as failed until it has been quiet.
//!
//! It sees only the changes; what a service is meanwhile goes on being judged by its checks.

use std::collections::VecDeque;

use machine::Time;

use crate::limits::FLAP_MAX;
use crate::spec::Spec;

#[derive(Clone, Debug, Default)]
pub(crate) struct Damping {
    /// Whether it was well at the last change.
    well: Option<bool>,
    changes: VecDeque<Time>,
    held_until: Option<Time>,
}

impl Damping {
    /// Counts as failed until that time.
    pub(crate) const fn held_until(&self) -> Option<Time> {
        self.held_until
    }

    pub(crate) const fn hold(&mut self, until: Time) {
        self.held_until = Some(until);
    }

    /// Changes that are counted.
    pub(crate) fn changes(&self) -> usize {
        self.changes.len()
    }

    /// The service is well, or has failed.
    pub(crate) fn see(&mut self, now: Time, well: bool, spec: &Spec) {
        let before = self.well.replace(well);
        if before.is_none_or(|before| before == well) {
            return;
        }
        self.changes.push_back(now);
        let (window, limit) = (spec.flap_window, usize::try_from(spec.flap_limit).unwrap_or(FLAP_MAX));
        while self.changes.front().is_some_and(|at| now.since(*at) > window) || self.changes.len() > FLAP_MAX
        {
            self.changes.pop_front();
        }
        if self.held_until.is_some() || self.changes.len() >= limit {
            self.held_until = Some(now + spec.flap_hold);
        }
    }

    /// Lets go of it when its time has come.
    pub(crate) fn release(&mut self, now: Time) -> bool {
        let over = self.held_until.is_some_and(|until| until <= now);
        if over {
            self.held_until = None;
            self.changes.clear();
        }
        over
    }

    /// It was stopped: what was, is over.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::spec::Kind;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn spec() -> Spec {
        let second = Duration::from_secs(1);
        let kind = Kind::Systemd { unit: "x.service".into() };
        Spec { flap_limit: 3, flap_window: second * 100, flap_hold: second * 50, ..Spec::new("x", kind) }
    }

    #[test]
    fn too_many_changes_in_the_window_hold_it_and_each_further_one_prolongs_that() {
        let (mut damping, spec) = (Damping::default(), spec());
        for (second, well) in [(0, true), (10, false), (20, true), (25, true)] {
            damping.see(at(second), well, &spec);
        }
        assert_eq!((damping.held_until(), damping.changes()), (None, 2));
        damping.see(at(30), false, &spec);
        assert_eq!(damping.held_until(), Some(at(80)));
        damping.see(at(70), true, &spec);
        assert_eq!(damping.held_until(), Some(at(120)));
        assert!(!damping.release(at(119)) && damping.release(at(120)) && !damping.release(at(130)));
        damping.see(at(140), false, &spec);
        assert_eq!((damping.held_until(), damping.changes()), (None, 1));
    }

    #[test]
    fn changes_before_the_window_do_not_count() {
        let (mut damping, spec) = (Damping::default(), spec());
        for (second, well) in [(0, true), (10, false), (60, true), (150, false), (260, true)] {
            damping.see(at(second), well, &spec);
        }
        assert_eq!((damping.held_until(), damping.changes()), (None, 1));
    }
}
