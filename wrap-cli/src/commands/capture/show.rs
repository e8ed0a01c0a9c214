//! `capture show`: the packets of a recording, one line each, or whole with `-v`, or as JSON.
//!
//! Packets are written one by one, so that a large recording needs no large text. Names are those of C.

use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use captures::filter::{Filter, Moment, NodeRange, databases};
use captures::session::Session;
use captures::{Capture, Timestamp};
use clap::Args;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::json;

use super::FileArgs;
use super::events::EventLine;
use super::line::Line;
use super::shape::ShownPacket;
use crate::args::{Output, Settings};
use crate::error::Error;
use crate::nodes::{Item, NodeList};

/// Arguments of `capture show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    file: FileArgs,

    /// Only this operation: REQ_CONTROL, or its number; may be given more than once
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,

    /// Only this control, message or event command, requests and replies: GET_NODEMAP, or its number; more than once
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
        Listed::<Vec<ShownPacket>>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Listed::<Vec<ShownPacket>>::json_schema(generator)
    }
}

impl Show {
    /// Writes the packets that are wanted.
    pub(crate) fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        let session = Session::new(&self.capture);
        let remarks = super::remarks(&self.capture);
        match settings.output {
            Output::Json => {
                let packets = List { show: self, session: &session };
                serde_json::to_writer_pretty(&mut *out, &Listed { packets, remarks })?;
                writeln!(out)
            }
            Output::Jsonl => {
                for line in self.wanted(&session) {
                    serde_json::to_writer(&mut *out, &line)?;
                    writeln!(out)?;
                }
                if remarks.is_empty() {
                    return Ok(());
                }
                serde_json::to_writer(&mut *out, &json!({ "remarks": remarks }))?;
                writeln!(out)
            }
            Output::Table => {
                for line in self.wanted(&session) {
                    line.write(settings.verbose, out)?;
                }
                remarks.iter().try_for_each(|remark| writeln!(out, "({remark})"))
            }
        }
    }

    /// The packets that are wanted, of both protocols, by time.
    fn wanted<'a>(&'a self, session: &'a Session<'a>) -> impl Iterator<Item = AnyLine<'a>> {
        let packets = session.entries.iter().enumerate();
        let mut packets = packets
            .filter(|(_, entry)| self.filter.takes(session, entry))
            .map(|(index, entry)| Line { index, session, entry })
            .peekable();
        let events = session.events.iter().enumerate();
        let mut events = events
            .filter(|(_, entry)| self.filter.takes_event(session, entry.event))
            .map(|(index, entry)| EventLine { index, first: session.start, entry })
            .peekable();
        std::iter::from_fn(move || {
            let event_time = events.peek().map(|event| event.entry.event.time);
            let is_packet_next = |packet: &Line<'_>| {
                event_time.is_none_or(|event_time| packet.entry.captured.time <= event_time)
            };
            let packet = packets.next_if(is_packet_next).map(AnyLine::Packet);
            packet.or_else(|| events.next().map(AnyLine::Event))
        })
    }
}

/// The answer as JSON. With `-o jsonl` each packet is a line, and the remarks are the last, when there are any.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Packets")]
struct Listed<P> {
    /// By time.
    packets: P,
    /// What of the recording could not be read: packets of other link types, damage, gaps.
    remarks: Vec<String>,
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

/// One packet of a recording, of either protocol.
enum AnyLine<'a> {
    Packet(Line<'a>),
    Event(EventLine<'a>),
}

impl AnyLine<'_> {
    fn write(&self, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Packet(line) => line.write(verbose, out),
            Self::Event(line) => line.write(verbose, out),
        }
    }
}

impl Serialize for AnyLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = match self {
            Self::Packet(line) => ShownPacket::Ctdb(Box::new(line.shape())),
            Self::Event(line) => ShownPacket::Eventd(Box::new(line.shape())),
        };
        shape.serialize(serializer)
    }
}

/// What the help says below the arguments.
pub(crate) const HELP: &str = "\
A line has the time since the first packet in seconds, who sent the packet to whom, the operation,
the control or message, the length, of an answer the time it took, and what is in it. Nodes are
shown by their numbers, clients by their process. With -v a packet is shown whole; -n takes the
packets from and to nodes. Packets of the event daemon are EVENT_REQUEST and EVENT_REPLY, with RUN,
STATUS or SCRIPT in place of the control.";

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
