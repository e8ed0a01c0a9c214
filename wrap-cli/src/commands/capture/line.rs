//! `capture show`, the part about packets of ctdbd: one as a line, a tree, or JSON.
//!
//! What a packet means is said in `captures::session`; here are the words and columns around it, which packets of the
//! event daemon share. Names are those of C.

use std::io::{self, Write};
use std::time::Duration;

use captures::Origin;
use captures::compare::brief;
use captures::session::{Entry, Session};
use legacy_codec::Operation;

use super::events;
use super::shape::{Content, CtdbPacket};
use crate::error::one_line;
use crate::render::tree;

/// Facts about a packet on its line, in characters.
pub(super) const FACTS: usize = 120;

/// One packet of a recording.
pub(super) struct Line<'a> {
    pub(super) index: usize,
    pub(super) session: &'a Session<'a>,
    pub(super) entry: &'a Entry<'a>,
}

impl Line<'_> {
    pub(super) fn write(&self, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        let entry = self.entry;
        let (from, to) = ends(entry);
        let columns = Columns {
            time: entry.captured.time.since(self.session.start),
            from,
            to,
            operation: entry.operation(),
            name: entry.name(),
            len: entry.captured.raw.len(),
            latency: entry.latency,
        };
        columns.write(if verbose { String::new() } else { facts(entry) }, out)?;
        if verbose { self.write_whole(out) } else { Ok(()) }
    }

    fn write_whole(&self, out: &mut dyn Write) -> io::Result<()> {
        let entry = self.entry;
        let captured = entry.captured;
        writeln!(
            out,
            "    packet {}: {} from {} to {}",
            self.index, captured.time, captured.src, captured.dst
        )?;
        write_socket(&captured.origin, out)?;
        if let Some(request) = entry.request {
            writeln!(out, "    answers packet {request}")?;
        }
        if let Ok(packet) = &captured.packet {
            let header = packet.header;
            writeln!(
                out,
                "    generation {}, dest {}, src {}, reqid {}",
                header.generation, header.dest, header.src, header.reqid
            )?;
        }
        for (name, value) in head(entry) {
            writeln!(out, "    {name} {}", one_line(&value))?;
        }
        match entry.describe() {
            Some(value) => out.write_all(tree::text(&value, 2).as_bytes()),
            None => out.write_all(tree::dump(&captured.raw, 2).as_bytes()),
        }
    }

    /// As JSON.
    pub(super) fn shape(&self) -> CtdbPacket {
        let entry = self.entry;
        let captured = entry.captured;
        let (from, to) = ends(entry);
        let header = captured.packet.as_ref().ok().map(|packet| packet.header);
        let (socket, pid) = socket_of(&captured.origin);
        CtdbPacket {
            protocol: "ctdb",
            packet: self.index,
            time: captured.time.rfc3339(),
            from,
            to,
            src: captured.src.to_string(),
            dst: captured.dst.to_string(),
            socket,
            pid,
            operation: entry.operation(),
            name: Some(entry.name()).filter(|name| !name.is_empty()),
            length: captured.raw.len(),
            generation: header.map(|header| header.generation.0),
            dest: header.map(|header| header.dest.0),
            source: header.map(|header| header.src.0),
            reqid: header.map(|header| header.reqid.0),
            database: self.session.database(entry).map(|id| format!("{id:#010x}")),
            answers: entry.request,
            answered_by: entry.reply,
            latency_us: entry.latency.map(in_microseconds),
            head: head(entry).into_iter().collect(),
            content: Content(entry.describe().map(|value| tree::json(&value))),
        }
    }
}

/// What stands in front of the facts about a packet.
pub(super) struct Columns {
    pub(super) time: Duration,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) operation: String,
    pub(super) name: String,
    pub(super) len: usize,
    pub(super) latency: Option<Duration>,
}

impl Columns {
    pub(super) fn write(&self, facts: String, out: &mut dyn Write) -> io::Result<()> {
        let Self { time, from, to, operation, name, len, latency } = self;
        let (seconds, micros) = (time.as_secs(), time.subsec_micros());
        let latency = latency.map(|time| format!(" after {}", microseconds(time))).unwrap_or_default();
        let line = format!(
            "{seconds:>4}.{micros:06} {from:>12} -> {to:<12} {operation:<13} {name:<22} {len:>6}{latency}  {facts}"
        );
        writeln!(out, "{}", one_line(line.trim_end()))
    }
}

/// Who sent it, and to whom: nodes by number, clients by process.
fn ends(entry: &Entry<'_>) -> (String, String) {
    let captured = entry.captured;
    let Ok(packet) = &captured.packet else { return (captured.src.to_string(), captured.dst.to_string()) };
    match (&captured.origin, entry.from_client()) {
        (Origin::Tcp, _) => (packet.header.src.to_string(), packet.header.dest.to_string()),
        (Origin::Socket(_), from_client) => {
            let client = events::client(&captured.origin);
            if from_client {
                (client, packet.header.dest.to_string())
            } else {
                (packet.header.src.to_string(), client)
            }
        }
    }
}

/// Where a packet of a socket was seen.
pub(super) fn write_socket(origin: &Origin, out: &mut dyn Write) -> io::Result<()> {
    let Origin::Socket(socket) = origin else { return Ok(()) };
    let pid = socket.pid.map_or_else(|| "unknown".into(), |pid| pid.to_string());
    writeln!(out, "    socket {}, client's pid {pid}", one_line(&socket.path))
}

/// Path of the socket and the client's process, where they are known.
pub(super) fn socket_of(origin: &Origin) -> (Option<String>, Option<u32>) {
    match origin {
        Origin::Tcp => (None, None),
        Origin::Socket(socket) => (Some(socket.path.clone()), socket.pid),
    }
}

/// What the packet says beside its payload: a failure, an error text, flags.
fn head(entry: &Entry<'_>) -> Vec<(&'static str, String)> {
    let mut head = Vec::new();
    match entry.captured.packet.as_ref().map(|packet| &packet.body) {
        Ok(Operation::ReplyControl(reply)) => {
            if reply.status != 0 {
                head.push(("status", reply.status.to_string()));
            }
            if !reply.error.is_empty() {
                head.push(("error", format!("{:?}", String::from_utf8_lossy(&reply.error))));
            }
        }
        Ok(Operation::ReqControl(request)) if !request.flags.is_empty() => {
            head.push(("flags", format!("{:#x}", request.flags.bits())));
        }
        _ => {}
    }
    if let Some(e) = entry.error() {
        head.push(("malformed", e.to_string()));
    }
    head
}

fn facts(entry: &Entry<'_>) -> String {
    let mut facts: Vec<_> = head(entry).iter().map(|(name, value)| format!("{name}={value}")).collect();
    facts.extend(entry.describe().map(|value| brief(&value, FACTS)));
    facts.join(" ")
}

pub(super) fn in_microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn microseconds(time: Duration) -> String {
    format!("{} us", time.as_micros())
}
