//! `cluster health`: one line and an exit status, for monitoring.
//!
//! Healthy: every node is OK, a leader is there, and no recovery is going on.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::row::NoArgs;
use crate::commands::{Shown, status};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;

/// Whether all is well.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    pub(crate) healthy: bool,
    pub(crate) nodes: usize,
    pub(crate) nodes_ok: usize,
    pub(crate) leader: Option<u32>,
    /// What is not well.
    pub(crate) problems: Vec<String>,
}

impl Shown for Health {
    fn table(&self) -> String {
        match self.leader {
            Some(leader) if self.healthy => format!("OK: {} nodes, leader {leader}\n", self.nodes),
            _ => format!(
                "NOT OK: {} of {} nodes OK; {}\n",
                self.nodes_ok,
                self.nodes,
                self.problems.join("; ")
            ),
        }
    }

    fn exit(&self) -> Exit {
        if self.healthy { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Health, Error> {
    Ok(judge(&status::collect(&*cx.cluster().await?, &cx.settings).await?))
}

/// What a status means.
pub(crate) fn judge(status: &status::Status) -> Health {
    let nodes = &status.node_status.nodes;
    let bad = nodes.values().filter(|node| !node.flags_ok || node.partially_online);
    let mut problems: Vec<_> = bad.map(|node| format!("node {} is {}", node.pnn, node.state())).collect();
    let nodes_ok = nodes.len() - problems.len();
    if status.leader().is_none() {
        problems.push("nobody leads".into());
    }
    if status.recovery_mode_raw != 0 {
        problems.push("a recovery is going on".into());
    }
    if status.vnn_status.generation.is_none() {
        problems.push("there has been no recovery yet".into());
    }
    Health { healthy: problems.is_empty(), nodes: nodes.len(), nodes_ok, leader: status.leader(), problems }
}
