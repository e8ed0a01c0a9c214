//! One operation that goes on for a service, and the two clocks: the machine's time and the time of day.

use std::time::Duration;

use machine::Time;

use crate::io::{Token, Work};
use crate::limits::{CHECK_SAVED_AFTER, END_MAX};
use crate::outcome::{Operation, Wall};
use crate::saved::{Process, UnderWay};
use crate::view::Going;

/// Turns the machine's time into the time of day and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The time of day at [`Time::ZERO`].
    zero: Wall,
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Clock {
    pub(crate) const fn new(zero: Wall) -> Self {
        Self { zero }
    }

    pub(crate) fn wall(self, time: Time) -> Wall {
        Wall(self.zero.0.saturating_add(micros(time.since_start())))
    }

    /// A time of day before the start is the start.
    pub(crate) fn time(self, wall: Wall) -> Time {
        Time::ZERO + Duration::from_micros(wall.0.saturating_sub(self.zero.0))
    }

    pub(crate) fn since(self, now: Time, earlier: Wall) -> Duration {
        Duration::from_micros(self.wall(now).0.saturating_sub(earlier.0))
    }
}

/// Why an operation was asked to end before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was not.
    Not,
    /// It has taken too long.
    Late(Time),
    /// Its result is not wanted any more: the service is to stop.
    Dropped(Time),
}

/// An operation that goes on.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) token: Token,
    pub(crate) work: Work,
    pub(crate) began: Wall,
    pub(crate) limit: Duration,
    pub(crate) deadline: Time,
    pub(crate) ending: Ending,
    /// It did not end though it was asked to, and counts as failed already. Its service is left alone until it has ended.
    pub(crate) counted: bool,
    pub(crate) process: Option<Process>,
    /// A daemon after this one would know of it.
    pub(crate) saved: bool,
}

impl Task {
    pub(crate) fn new(token: Token, work: Work, now: Time, clock: Clock, limit: Duration) -> Self {
        let (began, deadline) = (clock.wall(now), now + limit);
        Self {
            token,
            work,
            began,
            limit,
            deadline,
            ending: Ending::Not,
            counted: false,
            process: None,
            saved: false,
        }
    }

    pub(crate) const fn operation(&self) -> Operation {
        self.work.operation()
    }

    /// When something has to be done about it.
    pub(crate) fn next_time(&self) -> Option<Time> {
        match self.ending {
            _ if self.counted => None,
            Ending::Not => Some(self.deadline),
            Ending::Late(at) | Ending::Dropped(at) => Some(at + END_MAX),
        }
    }

    /// When it is old enough to be saved, while it is not.
    pub(crate) fn saved_at(&self, clock: Clock) -> Option<Time> {
        (!self.saved).then(|| self.saved_from(clock))
    }

    fn saved_from(&self, clock: Clock) -> Time {
        let wait = if self.work == Work::Check { CHECK_SAVED_AFTER } else { Duration::ZERO };
        clock.time(self.began) + wait
    }

    /// What a daemon after this one has to know of it; nothing while it is young.
    pub(crate) fn under_way(&mut self, now: Time, clock: Clock) -> Option<UnderWay> {
        self.saved |= self.saved_from(clock) <= now;
        self.saved.then(|| UnderWay {
            token: self.token,
            operation: self.operation(),
            began: self.began,
            until: clock.wall(self.deadline),
            process: self.process,
        })
    }

    pub(crate) fn going(&self, clock: Clock) -> Going {
        Going { operation: self.operation(), began: self.began, until: clock.wall(self.deadline) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_worth_saving_after_a_second_and_a_start_at_once() {
        let clock = Clock::new(Wall(1_000_000));
        let second = Duration::from_secs(1);
        let at = Time::from_millis(500);
        let mut check = Task::new(Token(1), Work::Check, at, clock, second * 30);
        assert_eq!((check.under_way(at, clock), check.saved_at(clock)), (None, Some(at + second)));
        let saved = check.under_way(at + second, clock).unwrap();
        assert_eq!((saved.began, saved.until), (Wall(1_500_000), Wall(31_500_000)));
        assert_eq!(check.saved_at(clock), None);
        assert!(Task::new(Token(2), Work::Start, at, clock, second).under_way(at, clock).is_some());
    }

    #[test]
    fn a_time_of_day_before_the_start_is_the_start() {
        let clock = Clock::new(Wall(5_000_000));
        assert_eq!(clock.time(Wall(1)), Time::ZERO);
        assert_eq!(clock.time(clock.wall(Time::from_millis(7))), Time::from_millis(7));
        assert_eq!(clock.since(Time::from_millis(10), Wall(4_000_000)), Duration::from_millis(1010));
    }
}
