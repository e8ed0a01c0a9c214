//! Sets of bits. A bit without a name is kept and sent on as it came.
//!
//! Names and values: `NODE_FLAGS_*`, `CTDB_CAP_*` and `CTDB_CTRL_FLAG_*` of `protocol.h`.

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
