//! `ctdb-tunneld` without its sockets.
//!
//! It attaches to the local ctdbd as a client, carries messages between the daemons of the cluster's nodes inside
//! `CTDB_SRVID_TUNNEL_NEW_PROTOCOL` messages, and answers for itself under the name `tunnel`. Between two daemons it
//! promises: delivered once and in order, or the sender is told that it was not.
//!
//! ctdbd gives order and nothing else: messages vanish in a partition or at a restart, and the sender's node is not
//! told. So each pair of daemons has a *channel* with sequence numbers, acknowledgements and a window
//! (`outbound`, `inbound`), tunnelds know one another by boot id (`peer`), and a daemon that does not read fills
//! its own window only (`locals`).

pub mod envelope;
pub mod seal;

mod inbound;
mod limits;
mod link;
mod locals;
pub mod messages;
mod outbound;
mod peer;
mod routing;
mod service;
mod status;
mod tunnel;
mod turns;

pub use legacy_session as session;
pub use limits::Config;
pub use seal::{KeyUse, Keys};
pub use tunnel::{Effect, Event, Input, Tunnel};
