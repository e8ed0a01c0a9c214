//! Whether a daemon is registered at the tunneld of its node, and what is due for that.

use std::time::Duration;

use machine::Time;

use super::io::LostReason;
use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Stopped,
    /// Nobody there, or nobody who registers this daemon; next attempt then.
    Away(Time, Failure),
    Connecting,
    /// Connected at the first time; the registration is repeated at the second.
    Registering(Time, Time),
    /// Registered at the tunneld with this boot id, last heard then.
    Up {
        boot: u64,
        heard: Time,
    },
}

/// What the time brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Connect,
    Register,
    /// The tunneld has said nothing for too long.
    Silent,
}

/// What the tunneld's word means that this daemon is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It is what was asked for.
    Taken,
    /// It was said before, or nobody asked.
    Idle,
    /// Another tunneld says it than the one that is known.
    OfAnother,
}

#[derive(Debug)]
pub(super) struct Registration {
    state: State,
    /// What was said of the loss since there was no tunneld.
    told: Option<LostReason>,
    retry: Duration,
    silence: Duration,
}

impl Registration {
    pub(super) const fn new(retry: Duration, silence: Duration) -> Self {
        Self { state: State::Stopped, told: None, retry, silence }
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    pub(super) const fn is_stopped(&self) -> bool {
        matches!(self.state, State::Stopped)
    }

    pub(super) const fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting)
    }

    pub(super) const fn is_asked_for(&self) -> bool {
        matches!(self.state, State::Registering(..))
    }

    /// Why there is nobody to carry anything.
    pub(super) const fn away(&self) -> Option<Failure> {
        match self.state {
            State::Away(_, why) => Some(why),
            _ => None,
        }
    }

    pub(super) const fn connect(&mut self) {
        self.state = State::Connecting;
    }

    pub(super) const fn stop(&mut self) {
        self.state = State::Stopped;
    }

    /// It is asked for now, perhaps again.
    pub(super) fn ask(&mut self, now: Time) {
        let since = if let State::Registering(since, _) = self.state { since } else { now };
        self.state = State::Registering(since, now + self.retry);
    }

    /// The tunneld has said something.
    pub(super) const fn hear(&mut self, now: Time) {
        if let State::Up { heard, .. } = &mut self.state {
            *heard = now;
        }
    }

    /// A tunneld with this boot id says that this daemon is registered.
    pub(super) fn registered(&mut self, now: Time, boot: u64) -> Word {
        match self.state {
            State::Registering(..) => {
                self.told = None;
                self.state = State::Up { boot, heard: now };
                Word::Taken
            }
            State::Up { boot: known, .. } if known != boot => Word::OfAnother,
            State::Up { .. } | State::Stopped | State::Away(..) | State::Connecting => Word::Idle,
        }
    }

    /// There is no tunneld any more: what its senders hear, and whether the loss is to be told.
    pub(super) fn lose(&mut self, now: Time, reason: LostReason) -> (Failure, bool) {
        let why = match reason {
            LostReason::NotRegistered(why) => why,
            LostReason::Refused | LostReason::Silent | LostReason::Forgotten => Failure::TunneldGone,
        };
        self.state = State::Away(now + self.retry, why);
        let refused = |r| matches!(r, LostReason::NotRegistered(_));
        let tell = self.told.is_none_or(|told| refused(reason) && !refused(told));
        if tell {
            self.told = Some(reason);
        }
        (why, tell)
    }

    pub(super) fn due(&self, now: Time) -> Due {
        match self.state {
            State::Away(retry, _) if now >= retry => Due::Connect,
            State::Registering(since, _) if now >= since + self.silence => Due::Silent,
            State::Registering(_, again) if now >= again => Due::Register,
            State::Up { heard, .. } if now >= heard + self.silence => Due::Silent,
            _ => Due::Nothing,
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Stopped | State::Connecting => None,
            State::Away(at, _) | State::Registering(_, at) => Some(at),
            State::Up { heard, .. } => Some(heard + self.silence),
        }
    }
}
