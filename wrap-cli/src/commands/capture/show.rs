//! `capture show`: the packets of a recording, one line each, or whole with `-v`, or as JSON.
//!
//! Packets are written one by one, so that a large recording needs no large text. Names are those of C.

use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use captures::compare::brief;
use captures::filter::{Filter, Moment, NodeRange, databases};
use captures::session::{Entry, Session};
use captures::{Capture, Origin, Timestamp};
use clap::Args;
use legacy_codec::{Operation, Packet};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::FileArgs;
use crate::args::{Output, Settings};
use crate::error::{Error, one_line};
use crate::nodes::{Item, NodeList};
use crate::render::tree;

/// Facts about a packet on its line, in characters.
const FACTS: usize = 120;

/// Arguments of `capture show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    file: FileArgs,

    /// Only this operation: REQ_CONTROL, or its number; may be given more than once
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,

    /// Only this control or message, requests and replies: GET_NODEMAP, or its number; more than once
    #[arg(long, value_name = "NAME")]
    control: Vec<String>,

    /// Only this database: its id (0x42fe72c5), or its name where the recording tells it
    #[arg(long, value_name = "DB")]
    database: Option<String>,

    /// Nothing before this: seconds since the first packet, or since 1970
    #[arg(long, value_name = "SEC")]
    since: Option<Time>,

    /// Nothing after this: seconds since the first packet, or since 1970
    #[arg(long, value_name = "SEC")]
    until: Option<Time>,
}

/// A time as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time(Moment);

impl FromStr for Time {
    type Err = &'static str;

    /// Exact: a recording may count nanoseconds. A billion seconds and more are those since 1970.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "write seconds, such as 2.5 or 1700000000.25";
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
            return Err(WRONG);
        }
        let seconds: u64 = whole.parse().map_err(|_| WRONG)?;
        let nanos: u32 = format!("{fraction:0<9}").parse().map_err(|_| WRONG)?;
        if seconds < 1_000_000_000 {
            return Ok(Self(Moment::Offset(Duration::new(seconds, nanos))));
        }
        let nanos =
            seconds.checked_mul(1_000_000_000).and_then(|n| n.checked_add(nanos.into())).ok_or(WRONG)?;
        Ok(Self(Moment::Clock(Timestamp::from_nanos(nanos))))
    }
}

/// A recording and what of it is wanted.
#[derive(Debug)]
pub(crate) struct Show {
    capture: Capture,
    filter: Filter,
}

/// Reads the file and understands the filters.
pub(crate) fn show(settings: &Settings, args: &ShowArgs) -> Result<Show, Error> {
    let capture = args.file.read()?;
    let database = match &args.database {
        Some(text) => Some(database(&capture, text)?),
        None => None,
    };
    let filter = Filter {
        nodes: settings.nodes.as_ref().map(ranges).unwrap_or_default(),
        operations: args.operation.clone(),
        controls: args.control.clone(),
        database,
        since: args.since.map(|time| time.0),
        until: args.until.map(|time| time.0),
    };
    Ok(Show { capture, filter })
}

fn ranges(list: &NodeList) -> Vec<NodeRange> {
    match list {
        NodeList::All => Vec::new(),
        NodeList::Items(items) => items
            .iter()
            .map(|item| match *item {
                Item::Range(first, last) => NodeRange::Numbers(first, last),
                Item::Address(ip) => NodeRange::Address(ip),
            })
            .collect(),
    }
}

fn database(capture: &Capture, text: &str) -> Result<u32, Error> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let named = || databases(&Session::new(capture)).get(text).copied();
    number.or_else(named).ok_or_else(|| {
        let message = format!("the recording does not tell the id of a database '{text}'; write its id");
        Error::Words(message)
    })
}

impl JsonSchema for Show {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Packets".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "object" } })
    }
}

impl Show {
    /// Writes the packets that are wanted.
    pub(crate) fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        let session = Session::new(&self.capture);
        match settings.output {
            Output::Json => {
                serde_json::to_writer_pretty(&mut *out, &List { show: self, session: &session })?;
                writeln!(out)
            }
            Output::Jsonl => {
                for line in self.wanted(&session) {
                    serde_json::to_writer(&mut *out, &line)?;
                    writeln!(out)?;
                }
                Ok(())
            }
            Output::Table => {
                for line in self.wanted(&session) {
                    line.write(settings.verbose, out)?;
                }
                super::remarks(&self.capture).iter().try_for_each(|remark| writeln!(out, "({remark})"))
            }
        }
    }

    fn wanted<'a>(&'a self, session: &'a Session<'a>) -> impl Iterator<Item = Line<'a>> {
        let first = session.entries.first().map_or_else(Timestamp::default, |first| first.captured.time);
        session
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| self.filter.takes(session, entry))
            .map(move |(index, entry)| Line { index, first, session, entry })
    }
}

