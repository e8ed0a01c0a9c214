//! The cluster in plain values: what the backends deliver and the commands show.
//!
//! No type of a wire in here, so that a command does not see which backend answered. Names of the flags are those of
//! `ctdb status`; numbers and keys are those of its JSON form.

mod addresses;
mod events;
mod facts;
mod time;

use std::net::IpAddr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use addresses::{
    Connection, Interface, Network, Placement, PublicAddress, end_point, interface_name, ip_address,
};
pub(crate) use events::{EventRun, PastRun, PastScript, RunEnd, ScriptRun, ScriptState};
pub(crate) use facts::Facts;
pub(crate) use time::{Moment, Uptime};

/// What is wrong with a node. All false: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Flags {
    pub(crate) disconnected: bool,
    pub(crate) unknown: bool,
    pub(crate) disabled: bool,
    pub(crate) banned: bool,
    pub(crate) unhealthy: bool,
    pub(crate) deleted: bool,
    pub(crate) stopped: bool,
    pub(crate) inactive: bool,
}

impl Flags {
    /// The names of those that are set, joined by `|`, or `OK`: as `ctdb status` prints them.
    pub(crate) fn text(&self) -> String {
        let named = [
            (self.disconnected, "DISCONNECTED"),
            (self.unknown, "UNKNOWN"),
            (self.disabled, "DISABLED"),
            (self.banned, "BANNED"),
            (self.unhealthy, "UNHEALTHY"),
            (self.deleted, "DELETED"),
            (self.stopped, "STOPPED"),
            (self.inactive, "INACTIVE"),
        ];
        let set: Vec<_> = named.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        if set.is_empty() { "OK".into() } else { set.join("|") }
    }
}

/// One node of the cluster, as another one sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) pnn: u32,
    /// `None` where the daemon names no address, as for a deleted node.
    pub(crate) ip: Option<IpAddr>,
    pub(crate) flags: Flags,
    /// The flags as a number.
    pub(crate) raw: u32,
}

impl Node {
    /// The flag that the `ctdb` tool sets itself for nodes that cannot be judged yet: `NODE_FLAGS_UNKNOWN`.
    const UNKNOWN: u32 = 0x40;

    /// The address as text.
    pub(crate) fn address(&self) -> String {
        self.ip.map_or_else(|| "-".into(), |ip| ip.to_string())
    }

    /// The same node with nothing known about its health.
    pub(crate) fn unjudged(self) -> Self {
        Self { flags: Flags { unknown: true, ..Flags::default() }, raw: Self::UNKNOWN, ..self }
    }
}

/// Which node is asked where a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordMap {
    /// `None` before the first recovery.
    pub(crate) generation: Option<u32>,
    /// The node of each hash slot.
    pub(crate) lmasters: Vec<u32>,
}

/// What a node may be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Capabilities {
    /// Become leader.
    pub(crate) leader: bool,
    /// Be location master of records.
    pub(crate) lmaster: bool,
    pub(crate) raw: u32,
}

/// How much a daemon logs: 0 errors, 1 warnings, 3 notices, 5 information, 10 everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogLevel(pub(crate) i32);

impl LogLevel {
    const NAMES: [(&'static str, i32); 5] =
        [("ERROR", 0), ("WARNING", 1), ("NOTICE", 3), ("INFO", 5), ("DEBUG", 10)];

    /// The nearest name that says no more than is logged.
    pub(crate) fn name(self) -> &'static str {
        let below = Self::NAMES.iter().rev().find(|(_, level)| *level <= self.0);
        below.map_or("ERROR", |(name, _)| name)
    }
}

impl FromStr for LogLevel {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let named =
            Self::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, level)| *level);
        let number = || text.parse().ok().filter(|level| (0..=10).contains(level));
        named
            .or_else(number)
            .map(Self)
            .ok_or("write ERROR, WARNING, NOTICE, INFO, DEBUG, or a number from 0 to 10")
    }
}

/// A tunable and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Tunable {
    pub(crate) name: String,
    pub(crate) value: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_in_the_order_of_the_ctdb_tool() {
        let all = Flags {
            disconnected: true,
            unknown: true,
            disabled: true,
            banned: true,
            unhealthy: true,
            deleted: true,
            stopped: true,
            inactive: true,
        };
        assert_eq!(all.text(), "DISCONNECTED|UNKNOWN|DISABLED|BANNED|UNHEALTHY|DELETED|STOPPED|INACTIVE");
        assert_eq!(Flags { stopped: true, inactive: true, ..Flags::default() }.text(), "STOPPED|INACTIVE");
        assert_eq!(Flags::default().text(), "OK");
    }

    #[test]
    fn log_levels_are_names_or_numbers() {
        for (text, level, name) in [
            ("notice", 3, "NOTICE"),
            ("DEBUG", 10, "DEBUG"),
            ("4", 4, "NOTICE"),
            ("0", 0, "ERROR"),
            ("2", 2, "WARNING"),
        ] {
            let parsed: LogLevel = text.parse().unwrap();
            assert_eq!((parsed.0, parsed.name()), (level, name));
        }
        for text in ["", "11", "-1", "loud"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text}");
        }
    }
}
