//! How the runs of one callback follow one another.

use std::fmt;
use std::str::FromStr;

/// How the runs of one callback follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// One event after the other, each in a run of its own.
    Serial,
    /// Each event in a run of its own, several at the same time.
    Parallel,
    /// One run after the other; what has come meanwhile goes into the next one, of each subject the latest event.
    Coalesce,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Serial, Self::Parallel, Self::Coalesce];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Parallel => "parallel",
            Self::Coalesce => "coalesce",
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Order {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Self::ALL.into_iter().find(|order| order.word() == text).ok_or("write serial, parallel or coalesce")
    }
}
