//! The packets of a capture with what they mean: payloads decoded, replies paired with their requests.
//!
//! A reply names neither what it answers nor whom it is for but by its reqid, which is unique per asker only. Between
//! nodes a control is paired by the two addresses, because request and reply travel on two connections; a call by the
//! node that asked first, because it may be passed on and answered by a third (`ctdb_call_send_redirect`). On a socket
//! all that counts is the client. Nothing is judged here.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use legacy_codec::{
    Abi, CallId, ControlFlags, ControlReply, ControlRequest, ControlRow, Describe, Error, LtdbHeader,
    Message, Operation, Packet, ReplyCall, ReqId, Value,
};

use crate::events::{self, EventEntry};
use crate::{Capture, Captured, DAEMON, Origin, Timestamp};

/// A capture with its packets in pairs.
#[derive(Clone, Debug, Default)]
pub struct Session<'a> {
    /// All packets of CTDB, in the order of the capture.
    pub entries: Vec<Entry<'a>>,
    /// All packets of the event daemon's socket, in the order of the capture.
    pub events: Vec<EventEntry<'a>>,
    /// When the first packet of either was seen.
    pub start: Timestamp,
}

/// One packet and what it means.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The packet.
    pub captured: &'a Captured,
    /// Its payload.
    pub content: Content,
    /// Index of the request that this answers.
    pub request: Option<usize>,
    /// Index of the first answer to this request.
    pub reply: Option<usize>,
    /// Time from the request to this answer.
    pub latency: Option<Duration>,
}

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Bytes that are no packet.
    Broken(Error),
    /// A packet whose payload is not what the table says.
    BadPayload(Error),
    /// The argument of a control.
    Request(ControlRequest),
    /// The answer to a control.
    Reply(Box<ControlReply>),
    /// The answer to a control that was not recorded: nothing says of what kind it is.
    Orphan,
    /// A message.
    Message(Message),
    /// The answer to a call that wanted the record with its header.
    Fetched(LtdbHeader, Bytes),
    /// Anything else: all of it is in the packet's body.
    Body,
}

/// Who asked, as far as replies tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asker {
    /// A node and the node it asked.
    Control(IpAddr, IpAddr),
    /// The node that wants the record.
    Call(u32),
    /// A client of a socket.
    Client(SocketAddr),
}

/// Which half of a pair a packet is.
enum Half {
    Request(Asker),
    Reply(Asker),
    Neither,
}

impl<'a> Session<'a> {
    /// Decodes all payloads and pairs replies with requests.
    #[must_use]
    pub fn new(capture: &'a Capture) -> Self {
        let mut session = Self {
            entries: Vec::with_capacity(capture.packets.len()),
            events: events::pairs(&capture.events),
            start: capture.start(),
        };
        let mut pending = BTreeMap::<(Asker, ReqId), usize>::new();
        for captured in &capture.packets {
            session.add(captured, &mut pending);
        }
        session
    }

    fn add(&mut self, captured: &'a Captured, pending: &mut BTreeMap<(Asker, ReqId), usize>) {
        let at = self.entries.len();
        let mut entry = Entry { captured, content: Content::Body, request: None, reply: None, latency: None };
        match &captured.packet {
            Err(e) => entry.content = Content::Broken(e.clone()),
            Ok(packet) => {
                match half(captured, packet) {
                    Half::Request(asker) => {
                        let key = (asker, packet.header.reqid);
                        let passed_on = matches!(asker, Asker::Call(_))
                            && pending.get(&key).and_then(|first| self.entries.get(*first)).is_some_and(
                                |first| first.reply.is_none() && first.captured.src.ip() != captured.src.ip(),
                            );
                        if !passed_on {
                            pending.insert(key, at);
                        }
                    }
                    Half::Reply(asker) => {
                        if let Some(request) = pending.remove(&(asker, packet.header.reqid)) {
                            entry.request = Some(request);
                            if let Some(asked) = self.entries.get_mut(request) {
                                asked.reply.get_or_insert(at);
                                entry.latency = Some(captured.time.since(asked.captured.time));
                            }
                        }
                    }
                    Half::Neither => {}
                }
                let asked = entry.request.and_then(|request| self.entries.get(request));
                entry.content = content(captured, packet, asked);
            }
        }
        self.entries.push(entry);
    }

    /// The entry that this one answers.
    #[must_use]
    pub fn request_of(&self, entry: &Entry<'a>) -> Option<&Entry<'a>> {
        self.entries.get(entry.request?)
    }

    /// The database that a packet is about, by the first member of that name in it or in its request.
    #[must_use]
    pub fn database(&self, entry: &Entry<'a>) -> Option<u32> {
        let own = entry.describe().and_then(|value| database(&value));
        own.or_else(|| self.request_of(entry)?.describe().and_then(|value| database(&value)))
    }
}

impl Entry<'_> {
    /// The operation's name in C.
    #[must_use]
    pub fn operation(&self) -> String {
        match &self.captured.packet {
            Ok(packet) => name_of(&packet.body),
            Err(_) => "BROKEN".into(),
        }
    }

