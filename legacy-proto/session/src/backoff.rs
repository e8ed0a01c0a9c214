//! When to connect again: soon at first, then less and less often.
//!
//! Only a connection that was up for a while starts the series anew, so a ctdbd that accepts and closes at once is not
//! asked more and more often.

use std::time::Duration;

use machine::Time;

/// Bounds of the pause between two attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Pause after the first failure; it doubles with each further one.
    pub first: Duration,
    /// No pause is longer.
    pub max: Duration,
}

impl Default for Backoff {
    /// 50 ms to 500 ms: ctdbd is found again within a second of its return.
    fn default() -> Self {
        Self { first: Duration::from_millis(50), max: Duration::from_millis(500) }
    }
}

/// The pauses of one session.
#[derive(Debug)]
pub(crate) struct Retry {
    backoff: Option<Backoff>,
    failures: u32,
}

impl Retry {
    pub(crate) fn new(backoff: Option<Backoff>) -> Self {
        Self { backoff, failures: 0 }
    }

    /// The pause after a failure, or after a connection that was up since `up`; `None` = no further attempt.
    pub(crate) fn pause(&mut self, now: Time, up: Option<Time>) -> Option<Duration> {
        let Backoff { first, max } = self.backoff?;
        if up.is_some_and(|up| now - up >= max) {
            self.failures = 0;
        }
        let pause = first.saturating_mul(1 << self.failures.min(20)).min(max);
        self.failures = self.failures.saturating_add(1);
        Some(pause)
    }
}
