//! Why a command of the old grammar ends early, and what its exit status becomes.
//!
//! C's functions return 0 or a number: an errno, the status word of a reply, 1. The number of the outermost one is the
//! exit status, and -1 becomes 1.

use crate::output::write_err;

/// Why a command ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It failed with this number; whoever called it may say more.
    Failed(i32),
    /// The program ends here and says nothing more.
    End(i32),
}

/// What a command comes to.
pub(crate) type Done = Result<(), Stop>;

impl Stop {
    /// The exit status.
    pub(crate) fn status(self) -> u8 {
        let (Self::Failed(number) | Self::End(number)) = self;
        match number {
            -1 => 1,
            number => number.to_le_bytes()[0],
        }
    }
}

/// Adds words to a failure.
pub(crate) trait Explain: Sized {
    /// Says why on standard error.
    fn explain(self, words: impl FnOnce() -> Vec<u8>) -> Self;
    /// Says why, and makes another number of it.
    fn explain_as(self, number: i32, words: impl FnOnce() -> Vec<u8>) -> Self;
}

impl<T> Explain for Result<T, Stop> {
    fn explain(self, words: impl FnOnce() -> Vec<u8>) -> Self {
        if matches!(self, Err(Stop::Failed(_))) {
            write_err(&words());
        }
        self
    }

    fn explain_as(self, number: i32, words: impl FnOnce() -> Vec<u8>) -> Self {
        self.explain(words).map_err(|stop| match stop {
            Stop::Failed(_) => Stop::Failed(number),
            end @ Stop::End(_) => end,
        })
    }
}

/// The pieces of an explanation.
macro_rules! words {
    ($($piece:expr),+ $(,)?) => {
        || $crate::output::join(&[$(&$piece as &dyn $crate::output::Piece),+])
    };
}

pub(crate) use words;

/// Fails with 1.
pub(crate) const ONE: Stop = Stop::Failed(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_is_what_main_returns() {
        for (number, status) in [(0, 0), (-1, 1), (22, 22), (110, 110), (256, 0), (-5, 251)] {
            assert_eq!(Stop::Failed(number).status(), status, "{number}");
        }
        let failed: Result<(), Stop> = Err(Stop::Failed(5));
        assert_eq!(failed.explain_as(1, words!("")), Err(ONE));
        let ended: Result<(), Stop> = Err(Stop::End(1));
        assert_eq!(ended.explain_as(7, || unreachable!()), ended);
    }
}
