//! `overview`: the whole cluster at one look, with what is wrong, why, and since when.
//!
//! Put together from what other commands ask one by one: `cluster health`, `node uptime`, `ip list`, `service list`, and
//! the last runs of the events. A node of which something is not known says so; nothing unknown counts as good.

mod node;
mod shown;

use schemars::JsonSchema;
use serde::Serialize;

use super::absent::Absent;
use super::cluster::health;
use super::ip::list;
use super::row::{NoArgs, rows};
use super::status;
use crate::context::Context;
use crate::error::Error;
use crate::model::Moment;
use futures_util::future::join_all;
use node::{Scripts, Services, Times};

rows! {
    "overview": None Asks, "Show nodes, addresses, services, failed scripts and recoveries of all nodes, with reasons; exit status 1 when the cluster is not healthy", [],
        NoArgs => Overview = run;
}

/// The whole cluster.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Overview {
    /// When it was asked, by the clock of this node.
    pub(crate) at: Moment,
    pub(crate) healthy: bool,
    /// What is not well.
    pub(crate) problems: Vec<String>,
    pub(crate) leader: Option<u32>,
    /// Whether a recovery is going on.
    pub(crate) recovering: bool,
    pub(crate) nodes: Vec<Node>,
    pub(crate) addresses: Vec<Address>,
    /// Nodes that are there and did not answer.
    pub(crate) failed: Absent,
}

/// A node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Node {
    pub(crate) pnn: u32,
    pub(crate) address: String,
    /// As `status` has it.
    pub(crate) state: String,
    pub(crate) this_node: bool,
    /// Null when the node does not say.
    pub(crate) times: Option<Times>,
    pub(crate) services: Services,
    pub(crate) scripts: Scripts,
}

/// A public address.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Address {
    pub(crate) address: String,
    /// The nodes that say they have it: one, if all is well.
    pub(crate) nodes: Vec<u32>,
}

async fn run(cx: &Context, _: NoArgs) -> Result<Overview, Error> {
    let at = Moment::now();
    let cluster = cx.nodes().await?;
    let (status, said, silent) = health::ask(cx).await?;
    let homes = list::merged(&said);
    let lines: Vec<_> = status.node_status.nodes.values().collect();
    let nodes = join_all(lines.into_iter().map(|line| {
        let (cluster, there) = (cluster.clone(), line.answered == Some(true));
        let whom = if line.this_node { cx.clone() } else { cx.at(line.pnn) };
        let (pnn, address, state, this_node) = (line.pnn, line.address.clone(), line.state(), line.this_node);
        async move {
            let (times, services, scripts) = tokio::join!(
                node::times(&*cluster, pnn, there),
                node::services(&whom, pnn, this_node, there),
                node::scripts(&whom, there),
            );
            Node { pnn, address, state, this_node, times, services, scripts }
        }
    }));
    let nodes = nodes.await;
    let recovering = status.recovery_mode_raw != status::NORMAL;
    let addresses =
        homes.iter().map(|(ip, on)| Address { address: ip.to_string(), nodes: on.clone() }).collect();
    let health = health::judge(status, &homes, &silent);
    Ok(Overview {
        at,
        healthy: health.healthy,
        problems: health.problems,
        leader: health.leader,
        recovering,
        nodes,
        addresses,
        failed: health.failed,
    })
}
