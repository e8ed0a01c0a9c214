//! The values of the new daemons' options: read from their texts, each with what was expected when it is none.
//!
//! Options that C reads too are judged as C reads them, in `judge`; what they are to a new daemon is here.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Something that can be read from an option's value.
pub trait Take: Sized {
    /// Reads it; otherwise what was expected.
    fn take(text: &str) -> Result<Self, String>;

    /// What it is when the option is not there and has no default; none when it has to be there.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Take> Take for Option<T> {
    fn take(text: &str) -> Result<Self, String> {
        T::take(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Take for String {
    fn take(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Take for bool {
    fn take(text: &str) -> Result<Self, String> {
        let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        match (is(["true", "yes"]), is(["false", "no"])) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err("write true or false".into()),
        }
    }
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl Take for u64 {
    fn take(text: &str) -> Result<Self, String> {
        digits(text).ok_or_else(|| "write a number".into())
    }
}

/// A number and the unit behind it.
fn with_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((digits(number)?, unit.trim_start()))
}

impl Take for Duration {
    fn take(text: &str) -> Result<Self, String> {
        let millis = with_unit(text).and_then(|(number, unit)| {
            let unit = match unit {
                "ms" => 1,
                "s" | "sec" => 1000,
                "m" | "min" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            number.checked_mul(unit)
        });
        millis
            .map(Self::from_millis)
            .ok_or_else(|| "write a number and its unit: 500ms, 10s, 2min, 1h".into())
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// For a length in memory; all of memory when it is more.
    #[must_use]
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Take for Size {
    fn take(text: &str) -> Result<Self, String> {
        let bytes = with_unit(text).and_then(|(number, unit)| {
            let shift = match unit {
                "" => 0,
                "K" | "KiB" => 10,
                "M" | "MiB" => 20,
                "G" | "GiB" => 30,
                _ => return None,
            };
            number.checked_mul(1 << shift)
        });
        bytes.map(Self).ok_or_else(|| "write a number of bytes: 4096, 64K, 1M".into())
    }
}

impl Take for PathBuf {
    fn take(text: &str) -> Result<Self, String> {
        if text.starts_with('/') && !text.contains('\0') {
            Ok(text.into())
        } else {
            Err("write an absolute path".into())
        }
    }
}

impl Take for Vec<String> {
    fn take(text: &str) -> Result<Self, String> {
        let words: Self = text.split([',', ' ', '\t']).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        if words.is_empty() { Err("write words with commas between them".into()) } else { Ok(words) }
    }
}

impl Take for SocketAddr {
    fn take(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "write an address and a port: 127.0.0.1:4380, [::1]:4380".into())
    }
}

/// A program and its arguments; there is no shell between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its absolute path, or its name in the directory of callbacks.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Take for Program {
    fn take(text: &str) -> Result<Self, String> {
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let path = words.next().unwrap_or_default();
        let name = !path.contains('/') && !matches!(path, "" | "." | "..");
        if !(name || path.starts_with('/')) || path.contains('\0') {
            return Err(
                "write the absolute path of a program or its name in `callbacks`, and its arguments".into()
            );
        }
        Ok(Self { path: path.into(), arguments: words.map(str::to_owned).collect() })
    }
}

/// The log level behind a word, as C reads it: the beginning of a name is enough, and a number counts up to 10.
#[must_use]
pub fn level(text: &str) -> Option<u8> {
    const NAMES: [(&str, u8); 5] = [("ERROR", 0), ("WARNING", 1), ("NOTICE", 3), ("INFO", 5), ("DEBUG", 10)];
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        // C quirk: what stands behind the digits is not looked at.
        let digits = text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        return digits.parse().ok().filter(|level| *level <= 10);
    }
    let begins = |name: &str| name.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    NAMES.iter().find(|(name, _)| begins(name)).map(|(_, level)| *level)
}

/// How important a message is, in the words of ctdb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something does not work.
    Error,
    /// Something may be wrong.
    Warning,
    /// What an administrator wants to know.
    Notice,
    /// What happens.
    Info,
    /// Everything.
    Debug,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Notice => "NOTICE",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        })
    }
}

