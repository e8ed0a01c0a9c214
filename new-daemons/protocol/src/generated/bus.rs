//! What two daemons say to each other on the bus: greetings, requests and replies, subscriptions and events, signs of life.
//!
//! Written by xdr-gen from `bus.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// First word of each message: "TCLC".
pub const BUS_MAGIC: u32 = 1413696579;

/// Longest message.
pub const BUS_MAX: u32 = 16777216;

/// Longest body of a request, a reply or an event.
pub const BUS_BODY_MAX: u32 = 16773120;

/// Longest topic, and longest beginning of one.
pub const BUS_TOPIC_MAX: u32 = 128;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BusVerb {
    /// The greeting; it goes before the first message to a daemon.
    Hello,
    /// Do this.
    Request,
    /// What became of a request.
    Reply,
    /// Nobody waits for the reply any more.
    Cancel,
    /// The request was for an earlier run of the receiver, and was not looked at.
    Misdirected,
    /// Are you there?
    Probe,
    /// Yes.
    Alive,
    /// Tell me of events, or go on doing so.
    Subscribe,
    /// Events are told; all before a number were told or are lost.
    Subscribed,
    /// Events are not told, or not any more.
    Unsubscribed,
    /// Tell me no more.
    Unsubscribe,
    /// Something has happened.
    Event,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl BusVerb {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Hello, "hello"),
        (Self::Request, "request"),
        (Self::Reply, "reply"),
        (Self::Cancel, "cancel"),
        (Self::Misdirected, "misdirected"),
        (Self::Probe, "probe"),
        (Self::Alive, "alive"),
        (Self::Subscribe, "subscribe"),
        (Self::Subscribed, "subscribed"),
        (Self::Unsubscribed, "unsubscribed"),
        (Self::Unsubscribe, "unsubscribe"),
        (Self::Event, "event"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Hello => 1,
            Self::Request => 2,
            Self::Reply => 3,
            Self::Cancel => 4,
            Self::Misdirected => 5,
            Self::Probe => 6,
            Self::Alive => 7,
            Self::Subscribe => 8,
            Self::Subscribed => 9,
            Self::Unsubscribed => 10,
            Self::Unsubscribe => 11,
            Self::Event => 12,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Hello,
            2 => Self::Request,
            3 => Self::Reply,
            4 => Self::Cancel,
            5 => Self::Misdirected,
            6 => Self::Probe,
            7 => Self::Alive,
            8 => Self::Subscribe,
            9 => Self::Subscribed,
            10 => Self::Unsubscribed,
            11 => Self::Unsubscribe,
            12 => Self::Event,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(BusVerb);

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusRequest {
    /// The caller's number for it; each is used once.
    pub id: u64,
    /// What is asked for.
    pub number: u32,
    /// So long somebody waits for the reply.
    pub patience: super::common::Span,
    /// What belongs to it.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub body: Bytes,
}

impl Xdr for BusRequest {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        w.u32(self.number);
        self.patience.encode(w)?;
        w.bounded("BusRequest.body", 16773120, &self.body)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusRequest.id")?,
            number: r.u32("BusRequest.number")?,
            patience: super::common::Span::decode(r)?,
            body: r.opaque("BusRequest.body", 16773120)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 4
            + self.patience.encoded_len()
            + opaque_len(self.body.len())
    }
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusReply {
    /// Of the request.
    pub id: u64,
    /// What became of it.
    pub code: super::common::Code,
    /// Why not, for a person.
    pub text: String,
    /// The answer.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub body: Bytes,
}

impl Xdr for BusReply {
    const MIN_LEN: usize = 20;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        self.code.encode(w)?;
        w.string("BusReply.text", 1024, &self.text)?;
        w.bounded("BusReply.body", 16773120, &self.body)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusReply.id")?,
            code: super::common::Code::decode(r)?,
            text: r.string("BusReply.text", 1024)?,
            body: r.opaque("BusReply.body", 16773120)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.code.encoded_len()
            + opaque_len(self.text.len())
            + opaque_len(self.body.len())
    }
}

/// One request or subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusAbout {
    /// Its number.
    pub id: u64,
}

impl Xdr for BusAbout {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusAbout.id")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// A wish to be told of events. It holds for a while and has to be repeated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusSubscribe {
    /// The subscriber's number for it.
    pub id: u64,
    /// How the topics begin.
    pub prefix: String,
    /// So long it holds.
    pub lease: super::common::Span,
}

