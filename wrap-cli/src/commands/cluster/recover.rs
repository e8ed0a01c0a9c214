//! `cluster recover`: begins a recovery and waits until the leader has a new generation.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{sleep, timeout};

use crate::backend::Cluster;
use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::render::table::span;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);
/// A recovery may take this many times as long as one answer.
const PATIENCE: u32 = 12;

/// A recovery that has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Recovered {
    pub(crate) generation: u32,
    pub(crate) took_ms: u64,
}

impl Shown for Recovered {
    fn table(&self) -> String {
        format!("recovered in {}, generation {}\n", span(self.took_ms), self.generation)
    }
}

/// The generation of the leader, once no recovery is going on.
async fn settled(cluster: &dyn Cluster) -> Result<u32, Failure> {
    loop {
        // During an election there is nobody to ask.
        if let Some(leader) = cluster.leader().await?
            && cluster.recovery_mode(leader).await? == 0
            && let Some(generation) = cluster.record_map(leader).await?.generation
        {
            return Ok(generation);
        }
        sleep(LOOK).await;
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Recovered, Error> {
    cx.confirm("This stops all databases of the cluster until the recovery has ended.")?;
    let cluster = cx.cluster().await?;
    let nodes = view::node_map(&*cluster).await?;
    let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
    let failed = |failure| Error::Question { node, question: "the recovery", failure };
    let patience = cx.settings.timeout * PATIENCE;
    let recovering = timeout(patience, async {
        let before = settled(&*cluster).await?;
        let begun = Instant::now();
        cluster.begin_recovery(node).await?;
        loop {
            let generation = settled(&*cluster).await?;
            if generation != before {
                let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                return Ok(Recovered { generation, took_ms });
            }
            sleep(LOOK).await;
        }
    });
    recovering.await.unwrap_or(Err(Failure::NoAnswer(patience))).map_err(failed)
}
