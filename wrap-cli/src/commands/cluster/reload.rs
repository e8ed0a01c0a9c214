//! `cluster reload`: all nodes read the nodes file again.
//!
//! Every connected node must have the same file, and only changes are made that a running cluster survives: nodes at the
//! end, nodes that are marked as deleted and are not there any more, nodes that come back (`check_node_file_changes`).
//! Meanwhile no recovery may begin.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::model::Node;
use futures_util::future::join_all;

/// What has changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Reloaded {
    pub(crate) added: Vec<u32>,
    pub(crate) deleted: Vec<u32>,
    pub(crate) undeleted: Vec<u32>,
    /// Nodes that could not be told, because they are disconnected.
    pub(crate) not_told: Vec<u32>,
}

impl Shown for Reloaded {
    fn table(&self) -> String {
        let lines = [("added", &self.added), ("deleted", &self.deleted), ("undeleted", &self.undeleted)];
        let list = |nodes: &[u32]| nodes.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        let changed = lines.iter().filter(|(_, nodes)| !nodes.is_empty());
        let mut text: String = changed.map(|(what, nodes)| format!("{what}: {}\n", list(nodes))).collect();
        if text.is_empty() {
            text.push_str("the nodes file has not changed\n");
        } else if !self.not_told.is_empty() {
            text += &format!("not told, because disconnected: {}\n", list(&self.not_told));
        }
        text
    }
}

/// What the change from `nodes` to `file` is; or why it must not be made.
pub(crate) fn changes(nodes: &[Node], file: &[Node]) -> Result<Reloaded, Vec<String>> {
    let mut found = Reloaded { added: vec![], deleted: vec![], undeleted: vec![], not_told: vec![] };
    let mut wrong = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        let Some(new) = file.get(i) else {
            wrong.push(format!("node {} ({}) is missing from the file", node.pnn, node.address()));
            continue;
        };
        if node.flags.disconnected && !node.flags.deleted {
            found.not_told.push(node.pnn);
        }
        match (node.flags.deleted, new.flags.deleted) {
            (true, true) => {}
            (false, false) if node.ip == new.ip => {}
            (false, false) => wrong.push(format!(
                "node {} has changed its address from {} to {}",
                node.pnn,
                node.address(),
                new.address()
            )),
            (false, true) => {
                found.deleted.push(node.pnn);
                if !node.flags.disconnected {
                    wrong.push(format!("node {} is to be deleted and is still connected", node.pnn));
                }
            }
            (true, false) => found.undeleted.push(node.pnn),
        }
    }
    found.added = file.iter().skip(nodes.len()).map(|node| node.pnn).collect();
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Reloaded, Error> {
    let cluster = cx.cluster().await?;
    let here = cluster.this_node();
    let question = |node, question| move |failure| Error::Question { node, question, failure };
    let nodes = view::node_map(&*cluster).await?;
    let connected: Vec<u32> =
        nodes.iter().filter(|n| !n.flags.disconnected && !n.flags.deleted).map(|n| n.pnn).collect();
    let own = cluster.nodes_file(here).await.map_err(question(here, "its nodes file"))?;
    let files = join_all(connected.iter().map(|pnn| cluster.nodes_file(*pnn))).await;
    for (pnn, file) in connected.iter().zip(files) {
        let same = |a: &Node, b: &Node| (a.pnn, a.ip, a.flags.deleted) == (b.pnn, b.ip, b.flags.deleted);
        let file = file.map_err(question(*pnn, "its nodes file"))?;
        if file.len() != own.len() || !file.iter().zip(&own).all(|(a, b)| same(a, b)) {
            return Err(refused(*pnn, format!("its nodes file differs from that of node {here}")));
        }
    }
    let changes = changes(&nodes, &own).map_err(|wrong| refused(here, wrong.join("; ")))?;
    if changes.added.is_empty() && changes.deleted.is_empty() && changes.undeleted.is_empty() {
        return Ok(changes);
    }
    let seconds = u32::try_from(cx.settings.timeout.as_secs().max(1) * 2).unwrap_or(u32::MAX);
    cluster.hold_recoveries(&connected, seconds).await.map_err(question(here, "holding recoveries"))?;
    let told = join_all(connected.iter().map(|pnn| cluster.reload_nodes_file(*pnn))).await;
    let released = cluster.hold_recoveries(&connected, 0).await;
    for (pnn, told) in connected.iter().zip(told) {
        told.map_err(question(*pnn, "reading its nodes file; this node must be repaired by hand"))?;
    }
    released.map_err(question(here, "allowing recoveries again"))?;
    Ok(changes)
}

fn refused(node: u32, message: String) -> Error {
    Error::Question { node, question: "the nodes file", failure: Failure::Refused(message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fake::node;

    #[test]
    fn only_changes_that_a_running_cluster_survives_are_made() {
        let now = [node(0, 0), node(1, 0x01), node(2, 0x11)];
        let deleted = |pnn| node(pnn, 0x10);
        let found = changes(&now, &[node(0, 0), deleted(1), node(2, 0), node(3, 0)]).unwrap();
        assert_eq!((found.added, found.deleted, found.undeleted), (vec![3], vec![1], vec![2]));
        let same = changes(&now, &[node(0, 0), node(1, 0), deleted(2)]).unwrap();
        assert!(same.added.is_empty() && same.deleted.is_empty() && same.undeleted.is_empty());
        assert_eq!(same.not_told, [1]);
        let moved = Node { ip: Some("10.9.9.9".parse().unwrap()), ..node(1, 0) };
        let wrong = changes(&now, &[deleted(0), moved]).unwrap_err();
        assert_eq!(
            wrong,
            [
                "node 0 is to be deleted and is still connected",
                "node 1 has changed its address from 10.0.0.2 to 10.9.9.9",
                "node 2 (10.0.0.3) is missing from the file"
            ]
        );
    }
}
