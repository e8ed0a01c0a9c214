//! Counters of a daemon.
//!
//! Sources: `ctdb_statistics`, `ctdb_latency_counter`, `ctdb_statistics_list_old`. C sends its own memory, so the layout
//! follows the compiler's rules down to the nested structs. What is counted, and when, is not said here.

use crate::macros::wire;
use crate::prim::CDouble;
use crate::types::Timeval;

/// Counters by power of ten of a time, or by number of hops: `MAX_COUNT_BUCKETS`.
pub type Buckets = [u32; 16];

wire! {
    /// `struct ctdb_latency_counter`: how long something took, in seconds.
    #[derive(Copy, Default)]
    LatencyCounter {
        /// How often.
        num: i32,
        /// The shortest time.
        min: CDouble,
        /// The longest time.
        max: CDouble,
        /// All together.
        total: CDouble,
    }
}

wire! {
    /// Packets to and from other nodes, by operation.
    #[derive(Copy, Default)]
    NodePackets {
        /// REQ_CALL.
        req_call: u32,
        /// REPLY_CALL.
        reply_call: u32,
        /// REQ_DMASTER.
        req_dmaster: u32,
        /// REPLY_DMASTER.
        reply_dmaster: u32,
        /// REPLY_ERROR.
        reply_error: u32,
        /// REQ_MESSAGE.
        req_message: u32,
        /// REQ_CONTROL.
        req_control: u32,
        /// REPLY_CONTROL.
        reply_control: u32,
        /// REQ_TUNNEL.
        req_tunnel: u32,
    }
}

wire! {
    /// Packets from clients, by operation.
    #[derive(Copy, Default)]
    ClientPackets {
        /// REQ_CALL.
        req_call: u32,
        /// REQ_MESSAGE.
        req_message: u32,
        /// REQ_CONTROL.
        req_control: u32,
        /// REQ_TUNNEL.
        req_tunnel: u32,
    }
}

wire! {
    /// What got no answer in time.
    #[derive(Copy, Default)]
    TimeoutCounts {
        /// Calls for records.
        call: u32,
        /// Controls without an answer.
        control: u32,
        /// Traverses that did not end.
        traverse: u32,
    }
}

wire! {
    /// How long the cluster lock took.
    #[derive(Copy, Default)]
    ReclockLatencies {
        /// In the main daemon.
        ctdbd: LatencyCounter,
        /// In the recovery daemon.
        recd: LatencyCounter,
    }
}

wire! {
    /// Locks on records and databases.
    #[derive(Copy, Default)]
    LockStatistics {
        /// Asked for.
        num_calls: u32,
        /// Being waited for by a helper.
        num_current: u32,
        /// In the queue.
        num_pending: u32,
        /// Not got.
        num_failed: u32,
        /// How long they took.
        latency: LatencyCounter,
        /// How long they took, counted.
        buckets: Buckets,
    }
}

wire! {
    /// `struct ctdb_statistics`: what a daemon has done since it started or since they were reset.
    #[derive(Copy, Default)]
    Statistics {
        /// Clients that are connected.
        num_clients: u32,
        /// 1 when all databases are frozen.
        frozen: u32,
        /// 1 while a recovery is going on.
        recovering: u32,
        /// Packets to clients.
        client_packets_sent: u32,
        /// Packets from clients.
        client_packets_recv: u32,
        /// Packets to nodes.
        node_packets_sent: u32,
        /// Packets from nodes.
        node_packets_recv: u32,
        /// Keepalives to nodes.
        keepalive_packets_sent: u32,
        /// Keepalives from nodes.
        keepalive_packets_recv: u32,
        /// Packets from nodes, by operation.
        node: NodePackets,
        /// Packets from clients, by operation.
        client: ClientPackets,
        /// What got no answer in time.
        timeouts: TimeoutCounts,
        /// How long the cluster lock took.
        reclock: ReclockLatencies,
        /// Locks that a child took for ctdbd.
        locks: LockStatistics,
        /// Calls from clients.
        total_calls: u32,
        /// Calls from clients that have no answer yet.
        pending_calls: u32,
        /// Writes by a child.
        childwrite_calls: u32,
        /// Writes by a child that are not finished.
        pending_childwrite_calls: u32,
        /// Bytes of talloc.
        memory_used: u32,
        /// Marks the end of the counters inside C.
        last_counter: u32,
        /// Most hops of a call.
        max_hop_count: u32,
        /// Calls by number of hops.
        hop_count_bucket: Buckets,
        /// How long calls took.
        call_latency: LatencyCounter,
        /// How long writes by a child took.
        childwrite_latency: LatencyCounter,
        /// Recoveries since counting began.
        num_recoveries: u32,
        /// When counting began.
        start_time: Timeval,
        /// When the answer was made.
        current_time: Timeval,
        /// Read-only copies given out.
        total_ro_delegations: u32,
        /// Read-only copies called back.
        total_ro_revokes: u32,
    }
}

wire! {
    /// `struct ctdb_statistics_list_old`: the counters of the last intervals, newest first.
    StatisticsList {}
    counted {
        /// One entry an interval.
        stats: Vec<Statistics>,
    }
}
