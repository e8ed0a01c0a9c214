//! The packets that carry messages: the datagram between a daemon and the tunneld or another daemon of its node, and the
//! envelope between two tunnelds. docs/tunnel.md and docs/bus.md say what they mean.
//!
//! Both are a head and then frames until the packet ends, which XDR cannot say: read the head, then frame by frame. In
//! Rust `bus::datagram` and `tunnel_core::envelope` do so by hand, without copying a fragment, and refuse more: names
//! with other letters, pieces that lie outside their message. Tests hold both against these definitions. A change here
//! raises the layout's version, because a frame of an unknown kind makes the rest of its packet unreadable.
//!
//! Written by xdr-gen from `frames.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest message.
pub const MESSAGE_MAX: u32 = 16777216;

/// Longest piece of a message.
pub const FRAGMENT_MAX: u32 = 65536;

/// First word of a datagram: "TCLB".
pub const DATAGRAM_MAGIC: u32 = 1413696578;

/// Version of the datagram.
pub const DATAGRAM_LAYOUT: u32 = 2;

/// First word of an envelope: "TCLO".
pub const ENVELOPE_MAGIC: u32 = 1413696591;

/// Version of the envelope.
pub const ENVELOPE_LAYOUT: u32 = 1;

/// Version of an envelope with a seal behind its frames.
pub const ENVELOPE_SEALED: u32 = 2;

/// Why a message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// It was.
    None,
    /// Not in the nodes file, or deleted from it.
    NoSuchNode,
    /// The far tunneld answered before, but has been silent for too long.
    NodeUnreachable,
    /// No tunneld ever answered there.
    NoTunneld,
    /// Nobody of that name and instance is registered on the node.
    NoSuchDaemon,
    /// The receiving daemon has not read anything for too long.
    ReceiverStalled,
    /// The far tunneld was started anew.
    PeerRestarted,
    /// No ctdbd runs on the sender's node.
    NoCtdbd,
    /// The sender did not keep to its window, or too many send at once.
    QueueFull,
    /// Too long, or pieces that do not fit together.
    BadMessage,
    /// The sender's own tunneld does not run or was started anew.
    TunneldGone,
    /// The receiving daemon ended before it had taken the message.
    ReceiverGone,
    /// As many daemons are registered as may be.
    TooManyDaemons,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl Failure {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::NoSuchNode, "no_such_node"),
        (Self::NodeUnreachable, "node_unreachable"),
        (Self::NoTunneld, "no_tunneld"),
        (Self::NoSuchDaemon, "no_such_daemon"),
        (Self::ReceiverStalled, "receiver_stalled"),
        (Self::PeerRestarted, "peer_restarted"),
        (Self::NoCtdbd, "no_ctdbd"),
        (Self::QueueFull, "queue_full"),
        (Self::BadMessage, "bad_message"),
        (Self::TunneldGone, "tunneld_gone"),
        (Self::ReceiverGone, "receiver_gone"),
        (Self::TooManyDaemons, "too_many_daemons"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::None => 0,
            Self::NoSuchNode => 1,
            Self::NodeUnreachable => 2,
            Self::NoTunneld => 3,
            Self::NoSuchDaemon => 4,
            Self::ReceiverStalled => 5,
            Self::PeerRestarted => 6,
            Self::NoCtdbd => 7,
            Self::QueueFull => 8,
            Self::BadMessage => 9,
            Self::TunneldGone => 10,
            Self::ReceiverGone => 11,
            Self::TooManyDaemons => 12,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            0 => Self::None,
            1 => Self::NoSuchNode,
            2 => Self::NodeUnreachable,
            3 => Self::NoTunneld,
            4 => Self::NoSuchDaemon,
            5 => Self::ReceiverStalled,
            6 => Self::PeerRestarted,
            7 => Self::NoCtdbd,
            8 => Self::QueueFull,
            9 => Self::BadMessage,
            10 => Self::TunneldGone,
            11 => Self::ReceiverGone,
            12 => Self::TooManyDaemons,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(Failure);

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Fragment {
    /// Length of the whole message.
    pub total: u32,
    /// Where this piece begins.
    pub offset: u32,
    /// The piece; only an empty message has an empty one.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub data: Bytes,
}

impl Xdr for Fragment {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.total);
        w.u32(self.offset);
        w.bounded("Fragment.data", 65536, &self.data)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            total: r.u32("Fragment.total")?,
            offset: r.u32("Fragment.offset")?,
            data: r.opaque("Fragment.data", 65536)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 4
            + opaque_len(self.data.len())
    }
}

