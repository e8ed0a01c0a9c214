//! What ctdb-tunneld tells of itself: its state, the tunnelds of other nodes, and when they come and go.
//!
//! Written by xdr-gen from `tunnel.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most bytes of an echo.
pub const TUNNEL_ECHO_MAX: u32 = 524288;

/// Longest text about something: a path, an address, a reason.
pub const TUNNEL_TEXT_MAX: u32 = 1024;

/// Most nodes, and most daemons of a node.
pub const TUNNEL_LIST_MAX: u32 = 65536;

/// A text that may be absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TunnelText(pub String);

impl From<String> for TunnelText {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for TunnelText {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunnelText", 1024, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("TunnelText", 1024)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// Bytes to be sent back, and the same bytes again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelEcho {
    /// Any bytes.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub data: Bytes,
}

impl Xdr for TunnelEcho {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.bounded("TunnelEcho.data", 524288, &self.data)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            data: r.opaque("TunnelEcho.data", 524288)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.data.len())
    }
}

/// How far a tunneld has come with its ctdbd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TunnelLinkState {
    /// There is no connection.
    Down,
    /// It is connected, and the nodes are not known yet.
    Connecting,
    /// The nodes are known, and can be reached.
    Attached,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl TunnelLinkState {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Down, "down"),
        (Self::Connecting, "connecting"),
        (Self::Attached, "attached"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Down => 1,
            Self::Connecting => 2,
            Self::Attached => 3,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Down,
            2 => Self::Connecting,
            3 => Self::Attached,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(TunnelLinkState);

/// The connection of a tunneld to its ctdbd.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelLink {
    /// Path of the socket.
    pub socket: String,
    /// How far it has come.
    pub state: TunnelLinkState,
    /// How long it has been in this state, in milliseconds.
    pub since_ms: u64,
    /// How often it was attached, the first time included.
    pub attached: u64,
    /// Why it was last lost, in words.
    pub last_error: Option<TunnelText>,
}

impl Xdr for TunnelLink {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunnelLink.socket", 1024, &self.socket)?;
        self.state.encode(w)?;
        w.u64(self.since_ms);
        w.u64(self.attached);
        w.optional(self.last_error.as_ref())?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            socket: r.string("TunnelLink.socket", 1024)?,
            state: TunnelLinkState::decode(r)?,
            since_ms: r.u64("TunnelLink.since_ms")?,
            attached: r.u64("TunnelLink.attached")?,
            last_error: r.optional("TunnelLink.last_error")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.socket.len())
            + self.state.encoded_len()
            + 8
            + 8
            + optional_len(self.last_error.as_ref())
    }
}

/// A daemon that is registered at this node's tunneld.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelDaemon {
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

impl Xdr for TunnelDaemon {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunnelDaemon.name", 15, &self.name)?;
        w.u32(self.instance);
        w.u64(self.queued);
        w.u64(self.queued_bytes);
        w.u64(self.delivered);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: r.string("TunnelDaemon.name", 15)?,
            instance: r.u32("TunnelDaemon.instance")?,
            queued: r.u64("TunnelDaemon.queued")?,
            queued_bytes: r.u64("TunnelDaemon.queued_bytes")?,
            delivered: r.u64("TunnelDaemon.delivered")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.name.len())
            + 4
            + 8
            + 8
            + 8
    }
}

