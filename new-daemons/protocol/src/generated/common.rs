//! What every daemon of the new protocol uses: addresses, times, errors, and the greeting that settles the version.
//!
//! Written by xdr-gen from `common.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the protocol: readers of another major version do not understand each other.
pub const PROTOCOL_MAJOR: u32 = 1;

/// What was added since the major version began.
pub const PROTOCOL_MINOR: u32 = 0;

/// Longest name of a daemon.
pub const NAME_MAX: u32 = 15;

/// Longest text that explains something to a person.
pub const TEXT_MAX: u32 = 1024;

/// Longest version of a program.
pub const RELEASE_MAX: u32 = 64;

/// Most additions behind a struct.
pub const MORE_MAX: u32 = 16;

/// Longest addition behind a struct.
pub const ADDITION_MAX: u32 = 65536;

/// Number of a node; 4294967295 is the node of the speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Node(pub u32);

impl From<u32> for Node {
    fn from(value: u32) -> Self {
        Self(value)
    }
}

impl Xdr for Node {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.0);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.u32("Node")?))
    }

    fn encoded_len(&self) -> usize {
        4
    }
}

/// A moment: microseconds since 1970 began, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Time(pub i64);

impl From<i64> for Time {
    fn from(value: i64) -> Self {
        Self(value)
    }
}

impl Xdr for Time {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.i64(self.0);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.i64("Time")?))
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Span(pub u64);

impl From<u64> for Span {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl Xdr for Span {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.0);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.u64("Span")?))
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// A daemon of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Daemon {
    /// 1 to 15 letters a-z, digits and -, beginning with a letter.
    pub name: String,
    /// Which of several.
    pub instance: u32,
}

impl Xdr for Daemon {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("Daemon.name", 15, &self.name)?;
        w.u32(self.instance);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: r.string("Daemon.name", 15)?,
            instance: r.u32("Daemon.instance")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.name.len())
            + 4
    }
}

/// A daemon of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// The node it runs on.
    pub node: Node,
    /// The daemon there.
    pub daemon: Daemon,
}

impl Xdr for Address {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.node.encode(w)?;
        self.daemon.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            node: Node::decode(r)?,
            daemon: Daemon::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.node.encoded_len()
            + self.daemon.encoded_len()
    }
}

/// Something that was added to a struct after its first release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Addition {
    /// What it is; the struct says which numbers there are.
    pub tag: u32,
    /// In XDR, for who knows the number.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub data: Bytes,
}

impl Xdr for Addition {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.tag);
        w.bounded("Addition.data", 65536, &self.data)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            tag: r.u32("Addition.tag")?,
            data: r.opaque("Addition.data", 65536)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + opaque_len(self.data.len())
    }
}

/// The end of a struct that may grow. Who does not know a tag passes it on as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct More(pub Vec<Addition>);

impl From<Vec<Addition>> for More {
    fn from(value: Vec<Addition>) -> Self {
        Self(value)
    }
}

impl Xdr for More {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("More", 16, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.list("More", 16)?))
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.0)
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// It was done.
    Ok,
    /// The receiver does not know this request.
    UnknownRequest,
    /// The request cannot be read, or says what cannot be.
    BadRequest,
    /// What it names does not exist.
    NotFound,
    /// The sender may not ask for this.
    Denied,
    /// Not now; the same request may succeed later.
    Busy,
    /// It took too long.
    TimedOut,
    /// The receiver knows the request and cannot do it here.
    Unsupported,
    /// It was tried and went wrong.
    Failed,
    /// The receiver is about to end.
    Stopping,
    /// More than the receiver takes or may answer.
    TooLarge,
    /// Somebody withdrew it.
    Cancelled,
    /// The state it was meant for is gone.
    Stale,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl Code {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Ok, "ok"),
        (Self::UnknownRequest, "unknown_request"),
        (Self::BadRequest, "bad_request"),
        (Self::NotFound, "not_found"),
        (Self::Denied, "denied"),
        (Self::Busy, "busy"),
        (Self::TimedOut, "timed_out"),
        (Self::Unsupported, "unsupported"),
        (Self::Failed, "failed"),
        (Self::Stopping, "stopping"),
        (Self::TooLarge, "too_large"),
        (Self::Cancelled, "cancelled"),
        (Self::Stale, "stale"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::UnknownRequest => 1,
            Self::BadRequest => 2,
            Self::NotFound => 3,
            Self::Denied => 4,
            Self::Busy => 5,
            Self::TimedOut => 6,
            Self::Unsupported => 7,
            Self::Failed => 8,
            Self::Stopping => 9,
            Self::TooLarge => 10,
            Self::Cancelled => 11,
            Self::Stale => 12,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            0 => Self::Ok,
            1 => Self::UnknownRequest,
            2 => Self::BadRequest,
            3 => Self::NotFound,
            4 => Self::Denied,
            5 => Self::Busy,
            6 => Self::TimedOut,
            7 => Self::Unsupported,
            8 => Self::Failed,
            9 => Self::Stopping,
            10 => Self::TooLarge,
            11 => Self::Cancelled,
            12 => Self::Stale,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(Code);

/// Why a request failed, for a program and for a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Error {
    /// For a program.
    pub code: Code,
    /// For a person: one line.
    pub text: String,
    /// Room to grow.
    pub more: More,
}

impl Xdr for Error {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.code.encode(w)?;
        w.string("Error.text", 1024, &self.text)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            code: Code::decode(r)?,
            text: r.string("Error.text", 1024)?,
            more: More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.code.encoded_len()
            + opaque_len(self.text.len())
            + self.more.encoded_len()
    }
}

/// The first thing that two daemons tell each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// TC_PROTOCOL_MAJOR of the speaker.
    pub major: u32,
    /// TC_PROTOCOL_MINOR of the speaker.
    pub minor: u32,
    /// What the speaker can do beyond its version: one bit each.
    pub features: u64,
    /// Version of the program, for people.
    pub release: String,
    /// Who speaks.
    pub speaker: Address,
    /// Identity of this run of the speaker: chance, new at each start, never 0.
    pub incarnation: u64,
    /// Room to grow.
    pub more: More,
}

impl Xdr for Hello {
    const MIN_LEN: usize = 44;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.major);
        w.u32(self.minor);
        w.u64(self.features);
        w.string("Hello.release", 64, &self.release)?;
        self.speaker.encode(w)?;
        w.u64(self.incarnation);
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            major: r.u32("Hello.major")?,
            minor: r.u32("Hello.minor")?,
            features: r.u64("Hello.features")?,
            release: r.string("Hello.release", 64)?,
            speaker: Address::decode(r)?,
            incarnation: r.u64("Hello.incarnation")?,
            more: More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 4
            + 8
            + opaque_len(self.release.len())
            + self.speaker.encoded_len()
            + 8
            + self.more.encoded_len()
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<Node>("tc_node"),
    Type::of::<Time>("tc_time"),
    Type::of::<Span>("tc_span"),
    Type::of::<Daemon>("tc_daemon"),
    Type::of::<Address>("tc_address"),
    Type::of::<Addition>("tc_addition"),
    Type::of::<More>("tc_more"),
    Type::of::<Code>("tc_code"),
    Type::of::<Error>("tc_error"),
    Type::of::<Hello>("tc_hello"),
];
