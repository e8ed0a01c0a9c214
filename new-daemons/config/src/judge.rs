//! Whether a text is a value of a kind. What C reads too is judged as C does it, down to its habits with numbers.
//!
//! The truth is `conf_value_from_string`, `debug_level_parse`, `logging_validate` and the other validations of C.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::document::Role;
use crate::host::Host;
use crate::schema::{Setting, Value, named};
use crate::value::{Location, Program, Size, Take, level};
use crate::words::{Parameters, agent, is_component, is_unit, names, unheard};

/// The number that a text begins with, as `strtol` with base 0 reads it; 0 when it begins with none.
fn number(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (digits, base) = match (hex, digits.strip_prefix('0')) {
        (Some(hex), _) if hex.starts_with(|c: char| c.is_ascii_hexdigit()) => (hex, 16),
        (_, Some(_)) => (digits, 8),
        _ => (digits, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    let digits = &digits[..end];
    let value = if digits.is_empty() { 0 } else { i64::from_str_radix(digits, base).unwrap_or(i64::MAX) };
    if negative { value.saturating_neg() } else { value }
}

fn location(text: &str, host: &dyn Host) -> Result<(), String> {
    // As strtok takes it apart: empty parts do not count, and only two are looked at.
    let mut parts = text.split(':').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some("syslog"), None | Some("nonblocking" | "udp" | "udp-rfc5424")) => Ok(()),
        (Some("syslog"), Some(_)) => Err("syslog takes nonblocking, udp or udp-rfc5424 behind it".into()),
        (Some("file"), None | Some("-")) => Ok(()),
        (Some("file"), Some(path)) => {
            let directory = match path.rsplit_once('/') {
                Some(("", _)) => "/",
                Some((directory, _)) => directory,
                None => ".",
            };
            let there = host.has_directory(directory);
            if there { Ok(()) } else { Err(format!("there is no directory {directory}")) }
        }
        _ => Err("write syslog, or file: and a path".into()),
    }
}

/// Whether a text is a value of this kind; otherwise what was expected. `role` is that of the file it stands in.
pub(crate) fn judge(value: Value, text: &str, role: Role, host: &dyn Host) -> Result<(), String> {
    let need = |good: bool, what: &str| if good { Ok(()) } else { Err(what.to_owned()) };
    match value {
        Value::Text | Value::Lock => Ok(()),
        Value::NodesList => missing_program(text, host).map_or(Ok(()), Err),
        Value::Transport => need(text == "tcp", "write tcp: there is no other transport"),
        Value::Address => {
            need(text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok(), "write an address")
        }
        Value::Number(least) => {
            let number = number(text);
            let good = number >= least && number <= i32::MAX.into();
            need(good, &format!("write a number of at least {least}"))
        }
        Value::Bool => bool::take(text).map(drop),
        Value::LogLevel => need(level(text).is_some(), "write ERROR, WARNING, NOTICE, INFO or DEBUG"),
        Value::LogLocation => match role {
            Role::Main => location(text, host),
            Role::Part => match Location::take(text)? {
                Location::File(path) => location(&format!("file:{}", path.display()), host),
                _ => Ok(()),
            },
        },
        Value::Directory => need(host.has_directory(text), "there is no such directory"),
        Value::Script => {
            let name = text.rsplit('/').next().unwrap_or(text);
            let what = format!("the configuration's directory has no {name} that can be executed");
            need(host.has_script(name), &what)
        }
        Value::Duration { least, most } => {
            let given = Duration::take(text)?;
            need((least..=most).contains(&given), &format!("write {} to {}", span(least), span(most)))
        }
        Value::Size { least, most } => {
            let Size(given) = Size::take(text)?;
            need((least..=most).contains(&given), &format!("write {} to {}", bytes(least), bytes(most)))
        }
        Value::Count { least, most } => {
            let what = format!("write a number from {least} to {most}");
            need(u64::take(text).is_ok_and(|given| (least..=most).contains(&given)), &what)
        }
        Value::Path => PathBuf::take(text).map(drop),
        Value::Patterns => {
            let patterns = Vec::<String>::take(text)?;
            need(patterns.len() <= 32, "write up to 32 events")?;
            let wrong = patterns.iter().find(|pattern| !is_pattern(pattern));
            wrong.map_or(Ok(()), |wrong| {
                Err(format!("'{wrong}' is no name of an event, nor a beginning and '*'"))
            })
        }
        Value::Choice(words) => need(words.contains(&text), &format!("write {}", words.join(" or "))),
        Value::Program => {
            let program = Program::take(text)?;
            need(program.arguments.len() <= 64, "write up to 64 arguments")
        }
        Value::Command => {
            let program = Program::take(text)?;
            need(program.arguments.len() <= 64, "write up to 64 arguments")?;
            let path = program.path.to_string_lossy();
            need(host.can_run(&path), &format!("there is no {path} that can be executed"))
        }
        Value::Component => {
            need(is_component(text), "write the name of a directory below events")?;
            need(host.has_component(text), &format!("there is no directory events/{text}"))
        }
        Value::Unit => need(is_unit(text), "write the name of a unit with its suffix, such as nginx.service"),
        Value::Agent => need(agent(text).is_some(), "write ocf:PROVIDER:TYPE, such as ocf:heartbeat:apache"),
        Value::Parameters => Parameters::take(text).map(drop),
        Value::Names => {
            let wrong = names(text).into_iter().find(|name| named(&format!("x {name}")).is_none());
            let wrong = wrong.map(|wrong| format!("'{wrong}' is no name of a service"));
            wrong.map_or_else(|| Vec::<String>::take(text).map(drop), Err)
        }
        Value::Listen => SocketAddr::take(text).map(drop),
    }
}

