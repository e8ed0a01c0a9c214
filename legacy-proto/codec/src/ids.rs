//! The numbers of CTDB, each with a type of its own, printed the way the `ctdb` tools print them.
//!
//! Values nobody knows are kept: these are numbers with names for some values, not closed enums. Names come from
//! `ctdb_pnn_print`, `ctdb_srvid_print` and `ctdb_runstate_to_string`.

use std::fmt;

use crate::macros::{wire_as, wire_number};
use crate::message::MESSAGES;

wire_number! {
    /// Number of a node: its line in the nodes file, from 0.
    Pnn(u32)
    /// Where a packet goes: a node, the own one, or a set of nodes.
    Dest(u32)
    /// Address of a message inside a node; clients register for it.
    SrvId(u64)
    /// Pairs a reply with its request, per connection. 0 where there is no reply.
    ReqId(u32)
    /// How ctdbd numbers its clients; filled in by ctdbd itself.
    ClientId(u32)
    /// Which recovery a packet belongs to.
    Generation(u32)
    /// A process id of ctdbd's machine.
    Pid(i32)
    /// Whether a recovery is going on.
    RecMode(u32)
    /// How far ctdbd's start has come.
    RunState(u32)
    /// A database: the hash of its name, the NUL included.
    DbId(u32)
    /// What a call does with its record.
    CallId(u32)
    /// How much ctdbd logs.
    DebugLevel(i32)
    /// Address of a tunnel inside a node.
    TunnelId(u64)
}

impl Pnn {
    /// No node: `CTDB_UNKNOWN_PNN`.
    pub const UNKNOWN: Self = Self(0xFFFF_FFFF);
}

impl Dest {
    /// The daemon at the other end of the socket.
    pub const CURRENT_NODE: Self = Self(0xF000_0001);
    /// All nodes that are not deleted.
    pub const ALL: Self = Self(0xF000_0002);
    /// All nodes that are not stopped, banned or disconnected.
    pub const ACTIVE: Self = Self(0xF000_0003);
    /// All nodes that are not disconnected.
    pub const CONNECTED: Self = Self(0xF000_0004);
    /// A list of nodes; known to the client library only.
    pub const MULTICAST: Self = Self(0xF000_0005);
    /// No node.
    pub const UNKNOWN: Self = Self(0xFFFF_FFFF);
}

impl From<Pnn> for Dest {
    fn from(pnn: Pnn) -> Self {
        Self(pnn.0)
    }
}

impl CallId {
    /// Does nothing: `CTDB_NULL_FUNC`.
    pub const NULL: Self = Self(0xFF00_0001);
    /// Answers the data: `CTDB_FETCH_FUNC`.
    pub const FETCH: Self = Self(0xFF00_0002);
    /// Answers the record's header and the data: `CTDB_FETCH_WITH_HEADER_FUNC`.
    pub const FETCH_WITH_HEADER: Self = Self(0xFF00_0003);
}

impl Generation {
    /// No recovery has happened yet: `INVALID_GENERATION`.
    pub const INVALID: Self = Self(1);
}

impl RecMode {
    /// No recovery.
    pub const NORMAL: Self = Self(0);
    /// A recovery is going on.
    pub const ACTIVE: Self = Self(1);
}

impl RunState {
    /// Serving.
    pub const RUNNING: Self = Self(5);
}

impl fmt::Display for Pnn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Dest(self.0).fmt(f)
    }
}

impl fmt::Display for Dest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CURRENT_NODE => f.pad("CURRENT"),
            Self::ALL => f.pad("ALL"),
            Self::ACTIVE => f.pad("ACTIVE"),
            Self::CONNECTED => f.pad("CONNECTED"),
            Self::MULTICAST => f.pad("MULTICAST"),
            Self::UNKNOWN => f.pad("UNKNOWN"),
            Self(n) => n.fmt(f),
        }
    }
}

impl fmt::Display for ReqId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for Generation {
    /// As in `ctdb status`: a number, or `INVALID`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::INVALID { f.pad("INVALID") } else { self.0.fmt(f) }
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RecMode {
    /// As in `ctdb status`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if *self == Self::NORMAL { "NORMAL" } else { "RECOVERY" })
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            1 => "INIT",
            2 => "SETUP",
            3 => "FIRST_RECOVERY",
            4 => "STARTUP",
            5 => "RUNNING",
            6 => "SHUTDOWN",
            _ => "UNKNOWN",
        })
    }
}

impl fmt::Display for DbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NULL => f.pad("NULL"),
            Self::FETCH => f.pad("FETCH"),
            Self::FETCH_WITH_HEADER => f.pad("FETCH_WITH_HEADER"),
            Self(n) => write!(f, "{n:#x}"),
        }
    }
}

impl fmt::Display for TunnelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for DebugLevel {
    /// The names of `debug_level_to_string`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.pad("ERROR"),
            1 | 2 => f.pad("WARNING"),
            3 | 4 => f.pad("NOTICE"),
            5..=9 => f.pad("INFO"),
            10 => f.pad("DEBUG"),
            n => n.fmt(f),
        }
    }
}

/// How ranges are printed, by their upper 16 bits.
const SRVID_RANGES: &[(u64, &str)] = &[
    (0xF001, "RECOVERY-"),
    (0xFE00, "samba-0x"),
    (0xEE00, "nfsd-0x"),
    (0xDE00, "iscsi-0x"),
    (0xCE00, "tool-0x"),
    (0xAE00, "test-0x"),
];

impl fmt::Display for SrvId {
    /// As `ctdb_srvid_print`, which has no name for `LEADER` and for the new protocol; this has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = self.0 & 0x0000_FFFF_FFFF_FFFF;
        if let Some(row) = MESSAGES.iter().find(|row| !row.is_range() && row.srvid == *self) {
            return f.pad(row.c_name);
        }
        if let Some((_, prefix)) = SRVID_RANGES.iter().find(|(top, _)| *top == self.0 >> 48) {
            return write!(f, "{prefix}{low:x}");
        }
        match self.0 >> 48 {
            0 if low < 0xFFFF => write!(f, "pid-{low}"),
            0 => write!(f, "pid-{low:#x}"),
            _ => write!(f, "{:#x}", self.0),
        }
    }
}
