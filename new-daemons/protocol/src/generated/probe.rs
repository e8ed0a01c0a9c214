//! What the machine of a tunneld answers by itself, under the name `probe`: an echo and its own state.
//!
//! Written by xdr-gen from `probe.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most data of a question or an answer: a message of 16 MiB less what stands before the data.
pub const PROBE_DATA_MAX: u32 = 16777200;

/// What is asked, or answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeVerb {
    /// Send these bytes back.
    Echo,
    /// The bytes of an echo.
    EchoAnswer,
    /// Tell your state.
    Status,
    /// The state as JSON: it is read by people and scripts and changes with each release.
    StatusAnswer,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ProbeVerb {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Echo, "echo"),
        (Self::EchoAnswer, "echo_answer"),
        (Self::Status, "status"),
        (Self::StatusAnswer, "status_answer"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Echo => 1,
            Self::EchoAnswer => 2,
            Self::Status => 3,
            Self::StatusAnswer => 4,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Echo,
            2 => Self::EchoAnswer,
            3 => Self::Status,
            4 => Self::StatusAnswer,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ProbeVerb);

/// A question or an answer without its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verb", content = "value")]
pub enum ProbeWhat {
    /// Send these bytes back.
    #[serde(rename = "echo")]
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] Echo(Bytes),
    /// The bytes of an echo.
    #[serde(rename = "echo_answer")]
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] EchoAnswer(Bytes),
    /// Tell your state.
    #[serde(rename = "status")]
    Status,
    /// The state as JSON: it is read by people and scripts and changes with each release.
    #[serde(rename = "status_answer")]
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] StatusAnswer(Bytes),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        verb: ProbeVerb,
        /// What is in it.
        #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] rest: Bytes,
    },
}

impl Xdr for ProbeWhat {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Echo(v) => {
                w.i32(1);
                w.bounded("ProbeWhat.echo", 16777200, v)?;
            }
            Self::EchoAnswer(v) => {
                w.i32(2);
                w.bounded("ProbeWhat.echo_answer", 16777200, v)?;
            }
            Self::Status => {
                w.i32(3);
                w.held_void();
            }
            Self::StatusAnswer(v) => {
                w.i32(4);
                w.bounded("ProbeWhat.status_answer", 16777200, v)?;
            }
            Self::Other { verb, rest } => {
                let tag = verb.value();
                if matches!(tag, 1 | 2 | 3 | 4) {
                    return Err(XdrError::Value { what: "ProbeWhat.verb", value: u64::from(tag.cast_unsigned()) });
                }
                w.i32(tag);
                w.bounded("ProbeWhat.rest", 16777200, rest)?;
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("ProbeWhat.verb")? {
            1 => Self::Echo(r.opaque("ProbeWhat.echo", 16777200)?),
            2 => Self::EchoAnswer(r.opaque("ProbeWhat.echo_answer", 16777200)?),
            3 => { r.held_void("ProbeWhat.status")?; Self::Status }
            4 => Self::StatusAnswer(r.opaque("ProbeWhat.status_answer", 16777200)?),
            tag => Self::Other { verb: ProbeVerb::from_value(tag), rest: r.opaque("ProbeWhat.rest", 16777200)? },
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Echo(v) => opaque_len(v.len()),
            Self::EchoAnswer(v) => opaque_len(v.len()),
            Self::Status => 4,
            Self::StatusAnswer(v) => opaque_len(v.len()),
            Self::Other { rest, .. } => opaque_len(rest.len()),
        }
    }
}

/// A message to or from a tunneld.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ProbeBody {
    /// Chosen by the asker, repeated in the answer.
    pub id: u64,
    /// The question or the answer.
    pub what: ProbeWhat,
}

impl Xdr for ProbeBody {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        self.what.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("ProbeBody.id")?,
            what: ProbeWhat::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.what.encoded_len()
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<ProbeVerb>("tc_probe_verb"),
    Type::of::<ProbeWhat>("tc_probe_what"),
    Type::of::<ProbeBody>("tc_probe_body"),
];
