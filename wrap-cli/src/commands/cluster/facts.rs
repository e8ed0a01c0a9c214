//! `cluster leader` and `cluster lock`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;

/// Who leads.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Leader {
    /// Null when nobody said so in time.
    pub(crate) leader: Option<u32>,
}

impl Shown for Leader {
    fn table(&self) -> String {
        self.leader.map_or_else(|| "UNKNOWN\n".into(), |leader| format!("{leader}\n"))
    }

    fn exit(&self) -> Exit {
        if self.leader.is_some() { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn leader(cx: &Context, _: NoArgs) -> Result<Leader, Error> {
    let cluster = cx.cluster().await?;
    let node = cluster.this_node();
    let leader = cluster.leader().await;
    let leader =
        leader.map_err(|failure| Error::Question { node, question: "the leader's messages", failure })?;
    Ok(Leader { leader })
}

/// The cluster lock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Lock {
    /// A file, or `!` and a command; null when none is configured.
    pub(crate) lock: Option<String>,
}

impl Shown for Lock {
    fn table(&self) -> String {
        self.lock.as_ref().map_or_else(|| "no cluster lock\n".into(), |lock| format!("{lock}\n"))
    }

    fn exit(&self) -> Exit {
        if self.lock.is_some() { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn lock(cx: &Context, _: NoArgs) -> Result<Lock, Error> {
    let cluster = cx.cluster().await?;
    let nodes = view::node_map(&*cluster).await?;
    let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
    let lock = cluster.cluster_lock(node).await;
    Ok(Lock {
        lock: lock.map_err(|failure| Error::Question { node, question: "the cluster lock", failure })?,
    })
}
