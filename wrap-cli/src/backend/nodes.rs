//! What may be asked of one node and done to it, to the cluster as a whole, and to the tunables.

use super::Cluster;
use crate::error::Failure;
use crate::model::{Capabilities, Facts, LogLevel, Node, Tunable, Uptime};
use async_trait::async_trait;

/// A change of a node's part in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeChange {
    Disable,
    Enable,
    Stop,
    Continue,
    /// For this many seconds.
    Ban(u32),
    Unban,
}

/// One node of a cluster.
#[async_trait(?Send)]
pub(crate) trait Nodes: Cluster {
    /// Makes a change, and waits until the node's own node map shows it.
    async fn change(&self, of: u32, change: NodeChange) -> Result<(), Failure>;

    /// Whether the node's own node map shows a change.
    async fn shows(&self, of: u32, change: NodeChange) -> Result<bool, Failure>;

    /// Ends the daemon of node `of`; answers when it has begun to.
    async fn shutdown(&self, of: u32) -> Result<(), Failure>;

    /// When its daemon started and last recovered.
    async fn uptime(&self, of: u32) -> Result<Uptime, Failure>;

    /// How far its start has come: `RUNNING`.
    async fn run_state(&self, of: u32) -> Result<String, Failure>;

    /// Process id of its daemon.
    async fn pid(&self, of: u32) -> Result<i32, Failure>;

    /// What it may be asked to do.
    async fn capabilities(&self, of: u32) -> Result<Capabilities, Failure>;

    /// Whether it may be location master of records.
    async fn set_lmaster_role(&self, of: u32, on: bool) -> Result<(), Failure>;

    /// Whether it may become leader.
    async fn set_leader_role(&self, of: u32, on: bool) -> Result<(), Failure>;

    /// How much it logs.
    async fn log_level(&self, of: u32) -> Result<LogLevel, Failure>;

    async fn set_log_level(&self, of: u32, level: LogLevel) -> Result<(), Failure>;

    /// What its daemon has allocated, as text.
    async fn memory(&self, of: u32) -> Result<String, Failure>;

    /// The same for its recovery daemon.
    async fn recovery_daemon_memory(&self, of: u32) -> Result<String, Failure>;

    /// Whether a process is a client of its daemon, and listens to a srvid if one is named.
    async fn has_process(&self, of: u32, pid: i32, srvid: Option<u64>) -> Result<bool, Failure>;

    /// Its counters since it started or they were reset.
    async fn statistics(&self, of: u32) -> Result<Facts, Failure>;

    /// Sets its counters to 0.
    async fn reset_statistics(&self, of: u32) -> Result<(), Failure>;

    /// Its counters of the last intervals, newest first.
    async fn statistics_history(&self, of: u32) -> Result<Vec<Facts>, Failure>;
}

/// The cluster as a whole.
#[async_trait(?Send)]
pub(crate) trait Whole: Cluster {
    /// Begins a recovery of node `of`, and with it of the cluster.
    async fn begin_recovery(&self, of: u32) -> Result<(), Failure>;

    /// The cluster lock as node `of` has it configured.
    async fn cluster_lock(&self, of: u32) -> Result<Option<String>, Failure>;

    /// The nodes as they are in the nodes file of node `of` now.
    async fn nodes_file(&self, of: u32) -> Result<Vec<Node>, Failure>;

    /// Keeps recoveries from beginning on these nodes for so many seconds; 0 allows them again.
    async fn hold_recoveries(&self, nodes: &[u32], seconds: u32) -> Result<(), Failure>;

    /// Has node `of` read its nodes file again.
    async fn reload_nodes_file(&self, of: u32) -> Result<(), Failure>;
}

/// The tunables of a node.
#[async_trait(?Send)]
pub(crate) trait Tunables: Cluster {
    /// All of them.
    async fn tunables(&self, of: u32) -> Result<Vec<Tunable>, Failure>;

    /// Names of all.
    async fn tunable_names(&self, of: u32) -> Result<Vec<String>, Failure>;

    async fn tunable(&self, of: u32, name: &str) -> Result<u32, Failure>;

    /// Sets one; answers whether it is obsolete and nothing was set.
    async fn set_tunable(&self, of: u32, name: &str, value: u32) -> Result<bool, Failure>;
}
