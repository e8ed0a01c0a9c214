//! `node ping`: asks the ctdbd of each node whether it lives, all at the same time.

use std::time::Instant;

use schemars::JsonSchema;
use serde::Serialize;

use crate::backend::Cluster;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;
use crate::render::table::{Column, milliseconds};

/// What one node answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ping {
    /// Round trip in microseconds.
    pub(crate) time_us: u64,
    /// Clients of its ctdbd.
    pub(crate) clients: u32,
}

impl Columns for Ping {
    const COLUMNS: &'static [Column] = &[("TIME", true), ("CLIENTS", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![milliseconds(self.time_us), self.clients.to_string()]]
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Answers<Ping>, Error> {
    ping(cx, &*cx.nodes().await?).await
}

/// Pings the nodes that are named, or this one.
pub(crate) async fn ping(cx: &Context, cluster: &dyn Cluster) -> Result<Answers<Ping>, Error> {
    ask(cx, cluster, async |pnn| {
        let start = Instant::now();
        let clients = cluster.ping(pnn).await?;
        Ok(Ping { time_us: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), clients })
    })
    .await
}