/// What a tunneld knows of that of another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TunnelPeerState {
    /// It was not heard yet.
    Greeting,
    /// It answers.
    Up,
    /// It has answered once, and does not now.
    Silent,
    /// No tunneld answers there.
    Absent,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl TunnelPeerState {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Greeting, "greeting"),
        (Self::Up, "up"),
        (Self::Silent, "silent"),
        (Self::Absent, "absent"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Greeting => 1,
            Self::Up => 2,
            Self::Silent => 3,
            Self::Absent => 4,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Greeting,
            2 => Self::Up,
            3 => Self::Silent,
            4 => Self::Absent,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(TunnelPeerState);

/// Another node as this tunneld sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelPeer {
    /// Its node number.
    pub node: u32,
    /// Its address from the nodes file.
    pub address: String,
    /// What is known of its tunneld.
    pub state: TunnelPeerState,
    /// The boot id of its tunneld, in hexadecimal, when known.
    pub boot: Option<TunnelText>,
    /// Smoothed round trip between the tunnelds in microseconds.
    pub rtt_us: Option<u64>,
    /// How long ago it was last heard, in milliseconds.
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

impl Xdr for TunnelPeer {
    const MIN_LEN: usize = 80;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.node);
        w.string("TunnelPeer.address", 1024, &self.address)?;
        self.state.encode(w)?;
        w.optional(self.boot.as_ref())?;
        w.optional(self.rtt_us.as_ref())?;
        w.optional(self.heard_ms.as_ref())?;
        w.u64(self.channels_out);
        w.u64(self.channels_in);
        w.u64(self.queued_bytes);
        w.u64(self.sent);
        w.u64(self.resent);
        w.u64(self.received);
        w.u64(self.failed);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.u32("TunnelPeer.node")?,
            address: r.string("TunnelPeer.address", 1024)?,
            state: TunnelPeerState::decode(r)?,
            boot: r.optional("TunnelPeer.boot")?,
            rtt_us: r.optional("TunnelPeer.rtt_us")?,
            heard_ms: r.optional("TunnelPeer.heard_ms")?,
            channels_out: r.u64("TunnelPeer.channels_out")?,
            channels_in: r.u64("TunnelPeer.channels_in")?,
            queued_bytes: r.u64("TunnelPeer.queued_bytes")?,
            sent: r.u64("TunnelPeer.sent")?,
            resent: r.u64("TunnelPeer.resent")?,
            received: r.u64("TunnelPeer.received")?,
            failed: r.u64("TunnelPeer.failed")?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + opaque_len(self.address.len())
            + self.state.encoded_len()
            + optional_len(self.boot.as_ref())
            + optional_len(self.rtt_us.as_ref())
            + optional_len(self.heard_ms.as_ref())
            + 8
            + 8
            + 8
            + 8
            + 8
            + 8
            + 8
    }
}

/// Totals of one tunneld since its start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelCounters {
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

impl Xdr for TunnelCounters {
    const MIN_LEN: usize = 56;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.envelopes_out);
        w.u64(self.envelopes_in);
        w.u64(self.envelopes_bad);
        w.u64(self.datagrams_bad);
        w.u64(self.delivered);
        w.u64(self.failed);
        w.u64(self.answers_dropped);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            envelopes_out: r.u64("TunnelCounters.envelopes_out")?,
            envelopes_in: r.u64("TunnelCounters.envelopes_in")?,
            envelopes_bad: r.u64("TunnelCounters.envelopes_bad")?,
            datagrams_bad: r.u64("TunnelCounters.datagrams_bad")?,
            delivered: r.u64("TunnelCounters.delivered")?,
            failed: r.u64("TunnelCounters.failed")?,
            answers_dropped: r.u64("TunnelCounters.answers_dropped")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 8
            + 8
            + 8
            + 8
            + 8
            + 8
    }
}

/// The state of one tunneld.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelStatus {
    /// Version of the program.
    pub release: String,
    /// Its node number; absent until ctdbd told it.
    pub node: Option<u32>,
    /// Identity of this run, new at each start, in hexadecimal.
    pub boot: String,
    /// So long this tunneld runs, in milliseconds.
    pub uptime_ms: u64,
    /// Its connection to the local ctdbd.
    pub ctdbd: TunnelLink,
    /// The daemons of this node that are registered.
    pub daemons: Vec<TunnelDaemon>,
    /// The other nodes.
    pub peers: Vec<TunnelPeer>,
    /// Totals since the start.
    pub counters: TunnelCounters,
}

