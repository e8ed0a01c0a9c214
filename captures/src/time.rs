//! Time as a capture states it: nanoseconds since 1970, UTC. It is read from the file and never from a clock.

use std::fmt;

/// When a record was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `nanos` nanoseconds after 1970-01-01 00:00 UTC.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    /// Seconds since 1970 with microseconds, as `tcpdump -tt` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000_000, self.0 % 1_000_000_000 / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_prints_as_tcpdump_prints_it() {
        assert_eq!(Timestamp::from_nanos(1_700_000_000_000_042_999).to_string(), "1700000000.000042");
    }
}
