//! Restarts of a service that has failed: how many there were, when the next one is, when they are forgotten.

use std::time::Duration;

use machine::{Time, earliest};

use crate::limits::BACKOFF_MAX;
use crate::spec::{Restart, Spec};

/// The pause after so many failures in a row, from 0.
pub(crate) fn pause(backoff: Duration, failures: u32) -> Duration {
    let doubled = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
    backoff.saturating_mul(doubled).min(BACKOFF_MAX)
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Restarting {
    /// Since it was last well for long enough.
    pub(crate) count: u32,
    at: Option<Time>,
    well_since: Option<Time>,
}

impl Restarting {
    pub(crate) const fn at(&self) -> Option<Time> {
        self.at
    }

    /// It has failed, and might be restarted.
    pub(crate) fn plan(&mut self, now: Time, spec: &Spec) {
        let may = spec.restart == Restart::OnFailure && self.count < spec.restart_limit;
        if self.at.is_none() && may {
            self.at = Some(now + pause(spec.backoff, self.count));
        }
    }

    /// Whether it is to be restarted now, which then is counted.
    pub(crate) fn take(&mut self, now: Time) -> bool {
        let due = self.at.is_some_and(|at| at <= now);
        if due {
            self.at = None;
            self.count = self.count.saturating_add(1);
        }
        due
    }

    /// There is no reason for a restart any more.
    pub(crate) const fn cancel(&mut self) {
        self.at = None;
    }

    /// Whether it is well; all is forgotten when it has been for so long.
    pub(crate) fn see(&mut self, now: Time, well: bool, window: Duration) {
        if !well {
            self.well_since = None;
            return;
        }
        let since = *self.well_since.get_or_insert(now);
        if now.since(since) >= window {
            self.count = 0;
        }
    }

    /// Somebody wants it anew.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn next_time(&self, actionable: bool, window: Duration) -> Option<Time> {
        let forgotten = self.well_since.filter(|_| self.count > 0).map(|since| since + window);
        earliest(self.at.filter(|_| actionable), forgotten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Kind;

    #[test]
    fn each_pause_is_twice_as_long_until_the_limit_is_reached() {
        let kind = Kind::Systemd { unit: "x.service".into() };
        let spec = Spec { restart: Restart::OnFailure, ..Spec::new("x", kind) };
        let mut all = Restarting::default();
        let mut now = Time::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..5 {
            all.plan(now, &spec);
            let Some(at) = all.at() else { break };
            pauses.push(at.since(now).as_secs());
            assert!(!all.take(now) && all.take(at));
            now = at;
        }
        assert_eq!(pauses, [1, 2, 4]);
        assert_eq!(pause(Duration::from_secs(1), 40), BACKOFF_MAX);
        let window = Duration::from_secs(10);
        all.see(now, true, window);
        assert_eq!((all.count, all.next_time(true, window)), (3, Some(now + window)));
        all.see(now + window, true, window);
        assert_eq!((all.count, all.next_time(true, window)), (0, None));
    }

    #[test]
    fn a_service_that_is_never_restarted_has_no_next_time() {
        let spec = Spec::new("x", Kind::Systemd { unit: "x.service".into() });
        let mut all = Restarting::default();
        all.plan(Time::ZERO, &spec);
        assert_eq!((all.at(), all.next_time(true, Duration::ZERO)), (None, None));
    }
}
