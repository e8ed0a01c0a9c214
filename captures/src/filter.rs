//! Which packets of a capture are wanted.
//!
//! Every condition that is set has to hold; of several values for one condition, one has to. A reply is of the control
//! and the database that its request is of.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use legacy_codec::{ControlReply, ControlRequest};

use crate::Timestamp;
use crate::events::EventPacket;
use crate::session::{Content, Entry, Session};

/// Conditions; empty and `None` let everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Nodes that sent it or are to receive it.
    pub nodes: Vec<NodeRange>,
    /// Names or numbers of operations, as in C, in any case.
    pub operations: Vec<String>,
    /// Names or numbers of controls or messages, as in C, in any case.
    pub controls: Vec<String>,
    /// The database it is about.
    pub database: Option<u32>,
    /// Not before this.
    pub since: Option<Moment>,
    /// Not after this.
    pub until: Option<Moment>,
}

/// Nodes by number, or one by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeRange {
    /// From the first to the second, both included.
    Numbers(u32, u32),
    /// The node with this address.
    Address(IpAddr),
}

/// A moment of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Since the first packet.
    Offset(Duration),
    /// By the clock.
    Clock(Timestamp),
}

impl Moment {
    fn of(self, first: Timestamp) -> Timestamp {
        match self {
            Self::Clock(time) => time,
            Self::Offset(offset) => {
                let nanos = u64::try_from(offset.as_nanos()).unwrap_or(u64::MAX);
                Timestamp::from_nanos(first.as_nanos().saturating_add(nanos))
            }
        }
    }
}

impl Filter {
    /// Whether a packet is wanted.
    #[must_use]
    pub fn takes(&self, session: &Session<'_>, entry: &Entry<'_>) -> bool {
        self.takes_time(session, entry.captured.time)
            && (self.nodes.is_empty() || self.nodes.iter().any(|range| range.holds(entry)))
            && named(&self.operations, &entry.operation(), operation_number(entry))
            && named(&self.controls, &entry.name(), control_number(entry))
            && self.database.is_none_or(|wanted| session.database(entry) == Some(wanted))
    }

    /// Whether a packet of the event daemon's socket is wanted: it has no node and no database, and its command stands
    /// where others have their control.
    #[must_use]
    pub fn takes_event(&self, session: &Session<'_>, event: &EventPacket) -> bool {
        self.takes_time(session, event.time)
            && self.nodes.is_empty()
            && self.database.is_none()
            && named(&self.operations, event.operation(), None)
            && named(&self.controls, &event.name(), event.command().map(|command| command.0))
    }

    fn takes_time(&self, session: &Session<'_>, time: Timestamp) -> bool {
        self.since.is_none_or(|since| time >= since.of(session.start))
            && self.until.is_none_or(|until| time <= until.of(session.start))
    }
}

impl NodeRange {
    fn holds(&self, entry: &Entry<'_>) -> bool {
        let captured = entry.captured;
        match *self {
            Self::Address(ip) => captured.src.ip() == ip || captured.dst.ip() == ip,
            Self::Numbers(first, last) => captured.packet.as_ref().is_ok_and(|packet| {
                [packet.header.src.0, packet.header.dest.0].iter().any(|pnn| (first..=last).contains(pnn))
            }),
        }
    }
}

fn named(wanted: &[String], name: &str, number: Option<u32>) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|wanted| {
            wanted.eq_ignore_ascii_case(name) || (number.is_some() && wanted.parse().ok() == number)
        })
}

fn operation_number(entry: &Entry<'_>) -> Option<u32> {
    entry.captured.packet.as_ref().ok().map(|packet| packet.body.number())
}

fn control_number(entry: &Entry<'_>) -> Option<u32> {
    match &entry.content {
        Content::Request(request) => Some(request.opcode()),
        Content::Reply(reply) => Some(reply.opcode()),
        _ => None,
    }
}

/// The databases whose names are told in a capture: by attaching to them, or by asking for their names.
#[must_use]
pub fn databases(session: &Session<'_>) -> BTreeMap<String, u32> {
    let mut known = BTreeMap::new();
    for entry in &session.entries {
        let Some(request) = session.request_of(entry) else { continue };
        let (Content::Request(request), Content::Reply(reply)) = (&request.content, &entry.content) else {
            continue;
        };
        let (name, id) = match (request, &**reply) {
            (ControlRequest::DbAttach((name, _)), ControlReply::DbAttach(id))
            | (ControlRequest::DbAttachPersistent((name, _)), ControlReply::DbAttachPersistent(id))
            | (ControlRequest::DbAttachReplicated((name, _)), ControlReply::DbAttachReplicated(id))
            | (ControlRequest::GetDbName(id), ControlReply::GetDbName(name)) => (name, id),
            _ => continue,
        };
        known.insert(name.to_string(), id.0);
    }
    known
}
