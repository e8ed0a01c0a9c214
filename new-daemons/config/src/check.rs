//! Whether ctdbd would take a `ctdb.conf`, and what in it is not what somebody meant.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::document::{Document, Kind};
use crate::schema::{OPTIONS, Setting, Value, find, has_section};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// ctdbd takes it; perhaps it is not what was meant.
    Warning,
    /// ctdbd does not start with it, or takes nothing from the file.
    Error,
}

/// Something about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Number of the line, from 1.
    pub line: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, and what to do about it.
    pub message: String,
}

impl Finding {
    pub(crate) fn error(line: usize, message: impl Into<String>) -> Self {
        Self { line, severity: Severity::Error, message: message.into() }
    }

    pub(crate) fn warning(line: usize, message: impl Into<String>) -> Self {
        Self { line, severity: Severity::Warning, message: message.into() }
    }
}

/// What a check has to know about the machine that the file is for.
pub trait Machine {
    /// Whether there is such a directory.
    fn has_directory(&self, path: &str) -> bool;

    /// Whether the configuration's directory has a file of this name that can be executed.
    fn has_script(&self, name: &str) -> bool;

    /// The minor version of the Samba 4 that is to read the file; none when it is not known.
    fn version(&self) -> Option<u16>;
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

fn location(text: &str, machine: &dyn Machine) -> Result<(), String> {
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
            let there = machine.has_directory(directory);
            if there { Ok(()) } else { Err(format!("there is no directory {directory}")) }
        }
        _ => Err("write syslog, or file: and a path".into()),
    }
}

fn judge(setting: &Setting, text: &str, machine: &dyn Machine) -> Result<(), String> {
    let need = |good: bool, what: &str| if good { Ok(()) } else { Err(what.to_owned()) };
    match setting.value {
        Value::Text => Ok(()),
        Value::Transport => need(text == "tcp", "write tcp: there is no other transport"),
        Value::Address => {
            need(text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok(), "write an address")
        }
        Value::Number(least) => {
            let number = number(text);
            let good = number >= least && number <= i32::MAX.into();
            need(good, &format!("write a number of at least {least}"))
        }
        Value::Bool => {
            let words = ["true", "yes", "false", "no"];
            need(words.iter().any(|word| text.eq_ignore_ascii_case(word)), "write true or false")
        }
        Value::LogLevel => need(level(text).is_some(), "write ERROR, WARNING, NOTICE, INFO or DEBUG"),
        Value::LogLocation => location(text, machine),
        Value::Directory => need(machine.has_directory(text), "there is no such directory"),
        Value::Script => {
            let name = text.rsplit('/').next().unwrap_or(text);
            let what = format!("the configuration's directory has no {name} that can be executed");
            need(machine.has_script(name), &what)
        }
    }
}

/// A value that C takes, and means something else by it than it looks like.
fn doubt(setting: &Setting, text: &str) -> Option<String> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match setting.value {
        Value::Number(_) if !plain(text) => Some(format!("'{text}' is read as {}", number(text))),
        Value::Script if text.contains('/') => {
            Some("only the name counts, not the directory before it".into())
        }
        _ => None,
    }
}

/// What is to be said about a `ctdb.conf`, line by line.
#[must_use]
pub fn check_conf(document: &Document, machine: &dyn Machine) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut section: Option<&str> = None;
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for entry in document.entries() {
        let line = entry.line;
        match &entry.kind {
            Kind::Broken(why) => {
                found.push(Finding::error(
                    line,
                    format!("{why}; C takes nothing from the whole file then, and goes by its defaults"),
                ));
                break;
            }
            Kind::Words(words) => {
                found.push(Finding::warning(line, format!("'{words}' has no '=' and is passed over")));
            }
            Kind::Section(name) => {
                section = Some(name);
                if !has_section(name) {
                    found.push(Finding::error(
                        line,
                        format!("there is no section [{name}]; {}", sections(name)),
                    ));
                }
            }
            Kind::Option { name, value } => match section {
                None => found.push(Finding::error(line, format!("'{name}' stands before any section"))),
                Some(section) if has_section(section) => {
                    option(&mut found, machine, line, (section, name, value), &seen);
                    seen.push((section, name));
                }
                // Told where the section begins.
                Some(_) => {}
            },
        }
    }
    found
}

