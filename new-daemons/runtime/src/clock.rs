//! The machines' time, counted from the moment the clock was made.

use std::time::Instant;

use machine::Time;

/// Gives [`Time`]s and the instants at which tokio wakes.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// Sleeps until `at`; for ever when there is nothing to wait for.
    pub async fn sleep_until(&self, at: Option<Time>) {
        match at {
            Some(at) => tokio::time::sleep_until((self.start + at.since_start()).into()).await,
            None => std::future::pending().await,
        }
    }
}