/// The beginning of a datagram.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct DatagramHead {
    /// TC_DATAGRAM_MAGIC
    pub magic: u32,
    /// TC_DATAGRAM_LAYOUT
    pub layout: u32,
    /// The daemon at the near end, or the one that is spoken to.
    pub daemon: super::common::Daemon,
}

impl Xdr for DatagramHead {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.magic);
        w.u32(self.layout);
        self.daemon.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            magic: r.u32("DatagramHead.magic")?,
            layout: r.u32("DatagramHead.layout")?,
            daemon: super::common::Daemon::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 4
            + self.daemon.encoded_len()
    }
}

/// A daemon is here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Register {
    /// Differs from one run of the daemon to the next.
    pub incarnation: u64,
}

impl Xdr for Register {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.incarnation);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            incarnation: r.u64("Register.incarnation")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// A piece of a message to be carried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Send {
    /// The same for all pieces of a message; comes back in what is said of it.
    pub token: u64,
    /// For whom.
    pub receiver: super::common::Address,
    /// The piece of the message, and where it belongs.
    pub fragment: Fragment,
}

impl Xdr for Send {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.token);
        self.receiver.encode(w)?;
        self.fragment.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            token: r.u64("Send.token")?,
            receiver: super::common::Address::decode(r)?,
            fragment: Fragment::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.receiver.encoded_len()
            + self.fragment.encoded_len()
    }
}

/// What a daemon may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToTunnelKind {
    /// I am here.
    Register,
    /// I am leaving.
    Deregister,
    /// Carry this.
    Send,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ToTunnelKind {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Register, "register"),
        (Self::Deregister, "deregister"),
        (Self::Send, "send"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Register => 1,
            Self::Deregister => 2,
            Self::Send => 3,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Register,
            2 => Self::Deregister,
            3 => Self::Send,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ToTunnelKind);

/// A frame from a daemon to its tunneld.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub enum ToTunnel {
    /// I am here.
    #[serde(rename = "register")]
    Register(Register),
    /// I am leaving.
    #[serde(rename = "deregister")]
    Deregister,
    /// Carry this.
    #[serde(rename = "send")]
    Send(Send),
}

impl Xdr for ToTunnel {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Register(v) => {
                w.i32(1);
                v.encode(w)?;
            }
            Self::Deregister => {
                w.i32(2);
            }
            Self::Send(v) => {
                w.i32(3);
                v.encode(w)?;
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("ToTunnel.kind")? {
            1 => Self::Register(Register::decode(r)?),
            2 => Self::Deregister,
            3 => Self::Send(Send::decode(r)?),
            tag => return Err(XdrError::Value { what: "ToTunnel.kind", value: u64::from(tag.cast_unsigned()) }),
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Register(v) => v.encoded_len(),
            Self::Deregister => 0,
            Self::Send(v) => v.encoded_len(),
        }
    }
}

/// The answer to a registration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    /// The registration that is meant.
    pub incarnation: u64,
    /// Identity of this run of the tunneld.
    pub boot: u64,
    /// This node, or 4294967295 until it is known.
    pub node: super::common::Node,
    /// Whether other nodes can be reached now.
    pub attached: bool,
}

impl Xdr for Registered {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.incarnation);
        w.u64(self.boot);
        self.node.encode(w)?;
        w.bool(self.attached);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            incarnation: r.u64("Registered.incarnation")?,
            boot: r.u64("Registered.boot")?,
            node: super::common::Node::decode(r)?,
            attached: r.bool("Registered.attached")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 8
            + self.node.encoded_len()
            + 4
    }
}

/// A registration was not taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The registration that is meant.
    pub incarnation: u64,
    /// Why it was not taken.
    pub reason: Failure,
}

