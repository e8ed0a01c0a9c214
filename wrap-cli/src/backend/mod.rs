//! What a command may ask of a cluster, whoever answers.
//!
//! Commands are written against [`Cluster`]; `legacy` asks C ctdbd, `native`
//! the new daemons. Each question has the time of one node and ends with
//! an answer or a [`Failure`], never with a hang. Nothing here decides what is shown.

mod addresses;
pub(crate) mod databases;
mod events;
pub(crate) mod legacy;
pub(crate) mod native;
mod nodes;

pub(crate) use addresses::Addresses;
pub(crate) use events::{EventDaemon, Events};
pub(crate) use nodes::{NodeChange, Nodes, Tunables, Whole};

use crate::error::Failure;
use crate::model::{Node, RecordMap};

/// A cluster, seen from one of its nodes.
pub(crate) trait Cluster {
    /// The node whose daemon is asked directly.
    fn this_node(&self) -> u32;

    /// All nodes, as node `of` sees them.
    async fn nodes(&self, of: u32) -> Result<Vec<Node>, Failure>;

    /// Who is asked where a record is, as node `of` sees it.
    async fn record_map(&self, of: u32) -> Result<RecordMap, Failure>;

    /// The recovery mode of node `of`: 0 is normal.
    async fn recovery_mode(&self, of: u32) -> Result<u32, Failure>;

    /// Whether node `of` is not further than its first recovery, and so cannot judge other nodes.
    async fn is_starting(&self, of: u32) -> Result<bool, Failure>;

    /// Whether node `of` has an interface for public addresses without a link.
    async fn has_link_down(&self, of: u32) -> Result<bool, Failure>;

    /// Who leads; `None` when nobody said so in time.
    async fn leader(&self) -> Result<Option<u32>, Failure>;

    /// Whether the daemon of node `of` lives; answers the number of its clients.
    async fn ping(&self, of: u32) -> Result<u32, Failure>;
}
