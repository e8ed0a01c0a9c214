//! Two captures beside each other: which kinds of packets only one has, and where the same question got another answer.
//!
//! Packets of two runs never come in the same order, so captures are compared by what they say: a question is its
//! control, its destination and its argument, and the first answer to it counts. A question to the event daemon is its
//! command and what comes with it. What [`crate::compare::VOLATILE`] explains is no difference.

use std::collections::BTreeMap;

use bytes::Bytes;
use legacy_codec::Operation;
use legacy_codec::event::HEADER_LEN;

use crate::compare::{Answer, Difference};
use crate::session::Session;

/// Where two captures differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// How often each kind of packet is in either, where the numbers differ.
    pub counts: Vec<Count>,
    /// Questions that both asked.
    pub questions: usize,
    /// Questions with other answers.
    pub answers: Vec<Changed>,
}

/// How often a kind of packet is in either capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Operation, and control or message.
    pub kind: String,
    /// In the first.
    pub left: usize,
    /// In the second.
    pub right: usize,
}

/// A question with two answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Name of the control, or of the event daemon's command.
    pub question: String,
    /// Number of the node that was asked; `None` for an event daemon.
    pub dest: Option<u32>,
    /// Where the answers differ, expected differences left out.
    pub differences: Vec<Difference>,
}

impl Diff {
    /// Whether one has a kind of packet that the other has not, or an answer is another one.
    #[must_use]
    pub fn is_different(&self) -> bool {
        !self.answers.is_empty() || self.counts.iter().any(|count| count.left == 0 || count.right == 0)
    }
}

/// Compares two captures.
#[must_use]
pub fn diff(left: &Session<'_>, right: &Session<'_>) -> Diff {
    let mut counts = BTreeMap::<String, (usize, usize)>::new();
    for kind in kinds(left) {
        counts.entry(kind).or_default().0 += 1;
    }
    for kind in kinds(right) {
        counts.entry(kind).or_default().1 += 1;
    }
    let counts = counts
        .into_iter()
        .filter(|(_, (left, right))| left != right)
        .map(|(kind, (left, right))| Count { kind, left, right })
        .collect();
    let (asked, asked_too) = (questions(left), questions(right));
    let mut diff = Diff { counts, ..Diff::default() };
    for (question, answer) in asked {
        let Some(other) = asked_too.get(&question) else { continue };
        diff.questions += 1;
        let differences: Vec<_> = answer
            .differences(other)
            .into_iter()
            .filter(|difference| difference.expected.is_none())
            .collect();
        if !differences.is_empty() {
            diff.answers.push(Changed { question: question.name, dest: question.dest, differences });
        }
    }
    diff
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    name: String,
    dest: Option<u32>,
    number: u32,
    srvid: u64,
    data: Bytes,
}

/// The first answer to each question.
fn questions(session: &Session<'_>) -> BTreeMap<Question, Answer> {
    let mut found = BTreeMap::new();
    for entry in &session.entries {
        let Some(asked) = session.request_of(entry) else { continue };
        let Ok(packet) = &asked.captured.packet else { continue };
        let Operation::ReqControl(request) = &packet.body else { continue };
        let question = Question {
            name: asked.name(),
            dest: Some(packet.header.dest.0),
            number: request.opcode,
            srvid: request.srvid.0,
            data: request.data.clone(),
        };
        found.entry(question).or_insert_with(|| Answer::of(entry));
    }
    for entry in &session.events {
        let Some(asked) = entry.request.and_then(|at| session.events.get(at)) else { continue };
        let Some(command) = asked.event.command() else { continue };
        let question = Question {
            name: format!("event {}", asked.event.name()),
            dest: None,
            number: command.0,
            srvid: 0,
            // Behind the header is nothing that differs from one asking to the next.
            data: asked.event.raw.slice(HEADER_LEN.min(asked.event.raw.len())..),
        };
        found.entry(question).or_insert_with(|| Answer::of_event(entry.event));
    }
    found
}

fn kinds<'a>(session: &'a Session<'_>) -> impl Iterator<Item = String> + use<'a> {
    let packets = session.entries.iter().map(|entry| kind(&entry.operation(), &entry.name()));
    packets.chain(session.events.iter().map(|entry| kind(entry.event.operation(), &entry.event.name())))
}

fn kind(operation: &str, name: &str) -> String {
    if name.is_empty() { operation.to_owned() } else { format!("{operation} {name}") }
}
