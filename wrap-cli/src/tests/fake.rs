//! A cluster for tests: answers are set beforehand, and what is not set is not answered.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::args::{Output, Settings};
use crate::backend::Cluster;
use crate::error::Failure;
use crate::model::{Flags, Node, RecordMap};
use async_trait::async_trait;

/// The answers of a cluster.
pub(crate) struct Fake {
    pub(crate) this_node: u32,
    /// The node map of each node.
    pub(crate) maps: BTreeMap<u32, Vec<Node>>,
    pub(crate) record_map: RecordMap,
    pub(crate) recovery_mode: u32,
    pub(crate) starting: bool,
    /// Nodes with a link down.
    pub(crate) links_down: Vec<u32>,
    /// Nodes that do not say whether they have one, nor anything else but the node map.
    pub(crate) silent: Vec<u32>,
    pub(crate) leader: Option<u32>,
    /// Clients, or why there is no answer.
    pub(crate) pings: BTreeMap<u32, Result<u32, Failure>>,
}

/// What a node that is not set up says.
pub(crate) fn silent() -> Failure {
    Failure::NoAnswer(Duration::from_secs(10))
}

/// Node `pnn` at 10.0.0.(pnn + 1) with these flags.
pub(crate) fn node(pnn: u32, raw: u32) -> Node {
    let flags = Flags {
        disconnected: raw & 0x01 != 0,
        unhealthy: raw & 0x02 != 0,
        disabled: raw & 0x04 != 0,
        banned: raw & 0x08 != 0,
        deleted: raw & 0x10 != 0,
        stopped: raw & 0x20 != 0,
        inactive: raw & 0x39 != 0,
        unknown: false,
    };
    Node { pnn, ip: Some(format!("10.0.0.{}", pnn + 1).parse().unwrap()), flags, raw }
}

impl Fake {
    /// Seen from node 0: a cluster with these flags, one per node.
    pub(crate) fn new(flags: &[u32]) -> Self {
        let nodes: Vec<_> = (0..).zip(flags).map(|(pnn, raw)| node(pnn, *raw)).collect();
        Self {
            this_node: 0,
            maps: nodes.iter().map(|node| (node.pnn, nodes.clone())).collect(),
            record_map: RecordMap { generation: Some(12345), lmasters: vec![0, 1, 2] },
            recovery_mode: 0,
            starting: false,
            links_down: Vec::new(),
            silent: Vec::new(),
            leader: Some(0),
            pings: BTreeMap::new(),
        }
    }
}

/// Settings as for `command`, with `-n LIST`.
pub(crate) fn settings(command: &str, nodes: Option<&str>) -> Settings {
    Settings {
        command: command.into(),
        nodes: nodes.map(|list| list.parse().unwrap()),
        timeout: Duration::from_secs(10),
        output: Output::Table,
        watch: None,
        color: false,
        socket: "/nowhere".into(),
        run_dir: "/nowhere".into(),
        verbose: false,
        quiet: false,
        yes: false,
    }
}

#[async_trait(?Send)]
impl Cluster for Fake {
    fn this_node(&self) -> u32 {
        self.this_node
    }

    async fn nodes(&self, of: u32) -> Result<Vec<Node>, Failure> {
        self.maps.get(&of).cloned().ok_or_else(silent)
    }

    async fn record_map(&self, _: u32) -> Result<RecordMap, Failure> {
        Ok(self.record_map.clone())
    }

    async fn recovery_mode(&self, _: u32) -> Result<u32, Failure> {
        Ok(self.recovery_mode)
    }

    async fn is_starting(&self, _: u32) -> Result<bool, Failure> {
        Ok(self.starting)
    }

    async fn has_link_down(&self, of: u32) -> Result<bool, Failure> {
        if self.silent.contains(&of) { Err(silent()) } else { Ok(self.links_down.contains(&of)) }
    }

    async fn leader(&self) -> Result<Option<u32>, Failure> {
        Ok(self.leader)
    }

    async fn ping(&self, of: u32) -> Result<u32, Failure> {
        self.pings.get(&of).cloned().unwrap_or_else(|| Err(silent()))
    }
}
