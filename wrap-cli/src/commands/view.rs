//! The view of the nodes that commands share: whose node map is believed, and which nodes `-n` means.
//!
//! The rules are those of the `ctdb` tool (`get_nodemap`, `get_nodemap_unknown`): a banned node is not trusted with
//! the node map, and a node before the end of its first recovery cannot judge the others.

use crate::args::Settings;
use crate::backend::Cluster;
use crate::error::{Error, Failure};
use crate::model::Node;
use crate::nodes::NodeList;

/// The node map of this node, or of the next one that is there and not banned when this one is.
pub(crate) async fn node_map(cluster: &dyn Cluster) -> Result<Vec<Node>, Error> {
    const QUESTION: &str = "the node map";
    let here = cluster.this_node();
    let own = cluster.nodes(here).await;
    let own = own.map_err(|failure| Error::Question { node: here, question: QUESTION, failure })?;
    let position = own.iter().position(|node| node.pnn == here).ok_or_else(|| Error::Question {
        node: here,
        question: QUESTION,
        failure: Failure::Malformed("the node itself is not in it".into()),
    })?;
    let (before, after) = own.split_at(position);
    let banned = |nodes: &[Node], pnn| nodes.iter().any(|node| node.pnn == pnn && node.flags.banned);
    if !banned(&own, here) {
        return Ok(own);
    }
    let there =
        after.iter().skip(1).chain(before).filter(|node| !node.flags.deleted && !node.flags.disconnected);
    let mut of_themselves = Vec::new();
    for node in there {
        // One that does not answer is no help, and no reason to give up.
        let Ok(nodes) = cluster.nodes(node.pnn).await else { continue };
        if !banned(&nodes, node.pnn) {
            return Ok(nodes);
        }
        of_themselves.extend(nodes.into_iter().find(|said| said.pnn == node.pnn));
    }
    // Nobody is left who would know better, and a ban has to be seen to be lifted. Nodes that are banned do not hear of
    // each other's bans, but each knows its own.
    let of_itself =
        |node: Node| of_themselves.iter().find(|said| said.pnn == node.pnn).cloned().unwrap_or(node);
    Ok(own.into_iter().map(of_itself).collect())
}

/// The node that `-n` names, or this one. It has to be connected.
pub(crate) fn one_node(cluster: &dyn Cluster, settings: &Settings, nodes: &[Node]) -> Result<u32, Error> {
    let Some(list) = &settings.nodes else { return Ok(cluster.this_node()) };
    match list.select(nodes)?[..] {
        [node] if node.flags.disconnected => Err(Error::Disconnected { node: node.pnn }),
        [node] => Ok(node.pnn),
        _ => Err(Error::OneNode { command: settings.command.clone() }),
    }
}

/// The nodes that `-n` names, or this one.
pub(crate) fn many_nodes<'a>(
    cluster: &dyn Cluster,
    settings: &Settings,
    nodes: &'a [Node],
) -> Result<Vec<&'a Node>, Error> {
    match &settings.nodes {
        Some(list) => Ok(list.select(nodes)?),
        None => {
            let here =
                NodeList::Items(vec![crate::nodes::Item::Range(cluster.this_node(), cluster.this_node())]);
            Ok(here.select(nodes)?)
        }
    }
}

/// The nodes as `asked` sees them: not judged at all while it starts.
pub(crate) async fn judged(cluster: &dyn Cluster, asked: u32, nodes: Vec<Node>) -> Result<Vec<Node>, Error> {
    let starting = cluster.is_starting(asked).await.map_err(|failure| Error::Question {
        node: asked,
        question: "its run state",
        failure,
    })?;
    let judge = |node: Node| {
        let known = node.flags.deleted || node.flags.disconnected || node.pnn == asked;
        if starting && !known { node.unjudged() } else { node }
    };
    Ok(nodes.into_iter().map(judge).collect())
}