impl Xdr for TunnelStatus {
    const MIN_LEN: usize = 112;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunnelStatus.release", 64, &self.release)?;
        w.optional(self.node.as_ref())?;
        w.string("TunnelStatus.boot", 16, &self.boot)?;
        w.u64(self.uptime_ms);
        self.ctdbd.encode(w)?;
        w.list("TunnelStatus.daemons", 65536, &self.daemons)?;
        w.list("TunnelStatus.peers", 65536, &self.peers)?;
        self.counters.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            release: r.string("TunnelStatus.release", 64)?,
            node: r.optional("TunnelStatus.node")?,
            boot: r.string("TunnelStatus.boot", 16)?,
            uptime_ms: r.u64("TunnelStatus.uptime_ms")?,
            ctdbd: TunnelLink::decode(r)?,
            daemons: r.list("TunnelStatus.daemons", 65536)?,
            peers: r.list("TunnelStatus.peers", 65536)?,
            counters: TunnelCounters::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.release.len())
            + optional_len(self.node.as_ref())
            + opaque_len(self.boot.len())
            + 8
            + self.ctdbd.encoded_len()
            + list_len(&self.daemons)
            + list_len(&self.peers)
            + self.counters.encoded_len()
    }
}

/// The tunnelds of the other nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelPeers {
    /// Whose peers they are; absent until ctdbd told it.
    pub node: Option<u32>,
    /// The other nodes.
    pub peers: Vec<TunnelPeer>,
}

impl Xdr for TunnelPeers {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.optional(self.node.as_ref())?;
        w.list("TunnelPeers.peers", 65536, &self.peers)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.optional("TunnelPeers.node")?,
            peers: r.list("TunnelPeers.peers", 65536)?,
        })
    }

    fn encoded_len(&self) -> usize {
        optional_len(self.node.as_ref())
            + list_len(&self.peers)
    }
}

/// The connection to ctdbd came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelLinkChanged {
    /// Its node number, when known.
    pub node: Option<u32>,
    /// How far it has come.
    pub state: TunnelLinkState,
    /// Why it was lost, in words.
    pub reason: Option<TunnelText>,
}

impl Xdr for TunnelLinkChanged {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.optional(self.node.as_ref())?;
        self.state.encode(w)?;
        w.optional(self.reason.as_ref())?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.optional("TunnelLinkChanged.node")?,
            state: TunnelLinkState::decode(r)?,
            reason: r.optional("TunnelLinkChanged.reason")?,
        })
    }

    fn encoded_len(&self) -> usize {
        optional_len(self.node.as_ref())
            + self.state.encoded_len()
            + optional_len(self.reason.as_ref())
    }
}

/// The tunneld of another node came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelPeerChanged {
    /// Its node number.
    pub node: u32,
    /// What is known of its tunneld now.
    pub state: TunnelPeerState,
}

impl Xdr for TunnelPeerChanged {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.node);
        self.state.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.u32("TunnelPeerChanged.node")?,
            state: TunnelPeerState::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + self.state.encoded_len()
    }
}

/// A daemon came to this node's tunneld, or left it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunnelDaemonChanged {
    /// The daemon.
    pub daemon: super::common::Daemon,
    /// It is registered.
    pub registered: bool,
}

impl Xdr for TunnelDaemonChanged {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.daemon.encode(w)?;
        w.bool(self.registered);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            daemon: super::common::Daemon::decode(r)?,
            registered: r.bool("TunnelDaemonChanged.registered")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.daemon.encoded_len()
            + 4
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<TunnelText>("tc_tunnel_text"),
    Type::of::<TunnelEcho>("tc_tunnel_echo"),
    Type::of::<TunnelLinkState>("tc_tunnel_link_state"),
    Type::of::<TunnelLink>("tc_tunnel_link"),
    Type::of::<TunnelDaemon>("tc_tunnel_daemon"),
    Type::of::<TunnelPeerState>("tc_tunnel_peer_state"),
    Type::of::<TunnelPeer>("tc_tunnel_peer"),
    Type::of::<TunnelCounters>("tc_tunnel_counters"),
    Type::of::<TunnelStatus>("tc_tunnel_status"),
    Type::of::<TunnelPeers>("tc_tunnel_peers"),
    Type::of::<TunnelLinkChanged>("tc_tunnel_link_changed"),
    Type::of::<TunnelPeerChanged>("tc_tunnel_peer_changed"),
    Type::of::<TunnelDaemonChanged>("tc_tunnel_daemon_changed"),
];
