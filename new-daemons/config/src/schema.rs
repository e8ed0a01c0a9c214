//! What an option is: one row with its section, name, value, default, readers, and whether it may change at run time.
//!
//! The rows themselves stand in `table`. Checks, typed reading, `ctdbctl config show`, the reference page and the
//! commented files all come from them; nothing about an option is said anywhere else.

use std::time::Duration;

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Anything.
    Text,
    /// A path, or `!` and a program with its arguments, that keeps a lock.
    Lock,
    /// A path, or `!` and a program with its arguments, that has to be there: the list of the nodes.
    NodesList,
    /// `tcp`.
    Transport,
    /// An IPv4 or IPv6 address.
    Address,
    /// A number of at least this, as C reads numbers.
    Number(i64),
    /// `true`, `yes`, `false` or `no`.
    Bool,
    /// `ERROR` to `DEBUG`, or 0 to 10.
    LogLevel,
    /// `syslog`, `syslog:...`, or `file:` and a path; for the new daemons also `journal` and `stderr`.
    LogLocation,
    /// A directory that exists.
    Directory,
    /// The name of a file in the configuration's directory that can be executed.
    Script,
    /// A number with its unit: `500ms`, `10s`, `2min`, `1h`.
    Duration {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// Bytes: `4096`, `64K`, `1M`, `2G`.
    Size {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A number.
    Count {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// An absolute path.
    Path,
    /// Names of events, or their beginnings and `*`, with commas or blanks between them.
    Patterns,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The absolute path of a program or the name of one in the directory of callbacks, and its arguments.
    Program,
    /// The same of one that has to be there.
    Command,
    /// The name of a component of event scripts.
    Component,
    /// The name of a unit of systemd, with its suffix.
    Unit,
    /// `ocf:PROVIDER:TYPE`.
    Agent,
    /// `NAME=VALUE NAME='VALUE WITH BLANKS'`.
    Parameters,
    /// Names of services, with commas or blanks between them.
    Names,
    /// An address and a port: `127.0.0.1:4380`, `[::1]:4380`.
    Listen,
}

/// Whether a new value holds at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// After SIGHUP.
    AtRunTime,
    /// After the daemon was started again.
    AtStart,
}

/// Whose option it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The daemons of C, which read `ctdb.conf` alone.
    C,
    /// The new daemons, which read `ctdb.conf` and then `conf.d/*.conf`.
    New,
    /// Both.
    Both,
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The section it stands in. Of a section of which there are several, each with a name of its own, the first word.
    pub section: &'static str,
    /// Whether the section has a name of its own: `[callback NAME]`.
    pub named: bool,
    /// Its name.
    pub name: &'static str,
    /// What its value has to be.
    pub value: Value,
    /// What holds without it; none when nothing does.
    pub default: Option<&'static str>,
    /// What holds in the new daemons without it, where that is not `default`.
    pub ours: Option<Option<&'static str>>,
    /// Who reads it.
    pub readers: Readers,
    /// When a new value holds.
    pub change: Change,
    /// The first minor version of Samba 4 that has it, when that is later than 17.
    pub since: Option<u16>,
    /// What is to be used instead.
    pub instead: Option<&'static str>,
    /// What it does, in a line or two.
    pub doc: &'static str,
}

impl Setting {
    /// What holds in a new daemon without it.
    #[must_use]
    pub fn default_of_ours(&self) -> Option<&'static str> {
        self.ours.unwrap_or(self.default)
    }

    /// Whether the daemons of C read it.
    #[must_use]
    pub fn is_of_c(&self) -> bool {
        self.readers != Readers::New
    }

    /// Whether the new daemons read it.
    #[must_use]
    pub fn is_of_ours(&self) -> bool {
        self.readers != Readers::C
    }

    /// Whether it belongs into a section of this name.
    #[must_use]
    pub fn is_in(&self, section: &str) -> bool {
        if self.named {
            named(section).is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(self.section))
        } else {
            self.section.eq_ignore_ascii_case(section)
        }
    }
}

/// `callback web` as `callback` and `web`, when the name is one: up to 32 letters, digits, `.`, `_` and `-`.
#[must_use]
pub(crate) fn named(section: &str) -> Option<(&str, &str)> {
    let (kind, name) = section.split_once([' ', '\t'])?;
    let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (!name.is_empty() && name.len() <= 32 && name.chars().all(good)).then_some((kind, name))
}
