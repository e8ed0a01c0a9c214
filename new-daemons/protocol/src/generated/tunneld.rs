//! What ctdb-tunneld tells of itself: its state, the tunnelds of other nodes, and when they come and go.
//!
//! Written by xdr-gen from `tunneld.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most bytes of an echo.
pub const TUNNELD_ECHO_MAX: u32 = 524288;

/// Longest text about something: a path, an address, a reason.
pub const TUNNELD_TEXT_MAX: u32 = 1024;

/// Most nodes, and most daemons of a node.
pub const TUNNELD_LIST_MAX: u32 = 65536;

/// A text that may be absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TunneldText(pub String);

impl From<String> for TunneldText {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for TunneldText {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunneldText", 1024, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("TunneldText", 1024)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// Bytes to be sent back, and the same bytes again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunneldEcho {
    /// Any bytes.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub data: Bytes,
}

impl Xdr for TunneldEcho {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.bounded("TunneldEcho.data", 524288, &self.data)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            data: r.opaque("TunneldEcho.data", 524288)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.data.len())
    }
}

/// How far a tunneld has come with its ctdbd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TunneldLinkState {
    /// There is no connection.
    Down,
    /// It is connected, and the nodes are not known yet.
    Connecting,
    /// The nodes are known, and can be reached.
    Attached,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl TunneldLinkState {
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

protocol::xdr_enum!(TunneldLinkState);

/// The connection of a tunneld to its ctdbd.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunneldLink {
    /// Path of the socket.
    pub socket: String,
    /// How far it has come.
    pub state: TunneldLinkState,
    /// How long it has been in this state, in milliseconds.
    pub since_ms: u64,
    /// How often it was attached, the first time included.
    pub attached: u64,
    /// Why it was last lost, in words.
    pub last_error: Option<TunneldText>,
}

impl Xdr for TunneldLink {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunneldLink.socket", 1024, &self.socket)?;
        self.state.encode(w)?;
        w.u64(self.since_ms);
        w.u64(self.attached);
        w.optional(self.last_error.as_ref())?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            socket: r.string("TunneldLink.socket", 1024)?,
            state: TunneldLinkState::decode(r)?,
            since_ms: r.u64("TunneldLink.since_ms")?,
            attached: r.u64("TunneldLink.attached")?,
            last_error: r.optional("TunneldLink.last_error")?,
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
pub struct TunneldDaemon {
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

impl Xdr for TunneldDaemon {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunneldDaemon.name", 15, &self.name)?;
        w.u32(self.instance);
        w.u64(self.queued);
        w.u64(self.queued_bytes);
        w.u64(self.delivered);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: r.string("TunneldDaemon.name", 15)?,
            instance: r.u32("TunneldDaemon.instance")?,
            queued: r.u64("TunneldDaemon.queued")?,
            queued_bytes: r.u64("TunneldDaemon.queued_bytes")?,
            delivered: r.u64("TunneldDaemon.delivered")?,
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
pub enum TunneldPeerState {
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

impl TunneldPeerState {
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

protocol::xdr_enum!(TunneldPeerState);

/// Another node as this tunneld sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunneldPeer {
    /// Its node number.
    pub node: u32,
    /// Its address from the nodes file.
    pub address: String,
    /// What is known of its tunneld.
    pub state: TunneldPeerState,
    /// The boot id of its tunneld, in hexadecimal, when known.
    pub boot: Option<TunneldText>,
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

impl Xdr for TunneldPeer {
    const MIN_LEN: usize = 80;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.node);
        w.string("TunneldPeer.address", 1024, &self.address)?;
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
            node: r.u32("TunneldPeer.node")?,
            address: r.string("TunneldPeer.address", 1024)?,
            state: TunneldPeerState::decode(r)?,
            boot: r.optional("TunneldPeer.boot")?,
            rtt_us: r.optional("TunneldPeer.rtt_us")?,
            heard_ms: r.optional("TunneldPeer.heard_ms")?,
            channels_out: r.u64("TunneldPeer.channels_out")?,
            channels_in: r.u64("TunneldPeer.channels_in")?,
            queued_bytes: r.u64("TunneldPeer.queued_bytes")?,
            sent: r.u64("TunneldPeer.sent")?,
            resent: r.u64("TunneldPeer.resent")?,
            received: r.u64("TunneldPeer.received")?,
            failed: r.u64("TunneldPeer.failed")?,
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
pub struct TunneldCounters {
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

impl Xdr for TunneldCounters {
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
            envelopes_out: r.u64("TunneldCounters.envelopes_out")?,
            envelopes_in: r.u64("TunneldCounters.envelopes_in")?,
            envelopes_bad: r.u64("TunneldCounters.envelopes_bad")?,
            datagrams_bad: r.u64("TunneldCounters.datagrams_bad")?,
            delivered: r.u64("TunneldCounters.delivered")?,
            failed: r.u64("TunneldCounters.failed")?,
            answers_dropped: r.u64("TunneldCounters.answers_dropped")?,
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
pub struct TunneldStatus {
    /// Version of the program.
    pub release: String,
    /// Its node number; absent until ctdbd told it.
    pub node: Option<u32>,
    /// Identity of this run, new at each start, in hexadecimal.
    pub boot: String,
    /// So long this tunneld runs, in milliseconds.
    pub uptime_ms: u64,
    /// Its connection to the local ctdbd.
    pub ctdbd: TunneldLink,
    /// The daemons of this node that are registered.
    pub daemons: Vec<TunneldDaemon>,
    /// The other nodes.
    pub peers: Vec<TunneldPeer>,
    /// Totals since the start.
    pub counters: TunneldCounters,
}

impl Xdr for TunneldStatus {
    const MIN_LEN: usize = 112;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("TunneldStatus.release", 64, &self.release)?;
        w.optional(self.node.as_ref())?;
        w.string("TunneldStatus.boot", 16, &self.boot)?;
        w.u64(self.uptime_ms);
        self.ctdbd.encode(w)?;
        w.list("TunneldStatus.daemons", 65536, &self.daemons)?;
        w.list("TunneldStatus.peers", 65536, &self.peers)?;
        self.counters.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            release: r.string("TunneldStatus.release", 64)?,
            node: r.optional("TunneldStatus.node")?,
            boot: r.string("TunneldStatus.boot", 16)?,
            uptime_ms: r.u64("TunneldStatus.uptime_ms")?,
            ctdbd: TunneldLink::decode(r)?,
            daemons: r.list("TunneldStatus.daemons", 65536)?,
            peers: r.list("TunneldStatus.peers", 65536)?,
            counters: TunneldCounters::decode(r)?,
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
pub struct TunneldPeers {
    /// Whose peers they are; absent until ctdbd told it.
    pub node: Option<u32>,
    /// The other nodes.
    pub peers: Vec<TunneldPeer>,
}

impl Xdr for TunneldPeers {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.optional(self.node.as_ref())?;
        w.list("TunneldPeers.peers", 65536, &self.peers)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.optional("TunneldPeers.node")?,
            peers: r.list("TunneldPeers.peers", 65536)?,
        })
    }

