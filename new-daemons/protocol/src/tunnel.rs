//! What `ctdb-tunneld` itself answers, on every node, under the name `tunnel`: an echo and its own state.
//!
//! The messages are those of `tunnel.x`. The state travels as JSON: it is read by people and scripts and changes with
//! each release, so a fixed layout would buy nothing. Its fields are here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::generated::tunnel::{TUNNEL_DATA_MAX, TunnelBody, TunnelVerb, TunnelWhat};

/// The name under which each tunneld is reached.
pub const DAEMON_NAME: &str = "tunnel";

/// The state of one tunneld. Times are milliseconds, sizes bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// Its node number; absent until ctdbd told it.
    pub node: Option<u32>,
    /// Identity of this run, new at each start, in hexadecimal.
    pub boot: String,
    /// Since when this tunneld runs.
    pub uptime_ms: u64,
    /// Its connection to the local ctdbd.
    pub ctdbd: CtdbdLink,
    /// The daemons of this node that are registered.
    pub daemons: Vec<DaemonStatus>,
    /// The other nodes.
    pub peers: Vec<PeerStatus>,
    /// Totals since the start.
    pub counters: Counters,
}

/// The connection of a tunneld to its ctdbd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CtdbdLink {
    /// Path of the socket.
    pub socket: String,
    /// `attached`, `connecting` or `down`.
    pub state: String,
    /// How long it has been in this state.
    pub since_ms: u64,
    /// How often it was attached, the first time included.
    pub attached: u64,
    /// Why it was last lost, in words.
    pub last_error: Option<String>,
}

/// A daemon that is registered at this node's tunneld.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DaemonStatus {
    /// Its name.
    pub name: String,
    /// Its instance.
    pub instance: u32,
    /// Messages and notices that wait until it reads.
    pub queued: u64,
    /// Bytes that wait until it reads.
    pub queued_bytes: u64,
    /// Fragments handed to it.
    pub delivered: u64,
}

/// Another node as this tunneld sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerStatus {
    /// Its node number.
    pub node: u32,
    /// Its address from the nodes file.
    pub address: String,
    /// `up`, `greeting` (no answer yet), `silent` (answered once, not now) or `absent` (no tunneld answers there).
    pub state: String,
    /// The boot id of its tunneld, in hexadecimal, when known.
    pub boot: Option<String>,
    /// Smoothed round trip between the tunnelds in microseconds.
    pub rtt_us: Option<u64>,
    /// How long ago it was last heard.
    pub heard_ms: Option<u64>,
    /// Open channels towards it.
    pub channels_out: u64,
    /// Open channels from it.
    pub channels_in: u64,
    /// Bytes that wait to be sent or acknowledged.
    pub queued_bytes: u64,
    /// Fragments sent for the first time.
    pub sent: u64,
    /// Fragments sent again.
    pub resent: u64,
    /// Fragments received in order.
    pub received: u64,
    /// Messages whose sender was told that they were not delivered.
    pub failed: u64,
}

/// Totals of one tunneld.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counters {
    /// Envelopes handed to ctdbd.
    pub envelopes_out: u64,
    /// Envelopes that ctdbd delivered and that were ours.
    pub envelopes_in: u64,
    /// Packets from ctdbd that were no envelope, or not for us.
    pub envelopes_bad: u64,
    /// Datagrams of local daemons that were dropped.
    pub datagrams_bad: u64,
    /// Messages delivered to daemons of this node.
    pub delivered: u64,
    /// Messages that failed and were reported to their sender here.
    pub failed: u64,
    /// Answers of this tunneld that found no room and were left out.
    pub answers_dropped: u64,
}