/// A time in the largest unit that it is a whole number of.
pub(crate) fn span(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [(3_600_000, "h"), (60_000, "min"), (1000, "s")];
    let unit = units.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{millis}ms"), |(unit, name)| format!("{}{name}", millis / unit))
}

/// Bytes in the largest unit that they are a whole number of.
pub(crate) fn bytes(count: u64) -> String {
    let unit =
        [(30, "G"), (20, "M"), (10, "K")].into_iter().find(|(shift, _)| count >> shift << shift == count);
    unit.filter(|_| count > 0)
        .map_or_else(|| count.to_string(), |(shift, name)| format!("{}{name}", count >> shift))
}

/// What is wrong with the program that is to be run in place of reading a file.
fn missing_program(text: &str, host: &dyn Host) -> Option<String> {
    let path = text.strip_prefix('!')?.split([' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
    if !path.starts_with('/') {
        return Some("write the absolute path of a program behind '!'".into());
    }
    (!host.can_run(path)).then(|| format!("there is no {path} that can be executed"))
}

/// A pattern that fits nothing that is ever told, and what may have been meant.
fn none_tells(text: &str, host: &dyn Host) -> Option<String> {
    let topics = host.topics();
    let patterns = Vec::<String>::take(text).ok()?;
    patterns.iter().find_map(|pattern| unheard(pattern, &topics))
}

fn is_pattern(text: &str) -> bool {
    let beginning = text.strip_suffix('*').unwrap_or(text);
    beginning.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

/// What becomes of a service whose scripts cannot be run.
pub(crate) fn no_script(component: &str) -> String {
    format!(
        "events/{component} has no event script that can be executed: nothing would be run, and the service is not up"
    )
}

/// A value that is taken, and means something else than it looks like, or may not do what is wanted.
pub(crate) fn doubt(setting: &Setting, text: &str, host: &dyn Host) -> Option<String> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match setting.value {
        Value::Number(_) if !plain(text) => Some(format!("'{text}' is read as {}", number(text))),
        Value::Script if text.contains('/') => {
            Some("only the name counts, not the directory before it".into())
        }
        Value::Lock => missing_program(text, host),
        Value::Patterns => none_tells(text, host),
        Value::Component => (!host.runs_scripts(text)).then(|| no_script(text)),
        // No mistake: what an event is to lead to must not keep a daemon from starting.
        Value::Program => {
            let path = Program::take(text).ok()?.path;
            let path = path.to_string_lossy();
            (!host.can_run(&path)).then(|| format!("there is no {path} that can be executed"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_levels_are_read_as_c_reads_them() {
        for (text, value) in [
            ("7", 7),
            ("0x1f", 31),
            ("010", 8),
            ("7s", 7),
            ("x", 0),
            ("-3", -3),
            ("+4", 4),
            ("0x", 0),
            ("99999999999999999999", i64::MAX),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
        for (text, wanted) in [
            ("ERROR", Some(0)),
            ("warn", Some(1)),
            ("10", Some(10)),
            ("11", None),
            ("3x", Some(3)),
            ("loud", None),
        ] {
            assert_eq!(level(text), wanted, "{text}");
        }
    }

    #[test]
    fn times_and_sizes_are_told_in_their_largest_unit() {
        assert_eq!(span(Duration::from_secs(90)), "90s");
        assert_eq!(span(Duration::from_secs(7200)), "2h");
        assert_eq!(span(Duration::from_millis(1500)), "1500ms");
        assert_eq!((bytes(0), bytes(1024), bytes(1500)), ("0".into(), "1K".into(), "1500".into()));
    }
}
