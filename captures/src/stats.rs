//! A capture in numbers: how many packets and bytes of each kind, and how long answers took.
//!
//! Answers are counted with what they answer: the row of a control has its requests, and the times of its replies.
//! Times are those between two records of the capture, so they belong to the place where it was taken.

use std::collections::BTreeMap;
use std::time::Duration;

use legacy_codec::ControlReply;

use crate::events::EventEntry;
use crate::session::{Content, Session};

/// What was counted of one kind of packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Name of the operation in C.
    pub operation: String,
    /// Name of the control, message or event command; empty for other operations.
    pub name: String,
    /// Packets.
    pub packets: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Requests that wait for an answer and have none in the capture.
    pub unanswered: usize,
    /// Requests that were answered with a failure.
    pub failed: usize,
    /// How long the answers to these packets took.
    pub latency: Option<Latency>,
}

/// Times of answers, by rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// Answers.
    pub count: usize,
    /// The fastest.
    pub min: Duration,
    /// Half of them were faster.
    pub median: Duration,
    /// 90 of 100 were faster.
    pub p90: Duration,
    /// 99 of 100 were faster.
    pub p99: Duration,
    /// The slowest.
    pub max: Duration,
}

/// A capture in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By operation and name.
    pub kinds: Vec<Kind>,
    /// All packets.
    pub packets: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Time from the first to the last packet.
    pub span: Duration,
}

/// Counts a capture.
#[must_use]
pub fn stats(session: &Session<'_>) -> Stats {
    let mut kinds = BTreeMap::<(u32, String), (Kind, Vec<Duration>)>::new();
    let mut stats = Stats::default();
    for entry in &session.entries {
        let number = entry.captured.packet.as_ref().map_or(u32::MAX, |packet| packet.body.number());
        let (operation, name, bytes) = (entry.operation(), entry.name(), entry.captured.raw.len());
        let (kind, times) = kinds.entry((number, name.clone())).or_default();
        kind.operation = operation;
        kind.name = name;
        kind.packets += 1;
        kind.bytes += bytes;
        stats.packets += 1;
        stats.bytes += bytes;
        let reply = entry.reply.and_then(|at| session.entries.get(at));
        kind.unanswered += usize::from(entry.wants_reply() && reply.is_none());
        if let Some(reply) = reply {
            kind.failed += usize::from(
                matches!(&reply.content, Content::Reply(reply) if matches!(**reply, ControlReply::Failed { .. })),
            );
            times.extend(reply.latency);
        }
    }
    for entry in &session.events {
        let (kind, times) = kinds.entry((u32::MAX, event_key(entry))).or_default();
        let bytes = entry.event.raw.len();
        kind.operation = entry.event.operation().into();
        kind.name = entry.event.name();
        kind.packets += 1;
        kind.bytes += bytes;
        stats.packets += 1;
        stats.bytes += bytes;
        let is_request = entry.event.from_client() && entry.event.content.is_ok();
        kind.unanswered += usize::from(is_request && entry.reply.is_none());
        if let Some(reply) = entry.reply.and_then(|at| session.events.get(at)) {
            kind.failed += usize::from(reply.event.result().is_some_and(|result| result != 0));
            times.extend(reply.latency);
        }
    }
    stats.span = span(session);
    stats.kinds =
        kinds.into_values().map(|(kind, times)| Kind { latency: Latency::of(times), ..kind }).collect();
    stats
}

/// Behind everything else, replies behind requests.
fn event_key(entry: &EventEntry<'_>) -> String {
    format!("{} {}", if entry.event.from_client() { 0 } else { 1 }, entry.event.name())
}

fn span(session: &Session<'_>) -> Duration {
    let packet = session.entries.last().map(|last| last.captured.time);
    let event = session.events.last().map(|last| last.event.time);
    packet.max(event).unwrap_or_default().since(session.start)
}

impl Latency {
    fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let last = times.len().checked_sub(1)?;
        let rank = |percent: usize| times.get((last * percent).div_ceil(100)).copied().unwrap_or_default();
        Some(Self {
            count: times.len(),
            min: rank(0),
            median: rank(50),
            p90: rank(90),
            p99: rank(99),
            max: rank(100),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_their_ranks() {
        assert_eq!(Latency::of(Vec::new()), None);
        let ms = Duration::from_millis;
        let latency = Latency::of((1..=101).rev().map(ms).collect()).unwrap();
        assert_eq!(
            (latency.min, latency.median, latency.p90, latency.p99, latency.max),
            (ms(1), ms(51), ms(91), ms(100), ms(101))
        );
    }
}
