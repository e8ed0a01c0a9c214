//! Playing the clients of a recording again: what to send in which order, which answers to wait for, how they compare.
//!
//! Sends nothing itself: [`Replay::steps`] is a list for somebody with sockets, and [`Replay::judge`] compares what came
//! back. Each recorded client is one connection; requests go out as they were recorded, byte for byte, and wait for
//! those answers that the client had before it asked. Messages from the daemon are not waited for, because nobody asked
//! for a particular one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use legacy_codec::Packet;

use crate::compare::{Answer, Difference, SETTLING};
use crate::session::Session;
use crate::{Capture, Captured, Timestamp};

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Connect as this client.
    Open(SocketAddr),
    /// Send these bytes as this client.
    Send(SocketAddr, Bytes),
    /// Wait for the answer with this reqid; it answers the recorded packet at this index.
    Expect {
        /// Who waits.
        client: SocketAddr,
        /// What the answer has to carry.
        reqid: u32,
        /// Place of the recorded answer in the capture.
        recorded: usize,
    },
    /// Close this client's connection.
    Close(SocketAddr),
}

/// A recording, ready to be played.
#[derive(Debug)]
pub struct Replay<'a> {
    capture: &'a Capture,
    session: Session<'a>,
    /// What to do, in this order, and when: times since the first packet.
    pub steps: Vec<(Duration, Step)>,
    /// Clients in it.
    pub clients: usize,
    /// Messages that the daemon sent on its own.
    pub messages: usize,
}

/// How an answer compares with the recorded one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was asked.
    pub question: String,
    /// All places where the answers differ.
    pub differences: Vec<Difference>,
}

impl Verdict {
    /// The differences that nothing explains.
    pub fn unexplained(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.expected.is_none())
    }
}

impl<'a> Replay<'a> {
    /// Puts the clients of a recording in order. Packets between nodes are left out.
    #[must_use]
    pub fn new(capture: &'a Capture) -> Self {
        let session = Session::new(capture);
        let mut last = BTreeMap::new();
        for (at, entry) in session.entries.iter().enumerate() {
            if let Some(client) = entry.client() {
                last.insert(client, at);
            }
        }
        let first = session.entries.first().map_or_else(Timestamp::default, |first| first.captured.time);
        let mut steps = Vec::new();
        let mut open = BTreeSet::new();
        let mut messages = 0;
        for (at, entry) in session.entries.iter().enumerate() {
            let Some(client) = entry.client() else { continue };
            let mut step = |step| steps.push((entry.captured.time.since(first), step));
            if open.insert(client) {
                step(Step::Open(client));
            }
            match &entry.captured.packet {
                _ if entry.from_client() => step(Step::Send(client, entry.captured.raw.clone())),
                Ok(packet) if entry.request.is_some() => {
                    step(Step::Expect { client, reqid: packet.header.reqid.0, recorded: at });
                }
                _ => messages += 1,
            }
            if last.get(&client) == Some(&at) {
                step(Step::Close(client));
            }
        }
        Self { capture, session, steps, clients: open.len(), messages }
    }

    /// What was asked when the packet at `recorded` was the answer.
    #[must_use]
    pub fn question(&self, recorded: usize) -> String {
        let reply = self.session.entries.get(recorded);
        let asked = reply.and_then(|reply| self.session.request_of(reply));
        asked.map_or_else(String::new, |asked| {
            let dest = asked.captured.packet.as_ref().map(|packet| packet.header.dest.to_string());
            format!("{} {} to {}", asked.operation(), asked.name(), dest.unwrap_or_default())
        })
    }

    /// The request to send again when the answer differs: of a question about a state that settles.
    #[must_use]
    pub fn settling(&self, recorded: usize) -> Option<&Bytes> {
        let asked = self.session.request_of(self.session.entries.get(recorded)?)?;
        SETTLING.contains(&asked.name().as_str()).then_some(&asked.captured.raw)
    }

    /// Compares an answer with the recorded one. `None` when there is no recorded answer at that place.
    #[must_use]
    pub fn judge(&self, recorded: usize, answer: &Bytes) -> Option<Verdict> {
        let reply = self.session.entries.get(recorded)?;
        let request = self.capture.packets.get(reply.request?)?;
        let abi = request.abi;
        // The answer takes the place of the recorded one, behind its request.
        let now =
            Captured { raw: answer.clone(), packet: Packet::decode(answer, abi), ..reply.captured.clone() };
        let pair = Capture { packets: vec![request.clone(), now], ..Capture::default() };
        let pair = Session::new(&pair).entries.last().map(Answer::of)?;
        Some(Verdict { question: self.question(recorded), differences: Answer::of(reply).differences(&pair) })
    }
}
