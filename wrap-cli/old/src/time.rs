//! Times as the old tool writes them: local time, in the format of `ctime`, and a span in days and hours.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::numbers::low32;

fn local(seconds: i64, format: &str) -> String {
    Timestamp::from_second(seconds)
        .map(|time| time.to_zoned(TimeZone::system()).strftime(format).to_string())
        .unwrap_or_default()
}

/// `ctime`, the line's end included.
pub(crate) fn ctime(seconds: i64) -> String {
    local(seconds, "%a %b %e %H:%M:%S %Y\n")
}

/// Year first, as for backups.
pub(crate) fn date(seconds: i64) -> String {
    local(seconds, "%Y/%m/%d %H:%M:%S")
}

/// From one time to another: `(ddd hh:mm:ss)` without the brackets.
pub(crate) fn span(from: i64, to: i64) -> String {
    // C quirk: an int, whatever the clocks say.
    let seconds = low32(to.wrapping_sub(from).cast_unsigned()).cast_signed();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    format!("{:03} {:02}:{:02}:{:02}", hours / 24, hours % 24, minutes % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_counted_in_days() {
        assert_eq!(span(0, 90_061), "001 01:01:01");
        assert_eq!(span(5, 4), "000 00:00:-1");
    }

    #[test]
    fn a_time_is_written_as_ctime_writes_it() {
        let text = ctime(1_793_500_000);
        assert_eq!(text.len(), "Sun Nov  1 13:46:40 2026\n".len(), "{text}");
        assert!(text.ends_with(" 2026\n") && text.starts_with(|c: char| c.is_ascii_uppercase()), "{text}");
    }
}
