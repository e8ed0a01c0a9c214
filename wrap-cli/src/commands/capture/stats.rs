//! `capture stats`: how many packets and bytes of each kind a recording has, and how long answers took.

use captures::session::Session;
use captures::stats::{Kind, Latency};
use schemars::JsonSchema;
use serde::Serialize;

use super::FileArgs;
use crate::error::Error;

/// A recording in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Stats {
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
    pub(crate) seconds: f64,
    pub(crate) kinds: Vec<Row>,
    pub(crate) remarks: Vec<String>,
}

/// One kind of packet.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) name: String,
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
    pub(crate) unanswered: usize,
    pub(crate) failed: usize,
    pub(crate) latency_us: Option<Times>,
}

/// Times of answers in microseconds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Times {
    pub(crate) count: usize,
    pub(crate) min: u64,
    pub(crate) median: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

/// Counts a recording.
pub(crate) fn stats(args: &FileArgs) -> Result<Stats, Error> {
    let capture = args.read()?;
    let stats = captures::stats::stats(&Session::new(&capture));
    Ok(Stats {
        packets: stats.packets,
        bytes: stats.bytes,
        seconds: stats.span.as_secs_f64(),
        kinds: stats.kinds.into_iter().map(row).collect(),
        remarks: super::remarks(&capture),
    })
}

fn row(kind: Kind) -> Row {
    let Kind { operation, name, packets, bytes, unanswered, failed, latency } = kind;
    Row { operation, name, packets, bytes, unanswered, failed, latency_us: latency.map(times) }
}

fn times(latency: Latency) -> Times {
    let us = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Times {
        count: latency.count,
        min: us(latency.min),
        median: us(latency.median),
        p90: us(latency.p90),
        p99: us(latency.p99),
        max: us(latency.max),
    }
}