fn sections(wrong: &str) -> String {
    let mut names: Vec<_> = OPTIONS.iter().map(|option| option.section).collect();
    names.dedup();
    match names.iter().find(|name| name.trim().eq_ignore_ascii_case(wrong.trim())) {
        Some(name) => format!("write [{name}]"),
        None => format!("write one of [{}]", names.join("] [")),
    }
}

fn option(
    found: &mut Vec<Finding>,
    machine: &dyn Machine,
    line: usize,
    (section, name, value): (&str, &str, &str),
    seen: &[(&str, &str)],
) {
    let Some(setting) = find(section, name) else {
        found.push(Finding::error(
            line,
            format!("there is no option '{name}' in [{section}]; {}", near(section, name)),
        ));
        return;
    };
    if let (Some(since), Some(version)) = (setting.since, machine.version())
        && version < since
    {
        let text = format!("'{name}' came with Samba 4.{since}, and this is 4.{version}");
        found.push(Finding::error(line, text));
        return;
    }
    if value.is_empty() {
        found.push(Finding::error(line, format!("'{name}' has no value; take the line out")));
        return;
    }
    if let Err(why) = judge(setting, value, machine) {
        let hint = if value.contains(" #") { "; a comment has to stand on a line of its own" } else { "" };
        found.push(Finding::error(line, format!("'{name}' cannot be '{value}': {why}{hint}")));
    } else if let Some(doubt) = doubt(setting, value) {
        found.push(Finding::warning(line, format!("'{name}': {doubt}")));
    }
    if let Some(instead) = setting.instead {
        found.push(Finding::warning(line, format!("'{name}' is an old name; write '{instead}'")));
    }
    if seen.iter().any(|(s, n)| s.eq_ignore_ascii_case(section) && *n == name) {
        found.push(Finding::warning(line, format!("'{name}' stands here again; the last one counts")));
    }
}

/// The option that may have been meant.
fn near(section: &str, name: &str) -> String {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let same = OPTIONS.iter().filter(|option| plain(option.name) == plain(name));
    let here = same.clone().find(|option| option.section.eq_ignore_ascii_case(section));
    match (here, same.clone().next()) {
        (Some(option), _) => format!("write '{}'", option.name),
        (None, Some(option)) => format!("it belongs to [{}]", option.section),
        _ => {
            let mine = OPTIONS.iter().filter(|option| option.section.eq_ignore_ascii_case(section));
            format!("there are: {}", mine.map(|option| option.name).collect::<Vec<_>>().join(", "))
        }
    }
}

