//! What a callback is, as the configuration or a registrant says it: which events, which program, how.
//!
//! The bounds of its numbers are checked here; whether the program is one that may be run is for the driver to see.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::Pattern;
use crate::limits::{ARGUMENTS_MAX, BACKOFF_MAX, PATTERNS_MAX, RETRIES_MAX, TEXT_MAX, TIME_LIMIT_MAX};
use crate::order::Order;

/// What a callback is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The events on which it is run.
    pub events: Vec<Pattern>,
    /// The program: an absolute path, or the name of a file in the directory of callbacks.
    pub program: PathBuf,
    /// Its first arguments; the topic and those of the event come behind them.
    pub arguments: Vec<String>,
    /// As whom it is run; the daemon's user without it.
    pub user: Option<String>,
    /// How long it may take.
    pub time_limit: Duration,
    /// How its runs follow one another.
    pub order: Order,
    /// How often it is run again for the same event when it fails.
    pub retries: u32,
    /// The pause before it is run again; each further one is twice as long.
    pub backoff: Duration,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// a name is up to 32 letters, digits, '.', '_' and '-'
    #[error("a callback's name is up to 32 letters, digits, '.', '_' and '-'")]
    Name,
    /// no events or too many patterns
    #[error("write 1 to {PATTERNS_MAX} events")]
    Events,
    /// not the path of a program
    #[error("write the absolute path of a program, or the name of one in the directory of callbacks")]
    Program,
    /// arguments that no program can be given
    #[error("up to {ARGUMENTS_MAX} arguments of up to {TEXT_MAX} bytes without NUL can be given")]
    Arguments,
    /// not a user's name
    #[error("a user's name is 1 to 32 bytes")]
    User,
    /// the time limit is out of bounds
    #[error("the time limit has to be between 100ms and {}s", TIME_LIMIT_MAX.as_secs())]
    TimeLimit,
    /// too many retries
    #[error("up to {RETRIES_MAX} retries can be had")]
    Retries,
    /// the pause is out of bounds
    #[error("the pause before a retry has to be between 10ms and {}s", BACKOFF_MAX.as_secs())]
    Backoff,
}

impl Row {
    /// Looks whether all of it is within its bounds.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn check(&self) -> Result<(), RowError> {
        let good = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let argument = |text: &String| text.len() <= TEXT_MAX && !text.contains('\0');
        let checks = [
            (RowError::Name, (1..=32).contains(&self.name.len()) && self.name.bytes().all(good)),
            (RowError::Events, (1..=PATTERNS_MAX).contains(&self.events.len())),
            (RowError::Program, self.names_a_program()),
            (
                RowError::Arguments,
                self.arguments.len() <= ARGUMENTS_MAX && self.arguments.iter().all(argument),
            ),
            (RowError::User, self.user.as_ref().is_none_or(|user| (1..=32).contains(&user.len()))),
            (RowError::TimeLimit, (Duration::from_millis(100)..=TIME_LIMIT_MAX).contains(&self.time_limit)),
            (RowError::Retries, self.retries <= RETRIES_MAX),
            (RowError::Backoff, (Duration::from_millis(10)..=BACKOFF_MAX).contains(&self.backoff)),
        ];
        checks.into_iter().find(|(_, good)| !good).map_or(Ok(()), |(error, _)| Err(error))
    }

    fn names_a_program(&self) -> bool {
        let Some(text) = self.program.to_str() else { return false };
        let name = !text.contains('/') && !matches!(text, "" | "." | "..");
        text.len() <= TEXT_MAX && !text.contains('\0') && (text.starts_with('/') || name)
    }

    /// Whether it is run on a topic.
    #[must_use]
    pub fn wants(&self, topic: &str) -> bool {
        self.events.iter().any(|pattern| pattern.matches(topic))
    }

    /// The pause after so many failures in a row.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.backoff.saturating_mul(doubled).min(BACKOFF_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            name: "web".into(),
            events: vec!["a.*".parse().unwrap()],
            program: "/bin/true".into(),
            arguments: Vec::new(),
            user: None,
            time_limit: Duration::from_secs(10),
            order: Order::Serial,
            retries: 3,
            backoff: Duration::from_secs(1),
        }
    }

    fn wrong(change: impl FnOnce(&mut Row)) -> Option<RowError> {
        let mut row = row();
        change(&mut row);
        row.check().err()
    }

    #[test]
    fn a_row_out_of_bounds_says_what_is_wrong() {
        assert_eq!(wrong(|_| {}), None);
        assert_eq!(wrong(|row| row.program = "in-the-directory".into()), None);
        for name in ["", "a/b", "a b", &"x".repeat(33)] {
            assert_eq!(wrong(|row| row.name = name.into()), Some(RowError::Name));
        }
        assert_eq!(wrong(|row| row.events.clear()), Some(RowError::Events));
        for program in ["", ".", "..", "a/b", "../x", "./x"] {
            assert_eq!(wrong(|row| row.program = program.into()), Some(RowError::Program), "{program}");
        }
        assert_eq!(wrong(|row| row.arguments = vec!["\0".into()]), Some(RowError::Arguments));
        assert_eq!(wrong(|row| row.user = Some(String::new())), Some(RowError::User));
        assert_eq!(wrong(|row| row.time_limit = Duration::ZERO), Some(RowError::TimeLimit));
        assert_eq!(wrong(|row| row.time_limit = Duration::MAX), Some(RowError::TimeLimit));
        assert_eq!(wrong(|row| row.retries = 101), Some(RowError::Retries));
        assert_eq!(wrong(|row| row.backoff = Duration::MAX), Some(RowError::Backoff));
    }

    #[test]
    fn each_pause_is_twice_as_long_up_to_a_bound() {
        let seconds: Vec<u64> = [1, 2, 3, 9, 10, 33, u32::MAX].map(|n| row().pause(n).as_secs()).into();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300, 300]);
    }
}
