//! `db statistics`: what was done to a database, on each node.

use schemars::JsonSchema;
use serde::Serialize;

use super::NameArgs;
use super::octets::Octets;
use crate::backend::databases;
use crate::commands::asked::{Answers, Columns, ask};
use crate::context::Context;
use crate::error::Error;
use crate::render::table::Column;

/// A time that was measured often, in seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Latency {
    pub(crate) count: u32,
    pub(crate) min: f64,
    pub(crate) avg: f64,
    pub(crate) max: f64,
}

impl From<databases::Latency> for Latency {
    fn from(latency: databases::Latency) -> Self {
        let databases::Latency { count, min, avg, max } = latency;
        Self { count, min, avg, max }
    }
}

/// Locks on records.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Locks {
    pub(crate) calls: u32,
    pub(crate) current: u32,
    pub(crate) pending: u32,
    pub(crate) failed: u32,
    pub(crate) latency: Latency,
    /// How long they took: below 1 ms, 10 ms, 100 ms, 1 s and so on.
    pub(crate) buckets: Vec<u32>,
}

/// A key that many nodes want.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HotKey {
    /// How often it moved in a second.
    pub(crate) count: u32,
    pub(crate) key: Octets,
}

/// What was done to a database on one node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Statistics {
    /// Copies of records that were given out.
    pub(crate) ro_delegations: u32,
    /// Copies that were called back.
    pub(crate) ro_revokes: u32,
    pub(crate) locks: Locks,
    pub(crate) vacuum: Latency,
    /// Calls by the number of nodes they passed.
    pub(crate) hop_count_buckets: Vec<u32>,
    pub(crate) hot_keys: Vec<HotKey>,
}

impl From<databases::Counters> for Statistics {
    fn from(counters: databases::Counters) -> Self {
        let hot = counters.hot_keys.into_iter().map(|(count, key)| HotKey { count, key: key.into() });
        Self {
            ro_delegations: counters.delegations,
            ro_revokes: counters.revokes,
            locks: Locks {
                calls: counters.locks,
                current: counters.locks_current,
                pending: counters.locks_pending,
                failed: counters.locks_failed,
                latency: counters.lock_latency.into(),
                buckets: counters.lock_buckets,
            },
            vacuum: counters.vacuum_latency.into(),
            hop_count_buckets: counters.hop_buckets,
            hot_keys: hot.collect(),
        }
    }
}

fn numbers(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

fn latency(it: &Latency) -> String {
    format!("{:.6}/{:.6}/{:.6} s of {}", it.min, it.avg, it.max, it.count)
}

impl Columns for Statistics {
    const COLUMNS: &'static [Column] = &[("COUNTER", false), ("VALUE", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let mut lines = vec![
            ("ro_delegations", self.ro_delegations.to_string()),
            ("ro_revokes", self.ro_revokes.to_string()),
            ("locks calls", self.locks.calls.to_string()),
            ("locks current", self.locks.current.to_string()),
            ("locks pending", self.locks.pending.to_string()),
            ("locks failed", self.locks.failed.to_string()),
            ("locks min/avg/max", latency(&self.locks.latency)),
            ("locks buckets", numbers(&self.locks.buckets)),
            ("vacuum min/avg/max", latency(&self.vacuum)),
            ("hop count buckets", numbers(&self.hop_count_buckets)),
        ];
        lines.extend(
            self.hot_keys.iter().map(|hot| ("hot key", format!("{} {}", hot.count, hot.key.shown()))),
        );
        lines.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
    }
}

pub(crate) async fn run(cx: &Context, args: NameArgs) -> Result<Answers<Statistics>, Error> {
    let cluster = cx.databases().await?;
    ask(cx, &*cluster, |pnn| {
        let (cluster, name) = (cluster.clone(), args.database.clone());
        async move { cluster.database_counters(pnn, &name).await.map(Statistics::from) }
    })
    .await
}