    /// What it is about: the control's name, the message's, or that of nothing.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.content, &self.captured.packet) {
            (Content::Request(request), _) => control_name(request.opcode()),
            (Content::Reply(reply), _) => control_name(reply.opcode()),
            (Content::Orphan, _) => "(request not recorded)".into(),
            (_, Ok(Packet { body: Operation::ReqControl(request), .. })) => control_name(request.opcode),
            (_, Ok(Packet { body: Operation::ReqMessage(message), .. })) => message.srvid.to_string(),
            _ => String::new(),
        }
    }

    /// The payload as a tree; for packets without one the body. `None` for what cannot be decoded.
    #[must_use]
    pub fn describe(&self) -> Option<Value> {
        let body = self.captured.packet.as_ref().ok()?;
        let abi = self.captured.abi;
        Some(match &self.content {
            Content::Broken(_) => return None,
            Content::Request(request) => request.describe(abi),
            Content::Reply(reply) => reply.describe(abi),
            Content::Message(message) => message.describe(abi),
            Content::Fetched(header, data) => {
                Value::Struct(vec![("header", header.describe(abi)), ("data", data.describe(abi))])
            }
            Content::BadPayload(_) | Content::Orphan | Content::Body => body.body.describe(abi),
        })
    }

    /// What is wrong with it.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.content {
            Content::Broken(e) | Content::BadPayload(e) => Some(e),
            _ => None,
        }
    }

    /// Whether no table has a row for it. A message for an id that some process chose for itself is not unknown: its
    /// payload is that process's affair.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let rowless = |opcode| ControlRow::find(opcode).is_none();
        match (&self.content, &self.captured.packet) {
            (Content::Request(request), _) => rowless(request.opcode()),
            (Content::Reply(reply), _) => rowless(reply.opcode()),
            (_, Ok(packet)) => matches!(packet.body, Operation::Unknown { .. }),
            (_, Err(_)) => false,
        }
    }

    /// Whether the sender waits for an answer.
    #[must_use]
    pub fn wants_reply(&self) -> bool {
        match self.captured.packet.as_ref().map(|packet| &packet.body) {
            Ok(Operation::ReqControl(request)) => !request.flags.contains(ControlFlags::NOREPLY),
            Ok(body) => body.number() == REQ_CALL,
            Err(_) => false,
        }
    }

    /// The client's side of a socket, whichever way the packet went.
    #[must_use]
    pub fn client(&self) -> Option<SocketAddr> {
        client(self.captured)
    }

    /// Whether a client sent it to its ctdbd.
    #[must_use]
    pub fn from_client(&self) -> bool {
        client(self.captured) == Some(self.captured.src)
    }
}

const REQ_CALL: u32 = 0;
const REPLY_CALL: u32 = 1;
const REPLY_DMASTER: u32 = 3;
const REPLY_ERROR: u32 = 4;
const REQ_CONTROL: u32 = 7;
const REPLY_CONTROL: u32 = 8;

fn client(captured: &Captured) -> Option<SocketAddr> {
    let Origin::Socket(_) = captured.origin else { return None };
    Some(if captured.src == DAEMON { captured.dst } else { captured.src })
}

fn half(captured: &Captured, packet: &Packet) -> Half {
    let (src, dst) = (captured.src.ip(), captured.dst.ip());
    match (packet.body.number(), client(captured)) {
        (REQ_CALL | REQ_CONTROL, Some(client)) => Half::Request(Asker::Client(client)),
        (REPLY_CALL | REPLY_DMASTER | REPLY_ERROR | REPLY_CONTROL, Some(client)) => {
            Half::Reply(Asker::Client(client))
        }
        (REQ_CONTROL, None) => Half::Request(Asker::Control(src, dst)),
        (REPLY_CONTROL, None) => Half::Reply(Asker::Control(dst, src)),
        (REQ_CALL, None) => Half::Request(Asker::Call(packet.header.src.0)),
        (REPLY_CALL | REPLY_DMASTER | REPLY_ERROR, None) => Half::Reply(Asker::Call(packet.header.dest.0)),
        _ => Half::Neither,
    }
}

fn content(captured: &Captured, packet: &Packet, asked: Option<&Entry<'_>>) -> Content {
    let abi = captured.abi;
    let decoded = match &packet.body {
        Operation::ReqControl(request) => ControlRequest::decode(request, abi).map(Content::Request),
        Operation::ReqMessage(message) => {
            Message::decode(message.srvid, &message.data, abi).map(Content::Message)
        }
        Operation::ReplyControl(reply) => match asked.map(|asked| &asked.captured.packet) {
            Some(Ok(Packet { body: Operation::ReqControl(request), .. })) => {
                ControlReply::decode(request.opcode, reply, abi).map(|reply| Content::Reply(Box::new(reply)))
            }
            _ => return Content::Orphan,
        },
        Operation::ReplyCall(reply) => return called(reply, asked, abi),
        _ => return Content::Body,
    };
    decoded.unwrap_or_else(Content::BadPayload)
}

fn called(reply: &ReplyCall, asked: Option<&Entry<'_>>, abi: Abi) -> Content {
    match asked.map(|asked| &asked.captured.packet) {
        Some(Ok(Packet { body: Operation::ReqCall(call), .. }))
            if call.call_id == CallId::FETCH_WITH_HEADER && reply.status == 0 =>
        {
            LtdbHeader::split(&reply.data, abi)
                .map_or_else(Content::BadPayload, |(header, data)| Content::Fetched(header, data))
        }
        _ => Content::Body,
    }
}

/// The operation's name in C, or its number.
#[must_use]
pub fn name_of(operation: &Operation) -> String {
    operation.name().map_or_else(|| format!("OPERATION_{}", operation.number()), str::to_owned)
}

/// The control's name in C, or its number.
#[must_use]
pub fn control_name(opcode: u32) -> String {
    let row = ControlRow::find(opcode);
    row.map_or_else(|| format!("CONTROL_{opcode}"), |row| row.c_name.to_owned())
}

/// The first member named `db_id`, outermost first.
fn database(value: &Value) -> Option<u32> {
    match value {
        Value::Struct(members) => value
            .member("db_id")
            .and_then(Value::number)
            .and_then(|id| u32::try_from(id).ok())
            .or_else(|| members.iter().find_map(|(_, member)| database(member))),
        _ => None,
    }
}