/// All packets that are wanted, as one list.
struct List<'a> {
    show: &'a Show,
    session: &'a Session<'a>,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for line in self.show.wanted(self.session) {
            list.serialize_element(&line)?;
        }
        list.end()
    }
}

/// One packet of a recording.
struct Line<'a> {
    index: usize,
    first: Timestamp,
    session: &'a Session<'a>,
    entry: &'a Entry<'a>,
}

impl Line<'_> {
    fn write(&self, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        let entry = self.entry;
        let (from, to) = ends(entry);
        let time = entry.captured.time.since(self.first);
        let latency = entry.latency.map(|time| format!(" after {}", microseconds(time))).unwrap_or_default();
        let line = format!(
            "{:>4}.{:06} {:>12} -> {:<12} {:<13} {:<22} {:>6}{latency}  {}",
            time.as_secs(),
            time.subsec_micros(),
            from,
            to,
            entry.operation(),
            entry.name(),
            entry.captured.raw.len(),
            if verbose { String::new() } else { facts(entry) },
        );
        writeln!(out, "{}", one_line(line.trim_end()))?;
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
        if let Origin::Socket(socket) = &captured.origin {
            let pid = socket.pid.map_or_else(|| "unknown".into(), |pid| pid.to_string());
            writeln!(out, "    socket {}, client's pid {pid}", one_line(&socket.path))?;
        }
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
}

/// Who sent it, and to whom: nodes by number, clients by process.
fn ends(entry: &Entry<'_>) -> (String, String) {
    let captured = entry.captured;
    let Ok(packet) = &captured.packet else { return (captured.src.to_string(), captured.dst.to_string()) };
    match (&captured.origin, entry.from_client()) {
        (Origin::Tcp, _) => (packet.header.src.to_string(), packet.header.dest.to_string()),
        (Origin::Socket(socket), from_client) => {
            let client = socket.pid.map_or_else(|| "client".into(), |pid| format!("pid-{pid}"));
            if from_client {
                (client, packet.header.dest.to_string())
            } else {
                (packet.header.src.to_string(), client)
            }
        }
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

pub(crate) fn microseconds(time: Duration) -> String {
    format!("{} us", time.as_micros())
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.entry;
        let captured = entry.captured;
        let (from, to) = ends(entry);
        let header = captured.packet.as_ref().ok().map(|packet: &Packet| packet.header);
        let socket = match &captured.origin {
            Origin::Tcp => None,
            Origin::Socket(socket) => Some(socket),
        };
        let value = serde_json::json!({
            "packet": self.index,
            "time": captured.time.rfc3339(),
            "from": from,
            "to": to,
            "src": captured.src.to_string(),
            "dst": captured.dst.to_string(),
            "socket": socket.map(|socket| &socket.path),
            "pid": socket.and_then(|socket| socket.pid),
            "operation": entry.operation(),
            "name": Some(entry.name()).filter(|name| !name.is_empty()),
            "length": captured.raw.len(),
            "generation": header.map(|header| header.generation.0),
            "dest": header.map(|header| header.dest.0),
            "source": header.map(|header| header.src.0),
            "reqid": header.map(|header| header.reqid.0),
            "database": self.session.database(entry).map(|id| format!("{id:#010x}")),
            "answers": entry.request,
            "answered_by": entry.reply,
            "latency_us": entry.latency.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            "head": head(entry).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "content": entry.describe().map(|value| tree::json(&value)),
        });
        value.serialize(serializer)
    }
}

/// What the help says below the arguments.
pub(crate) const HELP: &str = "\
A line has the time since the first packet in seconds, who sent the packet to whom, the operation,
the control or message, the length, of an answer the time it took, and what is in it. Nodes are
shown by their numbers, clients by their process. With -v a packet is shown whole; -n takes the
packets from and to nodes.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_and_large_ones_are_of_the_clock() {
        let offset = |text: &str| text.parse::<Time>();
        assert_eq!(offset("2.5"), Ok(Time(Moment::Offset(Duration::from_millis(2500)))));
        assert_eq!(offset("0"), Ok(Time(Moment::Offset(Duration::ZERO))));
        let clock = Timestamp::from_nanos(1_700_000_000_123_456_789);
        assert_eq!(offset("1700000000.123456789"), Ok(Time(Moment::Clock(clock))));
        for text in ["", ".5", "-1", "1e3", "1.2.3", "1.0000000001", "99999999999999999999"] {
            assert!(offset(text).is_err(), "{text}");
        }
    }
}
