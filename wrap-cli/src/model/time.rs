//! Times: in local time for people, by RFC 3339 and in UTC for scripts.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A time of day as a node told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "Option<String>")]
pub(crate) struct Moment {
    /// Since 1970.
    pub(crate) seconds: i64,
    pub(crate) micros: i64,
}

impl Moment {
    /// By the clock of this machine.
    pub(crate) fn now() -> Self {
        let micros = Timestamp::now().as_microsecond();
        Self { seconds: micros.div_euclid(1_000_000), micros: micros.rem_euclid(1_000_000) }
    }

    /// None for "never", which C writes as 0, and for times that no calendar has.
    fn timestamp(self) -> Option<Timestamp> {
        let micros = self.seconds.checked_mul(1_000_000)?.checked_add(self.micros)?;
        if micros == 0 { None } else { Timestamp::from_microsecond(micros).ok() }
    }

    /// In local time: `2026-11-22 19:31:33 CET`, or `never`.
    pub(crate) fn local(self) -> String {
        self.timestamp().map_or_else(
            || "never".into(),
            |time| time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        )
    }

    /// How long before `later` it was; none when it was not before.
    pub(crate) fn until(self, later: Self) -> Option<Duration> {
        let span = later.timestamp()?.duration_since(self.timestamp()?);
        Duration::try_from(span).ok()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.timestamp().map(|time| time.to_string()).serialize(serializer)
    }
}

/// Times in the life of a daemon, by its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uptime {
    pub(crate) now: Moment,
    pub(crate) started: Moment,
    pub(crate) recovery_started: Moment,
    pub(crate) recovery_finished: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_by_rfc_3339_and_never_is_null() {
        let time = Moment { seconds: 1_700_000_000, micros: 250_000 };
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2023-11-14T22:13:20.25Z\"");
        let never = Moment { seconds: 0, micros: 0 };
        assert_eq!(serde_json::to_string(&never).unwrap(), "null");
        assert_eq!((never.local().as_str(), never.until(time)), ("never", None));
        assert_eq!(
            time.until(Moment { seconds: 1_700_000_002, micros: 0 }),
            Some(Duration::from_millis(1_750))
        );
    }

    #[test]
    fn host_16_times_that_no_calendar_has_are_no_times() {
        for seconds in [i64::MAX, i64::MIN, 1 << 60] {
            let odd = Moment { seconds, micros: i64::MAX };
            assert_eq!((odd.local().as_str(), odd.until(odd)), ("never", None));
        }
    }
}