impl Xdr for Refused {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.incarnation);
        self.reason.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            incarnation: r.u64("Refused.incarnation")?,
            reason: Failure::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.reason.encoded_len()
    }
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Deliver {
    /// From whom.
    pub sender: super::common::Address,
    /// The same for all pieces of a message.
    pub message: u64,
    /// The piece of the message, and where it belongs.
    pub fragment: Fragment,
}

impl Xdr for Deliver {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.sender.encode(w)?;
        w.u64(self.message);
        self.fragment.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            sender: super::common::Address::decode(r)?,
            message: r.u64("Deliver.message")?,
            fragment: Fragment::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.sender.encoded_len()
            + 8
            + self.fragment.encoded_len()
    }
}

/// The receiver has taken a part of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// Of tc_send.
    pub token: u64,
    /// Bytes from the start of the message.
    pub upto: u32,
}

impl Xdr for Accepted {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.token);
        w.u32(self.upto);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            token: r.u64("Accepted.token")?,
            upto: r.u32("Accepted.upto")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 4
    }
}

/// The end of a message's way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Completed {
    /// Of tc_send.
    pub token: u64,
    /// Why it was not delivered, or that it was.
    pub reason: Failure,
    /// Whether it may have been delivered all the same.
    pub in_doubt: bool,
}

impl Xdr for Completed {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.token);
        self.reason.encode(w)?;
        w.bool(self.in_doubt);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            token: r.u64("Completed.token")?,
            reason: Failure::decode(r)?,
            in_doubt: r.bool("Completed.in_doubt")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.reason.encoded_len()
            + 4
    }
}

/// The connection to ctdbd came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// This node, or 4294967295 until it is known.
    pub node: super::common::Node,
    /// Whether other nodes can be reached now.
    pub attached: bool,
}

impl Xdr for Link {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.node.encode(w)?;
        w.bool(self.attached);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: super::common::Node::decode(r)?,
            attached: r.bool("Link.attached")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.node.encoded_len()
            + 4
    }
}

/// A piece of a message of a daemon of this node, said by that daemon itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Direct {
    /// Who speaks.
    pub sender: super::common::Daemon,
    /// The same for all pieces of a message.
    pub message: u64,
    /// The piece of the message, and where it belongs.
    pub fragment: Fragment,
}

impl Xdr for Direct {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.sender.encode(w)?;
        w.u64(self.message);
        self.fragment.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            sender: super::common::Daemon::decode(r)?,
            message: r.u64("Direct.message")?,
            fragment: Fragment::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.sender.encoded_len()
            + 8
            + self.fragment.encoded_len()
    }
}

/// A message of a daemon of this node whose body is the file that comes with the datagram.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Passed {
    /// Who speaks.
    pub sender: super::common::Daemon,
    /// Bytes of the body.
    pub length: u32,
}

impl Xdr for Passed {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.sender.encode(w)?;
        w.u32(self.length);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            sender: super::common::Daemon::decode(r)?,
            length: r.u32("Passed.length")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.sender.encoded_len()
            + 4
    }
}

/// What a tunneld, or a neighbour, may say to a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToDaemonKind {
    /// You are registered.
    Registered,
    /// A piece of a message for you.
    Deliver,
    /// There is room again.
    Accepted,
    /// The end of a message's way.
    Completed,
    /// I am alive.
    Alive,
    /// The connection to ctdbd came or went.
    Link,
    /// You are not registered: begin anew.
    Forgotten,
    /// You are not registered, and why.
    Refused,
    /// A piece of a message of a neighbour.
    Direct,
    /// A message of a neighbour in a file.
    Passed,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ToDaemonKind {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Registered, "registered"),
        (Self::Deliver, "deliver"),
        (Self::Accepted, "accepted"),
        (Self::Completed, "completed"),
        (Self::Alive, "alive"),
        (Self::Link, "link"),
        (Self::Forgotten, "forgotten"),
        (Self::Refused, "refused"),
        (Self::Direct, "direct"),
        (Self::Passed, "passed"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Registered => 16,
            Self::Deliver => 17,
            Self::Accepted => 18,
            Self::Completed => 19,
            Self::Alive => 20,
            Self::Link => 21,
            Self::Forgotten => 22,
            Self::Refused => 23,
            Self::Direct => 32,
            Self::Passed => 33,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            16 => Self::Registered,
            17 => Self::Deliver,
            18 => Self::Accepted,
            19 => Self::Completed,
            20 => Self::Alive,
            21 => Self::Link,
            22 => Self::Forgotten,
            23 => Self::Refused,
            32 => Self::Direct,
            33 => Self::Passed,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ToDaemonKind);