/// All options with the values that hold, and the lines that say so; without a line it is the default. Of a file with a
/// line that C cannot read nothing holds.
#[must_use]
pub fn values(document: &Document) -> Vec<(&'static Setting, Option<String>, Option<usize>)> {
    let broken = document.entries().iter().any(|entry| matches!(entry.kind, Kind::Broken(_)));
    let value = |setting: &'static Setting| {
        let mut said = document.options().filter(|(section, name, _, _)| {
            !broken && section.eq_ignore_ascii_case(setting.section) && *name == setting.name
        });
        match said.by_ref().last() {
            Some((_, _, value, entry)) => (setting, Some(value.to_owned()), Some(entry.line)),
            None => (setting, setting.default.map(str::to_owned), None),
        }
    };
    OPTIONS.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Here;

    impl Machine for Here {
        fn has_directory(&self, path: &str) -> bool {
            ["/var/log", "/db"].contains(&path)
        }

        fn has_script(&self, name: &str) -> bool {
            name == "debug.sh"
        }

        fn version(&self) -> Option<u16> {
            Some(17)
        }
    }

    fn told(text: &str) -> Vec<(usize, bool, String)> {
        let findings = check_conf(&Document::parse(text), &Here);
        findings.into_iter().map(|f| (f.line, f.severity == Severity::Error, f.message)).collect()
    }

    #[test]
    fn a_good_file_is_good() {
        let text = "[logging]\nlocation = file:/var/log/x\nlog level = not\n[Cluster]\ncluster lock = !prog a b\n\
            node address = fd00::1\nleader timeout = 7\n[database]\nvolatile database directory = /db\n\
            tdb mutexes = YES\n[event]\ndebug script = debug.sh\n";
        assert_eq!(told(text), []);
    }

    #[test]
    fn each_mistake_is_told_with_its_line() {
        for (text, line, error, part) in [
            ("[clutser]\nx = 1\n", 1, true, "no section [clutser]"),
            ("[ cluster ]\n", 1, true, "write [cluster]"),
            ("x = 1\n", 1, true, "before any section"),
            ("[cluster]\ncluster-lock = /x\n", 2, true, "write 'cluster lock'"),
            ("[cluster]\nlog level = INFO\n", 2, true, "it belongs to [logging]"),
            ("[cluster]\nnonsense = 1\n", 2, true, "there are: transport, "),
            ("[cluster]\n\nnodes list = !x\n", 3, true, "came with Samba 4.22"),
            ("[cluster]\nleader timeout = 0\n", 2, true, "at least 1"),
            ("[cluster]\nleader timeout = 7s\n", 2, false, "'7s' is read as 7"),
            ("[cluster]\nleader timeout = 010\n", 2, false, ""),
            ("[cluster]\nnode address = here\n", 2, true, "write an address"),
            ("[cluster]\nrecovery lock = /x\n", 2, false, "write 'cluster lock'"),
            ("[cluster]\ntransport = ib\n", 2, true, "no other transport"),
            ("[logging]\nlog level = NOTICE # loud\n", 2, true, "a line of its own"),
            ("[logging]\nlocation = file:/nowhere/x\n", 2, true, "no directory /nowhere"),
            ("[logging]\nlocation = syslog:tcp\n", 2, true, "udp"),
            ("[logging]\nlog level =\n", 2, true, "has no value"),
            ("[legacy]\nstart as stopped = 1\n", 2, true, "true or false"),
            ("[database]\nstate database directory = /none\n", 2, true, "no such directory"),
            ("[event]\ndebug script = none.sh\n", 2, true, "none.sh"),
            ("[event]\ndebug script = /etc/ctdb/debug.sh\n", 2, false, "only the name counts"),
            ("[cluster]\nwords\n", 2, false, "passed over"),
            ("[cluster\n", 1, true, "nothing from the whole file"),
        ] {
            let found = told(text);
            if text.contains("010") {
                assert_eq!(found, [], "eight is a number");
                continue;
            }
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let (at, is_error, message) = &found[0];
            assert_eq!((*at, *is_error), (line, error), "{text}: {message}");
            assert!(message.contains(part), "{text}: {message}");
        }
        let twice = told("[cluster]\nleader timeout = 4\nleader timeout = 5\n");
        assert!(twice.len() == 1 && twice[0].2.contains("again"), "{twice:?}");
    }

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
    fn values_are_those_of_the_file_or_the_defaults() {
        let document = Document::parse("[cluster]\nleader timeout = 4\nleader timeout = 9\n");
        let all = values(&document);
        let of = |name: &str| {
            all.iter().find(|(s, _, _)| s.name == name).map(|(_, v, l)| (v.clone(), *l)).unwrap()
        };
        assert_eq!(of("leader timeout"), (Some("9".into()), Some(3)));
        assert_eq!(of("tdb mutexes"), (Some("true".into()), None));
        assert_eq!(of("cluster lock"), (None, None));
        let broken = values(&Document::parse("[cluster]\nleader timeout = 9\n[event\n"));
        assert!(
            broken
                .iter()
                .all(|(setting, value, line)| { line.is_none() && value.as_deref() == setting.default })
        );
    }
}