impl Xdr for BusSubscribe {
    const MIN_LEN: usize = 20;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        w.string("BusSubscribe.prefix", 128, &self.prefix)?;
        self.lease.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusSubscribe.id")?,
            prefix: r.string("BusSubscribe.prefix", 128)?,
            lease: super::common::Span::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + opaque_len(self.prefix.len())
            + self.lease.encoded_len()
    }
}

/// A subscription stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusSubscribed {
    /// Of the subscription.
    pub id: u64,
    /// Which counting of the publisher it is: another one than before means that it had forgotten the subscription.
    pub series: u64,
    /// The number that the next event will have.
    pub next: u64,
}

impl Xdr for BusSubscribed {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        w.u64(self.series);
        w.u64(self.next);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusSubscribed.id")?,
            series: r.u64("BusSubscribed.series")?,
            next: r.u64("BusSubscribed.next")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 8
            + 8
    }
}

/// A subscription does not stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusUnsubscribed {
    /// Of the subscription.
    pub id: u64,
    /// For a program: why it was refused.
    pub code: super::common::Code,
    /// Why, for a person.
    pub text: String,
}

impl Xdr for BusUnsubscribed {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        self.code.encode(w)?;
        w.string("BusUnsubscribed.text", 1024, &self.text)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusUnsubscribed.id")?,
            code: super::common::Code::decode(r)?,
            text: r.string("BusUnsubscribed.text", 1024)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.code.encoded_len()
            + opaque_len(self.text.len())
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusEvent {
    /// Of the subscription.
    pub id: u64,
    /// As in tc_bus_subscribed.
    pub series: u64,
    /// Counts the events of this series, with those that were left out.
    pub number: u64,
    /// What has happened.
    pub topic: String,
    /// What belongs to it.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub body: Bytes,
}

impl Xdr for BusEvent {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.id);
        w.u64(self.series);
        w.u64(self.number);
        w.string("BusEvent.topic", 128, &self.topic)?;
        w.bounded("BusEvent.body", 16773120, &self.body)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            id: r.u64("BusEvent.id")?,
            series: r.u64("BusEvent.series")?,
            number: r.u64("BusEvent.number")?,
            topic: r.string("BusEvent.topic", 128)?,
            body: r.opaque("BusEvent.body", 16773120)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 8
            + 8
            + opaque_len(self.topic.len())
            + opaque_len(self.body.len())
    }
}

/// What is said, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verb", content = "value")]
pub enum BusBody {
    /// Who speaks.
    #[serde(rename = "hello")]
    Hello(super::common::Hello),
    /// What to do.
    #[serde(rename = "request")]
    Request(BusRequest),
    /// What became of it.
    #[serde(rename = "reply")]
    Reply(BusReply),
    /// The request.
    #[serde(rename = "cancel")]
    Cancel(BusAbout),
    /// The request.
    #[serde(rename = "misdirected")]
    Misdirected(BusAbout),
    /// Nothing.
    #[serde(rename = "probe")]
    Probe,
    /// Nothing.
    #[serde(rename = "alive")]
    Alive,
    /// Of what.
    #[serde(rename = "subscribe")]
    Subscribe(BusSubscribe),
    /// Since when.
    #[serde(rename = "subscribed")]
    Subscribed(BusSubscribed),
    /// Why a subscription has ended.
    #[serde(rename = "unsubscribed")]
    Unsubscribed(BusUnsubscribed),
    /// The subscription.
    #[serde(rename = "unsubscribe")]
    Unsubscribe(BusAbout),
    /// The event.
    #[serde(rename = "event")]
    Event(BusEvent),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        verb: BusVerb,
        /// What is in it.
        #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] rest: Bytes,
    },
}

