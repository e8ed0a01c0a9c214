//! The event daemon's own protocol, on `eventd.socket`: ctdbd asks it to run the scripts of an event.
//!
//! Packets are written member by member, without alignment and without padding, in the machine's byte order; texts stand
//! behind their length. A reply carries what it answers only through its number. This is the protocol of Samba 4.9 and
//! later; the one of 4.8 was another and is not here. Which events there are, and what a result means, is not said here.
//! Source: `ctdb/event/event_protocol.c`, `ctdb/common/sock_io.c`.

use bytes::{Buf, Bytes, BytesMut};

use crate::abi::{Abi, Endian};
use crate::error::{Error, Path};
use crate::macros::wire;
use crate::text::{Prefixed, Text};
use crate::types::Timeval;
use crate::wire::{Reader, Wire, Writer};

/// Bytes of a header.
pub const HEADER_LEN: usize = 12;

wire! {
    /// `struct ctdb_event_header`.
    #[derive(Copy)]
    EventHeader packed {
        /// Bytes of the packet, this header included.
        length: u32,
        /// Version of the protocol; sent as 0 and not looked at.
        version: u32,
        /// Pairs reply and request.
        reqid: u32,
    }
}

wire! {
    /// `struct ctdb_event_request_run`: run the scripts of an event.
    RunRequest packed {
        /// Whose scripts; `legacy` for those of ctdb.
        component: Prefixed<Text>,
        /// The event.
        event: Prefixed<Text>,
        /// Arguments for the scripts, with blanks between them.
        args: Prefixed<Text>,
        /// Seconds for all scripts together; 0 for no limit.
        timeout: u32,
        /// 1: go on behind a script that failed.
        flags: u32,
    }
}

wire! {
    /// `struct ctdb_event_request_status`: how an event went the last time.
    StatusRequest packed {
        /// Whose scripts.
        component: Prefixed<Text>,
        /// The event.
        event: Prefixed<Text>,
    }
}

wire! {
    /// `struct ctdb_event_request_script`: make a script executable, or not.
    ScriptRequest packed {
        /// Whose script.
        component: Prefixed<Text>,
        /// The script.
        script: Prefixed<Text>,
        /// 0 disables, 1 enables.
        action: u32,
    }
}

wire! {
    /// `struct ctdb_event_script`: how one script went.
    ScriptResult packed {
        /// The script.
        name: Prefixed<Text>,
        /// When it was started.
        begin: Timeval,
        /// When it ended.
        end: Timeval,
        /// 0, its exit status, or a negative error of the system; `-ENOEXEC` for disabled.
        result: i32,
        /// What it wrote.
        output: Prefixed<Text>,
    }
}

wire! {
    /// `struct ctdb_event_reply_status`: how an event went.
    StatusReply packed {
        /// Result of the event.
        summary: i32,
    }
    counted {
        /// Its scripts.
        scripts: Vec<ScriptResult>,
    }
}

/// Number of a request: `enum ctdb_event_command`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command(pub u32);

impl Command {
    /// Run the scripts of an event.
    pub const RUN: Self = Self(1);
    /// How an event went.
    pub const STATUS: Self = Self(2);
    /// Enable or disable a script.
    pub const SCRIPT: Self = Self(3);
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Run the scripts of an event.
    Run(RunRequest),
    /// How an event went.
    Status(StatusRequest),
    /// Enable or disable a script.
    Script(ScriptRequest),
    /// A command that is not known.
    Unknown {
        /// Its number.
        command: Command,
        /// What follows.
        data: Bytes,
    },
}

/// What is answered behind the result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Nothing: the result is all, or the request failed.
    None,
    /// How an event went.
    Status(StatusReply),
    /// The answer to a command that is not known.
    Unknown(Bytes),
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRequest {
    /// Version in the header.
    pub version: u32,
    /// Comes back with the reply.
    pub reqid: u32,
    /// What is asked.
    pub request: Request,
}

/// A reply on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventReply {
    /// Version in the header.
    pub version: u32,
    /// That of the request.
    pub reqid: u32,
    /// The command that was carried out.
    pub command: Command,
    /// 0, or a positive error of the system.
    pub result: i32,
    /// What was asked for.
    pub answer: Answer,
}

fn open(frame: &Bytes, abi: Abi) -> Result<(EventHeader, u32, Reader<'_>), Error> {
    let mut reader = Reader::new(frame, abi);
    let header = EventHeader::get(&mut reader).map_err(|e| e.within("EventHeader"))?;
    if usize::try_from(header.length).ok() != Some(frame.len()) {
        return Err(Error::PacketLength { stated: header.length, actual: frame.len() });
    }
    let command = u32::get(&mut reader).map_err(|e| e.within("command"))?;
    Ok((header, command, reader))
}

fn close<T>(reader: &Reader, value: T) -> Result<T, Error> {
    match reader.left() {
        0 => Ok(value),
        left => Err(Error::Trailing { path: Path::default(), left }),
    }
}