impl Take for Level {
    fn take(text: &str) -> Result<Self, String> {
        // C's numbers between two names show what the lower one does.
        match level(text) {
            Some(0) => Ok(Self::Error),
            Some(1 | 2) => Ok(Self::Warning),
            Some(3 | 4) => Ok(Self::Notice),
            Some(5..=9) => Ok(Self::Info),
            Some(_) => Ok(Self::Debug),
            None => Err("write ERROR, WARNING, NOTICE, INFO or DEBUG".into()),
        }
    }
}

/// How syslog is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syslog {
    /// At its socket, waiting until it takes a message.
    Plain,
    /// At its socket; what finds no room is dropped.
    Nonblocking,
    /// At port 514 of this machine, in the old form.
    Udp,
    /// At port 514 of this machine, in the form of RFC 5424.
    UdpRfc5424,
}

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// To syslog.
    Syslog(Syslog),
    /// To the end of a file.
    File(PathBuf),
    /// To the journal of systemd.
    Journal,
    /// To standard error.
    Stderr,
}

impl Take for Location {
    fn take(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':').filter(|part| !part.is_empty());
        match (parts.next(), parts.next()) {
            (Some("journal"), None) => Ok(Self::Journal),
            (Some("stderr"), None) | (Some("file"), None | Some("-")) => Ok(Self::Stderr),
            (Some("file"), Some(path)) => Ok(Self::File(path.into())),
            (Some("syslog"), None) => Ok(Self::Syslog(Syslog::Plain)),
            (Some("syslog"), Some("nonblocking")) => Ok(Self::Syslog(Syslog::Nonblocking)),
            (Some("syslog"), Some("udp")) => Ok(Self::Syslog(Syslog::Udp)),
            (Some("syslog"), Some("udp-rfc5424")) => Ok(Self::Syslog(Syslog::UdpRfc5424)),
            (Some("syslog"), Some(_)) => Err("syslog takes nonblocking, udp or udp-rfc5424 behind it".into()),
            _ => Err("write journal, stderr, syslog, or file: and a path".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_have_units_and_do_not_overflow() {
        let millis = |text: &str| Duration::take(text).ok().map(|d| d.as_millis());
        for (text, wanted) in [
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("2 min", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("1d", Some(86_400_000)),
            ("10", None),
            ("-1s", None),
            ("1.5s", None),
            ("s", None),
            ("10 s x", None),
            ("18446744073709551615d", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(millis(text), wanted, "{text}");
        }
        let size = |text: &str| Size::take(text).ok().map(|s| s.0);
        for (text, wanted) in [
            ("4096", Some(4096)),
            ("64K", Some(65_536)),
            ("1 MiB", Some(1 << 20)),
            ("2G", Some(2 << 30)),
            ("1T", None),
            ("18446744073709551615K", None),
            ("", None),
        ] {
            assert_eq!(size(text), wanted, "{text}");
        }
    }

    #[test]
    fn programs_lists_and_locations_are_taken_apart() {
        let program = Program::take("/bin/x  a b").unwrap();
        assert_eq!((program.path.to_str(), program.arguments.len()), (Some("/bin/x"), 2));
        assert_eq!(Program::take("x a").unwrap().path.to_str(), Some("x"));
        assert!(["", "./x", "..", "a/b"].iter().all(|text| Program::take(text).is_err()));
        assert_eq!(<Vec<String>>::take("a, b c").unwrap(), ["a", "b", "c"]);
        assert!(<Vec<String>>::take(" ,").is_err());
        assert_eq!(Location::take("file:/x/y").unwrap(), Location::File("/x/y".into()));
        assert_eq!(Location::take("syslog:udp").unwrap(), Location::Syslog(Syslog::Udp));
        assert_eq!(Location::take("file:-").unwrap(), Location::Stderr);
        assert!(Location::take("journal:x").is_err() && Location::take("").is_err());
        assert_eq!(Level::take("not").unwrap(), Level::Notice);
        assert_eq!(Level::take("4").unwrap(), Level::Notice);
        assert!(Level::take("loud").is_err());
    }
}
