//! `capture show`, the part about the event daemon's socket: its packets as a line, a tree, or JSON.
//!
//! What a packet means is said in `captures::events`; here are the words around it. No node takes part: one end is the
//! daemon, `eventd`, the other a client by its process. Results are those of C, numbers of errors of the system.

use std::collections::BTreeMap;
use std::io::{self, Write};

use captures::compare::brief;
use captures::events::{EventEntry, EventPacket};
use captures::{Origin, Timestamp};

use super::line::{Columns, FACTS, in_microseconds, socket_of, write_socket};
use super::shape::{Content, EventdPacket};
use crate::error::one_line;
use crate::render::tree;

/// One packet of the event daemon's socket.
pub(super) struct EventLine<'a> {
    pub(super) index: usize,
    pub(super) first: Timestamp,
    pub(super) entry: &'a EventEntry<'a>,
}

/// A client of a socket, by its process.
pub(super) fn client(origin: &Origin) -> String {
    match origin {
        Origin::Socket(socket) => socket.pid.map_or_else(|| "client".into(), |pid| format!("pid-{pid}")),
        Origin::Tcp => "client".into(),
    }
}

fn ends(event: &EventPacket) -> (String, String) {
    let (client, daemon) = (client(&event.origin), "eventd".to_owned());
    if event.from_client() { (client, daemon) } else { (daemon, client) }
}

/// What is said beside the payload: the result of a reply, or what is wrong.
fn head(event: &EventPacket) -> BTreeMap<&'static str, String> {
    let result = event.result().map(|result| ("result", result.to_string()));
    let wrong = event.content.as_ref().err().map(|e| ("malformed", e.to_string()));
    result.into_iter().chain(wrong).collect()
}

fn facts(event: &EventPacket) -> String {
    let mut facts: Vec<_> = head(event).iter().map(|(name, value)| format!("{name}={value}")).collect();
    facts.extend(event.describe().map(|value| brief(&value, FACTS)));
    facts.join(" ")
}

impl EventLine<'_> {
    pub(super) fn write(&self, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        let event = self.entry.event;
        let (from, to) = ends(event);
        let columns = Columns {
            time: event.time.since(self.first),
            from,
            to,
            operation: event.operation().into(),
            name: event.name(),
            len: event.raw.len(),
            latency: self.entry.latency,
        };
        columns.write(if verbose { String::new() } else { facts(event) }, out)?;
        if verbose { self.write_whole(out) } else { Ok(()) }
    }

    fn write_whole(&self, out: &mut dyn Write) -> io::Result<()> {
        let event = self.entry.event;
        writeln!(out, "    event packet {}: {} from {} to {}", self.index, event.time, event.src, event.dst)?;
        write_socket(&event.origin, out)?;
        if let Some(request) = self.entry.request {
            writeln!(out, "    answers event packet {request}")?;
        }
        if let Some(reqid) = event.reqid() {
            writeln!(out, "    reqid {reqid}")?;
        }
        for (name, value) in head(event) {
            writeln!(out, "    {name} {}", one_line(&value))?;
        }
        match event.describe() {
            Some(value) => out.write_all(tree::text(&value, 2).as_bytes()),
            None => out.write_all(tree::dump(&event.raw, 2).as_bytes()),
        }
    }

    /// As JSON.
    pub(super) fn shape(&self) -> EventdPacket {
        let (entry, event) = (self.entry, self.entry.event);
        let (from, to) = ends(event);
        let (socket, pid) = socket_of(&event.origin);
        EventdPacket {
            protocol: "eventd",
            packet: self.index,
            time: event.time.rfc3339(),
            from,
            to,
            src: event.src.to_string(),
            dst: event.dst.to_string(),
            socket,
            pid,
            operation: event.operation(),
            name: event.name(),
            length: event.raw.len(),
            reqid: event.reqid(),
            answers: entry.request,
            answered_by: entry.reply,
            latency_us: entry.latency.map(in_microseconds),
            head: head(event),
            content: Content(event.describe().map(|value| tree::json(&value))),
        }
    }
}