/// A frame from a tunneld, or a neighbour, to a daemon of its node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub enum ToDaemon {
    /// You are registered.
    #[serde(rename = "registered")]
    Registered(Registered),
    /// A piece of a message for you.
    #[serde(rename = "deliver")]
    Deliver(Deliver),
    /// There is room again.
    #[serde(rename = "accepted")]
    Accepted(Accepted),
    /// The end of a message's way.
    #[serde(rename = "completed")]
    Completed(Completed),
    /// I am alive.
    #[serde(rename = "alive")]
    Alive,
    /// The connection to ctdbd came or went.
    #[serde(rename = "link")]
    Link(Link),
    /// You are not registered: begin anew.
    #[serde(rename = "forgotten")]
    Forgotten,
    /// You are not registered, and why.
    #[serde(rename = "refused")]
    Refused(Refused),
    /// A piece of a message of a neighbour.
    #[serde(rename = "direct")]
    Direct(Direct),
    /// A message of a neighbour in a file.
    #[serde(rename = "passed")]
    Passed(Passed),
}

impl Xdr for ToDaemon {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Registered(v) => {
                w.i32(16);
                v.encode(w)?;
            }
            Self::Deliver(v) => {
                w.i32(17);
                v.encode(w)?;
            }
            Self::Accepted(v) => {
                w.i32(18);
                v.encode(w)?;
            }
            Self::Completed(v) => {
                w.i32(19);
                v.encode(w)?;
            }
            Self::Alive => {
                w.i32(20);
            }
            Self::Link(v) => {
                w.i32(21);
                v.encode(w)?;
            }
            Self::Forgotten => {
                w.i32(22);
            }
            Self::Refused(v) => {
                w.i32(23);
                v.encode(w)?;
            }
            Self::Direct(v) => {
                w.i32(32);
                v.encode(w)?;
            }
            Self::Passed(v) => {
                w.i32(33);
                v.encode(w)?;
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("ToDaemon.kind")? {
            16 => Self::Registered(Registered::decode(r)?),
            17 => Self::Deliver(Deliver::decode(r)?),
            18 => Self::Accepted(Accepted::decode(r)?),
            19 => Self::Completed(Completed::decode(r)?),
            20 => Self::Alive,
            21 => Self::Link(Link::decode(r)?),
            22 => Self::Forgotten,
            23 => Self::Refused(Refused::decode(r)?),
            32 => Self::Direct(Direct::decode(r)?),
            33 => Self::Passed(Passed::decode(r)?),
            tag => return Err(XdrError::Value { what: "ToDaemon.kind", value: u64::from(tag.cast_unsigned()) }),
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Registered(v) => v.encoded_len(),
            Self::Deliver(v) => v.encoded_len(),
            Self::Accepted(v) => v.encoded_len(),
            Self::Completed(v) => v.encoded_len(),
            Self::Alive => 0,
            Self::Link(v) => v.encoded_len(),
            Self::Forgotten => 0,
            Self::Refused(v) => v.encoded_len(),
            Self::Direct(v) => v.encoded_len(),
            Self::Passed(v) => v.encoded_len(),
        }
    }
}

/// The beginning of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EnvelopeHead {
    /// TC_ENVELOPE_MAGIC
    pub magic: u32,
    /// TC_ENVELOPE_LAYOUT or TC_ENVELOPE_SEALED
    pub layout: u32,
    /// Node of the sender.
    pub sender: super::common::Node,
    /// Node of the receiver.
    pub receiver: super::common::Node,
    /// Boot id of the sending tunneld, never 0.
    pub sender_boot: u64,
    /// Boot id of the receiving tunneld as the sender knows it, or 0.
    pub receiver_boot: u64,
}

