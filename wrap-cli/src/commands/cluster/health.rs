//! `cluster health`: one line and an exit status, for monitoring.
//!
//! Healthy: every node is OK and answers, a leader is there, no recovery is going on, and each public address is on one
//! node.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::Shown;
use crate::commands::absent::Absent;
use crate::commands::ip::list::{self, Home};
use crate::commands::row::NoArgs;
use crate::commands::status::{self, NodeLine, Status};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::model::PublicAddress;

/// Whether all is well.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    pub(crate) healthy: bool,
    pub(crate) nodes: usize,
    pub(crate) nodes_ok: usize,
    pub(crate) leader: Option<u32>,
    /// What is not well.
    pub(crate) problems: Vec<String>,
    /// Nodes that are there and did not answer.
    pub(crate) failed: Absent,
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
    let (status, said, failed) = ask(cx).await?;
    Ok(judge(status, &list::merged(&said), &failed))
}

/// What is judged: the status, what each node that answers says about public addresses, and who did not say.
pub(crate) async fn ask(cx: &Context) -> Result<(Status, Vec<(u32, Vec<PublicAddress>)>, Absent), Error> {
    let status = status::collect(&*cx.cluster().await?, &cx.settings).await?;
    let nodes = status.node_status.nodes.values();
    let asked: Vec<u32> = nodes
        .filter(|node| !node.flags.inactive && node.answered == Some(true))
        .map(|node| node.pnn)
        .collect();
    let (said, failed) = list::gather(&*cx.addresses().await?, &asked).await;
    Ok((status, said, failed))
}

/// What a status means, with the nodes that say they have each public address, and those that do not say.
pub(crate) fn judge(status: Status, homes: &[Home], silent: &Absent) -> Health {
    let nodes = &status.node_status.nodes;
    let bad = nodes.values().filter(|node| !node.flags_ok || node.partially_online);
    let word = |node: &NodeLine| match node.answered {
        Some(false) => format!("node {} did not answer", node.pnn),
        _ => format!("node {} is {}", node.pnn, node.state()),
    };
    let mut problems: Vec<_> = bad.map(word).collect();
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
    problems.extend(silent.lines().lines().map(|line| format!("its public addresses are not known: {line}")));
    for (ip, on) in homes {
        match on[..] {
            [_] => {}
            [] => problems.push(format!("public address {ip} is on no node that answers")),
            [..] => problems.push(format!("public address {ip} is on {} nodes", on.len())),
        }
    }
    let (nodes, leader, failed) = (nodes.len(), status.leader(), status.failed);
    Health { healthy: problems.is_empty(), nodes, nodes_ok, leader, problems, failed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fake::{Fake, settings, silent};

    async fn health(fake: &Fake, homes: &[Home]) -> Health {
        let status = status::collect(fake, &settings("cluster health", None)).await.unwrap();
        judge(status, homes, &Absent::default())
    }

    #[tokio::test]
    async fn a_node_that_does_not_answer_is_not_healthy_whatever_the_node_map_says() {
        let mut fake = Fake::new(&[0, 0, 0]);
        let well = health(&fake, &[]).await;
        assert_eq!((well.table().as_str(), Shown::exit(&well)), ("OK: 3 nodes, leader 0\n", Exit::Done));
        fake.silent = vec![2];
        let hung = health(&fake, &[]).await;
        assert_eq!(hung.table(), "NOT OK: 2 of 3 nodes OK; node 2 did not answer\n");
        assert_eq!((hung.healthy, Shown::exit(&hung)), (false, Exit::No));
        assert_eq!(hung.failed.lines(), format!("node 2: {}\n", silent()));
    }

    #[tokio::test]
    async fn an_address_that_nobody_or_more_than_one_has_is_a_problem() {
        let fake = Fake::new(&[0, 0]);
        let ip = |last| std::net::IpAddr::from([10, 0, 0, last]);
        let health = health(&fake, &[(ip(1), vec![0]), (ip(2), vec![]), (ip(3), vec![0, 1])]).await;
        let problems =
            ["public address 10.0.0.2 is on no node that answers", "public address 10.0.0.3 is on 2 nodes"];
        assert_eq!(health.problems, problems);
        assert_eq!(Shown::exit(&health), Exit::No);
    }
}