fn packet(version: u32, reqid: u32, abi: Abi, put: impl Fn(&mut Writer)) -> Result<Bytes, Error> {
    let mut body = Writer::new(abi);
    put(&mut body);
    let body = body.finish()?.bytes;
    let len = body.len().saturating_add(HEADER_LEN);
    let length = u32::try_from(len).map_err(|_| Error::TooLong { path: Path::default(), len })?;
    let mut writer = Writer::new(abi);
    EventHeader { length, version, reqid }.put(&mut writer);
    writer.slice(&body);
    Ok(writer.finish()?.bytes)
}

impl EventRequest {
    /// Decodes a packet as [`EventFrames`] cut it out.
    pub fn decode(frame: &Bytes, abi: Abi) -> Result<Self, Error> {
        let (header, command, mut reader) = open(frame, abi)?;
        let from = &mut reader;
        let request = match Command(command) {
            Command::RUN => RunRequest::get(from).map(Request::Run).map_err(|e| e.within("RunRequest")),
            Command::STATUS => {
                StatusRequest::get(from).map(Request::Status).map_err(|e| e.within("StatusRequest"))
            }
            Command::SCRIPT => {
                ScriptRequest::get(from).map(Request::Script).map_err(|e| e.within("ScriptRequest"))
            }
            command => Ok(Request::Unknown { command, data: from.take_rest() }),
        }?;
        let EventHeader { version, reqid, .. } = header;
        close(&reader, Self { version, reqid, request }).map_err(|e| e.within("EventRequest"))
    }

    /// The packet's bytes.
    pub fn encode(&self, abi: Abi) -> Result<Bytes, Error> {
        packet(self.version, self.reqid, abi, |writer| {
            self.request.command().0.put(writer);
            match &self.request {
                Request::Run(request) => request.put(writer),
                Request::Status(request) => request.put(writer),
                Request::Script(request) => request.put(writer),
                Request::Unknown { data, .. } => writer.slice(data),
            }
        })
    }
}

impl Request {
    /// Number of the request.
    #[must_use]
    pub fn command(&self) -> Command {
        match self {
            Self::Run(_) => Command::RUN,
            Self::Status(_) => Command::STATUS,
            Self::Script(_) => Command::SCRIPT,
            Self::Unknown { command, .. } => *command,
        }
    }
}

impl EventReply {
    /// Decodes a packet as [`EventFrames`] cut it out.
    pub fn decode(frame: &Bytes, abi: Abi) -> Result<Self, Error> {
        let (header, command, mut reader) = open(frame, abi)?;
        let command = Command(command);
        let result = i32::get(&mut reader).map_err(|e| e.within("result").within("EventReply"))?;
        let answer = match (command, result) {
            (Command::STATUS, 0) => {
                StatusReply::get(&mut reader).map(Answer::Status).map_err(|e| e.within("StatusReply"))?
            }
            (Command::RUN | Command::SCRIPT, _) | (Command::STATUS, _) => Answer::None,
            _ => Answer::Unknown(reader.take_rest()),
        };
        let EventHeader { version, reqid, .. } = header;
        close(&reader, Self { version, reqid, command, result, answer }).map_err(|e| e.within("EventReply"))
    }

    /// The packet's bytes.
    pub fn encode(&self, abi: Abi) -> Result<Bytes, Error> {
        packet(self.version, self.reqid, abi, |writer| {
            self.command.0.put(writer);
            self.result.put(writer);
            match &self.answer {
                Answer::None => {}
                Answer::Status(status) => status.put(writer),
                Answer::Unknown(data) => writer.slice(data),
            }
        })
    }
}

/// Why a stream of events can not be read further; the connection has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventFrameError {
    /// The length has no room for a header.
    #[error("packet length {0} is shorter than a header")]
    Short(u32),
    /// The length is above the limit.
    #[error("packet length {len} is above the limit of {limit}")]
    TooLong {
        /// Length in the header.
        len: u32,
        /// The limit.
        limit: usize,
    },
}

/// Cuts the bytes of one direction into packets. Memory follows the bytes that arrived, not the length they claim.
#[derive(Debug)]
pub struct EventFrames {
    endian: Endian,
    limit: usize,
    data: BytesMut,
}

impl EventFrames {
    /// An empty buffer that takes packets of up to `limit` bytes.
    #[must_use]
    pub fn new(abi: Abi, limit: usize) -> Self {
        Self { endian: abi.endian(), limit, data: BytesMut::new() }
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
    }

    /// Bytes that arrived and were not given out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether no byte is waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The next whole packet.
    pub fn pop(&mut self) -> Result<Option<Bytes>, EventFrameError> {
        let Some(mut word) = self.data.get(..4) else { return Ok(None) };
        let len = match self.endian {
            Endian::Little => word.get_u32_le(),
            Endian::Big => word.get_u32(),
        };
        let size = usize::try_from(len).unwrap_or(usize::MAX);
        if size < HEADER_LEN {
            return Err(EventFrameError::Short(len));
        }
        if size > self.limit {
            return Err(EventFrameError::TooLong { len, limit: self.limit });
        }
        Ok((size <= self.data.len()).then(|| self.data.split_to(size).freeze()))
    }
}