impl Xdr for EnvelopeHead {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.magic);
        w.u32(self.layout);
        self.sender.encode(w)?;
        self.receiver.encode(w)?;
        w.u64(self.sender_boot);
        w.u64(self.receiver_boot);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            magic: r.u32("EnvelopeHead.magic")?,
            layout: r.u32("EnvelopeHead.layout")?,
            sender: super::common::Node::decode(r)?,
            receiver: super::common::Node::decode(r)?,
            sender_boot: r.u64("EnvelopeHead.sender_boot")?,
            receiver_boot: r.u64("EnvelopeHead.receiver_boot")?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 4
            + self.sender.encoded_len()
            + self.receiver.encoded_len()
            + 8
            + 8
    }
}

/// Behind the last frame of a sealed envelope. docs/tunnel.md says how both are made of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EnvelopeSeal {
    /// Which key it is.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub key: [u8; 8],
    /// The code of everything before the seal.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub code: [u8; 32],
}

impl Xdr for EnvelopeSeal {
    const MIN_LEN: usize = 40;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.fixed(&self.key);
        w.fixed(&self.code);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            key: r.fixed("EnvelopeSeal.key")?,
            code: r.fixed("EnvelopeSeal.code")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 32
    }
}

/// Whose channel this is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Open {
    /// The channel.
    pub channel: u32,
    /// The sending daemon.
    pub sender: super::common::Daemon,
    /// The receiving daemon.
    pub receiver: super::common::Daemon,
}

impl Xdr for Open {
    const MIN_LEN: usize = 20;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.channel);
        self.sender.encode(w)?;
        self.receiver.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            channel: r.u32("Open.channel")?,
            sender: super::common::Daemon::decode(r)?,
            receiver: super::common::Daemon::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + self.sender.encoded_len()
            + self.receiver.encoded_len()
    }
}

/// A fragment on its channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Data {
    /// Its channel.
    pub channel: u32,
    /// Its position.
    pub seq: u64,
    /// The fragment.
    pub fragment: Fragment,
}

impl Xdr for Data {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.channel);
        w.u64(self.seq);
        self.fragment.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            channel: r.u32("Data.channel")?,
            seq: r.u64("Data.seq")?,
            fragment: Fragment::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 8
            + self.fragment.encoded_len()
    }
}

/// What has come of a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Ack {
    /// The channel.
    pub channel: u32,
    /// All before this one were taken by the daemon.
    pub delivered: u64,
    /// All before this one were received.
    pub received: u64,
    /// What may be under way from `delivered` on.
    pub window: u32,
}

impl Xdr for Ack {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.channel);
        w.u64(self.delivered);
        w.u64(self.received);
        w.u32(self.window);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            channel: r.u32("Ack.channel")?,
            delivered: r.u64("Ack.delivered")?,
            received: r.u64("Ack.received")?,
            window: r.u32("Ack.window")?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 8
            + 8
            + 4
    }
}

/// A channel has ended at the receiver.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reset {
    /// The channel.
    pub channel: u32,
    /// All before this one were delivered, none from it on; absent when the receiver does not know.
    pub next: Option<u64>,
    /// Why it ended.
    pub reason: Failure,
}

impl Xdr for Reset {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.channel);
        w.optional(self.next.as_ref())?;
        self.reason.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            channel: r.u32("Reset.channel")?,
            next: r.optional("Reset.next")?,
            reason: Failure::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + optional_len(self.next.as_ref())
            + self.reason.encoded_len()
    }
}

