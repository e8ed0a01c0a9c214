//! When a service is checked, and how many checks there were. What they say is not judged here.

use std::sync::Arc;
use std::time::Duration;

use machine::Time;

use crate::outcome::Done;

#[derive(Clone, Debug, Default)]
pub(crate) struct Checking {
    next: Time,
    /// Somebody has asked for a check.
    asked: bool,
    last: Option<Arc<Done>>,
    count: u64,
    failed: u64,
}

impl Checking {
    pub(crate) const fn next(&self) -> Time {
        self.next
    }

    pub(crate) const fn is_asked(&self) -> bool {
        self.asked
    }

    pub(crate) const fn last(&self) -> Option<&Arc<Done>> {
        self.last.as_ref()
    }

    /// Checks since the daemon was started.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Those of them that failed.
    pub(crate) const fn failed(&self) -> u64 {
        self.failed
    }

    pub(crate) const fn ask(&mut self, asked: bool) {
        self.asked = asked;
    }

    pub(crate) const fn set(&mut self, next: Time) {
        self.next = next;
    }

    /// Not later than that.
    pub(crate) fn by(&mut self, at: Time) {
        self.next = self.next.min(at);
    }

    pub(crate) fn is_due(&self, now: Time) -> bool {
        self.next <= now
    }

    /// How the last one ended.
    pub(crate) fn keep(&mut self, done: &Arc<Done>) {
        self.last = Some(Arc::clone(done));
    }

    /// A check has ended that had begun then. The next one is an interval after that, not at once.
    pub(crate) fn ended(&mut self, now: Time, began: Time, interval: Duration, ok: bool) {
        self.count += 1;
        self.asked = false;
        self.failed += u64::from(!ok);
        let next = began + interval;
        self.next = if next > now { next } else { now + interval };
    }
}
