//! What became of one script, and what its exit status means.
//!
//! The truth about the meaning of statuses is `run_proc_signal_handler` and `run_event_script_status`.

use std::fmt;

use crate::input::How;

/// An error number of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Errno(pub i32);

impl Errno {
    /// There is no such file.
    pub const NOENT: Self = Self(2);
    /// Not something that can be run.
    pub const NOEXEC: Self = Self(8);
    /// Try again later.
    pub const AGAIN: Self = Self(11);
    /// Not permitted; of a script: not executable.
    pub const ACCES: Self = Self(13);
    /// A bad argument; of an event: never run.
    pub const INVAL: Self = Self(22);
    /// A name is too long.
    pub const NAMETOOLONG: Self = Self(36);
    /// Too much of something.
    pub const TOOBIG: Self = Self(7);
    /// Time is over.
    pub const TIMEDOUT: Self = Self(110);
}

/// What became of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptOutcome {
    /// It went well.
    Ok,
    /// It ended with a status that is not 0.
    Failed(u8),
    /// It was not run: not executable, or gone since the directory was read.
    Disabled,
    /// It took too long.
    TimedOut,
    /// A signal ended it.
    Killed(i32),
    /// It could not be run.
    Error(Errno),
}

impl ScriptOutcome {
    /// What an end means.
    #[must_use]
    pub fn of(how: How) -> Self {
        // C quirk: a status from 64 to 254 is 64 and an error number, which is how its children used to say that they could
        // not execute a script. Scripts may say so themselves, so it stays: 64 is success, 77 "disabled", 174 "took too long".
        match how {
            How::Exit(0 | 64) => Self::Ok,
            How::Exit(status @ 65..=254) => Self::error(Errno(i32::from(status) - 64)),
            How::Exit(status) => Self::Failed(status),
            How::Signal(signal) => Self::Killed(signal),
            // Between the look and the start: as if the look had not seen it (EVT-11).
            How::Gone => Self::Disabled,
            How::NotStarted(errno) => Self::error(errno),
        }
    }

    fn error(errno: Errno) -> Self {
        match errno {
            Errno::ACCES | Errno::NOEXEC => Self::Disabled,
            Errno::TIMEDOUT => Self::TimedOut,
            errno => Self::Error(errno),
        }
    }

    /// Whether the event goes on behind it.
    #[must_use]
    pub const fn is_fine(self) -> bool {
        matches!(self, Self::Ok | Self::Disabled)
    }
}

impl fmt::Display for ScriptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => write!(f, "ok"),
            Self::Failed(status) => write!(f, "failed with status {status}"),
            Self::Disabled => write!(f, "disabled"),
            Self::TimedOut => write!(f, "timed out"),
            Self::Killed(signal) => write!(f, "killed by signal {signal}"),
            Self::Error(Errno(errno)) => write!(f, "cannot run, error {errno}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evt_10_a_status_means_what_it_means_to_c() {
        let of = |status| ScriptOutcome::of(How::Exit(status));
        assert_eq!([of(0), of(1), of(63), of(255)].map(ScriptOutcome::is_fine), [true, false, false, false]);
        assert_eq!(
            [of(64), of(72), of(77)],
            [ScriptOutcome::Ok, ScriptOutcome::Disabled, ScriptOutcome::Disabled]
        );
        assert_eq!([of(66), of(174)], [ScriptOutcome::Error(Errno::NOENT), ScriptOutcome::TimedOut]);
        assert_eq!(of(254), ScriptOutcome::Error(Errno(190)));
    }

    #[test]
    fn evt_11_a_script_that_went_away_is_disabled_but_a_missing_interpreter_is_an_error() {
        assert_eq!(ScriptOutcome::of(How::Gone), ScriptOutcome::Disabled);
        assert_eq!(ScriptOutcome::of(How::NotStarted(Errno::NOENT)), ScriptOutcome::Error(Errno::NOENT));
        assert_eq!(ScriptOutcome::of(How::NotStarted(Errno(24))), ScriptOutcome::Error(Errno(24)));
        assert_eq!(ScriptOutcome::of(How::Signal(9)), ScriptOutcome::Killed(9));
    }
}
