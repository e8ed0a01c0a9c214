//! The machines' time, counted from the moment the clock was made.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use machine::{Calendar, Time, Wall};

/// Gives [`Time`]s and the instants that belong to them.
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
    /// The time since the clock was made.
    #[must_use]
    pub fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// When that is for the system.
    #[must_use]
    pub fn instant(&self, at: Time) -> Instant {
        self.start + at.since_start()
    }

    /// The machines' time as the time of day, counted from this moment: a calendar that was set meanwhile counts.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        Calendar::at(self.now(), today())
    }
}

/// The time of day.
#[must_use]
pub fn today() -> Wall {
    Wall::since_1970(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
