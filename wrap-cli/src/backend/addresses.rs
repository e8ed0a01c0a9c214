//! What may be asked about public addresses and done with them.

use std::net::{IpAddr, SocketAddr};

use super::Cluster;
use crate::error::Failure;
use crate::model::{Connection, Interface, Network, Placement, PublicAddress};
use async_trait::async_trait;

/// The public addresses of a cluster.
#[async_trait(?Send)]
pub(crate) trait Addresses: Cluster {
    /// The public addresses that node `of` is configured for, and where it believes them to be.
    async fn addresses(&self, of: u32) -> Result<Vec<PublicAddress>, Failure>;

    /// One of them, with the interfaces of node `of` that it may be on.
    async fn placement(&self, of: u32, ip: IpAddr) -> Result<Placement, Failure>;

    /// The interfaces of node `of` that may carry public addresses.
    async fn interfaces(&self, of: u32) -> Result<Vec<Interface>, Failure>;

    /// Tells node `of` whether an interface has a link.
    async fn set_link(&self, of: u32, interface: &str, up: bool) -> Result<(), Failure>;

    /// Has node `of` know a public address from now on; it gets there with the next handing out.
    async fn add_address(&self, of: u32, address: Network, interface: &str) -> Result<(), Failure>;

    /// Has node `of` forget a public address; one that it hosts stays there until the next handing out.
    async fn delete_address(&self, of: u32, ip: IpAddr) -> Result<(), Failure>;

    /// Has the public addresses handed out again, and waits until that has been done.
    async fn reallocate(&self) -> Result<(), Failure>;

    /// Has the next handing out move addresses to a node.
    async fn favour(&self, node: u32) -> Result<(), Failure>;

    /// Keeps the nodes from looking whether each address is where it should be, for so many seconds.
    async fn pause_address_checks(&self, seconds: u32) -> Result<(), Failure>;

    /// Node `of` gives up an address, because node `to` is to have it.
    async fn release_address(&self, of: u32, ip: IpAddr, to: u32) -> Result<(), Failure>;

    /// Node `of` takes an address.
    async fn take_address(&self, of: u32, ip: IpAddr) -> Result<(), Failure>;

    /// Keeps addresses from being handed out by these nodes for so many seconds; 0 allows it again.
    async fn hold_takeover_runs(&self, nodes: &[u32], seconds: u32) -> Result<(), Failure>;

    /// Has node `of` read its file of public addresses again, and do what differs.
    async fn reload_addresses(&self, of: u32) -> Result<(), Failure>;

    /// Has node `of` tell its network that an address is on one of its interfaces.
    async fn announce(&self, of: u32, ip: IpAddr, interface: &str) -> Result<(), Failure>;

    /// The connections to a public address that node `of` knows; port 0 stands for all ports.
    async fn connections(&self, of: u32, server: SocketAddr) -> Result<Vec<Connection>, Failure>;

    /// Has node `of` remember a connection, and tell it to the others by and by.
    async fn add_connection(&self, of: u32, connection: Connection) -> Result<(), Failure>;

    /// Has node `of` forget a connection.
    async fn delete_connection(&self, of: u32, connection: Connection) -> Result<(), Failure>;
}
