//! Sessions of the event daemon's socket: its packets out of a recording, and replies paired with their requests.
//!
//! Owns what a recording says about such a packet: who sent it, what it is called, how long its answer took. The packets
//! themselves are described in `legacy_codec::event`. They have no magic word and no address, so a recording tells by a
//! tag that they are of this protocol, and by its end of the daemon which way one went. Bytes that do not decode are
//! kept with their error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use legacy_codec::event::{Answer, Command, EventReply, EventRequest, HEADER_LEN, Request};
use legacy_codec::{Abi, Describe as _, Error, Value};

use crate::{DAEMON, Origin, Timestamp};

/// One packet of the event daemon's socket as it was sent.
#[derive(Clone, Debug)]
pub struct EventPacket {
    /// When its last byte was captured.
    pub time: Timestamp,
    /// Who sent it: the address that stands for the daemon, or for a client.
    pub src: SocketAddr,
    /// Who was to receive it.
    pub dst: SocketAddr,
    /// The socket, and the client's process.
    pub origin: Origin,
    /// Machine type it was decoded for.
    pub abi: Abi,
    /// What it says.
    pub content: Result<EventContent, Error>,
    /// Its bytes.
    pub raw: Bytes,
}

/// What a packet of the event daemon's socket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventContent {
    /// To the daemon.
    Request(EventRequest),
    /// From the daemon.
    Reply(EventReply),
}

impl EventPacket {
    /// Decodes one packet; `None` when there are fewer bytes than a header has. Without a machine type it is 64-bit, in
    /// the byte order in which the first word is the packet's length.
    #[must_use]
    pub fn new(
        time: Timestamp,
        (src, dst): (SocketAddr, SocketAddr),
        origin: Origin,
        abi: Option<Abi>,
        raw: Bytes,
    ) -> Option<Self> {
        let length = raw.get(..HEADER_LEN)?.first_chunk().copied()?;
        let swapped = usize::try_from(u32::from_be_bytes(length)).ok() == Some(raw.len())
            && usize::try_from(u32::from_le_bytes(length)).ok() != Some(raw.len());
        let abi = abi.unwrap_or(if swapped { Abi::LP64_BE } else { Abi::LP64_LE });
        let content = if is_daemon(src) {
            EventReply::decode(&raw, abi).map(EventContent::Reply)
        } else {
            EventRequest::decode(&raw, abi).map(EventContent::Request)
        };
        Some(Self { time, src, dst, origin, abi, content, raw })
    }

    /// Whether a client sent it to the daemon.
    #[must_use]
    pub fn from_client(&self) -> bool {
        !is_daemon(self.src)
    }

    /// `EVENT_REQUEST` or `EVENT_REPLY`: which way it went.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        if self.from_client() { "EVENT_REQUEST" } else { "EVENT_REPLY" }
    }

    /// Number of the command that is asked for or answered; `None` for what cannot be decoded.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        match self.content.as_ref().ok()? {
            EventContent::Request(request) => Some(request.request.command()),
            EventContent::Reply(reply) => Some(reply.command),
        }
    }

    /// Name of the command: `RUN`, or its number.
    #[must_use]
    pub fn name(&self) -> String {
        self.command().map_or_else(|| "BROKEN".into(), command_name)
    }

    /// Number that pairs a reply with its request; `None` for what cannot be decoded.
    #[must_use]
    pub fn reqid(&self) -> Option<u32> {
        match self.content.as_ref().ok()? {
            EventContent::Request(request) => Some(request.reqid),
            EventContent::Reply(reply) => Some(reply.reqid),
        }
    }

    /// Result in a reply: 0, or a positive error of the system.
    #[must_use]
    pub fn result(&self) -> Option<i32> {
        match self.content.as_ref().ok()? {
            EventContent::Request(_) => None,
            EventContent::Reply(reply) => Some(reply.result),
        }
    }

    /// What is asked or answered as a tree, without header, command and result. `None` for what cannot be decoded.
    #[must_use]
    pub fn describe(&self) -> Option<Value> {
        let abi = self.abi;
        Some(match self.content.as_ref().ok()? {
            EventContent::Request(request) => match &request.request {
                Request::Run(run) => run.describe(abi),
                Request::Status(status) => status.describe(abi),
                Request::Script(script) => script.describe(abi),
                Request::Unknown { data, .. } => data.describe(abi),
                _ => Value::Nothing,
            },
            EventContent::Reply(reply) => match &reply.answer {
                Answer::Status(status) => status.describe(abi),
                Answer::Unknown(data) => data.describe(abi),
                _ => Value::Nothing,
            },
        })
    }

    /// Whether the command is none of those that are known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.command().is_some_and(|command| known_name(command).is_none())
    }

    /// Whether it encodes to the bytes that were recorded.
    #[must_use]
    pub fn is_identical(&self) -> bool {
        let again = match &self.content {
            Ok(EventContent::Request(request)) => request.encode(self.abi),
            Ok(EventContent::Reply(reply)) => reply.encode(self.abi),
            Err(_) => return false,
        };
        again.is_ok_and(|bytes| bytes == self.raw)
    }
}

fn is_daemon(address: SocketAddr) -> bool {
    address.port() == DAEMON.port()
}

fn known_name(command: Command) -> Option<&'static str> {
    match command {
        Command::RUN => Some("RUN"),
        Command::STATUS => Some("STATUS"),
        Command::SCRIPT => Some("SCRIPT"),
        _ => None,
    }
}

/// The command's name, or its number.
#[must_use]
pub fn command_name(command: Command) -> String {
    known_name(command).map_or_else(|| format!("COMMAND_{}", command.0), str::to_owned)
}

/// One packet of the event daemon's socket, and the other half of its pair.
#[derive(Clone, Debug)]
pub struct EventEntry<'a> {
    /// The packet.
    pub event: &'a EventPacket,
    /// Index of the request that this answers.
    pub request: Option<usize>,
    /// Index of the answer to this request.
    pub reply: Option<usize>,
    /// Time from the request to this answer.
    pub latency: Option<Duration>,
}

/// Pairs replies with requests: by the client and the number that it gave the request.
#[must_use]
pub fn pairs(events: &[EventPacket]) -> Vec<EventEntry<'_>> {
    let mut entries = Vec::<EventEntry<'_>>::with_capacity(events.len());
    let mut pending = BTreeMap::<(SocketAddr, u32), usize>::new();
    for (at, event) in events.iter().enumerate() {
        let mut entry = EventEntry { event, request: None, reply: None, latency: None };
        match event.reqid() {
            Some(reqid) if event.from_client() => drop(pending.insert((event.src, reqid), at)),
            Some(reqid) => {
                entry.request = pending.remove(&(event.dst, reqid));
                if let Some(asked) = entry.request.and_then(|request| entries.get_mut(request)) {
                    asked.reply = Some(at);
                    entry.latency = Some(event.time.since(asked.event.time));
                }
            }
            None => {}
        }
        entries.push(entry);
    }
    entries
}