impl Xdr for BusBody {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Hello(v) => {
                w.i32(1);
                w.held("BusBody.hello", 16777216, v)?;
            }
            Self::Request(v) => {
                w.i32(2);
                w.held("BusBody.request", 16777216, v)?;
            }
            Self::Reply(v) => {
                w.i32(3);
                w.held("BusBody.reply", 16777216, v)?;
            }
            Self::Cancel(v) => {
                w.i32(4);
                w.held("BusBody.cancel", 16777216, v)?;
            }
            Self::Misdirected(v) => {
                w.i32(5);
                w.held("BusBody.misdirected", 16777216, v)?;
            }
            Self::Probe => {
                w.i32(6);
                w.held_void();
            }
            Self::Alive => {
                w.i32(7);
                w.held_void();
            }
            Self::Subscribe(v) => {
                w.i32(8);
                w.held("BusBody.subscribe", 16777216, v)?;
            }
            Self::Subscribed(v) => {
                w.i32(9);
                w.held("BusBody.subscribed", 16777216, v)?;
            }
            Self::Unsubscribed(v) => {
                w.i32(10);
                w.held("BusBody.unsubscribed", 16777216, v)?;
            }
            Self::Unsubscribe(v) => {
                w.i32(11);
                w.held("BusBody.unsubscribe", 16777216, v)?;
            }
            Self::Event(v) => {
                w.i32(12);
                w.held("BusBody.event", 16777216, v)?;
            }
            Self::Other { verb, rest } => {
                let tag = verb.value();
                if matches!(tag, 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12) {
                    return Err(XdrError::Value { what: "BusBody.verb", value: u64::from(tag.cast_unsigned()) });
                }
                w.i32(tag);
                w.bounded("BusBody.rest", 16777216, rest)?;
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("BusBody.verb")? {
            1 => Self::Hello(r.held("BusBody.hello", 16777216)?),
            2 => Self::Request(r.held("BusBody.request", 16777216)?),
            3 => Self::Reply(r.held("BusBody.reply", 16777216)?),
            4 => Self::Cancel(r.held("BusBody.cancel", 16777216)?),
            5 => Self::Misdirected(r.held("BusBody.misdirected", 16777216)?),
            6 => { r.held_void("BusBody.probe")?; Self::Probe }
            7 => { r.held_void("BusBody.alive")?; Self::Alive }
            8 => Self::Subscribe(r.held("BusBody.subscribe", 16777216)?),
            9 => Self::Subscribed(r.held("BusBody.subscribed", 16777216)?),
            10 => Self::Unsubscribed(r.held("BusBody.unsubscribed", 16777216)?),
            11 => Self::Unsubscribe(r.held("BusBody.unsubscribe", 16777216)?),
            12 => Self::Event(r.held("BusBody.event", 16777216)?),
            tag => Self::Other { verb: BusVerb::from_value(tag), rest: r.opaque("BusBody.rest", 16777216)? },
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Hello(v) => 4 + v.encoded_len(),
            Self::Request(v) => 4 + v.encoded_len(),
            Self::Reply(v) => 4 + v.encoded_len(),
            Self::Cancel(v) => 4 + v.encoded_len(),
            Self::Misdirected(v) => 4 + v.encoded_len(),
            Self::Probe => 4,
            Self::Alive => 4,
            Self::Subscribe(v) => 4 + v.encoded_len(),
            Self::Subscribed(v) => 4 + v.encoded_len(),
            Self::Unsubscribed(v) => 4 + v.encoded_len(),
            Self::Unsubscribe(v) => 4 + v.encoded_len(),
            Self::Event(v) => 4 + v.encoded_len(),
            Self::Other { rest, .. } => opaque_len(rest.len()),
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct BusMessage {
    /// TC_BUS_MAGIC.
    pub magic: u32,
    /// Which run of the sender speaks.
    pub incarnation: u64,
    /// Which run of the receiver is meant; 0 while the sender does not know.
    pub meant: u64,
    /// What is said.
    pub body: BusBody,
}

impl Xdr for BusMessage {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u32(self.magic);
        w.u64(self.incarnation);
        w.u64(self.meant);
        self.body.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            magic: r.u32("BusMessage.magic")?,
            incarnation: r.u64("BusMessage.incarnation")?,
            meant: r.u64("BusMessage.meant")?,
            body: BusBody::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 8
            + 8
            + self.body.encoded_len()
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<BusVerb>("tc_bus_verb"),
    Type::of::<BusRequest>("tc_bus_request"),
    Type::of::<BusReply>("tc_bus_reply"),
    Type::of::<BusAbout>("tc_bus_about"),
    Type::of::<BusSubscribe>("tc_bus_subscribe"),
    Type::of::<BusSubscribed>("tc_bus_subscribed"),
    Type::of::<BusUnsubscribed>("tc_bus_unsubscribed"),
    Type::of::<BusEvent>("tc_bus_event"),
    Type::of::<BusBody>("tc_bus_body"),
    Type::of::<BusMessage>("tc_bus_message"),
];
