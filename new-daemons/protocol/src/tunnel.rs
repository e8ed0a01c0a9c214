//! What `ctdb-tunneld` itself answers, on every node, under the name `tunnel`: an echo and its own state.
//!
//! A body is a verb, an id that the answer repeats, and data. The state travels as JSON: it is read by people and
//! scripts and changes with each release, so a fixed layout would buy nothing.

use bytes::{Bytes, BytesMut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::xdr::{Reader, Writer, XdrError};

/// The name under which each tunneld is reached.
pub const DAEMON_NAME: &str = "tunnel";

const HEAD: usize = 12;
const ECHO: u32 = 1;
const STATUS: u32 = 2;
const ANSWER: u32 = 0x8000_0000;

/// A question to a tunneld, or its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Send these bytes back.
    Echo {
        /// Repeated in the answer.
        id: u64,
        /// Any bytes.
        data: Bytes,
    },
    /// The bytes of an [`Body::Echo`].
    EchoAnswer {
        /// The id of the question.
        id: u64,
        /// The same bytes.
        data: Bytes,
    },
    /// Tell your state.
    Status {
        /// Repeated in the answer.
        id: u64,
    },
    /// A [`Status`] as JSON.
    StatusAnswer {
        /// The id of the question.
        id: u64,
        /// UTF-8 JSON.
        json: Bytes,
    },
}

impl Body {
    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let (verb, id, data): (u32, u64, &[u8]) = match self {
            Self::Echo { id, data } => (ECHO, *id, data),
            Self::EchoAnswer { id, data } => (ECHO | ANSWER, *id, data),
            Self::Status { id } => (STATUS, *id, &[]),
            Self::StatusAnswer { id, json } => (STATUS | ANSWER, *id, json),
        };
        let mut w = Writer::with_capacity(HEAD);
        w.u32(verb);
        w.u64(id);
        let mut out = BytesMut::from(&w.finish()[..]);
        out.extend_from_slice(data);
        out.freeze()
    }

    /// Reads a body; its data is a slice of `bytes`.
    pub fn decode(bytes: &Bytes) -> Result<Self, XdrError> {
        let mut r = Reader::new(bytes.clone());
        let verb = r.u32("verb")?;
        let id = r.u64("id")?;
        let data = bytes.slice(HEAD..);
        match verb {
            ECHO => Ok(Self::Echo { id, data }),
            STATUS if data.is_empty() => Ok(Self::Status { id }),
            v if v == ECHO | ANSWER => Ok(Self::EchoAnswer { id, data }),
            v if v == STATUS | ANSWER => Ok(Self::StatusAnswer { id, json: data }),
            value => Err(XdrError::Value { what: "verb", value: value.into() }),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bodies_survive_the_wire_and_any_bytes_are_answered_without_a_panic(
            id in any::<u64>(), data in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            let data = Bytes::from(data);
            for body in [
                Body::Echo { id, data: data.clone() },
                Body::EchoAnswer { id, data: data.clone() },
                Body::Status { id },
                Body::StatusAnswer { id, json: data.clone() },
            ] {
                prop_assert_eq!(Body::decode(&body.encode()).unwrap(), body);
            }
            let _ = Body::decode(&data);
        }
    }

    #[test]
    fn a_short_body_is_refused() {
        let whole = Body::Status { id: 7 }.encode();
        for cut in 0..whole.len() {
            assert!(Body::decode(&whole.slice(..cut)).is_err());
        }
    }
}
