//! `capture show`, the part about JSON: the members of a packet, and so its published schema.
//!
//! Only shapes: who fills them in is beside the lines of packets. The comments here are the descriptions in the schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// A packet of either protocol.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ShownPacket {
    Ctdb(Box<CtdbPacket>),
    Eventd(Box<EventdPacket>),
}

/// A packet of ctdbd, between nodes or on its socket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct CtdbPacket {
    #[schemars(extend("const" = "ctdb"))]
    pub(super) protocol: &'static str,
    /// Place in the recording, from 0; each protocol is counted by itself.
    pub(super) packet: usize,
    /// RFC 3339, UTC, with nanoseconds.
    pub(super) time: String,
    /// A node by its number, a client by its process; an address where the packet cannot be decoded.
    pub(super) from: String,
    /// The same of whom it is for.
    pub(super) to: String,
    /// Address and port as captured; on a socket those that stand for the daemon or for one client.
    pub(super) src: String,
    /// The same of whom it is for.
    pub(super) dst: String,
    /// Path of the daemon's socket; null between nodes.
    pub(super) socket: Option<String>,
    /// The client's process, where it was known.
    pub(super) pid: Option<u32>,
    /// Name of the operation in C, `OPERATION_n` for one without a name, or `BROKEN`.
    pub(super) operation: String,
    /// Name of the control or message in C; null for other operations.
    pub(super) name: Option<String>,
    /// Bytes of the packet.
    pub(super) length: usize,
    /// From the header, as the next three; null for what cannot be decoded.
    pub(super) generation: Option<u32>,
    /// Number of the node, or one of the numbers that stand for several.
    pub(super) dest: Option<u32>,
    /// Number of the node that sent it.
    pub(super) source: Option<u32>,
    /// Pairs a reply with its request, as far as the asker goes.
    pub(super) reqid: Option<u32>,
    /// Id of the database that it is about: `0x` and eight hexadecimal digits.
    pub(super) database: Option<String>,
    /// Place of the request that this answers.
    pub(super) answers: Option<usize>,
    /// Place of the first answer to this request.
    pub(super) answered_by: Option<usize>,
    /// Microseconds from the request to this answer.
    pub(super) latency_us: Option<u64>,
    /// What it says beside its payload: `status` of a control that failed, `error` text, `flags`, and `malformed`, which
    /// is what is wrong with its bytes.
    pub(super) head: BTreeMap<&'static str, String>,
    /// Its payload.
    pub(super) content: Content,
}

/// A packet of the event daemon's socket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct EventdPacket {
    #[schemars(extend("const" = "eventd"))]
    pub(super) protocol: &'static str,
    /// Place in the recording, from 0; each protocol is counted by itself.
    pub(super) packet: usize,
    /// RFC 3339, UTC, with nanoseconds.
    pub(super) time: String,
    /// The daemon as `eventd`, a client by its process.
    pub(super) from: String,
    /// The same of whom it is for.
    pub(super) to: String,
    /// Address and port that stand for the daemon or for one client.
    pub(super) src: String,
    /// The same of whom it is for.
    pub(super) dst: String,
    /// Path of the daemon's socket, where it was known.
    pub(super) socket: Option<String>,
    /// The client's process, where it was known.
    pub(super) pid: Option<u32>,
    /// Which way it went.
    #[schemars(extend("enum" = ["EVENT_REQUEST", "EVENT_REPLY"]))]
    pub(super) operation: &'static str,
    /// `RUN`, `STATUS`, `SCRIPT`, `COMMAND_n` for another command, or `BROKEN`.
    pub(super) name: String,
    /// Bytes of the packet.
    pub(super) length: usize,
    /// Pairs a reply with its request; null for what cannot be decoded.
    pub(super) reqid: Option<u32>,
    /// Place of the request that this answers.
    pub(super) answers: Option<usize>,
    /// Place of the answer to this request.
    pub(super) answered_by: Option<usize>,
    /// Microseconds from the request to this answer.
    pub(super) latency_us: Option<u64>,
    /// What it says beside its payload: `result` of a reply, 0 or an error of the system, and `malformed`, which is what
    /// is wrong with its bytes.
    pub(super) head: BTreeMap<&'static str, String>,
    /// Its payload.
    pub(super) content: Content,
}

/// A payload of any type; null where there is none.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Content(pub(super) Option<serde_json::Value>);

impl JsonSchema for Content {
    fn schema_name() -> Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let content = generator.subschema_for::<Self>();
        let number = json_schema!({ "type": "integer" });
        json_schema!({
            "description": "A payload: members by their names, lists, numbers and texts; null where there is none.",
            "anyOf": [
                { "type": "null" },
                number,
                { "type": "string" },
                {
                    "description": "A number that has a name.",
                    "type": "object",
                    "properties": { "value": number, "name": { "type": "string" } },
                    "required": ["value", "name"],
                    "additionalProperties": false
                },
                {
                    "description": "Bytes as hexadecimal digits, and the text that they are, if they are one.",
                    "type": "object",
                    "properties": { "hex": { "type": "string" }, "text": { "type": ["string", "null"] } },
                    "required": ["hex", "text"],
                    "additionalProperties": false
                },
                { "type": "array", "items": content },
                { "type": "object", "additionalProperties": content }
            ]
        })
    }
}
