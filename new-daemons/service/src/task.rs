//! One operation that goes on for a service.

use std::time::Duration;

use machine::{Calendar, Time, Wall};

use crate::io::{Token, Work};
use crate::limits::{CHECK_SAVED_AFTER, END_MAX};
use crate::outcome::Operation;
use crate::saved::{Process, UnderWay};
use crate::view::Going;

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
    pub(crate) fn new(token: Token, work: Work, now: Time, calendar: Calendar, limit: Duration) -> Self {
        let (began, deadline) = (calendar.wall(now), now + limit);
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
    pub(crate) fn saved_at(&self, calendar: Calendar) -> Option<Time> {
        (!self.saved).then(|| self.saved_from(calendar))
    }

    fn saved_from(&self, calendar: Calendar) -> Time {
        let wait = if self.work == Work::Check { CHECK_SAVED_AFTER } else { Duration::ZERO };
        calendar.time(self.began) + wait
    }

    /// What a daemon after this one has to know of it; nothing while it is young.
    pub(crate) fn under_way(&mut self, now: Time, calendar: Calendar) -> Option<UnderWay> {
        self.saved |= self.saved_from(calendar) <= now;
        self.saved.then(|| UnderWay {
            token: self.token,
            operation: self.operation(),
            began: self.began,
            until: calendar.wall(self.deadline),
            process: self.process,
        })
    }

    pub(crate) fn going(&self, calendar: Calendar) -> Going {
        Going { operation: self.operation(), began: self.began, until: calendar.wall(self.deadline) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_worth_saving_after_a_second_and_a_start_at_once() {
        let calendar = Calendar::new(Wall(1_000_000));
        let second = Duration::from_secs(1);
        let at = Time::from_millis(500);
        let mut check = Task::new(Token(1), Work::Check, at, calendar, second * 30);
        assert_eq!((check.under_way(at, calendar), check.saved_at(calendar)), (None, Some(at + second)));
        let saved = check.under_way(at + second, calendar).unwrap();
        assert_eq!((saved.began, saved.until), (Wall(1_500_000), Wall(31_500_000)));
        assert_eq!(check.saved_at(calendar), None);
        assert!(Task::new(Token(2), Work::Start, at, calendar, second).under_way(at, calendar).is_some());
    }
}
