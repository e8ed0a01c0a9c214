//! What a command may ask of a cluster, whoever answers.
//!
//! Commands are written against the traits here, one for each function of a cluster; `legacy` asks C's daemons, `native`
//! the new ones, and `owner` knows whom a function belongs to. A new back end is one more implementation of a trait, and a
//! line in `owner`. Each question has the time of one node and ends with an answer or a [`Failure`], never with a hang.
//! Nothing here decides what is shown.

mod addresses;
pub(crate) mod databases;
mod events;
pub(crate) mod legacy;
pub(crate) mod native;
mod nodes;
mod owner;

pub(crate) use addresses::Addresses;
pub(crate) use events::Events;
pub(crate) use nodes::{NodeChange, Nodes, Tunables, Whole};

use crate::error::Failure;
use crate::model::{Node, RecordMap};
use async_trait::async_trait;

/// A cluster, seen from one of its nodes.
#[async_trait(?Send)]
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
