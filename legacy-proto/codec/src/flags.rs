//! Sets of bits. A bit without a name is kept and sent on as it came.
//!
//! Names and values: `NODE_FLAGS_*`, `CTDB_CAP_*`, `CTDB_CTRL_FLAG_*`, `CTDB_REC_*`, `CTDB_DB_FLAGS_*`,
//! `CTDB_TUNNEL_FLAG_*` and the flags of `struct ctdb_call` in `protocol.h`.

use bitflags::bitflags;

use crate::macros::wire_as;

bitflags! {
    /// What is wrong with a node; empty means healthy.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct NodeFlags: u32 {
        /// No connection to the node.
        const DISCONNECTED = 0x01;
        /// Its event scripts report a failure.
        const UNHEALTHY = 0x02;
        /// Disabled by an operator.
        const DISABLED = 0x04;
        /// Banned, for a while.
        const BANNED = 0x08;
        /// Commented out in the nodes file.
        const DELETED = 0x10;
        /// Stopped by an operator.
        const STOPPED = 0x20;
        const _ = !0;
    }

    /// What a node may be asked to do.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Capabilities: u32 {
        /// May become leader: `CTDB_CAP_RECMASTER`.
        const LEADER = 0x1;
        /// May be location master of records.
        const LMASTER = 0x2;
        /// Obsolete.
        const LVS = 0x4;
        /// Obsolete.
        const NATGW = 0x8;
        /// Recovers databases side by side.
        const PARALLEL_RECOVERY = 0x1_0000;
        /// Takes databases in several messages.
        const FRAGMENTED_CONTROLS = 0x2_0000;
        const _ = !0;
    }

    /// How a control is to be treated. The upper half means something else for each opcode.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct ControlFlags: u32 {
        /// No reply is wanted.
        const NOREPLY = 0x1;
        const _ = !0;
    }

    /// Which addresses GET_PUBLIC_IPS lists; travels in the flags of the control.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct PublicIpFlags: u32 {
        /// Only those that the node could host now.
        const ONLY_AVAILABLE = 0x0001_0000;
        const _ = !0;
    }

    /// On whose behalf a database is attached; travels in the flags of the control.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct AttachFlags: u32 {
        /// For a recovery: allowed while one is going on.
        const RECOVERY = 0x0002_0000;
        const _ = !0;
    }

    /// What kind of database it is.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct DbFlags: u8 {
        /// On disk on every node.
        const PERSISTENT = 0x01;
        /// Gives out read-only copies of records.
        const READONLY = 0x02;
        /// Keeps contended records for a while.
        const STICKY = 0x04;
        /// Like persistent, but empty after a restart of the cluster.
        const REPLICATED = 0x08;
        const _ = !0;
    }

    /// State of a record, in its header.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct RecordFlags: u32 {
        /// Also kept in a persistent database.
        const PERSISTENT = 0x1;
        /// The write to that database is not known to be complete.
        const PERSISTENT_IN_PROGRESS = 0x2;
        /// Another node may hold an old copy.
        const MIGRATED_WITH_DATA = 0x0001_0000;
        /// Came by a migration of the vacuum; never stored.
        const VACUUM_MIGRATED = 0x0002_0000;
        /// Made up by a fetch, not by a client; never stored.
        const AUTOMATIC = 0x0004_0000;
        /// Read-only copies are out.
        const RO_HAVE_DELEGATIONS = 0x0100_0000;
        /// This is a read-only copy.
        const RO_HAVE_READONLY = 0x0200_0000;
        /// Read-only copies are being called back.
        const RO_REVOKING_READONLY = 0x0400_0000;
        /// They were called back.
        const RO_REVOKE_COMPLETE = 0x0800_0000;
        const _ = !0;
    }

    /// How a call is to be treated.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct CallFlags: u32 {
        /// The record must come to the caller's node.
        const IMMEDIATE_MIGRATION = 0x1;
        /// The vacuum moves the record to its location master.
        const VACUUM_MIGRATION = 0x2;
        /// A read-only copy is enough.
        const WANT_READONLY = 0x4;
        const _ = !0;
    }

    /// What a packet in a tunnel is.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct TunnelFlags: u32 {
        /// A request.
        const REQUEST = 0x1;
        /// A reply.
        const REPLY = 0x2;
        /// A request without a reply.
        const NOREPLY = 0x10;
        const _ = !0;
    }
}

impl RecordFlags {
    /// All that has to do with read-only copies: `CTDB_REC_RO_FLAGS`.
    pub const READONLY: Self = Self::RO_HAVE_DELEGATIONS
        .union(Self::RO_HAVE_READONLY)
        .union(Self::RO_REVOKING_READONLY)
        .union(Self::RO_REVOKE_COMPLETE);
}

impl ControlFlags {
    /// The bits whose meaning depends on the control: `CTDB_CTRL_FLAG_OPCODE_SPECIFIC`.
    pub const OPCODE_SPECIFIC: Self = Self::from_bits_retain(0xFFFF_0000);
}

impl NodeFlags {
    /// A node with any of these takes no part in the cluster: `NODE_FLAGS_INACTIVE`.
    pub const INACTIVE: Self =
        Self::DISCONNECTED.union(Self::BANNED).union(Self::DELETED).union(Self::STOPPED);

    /// Whether the node takes no part in the cluster.
    #[must_use]
    pub fn is_inactive(self) -> bool {
        self.intersects(Self::INACTIVE)
    }
}

wire_as!(NodeFlags as u32, |f| f.bits(), NodeFlags::from_bits_retain);
wire_as!(Capabilities as u32, |f| f.bits(), Capabilities::from_bits_retain);
wire_as!(ControlFlags as u32, |f| f.bits(), ControlFlags::from_bits_retain);
wire_as!(DbFlags as u8, |f| f.bits(), DbFlags::from_bits_retain);
wire_as!(RecordFlags as u32, |f| f.bits(), RecordFlags::from_bits_retain);
wire_as!(CallFlags as u32, |f| f.bits(), CallFlags::from_bits_retain);
wire_as!(TunnelFlags as u32, |f| f.bits(), TunnelFlags::from_bits_retain);
wire_as!(PublicIpFlags as u32, |f| f.bits(), PublicIpFlags::from_bits_retain);
wire_as!(AttachFlags as u32, |f| f.bits(), AttachFlags::from_bits_retain);
