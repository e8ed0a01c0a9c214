//! `status`: what `ctdb status` says, with the keys of its JSON form (`print_json_status` of Samba master).
//!
//! Whether the cluster is healthy is another question, but a node that is there and does not answer is told: the flags say
//! what another node believes, which takes its time to notice. The facts are those of `control_status`, `print_nodemap` and
//! `partially_online`; `answered` and `failed` are ours.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::absent::Absent;
use super::row::{NoArgs, rows};
use super::view;
use crate::args::Settings;
use crate::backend::Cluster;
use crate::context::Context;
use crate::error::Error;
use crate::model::{Flags, Node};
use futures_util::future::join_all;

/// No node: `CTDB_UNKNOWN_PNN`.
const NO_LEADER: u32 = u32::MAX;

/// The recovery mode of a cluster that is not in recovery.
pub(crate) const NORMAL: u32 = 0;

/// The whole answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    pub(crate) node_status: NodeStatus,
    pub(crate) vnn_status: VnnStatus,
    /// `NORMAL` or `RECOVERY`.
    pub(crate) recovery_mode: String,
    pub(crate) recovery_mode_raw: u32,
    /// 4294967295 when nobody leads, as upstream writes it.
    pub(crate) leader: u32,
    /// Nodes that are there and did not answer.
    pub(crate) failed: Absent,
}

/// The nodes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NodeStatus {
    /// Deleted nodes included.
    pub(crate) node_count: usize,
    pub(crate) deleted_node_count: usize,
    /// By number as text, as upstream's `ctdb -j status` has it, whose readers find the same form here; all other answers
    /// have lists. Deleted nodes are left out.
    pub(crate) nodes: BTreeMap<u32, NodeLine>,
}

/// One node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NodeLine {
    pub(crate) pnn: u32,
    pub(crate) address: String,
    /// No flag is set, but an interface for public addresses has no link.
    pub(crate) partially_online: bool,
    pub(crate) flags_raw: u32,
    /// No flag is set, and the node did not fail to answer.
    pub(crate) flags_ok: bool,
    pub(crate) flags: Flags,
    pub(crate) this_node: bool,
    /// Whether it answered itself; null for a node that is disconnected, which nobody asks.
    pub(crate) answered: Option<bool>,
}

impl NodeLine {
    /// As `ctdb status` prints it, but for a node that does not answer.
    pub(crate) fn state(&self) -> String {
        match self.answered {
            Some(false) if self.flags_raw == 0 => "NO ANSWER".into(),
            Some(false) => self.flags.text() + "|NO ANSWER",
            _ if self.partially_online => "PARTIALLYONLINE".into(),
            _ => self.flags.text(),
        }
    }
}

/// Who is asked where a record is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VnnStatus {
    /// `None` before the first recovery.
    pub(crate) generation: Option<u32>,
    pub(crate) size: usize,
    pub(crate) vnn_map: Vec<Slot>,
}

/// One hash slot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Slot {
    pub(crate) hash: usize,
    pub(crate) lmaster: u32,
}

impl Status {
    /// The leader, when there is one.
    pub(crate) fn leader(&self) -> Option<u32> {
        (self.leader != NO_LEADER).then_some(self.leader)
    }
}

rows! {
    "status": One Asks, "Show the nodes, the record map, the recovery mode and the leader", ["status"],
        NoArgs => Status = run;
}

async fn run(cx: &Context, _: NoArgs) -> Result<Status, Error> {
    collect(&*cx.cluster().await?, &cx.settings).await
}

/// Asks everything; what does not depend on another answer is asked at the same time.
pub(crate) async fn collect(cluster: &dyn Cluster, settings: &Settings) -> Result<Status, Error> {
    let nodes = view::node_map(cluster).await?;
    let asked = view::one_node(cluster, settings, &nodes)?;
    let question = |question| move |failure| Error::Question { node: asked, question, failure };
    let (lines, record_map, mode, leader) = tokio::join!(
        node_lines(cluster, asked, nodes),
        cluster.record_map(asked),
        cluster.recovery_mode(asked),
        cluster.leader(),
    );
    let (node_status, failed) = lines?;
    let record_map = record_map.map_err(question("the record map"))?;
    let mode = mode.map_err(question("the recovery mode"))?;
    let leader = leader.map_err(|failure| Error::Question {
        node: cluster.this_node(),
        question: "the leader's messages",
        failure,
    })?;
    let slots = record_map.lmasters.into_iter().enumerate();
    let vnn_map: Vec<_> = slots.map(|(hash, lmaster)| Slot { hash, lmaster }).collect();
    Ok(Status {
        node_status,
        vnn_status: VnnStatus { generation: record_map.generation, size: vnn_map.len(), vnn_map },
        recovery_mode: if mode == 0 { "NORMAL" } else { "RECOVERY" }.into(),
        recovery_mode_raw: mode,
        leader: leader.unwrap_or(NO_LEADER),
        failed,
    })
}

/// Every node that is there is asked, whatever the map says of it.
async fn node_lines(
    cluster: &dyn Cluster,
    asked: u32,
    nodes: Vec<Node>,
) -> Result<(NodeStatus, Absent), Error> {
    let nodes = view::judged(cluster, asked, nodes).await?;
    let node_count = nodes.len();
    let shown: Vec<Node> = nodes.into_iter().filter(|node| !node.flags.deleted).collect();
    let deleted_node_count = node_count - shown.len();
    let there = shown.iter().filter(|node| !node.flags.disconnected);
    let links = there.map(|node| async { (node.pnn, cluster.has_link_down(node.pnn).await) });
    let (links, failed) = Absent::sift(join_all(links).await);
    let line = |node: Node| {
        let link_down = links.iter().find(|(pnn, _)| *pnn == node.pnn).map(|(_, down)| *down);
        let answered = (!node.flags.disconnected).then_some(link_down.is_some());
        let line = NodeLine {
            pnn: node.pnn,
            address: node.address(),
            partially_online: node.raw == 0 && link_down == Some(true),
            flags_raw: node.raw,
            flags_ok: node.raw == 0 && answered == Some(true),
            flags: node.flags,
            this_node: node.pnn == asked,
            answered,
        };
        (node.pnn, line)
    };
    let nodes = shown.into_iter().map(line).collect();
    Ok((NodeStatus { node_count, deleted_node_count, nodes }, failed))
}