    fn encoded_len(&self) -> usize {
        optional_len(self.node.as_ref())
            + list_len(&self.peers)
    }
}

/// The connection to ctdbd came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunneldLinkChanged {
    /// Its node number, when known.
    pub node: Option<u32>,
    /// How far it has come.
    pub state: TunneldLinkState,
    /// Why it was lost, in words.
    pub reason: Option<TunneldText>,
}

impl Xdr for TunneldLinkChanged {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.optional(self.node.as_ref())?;
        self.state.encode(w)?;
        w.optional(self.reason.as_ref())?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.optional("TunneldLinkChanged.node")?,
            state: TunneldLinkState::decode(r)?,
            reason: r.optional("TunneldLinkChanged.reason")?,
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
pub struct TunneldPeerChanged {
    /// Its node number.
    pub node: u32,
    /// What is known of its tunneld now.
    pub state: TunneldPeerState,
}

impl Xdr for TunneldPeerChanged {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.node);
        self.state.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: r.u32("TunneldPeerChanged.node")?,
            state: TunneldPeerState::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + self.state.encoded_len()
    }
}

/// A daemon came to this node's tunneld, or left it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TunneldDaemonChanged {
    /// The daemon.
    pub daemon: super::common::Daemon,
    /// It is registered.
    pub registered: bool,
}

impl Xdr for TunneldDaemonChanged {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.daemon.encode(w)?;
        w.bool(self.registered);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            daemon: super::common::Daemon::decode(r)?,
            registered: r.bool("TunneldDaemonChanged.registered")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.daemon.encoded_len()
            + 4
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<TunneldText>("tc_tunneld_text"),
    Type::of::<TunneldEcho>("tc_tunneld_echo"),
    Type::of::<TunneldLinkState>("tc_tunneld_link_state"),
    Type::of::<TunneldLink>("tc_tunneld_link"),
    Type::of::<TunneldDaemon>("tc_tunneld_daemon"),
    Type::of::<TunneldPeerState>("tc_tunneld_peer_state"),
    Type::of::<TunneldPeer>("tc_tunneld_peer"),
    Type::of::<TunneldCounters>("tc_tunneld_counters"),
    Type::of::<TunneldStatus>("tc_tunneld_status"),
    Type::of::<TunneldPeers>("tc_tunneld_peers"),
    Type::of::<TunneldLinkChanged>("tc_tunneld_link_changed"),
    Type::of::<TunneldPeerChanged>("tc_tunneld_peer_changed"),
    Type::of::<TunneldDaemonChanged>("tc_tunneld_daemon_changed"),
];
