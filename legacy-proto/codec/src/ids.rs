//! The numbers of CTDB, each with a type of its own, printed the way the `ctdb` tools print them.
//!
//! Values nobody knows are kept: these are numbers with names for some values, not closed enums. Names come from
//! `ctdb_pnn_print`, `ctdb_srvid_print` and `ctdb_runstate_to_string`.

use std::fmt;

use crate::macros::{wire_as, wire_number};

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

impl SrvId {
    /// Registers for every message.
    pub const ALL: Self = Self(u64::MAX);
    /// Who leads the cluster.
    pub const LEADER: Self = Self(0xF101_0000_0000_0000);
    /// Packets of the new protocol; not an id of C CTDB.
    pub const TUNNEL_NEW_PROTOCOL: Self = Self(0x7C54_4E4C_0000_0000);
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

/// Ids with a name of their own.
const SRVID_NAMES: &[(u64, &str)] = &[
    (u64::MAX, "ALL"),
    (0xF002_0000_0000_0000, "BANNING"),
    (0xF100_0000_0000_0000, "ELECTION"),
    (0xF101_0000_0000_0000, "LEADER"),
    (0xF200_0000_0000_0000, "RECONFIGURE"),
    (0xF300_0000_0000_0000, "RELEASE_IP"),
    (0xF301_0000_0000_0000, "TAKE_IP"),
    (0xF400_0000_0000_0000, "SET_NODE_FLAGS"),
    (0xF500_0000_0000_0000, "RECD_UPDATE_IP"),
    (0xF700_0000_0000_0000, "VACUUM_FETCH"),
    (0xF701_0000_0000_0000, "DETACH_DATABASE"),
    (0xF800_0000_0000_0000, "MEM_DUMP"),
    (0xF801_0000_0000_0000, "GETLOG"),
    (0xF802_0000_0000_0000, "CLEARLOG"),
    (0xF900_0000_0000_0000, "PUSH_NODE_FLAGS"),
    (0xFA00_0000_0000_0000, "RELOAD_NODES"),
    (0xFB00_0000_0000_0000, "TAKEOVER_RUN"),
    (0xFB01_0000_0000_0000, "REBALANCE_NODE"),
    (0xFB03_0000_0000_0000, "DISABLE_TAKEOVER_RUNS"),
    (0xFB04_0000_0000_0000, "DISABLE_RECOVERIES"),
    (0xFC00_0000_0000_0000, "DISABLE_IP_CHECK"),
    (0xFE00_0000_0000_0000, "SAMBA_NOTIFY"),
];

/// Ranges, by their upper 16 bits.
const SRVID_RANGES: &[(u64, &str)] = &[
    (0xF001, "RECOVERY-"),
    (0xFE00, "samba-0x"),
    (0xEE00, "nfsd-0x"),
    (0xDE00, "iscsi-0x"),
    (0xCE00, "tool-0x"),
    (0xAE00, "test-0x"),
];

impl fmt::Display for SrvId {
    /// As `ctdb_srvid_print`, which has no name for `LEADER`; this has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = self.0 & 0x0000_FFFF_FFFF_FFFF;
        if let Some((_, name)) = SRVID_NAMES.iter().find(|(id, _)| *id == self.0) {
            return f.pad(name);
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
