//! The time of day beside the machine's time. A core is told once what day it was at the start, or with each question;
//! it never looks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Time;

/// Time of day: microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wall(pub u64);

impl Wall {
    /// So long after the beginning of 1970.
    #[must_use]
    pub fn since_1970(span: Duration) -> Self {
        Self(micros(span))
    }
}

/// A span in whole microseconds, as messages and calendars count.
#[must_use]
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Turns the machine's time into the time of day and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The time of day at [`Time::ZERO`].
    zero: Wall,
}

impl Calendar {
    /// By the time of day at [`Time::ZERO`].
    #[must_use]
    pub const fn new(zero: Wall) -> Self {
        Self { zero }
    }

    /// By what time of day it is now, so that past times are counted back from there.
    #[must_use]
    pub fn at(now: Time, today: Wall) -> Self {
        Self { zero: Wall(today.0.saturating_sub(micros(now.since_start()))) }
    }

    /// The time of day of a moment.
    #[must_use]
    pub fn wall(self, time: Time) -> Wall {
        Wall(self.zero.0.saturating_add(micros(time.since_start())))
    }

    /// The moment of a time of day; one before the start is the start.
    #[must_use]
    pub const fn time(self, wall: Wall) -> Time {
        Time::from_micros(wall.0.saturating_sub(self.zero.0))
    }

    /// How long ago a time of day was; zero when it lies ahead.
    #[must_use]
    pub fn since(self, now: Time, earlier: Wall) -> Duration {
        Duration::from_micros(self.wall(now).0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_before_the_start_is_the_start() {
        let calendar = Calendar::new(Wall(5_000_000));
        assert_eq!(calendar.time(Wall(1)), Time::ZERO);
        assert_eq!(calendar.time(calendar.wall(Time::from_millis(7))), Time::from_millis(7));
        assert_eq!(calendar.since(Time::from_millis(10), Wall(4_000_000)), Duration::from_millis(1010));
    }

    #[test]
    fn past_times_are_counted_back_from_today() {
        let calendar = Calendar::at(Time::from_millis(5000), Wall(90_000_000));
        assert_eq!(calendar.wall(Time::from_millis(3000)), Wall(88_000_000));
        assert_eq!(Calendar::at(Time::from_millis(5000), Wall(1)), Calendar::new(Wall(0)));
    }
}