/// What a tunneld may say to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameKind {
    /// Answer me.
    Hello,
    /// The answer.
    HelloAnswer,
    /// Whose channel this is.
    Open,
    /// A fragment.
    Data,
    /// What has come of a channel.
    Ack,
    /// Tell me what has come of this channel.
    Ask,
    /// The channel has ended.
    Reset,
    /// The sender will not use the channel again.
    Close,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl FrameKind {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Hello, "hello"),
        (Self::HelloAnswer, "hello_answer"),
        (Self::Open, "open"),
        (Self::Data, "data"),
        (Self::Ack, "ack"),
        (Self::Ask, "ask"),
        (Self::Reset, "reset"),
        (Self::Close, "close"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Hello => 1,
            Self::HelloAnswer => 2,
            Self::Open => 3,
            Self::Data => 4,
            Self::Ack => 5,
            Self::Ask => 6,
            Self::Reset => 7,
            Self::Close => 8,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Hello,
            2 => Self::HelloAnswer,
            3 => Self::Open,
            4 => Self::Data,
            5 => Self::Ack,
            6 => Self::Ask,
            7 => Self::Reset,
            8 => Self::Close,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(FrameKind);

/// A frame from one tunneld to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub enum Frame {
    /// Answer me.
    #[serde(rename = "hello")]
    Hello(u64),
    /// The answer.
    #[serde(rename = "hello_answer")]
    HelloAnswer(u64),
    /// Whose channel this is.
    #[serde(rename = "open")]
    Open(Open),
    /// A fragment.
    #[serde(rename = "data")]
    Data(Data),
    /// What has come of a channel.
    #[serde(rename = "ack")]
    Ack(Ack),
    /// Tell me what has come of this channel.
    #[serde(rename = "ask")]
    Ask(u32),
    /// The channel has ended.
    #[serde(rename = "reset")]
    Reset(Reset),
    /// The sender will not use the channel again.
    #[serde(rename = "close")]
    Close(u32),
}

impl Xdr for Frame {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Hello(v) => {
                w.i32(1);
                w.u64(*v);
            }
            Self::HelloAnswer(v) => {
                w.i32(2);
                w.u64(*v);
            }
            Self::Open(v) => {
                w.i32(3);
                v.encode(w)?;
            }
            Self::Data(v) => {
                w.i32(4);
                v.encode(w)?;
            }
            Self::Ack(v) => {
                w.i32(5);
                v.encode(w)?;
            }
            Self::Ask(v) => {
                w.i32(6);
                w.u32(*v);
            }
            Self::Reset(v) => {
                w.i32(7);
                v.encode(w)?;
            }
            Self::Close(v) => {
                w.i32(8);
                w.u32(*v);
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("Frame.kind")? {
            1 => Self::Hello(r.u64("Frame.hello")?),
            2 => Self::HelloAnswer(r.u64("Frame.hello_answer")?),
            3 => Self::Open(Open::decode(r)?),
            4 => Self::Data(Data::decode(r)?),
            5 => Self::Ack(Ack::decode(r)?),
            6 => Self::Ask(r.u32("Frame.ask")?),
            7 => Self::Reset(Reset::decode(r)?),
            8 => Self::Close(r.u32("Frame.close")?),
            tag => return Err(XdrError::Value { what: "Frame.kind", value: u64::from(tag.cast_unsigned()) }),
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Hello(_) => 8,
            Self::HelloAnswer(_) => 8,
            Self::Open(v) => v.encoded_len(),
            Self::Data(v) => v.encoded_len(),
            Self::Ack(v) => v.encoded_len(),
            Self::Ask(_) => 4,
            Self::Reset(v) => v.encoded_len(),
            Self::Close(_) => 4,
        }
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<Failure>("tc_failure"),
    Type::of::<Fragment>("tc_fragment"),
    Type::of::<DatagramHead>("tc_datagram_head"),
    Type::of::<Register>("tc_register"),
    Type::of::<Send>("tc_send"),
    Type::of::<ToTunnelKind>("tc_to_tunnel_kind"),
    Type::of::<ToTunnel>("tc_to_tunnel"),
    Type::of::<Registered>("tc_registered"),
    Type::of::<Refused>("tc_refused"),
    Type::of::<Deliver>("tc_deliver"),
    Type::of::<Accepted>("tc_accepted"),
    Type::of::<Completed>("tc_completed"),
    Type::of::<Link>("tc_link"),
    Type::of::<Direct>("tc_direct"),
    Type::of::<Passed>("tc_passed"),
    Type::of::<ToDaemonKind>("tc_to_daemon_kind"),
    Type::of::<ToDaemon>("tc_to_daemon"),
    Type::of::<EnvelopeHead>("tc_envelope_head"),
    Type::of::<EnvelopeSeal>("tc_envelope_seal"),
    Type::of::<Open>("tc_open"),
    Type::of::<Data>("tc_data"),
    Type::of::<Ack>("tc_ack"),
    Type::of::<Reset>("tc_reset"),
    Type::of::<FrameKind>("tc_frame_kind"),
    Type::of::<Frame>("tc_frame"),
];
