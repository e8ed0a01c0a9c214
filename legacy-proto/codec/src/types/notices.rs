//! The structs of messages, and the small ones of controls that tell a node something.
//!
//! Sources: `ctdb_election_message`, `ctdb_srvid_message`, `ctdb_disable_message`, `ctdb_node_flag_change`,
//! `ctdb_ban_state`, `ctdb_notify_data_old`, `ctdb_pid_srvid`, `ctdb_echo_data`.

use bytes::Bytes;

use crate::flags::NodeFlags;
use crate::ids::{Pid, Pnn, SrvId};
use crate::macros::wire;
use crate::types::Timeval;

wire! {
    /// `struct ctdb_election_message`: why this node should lead.
    #[derive(Copy)]
    ElectionMessage {
        /// Nodes it is connected to.
        num_connected: u32,
        /// When its recovery daemon started; older is better.
        priority_time: Timeval,
        /// The node.
        pnn: Pnn,
        /// What is wrong with it.
        flags: NodeFlags,
    }
}

wire! {
    /// `struct ctdb_srvid_message`: a request that is answered with a message.
    #[derive(Copy)]
    SrvidMessage {
        /// The node to answer.
        pnn: Pnn,
        /// The srvid to answer; 0 for no answer.
        srvid: SrvId,
    }
}

wire! {
    /// `struct ctdb_disable_message`: something is not to be done for a while.
    #[derive(Copy)]
    DisableMessage {
        /// The node to answer.
        pnn: Pnn,
        /// The srvid to answer; 0 for no answer.
        srvid: SrvId,
        /// Seconds; 0 allows it again.
        timeout: u32,
    }
}

wire! {
    /// `struct ctdb_node_flag_change`: the flags of a node change.
    #[derive(Copy)]
    NodeFlagChange {
        /// The node.
        pnn: Pnn,
        /// From now on.
        new_flags: NodeFlags,
        /// Until now.
        old_flags: NodeFlags,
    }
}

wire! {
    /// `struct ctdb_ban_state`: how long a node is banned.
    #[derive(Copy)]
    BanState {
        /// The node.
        pnn: Pnn,
        /// Seconds; 0 for not banned.
        time: u32,
    }
}

wire! {
    /// `struct ctdb_notify_data_old`: what the daemon sends to all nodes when this client is gone.
    NotifyData {
        /// The srvid it is sent to.
        srvid: SrvId,
    }
    counted {
        /// The message.
        data: Bytes,
    }
}

wire! {
    /// `struct ctdb_pid_srvid`, written without alignment: a process and what it listens to.
    #[derive(Copy)]
    PidSrvid packed {
        /// The process.
        pid: Pid,
        /// The srvid.
        srvid: SrvId,
    }
}

wire! {
    /// `struct ctdb_echo_data`: comes back as it was.
    Echo {
        /// Milliseconds to wait before the answer.
        timeout: u32,
    }
    counted {
        /// Bytes that the receiver gives a meaning.
        data: Bytes,
    }
}
