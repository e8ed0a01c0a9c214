//! The options of `ctdb.conf`: one row each, with what its value has to be and what holds without it.
//!
//! Defaults are Debian's. `since` is a minor version of Samba 4 and stands where an option came after 4.17.

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Anything.
    Text,
    /// `tcp`.
    Transport,
    /// An IPv4 or IPv6 address.
    Address,
    /// A number of at least this.
    Number(i64),
    /// `true`, `yes`, `false` or `no`.
    Bool,
    /// `ERROR` to `DEBUG`, or 0 to 10.
    LogLevel,
    /// `syslog`, `syslog:...`, or `file:` and a path.
    LogLocation,
    /// A directory that exists.
    Directory,
    /// The name of a file in the configuration's directory that can be executed.
    Script,
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The section it stands in.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What its value has to be.
    pub value: Value,
    /// What holds without it; none when nothing does.
    pub default: Option<&'static str>,
    /// The first minor version that has it, when that is later than 17.
    pub since: Option<u16>,
    /// What is to be used instead.
    pub instead: Option<&'static str>,
}

macro_rules! options {
    ($( [$section:literal] { $( $name:literal $value:expr, $default:expr $(, since $since:literal)? $(, instead $instead:literal)? ; )+ } )+) => {
        /// All options.
        pub const OPTIONS: &[Setting] = &[ $( $( Setting {
            section: $section,
            name: $name,
            value: $value,
            default: $default,
            since: { let since: &[u16] = &[ $( $since )? ]; if since.is_empty() { None } else { Some(since[0]) } },
            instead: { let word: &[&str] = &[ $( $instead )? ]; if word.is_empty() { None } else { Some(word[0]) } },
        }, )+ )+ ];
    };
}

options! {
    ["logging"] {
        "location" Value::LogLocation, Some("file:/var/log/ctdb/log.ctdb");
        "log level" Value::LogLevel, Some("ERROR");
    }
    ["cluster"] {
        "transport" Value::Transport, Some("tcp");
        "node address" Value::Address, None;
        "cluster lock" Value::Text, None;
        "recovery lock" Value::Text, None, instead "cluster lock";
        "nodes list" Value::Text, None, since 22;
        "leader timeout" Value::Number(1), Some("5");
        "leader capability" Value::Bool, Some("true");
    }
    ["database"] {
        "volatile database directory" Value::Directory, Some("/var/lib/ctdb/volatile");
        "persistent database directory" Value::Directory, Some("/var/lib/ctdb/persistent");
        "state database directory" Value::Directory, Some("/var/lib/ctdb/state");
        "lock debug script" Value::Script, None;
        "tdb mutexes" Value::Bool, Some("true");
    }
    ["event"] {
        "debug script" Value::Script, None;
    }
    ["failover"] {
        "disabled" Value::Bool, Some("false");
        "shutdown extra timeout" Value::Number(0), Some("0"), since 23;
        "shutdown failover timeout" Value::Number(0), Some("10"), since 23;
    }
    ["legacy"] {
        "realtime scheduling" Value::Bool, Some("true");
        "lmaster capability" Value::Bool, Some("true");
        "start as stopped" Value::Bool, Some("false");
        "start as disabled" Value::Bool, Some("false");
        "script log level" Value::LogLevel, Some("ERROR");
    }
}

/// The option of this name; sections are the same in upper and lower case, names are not.
#[must_use]
pub fn find(section: &str, name: &str) -> Option<&'static Setting> {
    OPTIONS.iter().find(|option| option.section.eq_ignore_ascii_case(section) && option.name == name)
}

/// Whether there is such a section.
#[must_use]
pub fn has_section(section: &str) -> bool {
    OPTIONS.iter().any(|option| option.section.eq_ignore_ascii_case(section))
}
