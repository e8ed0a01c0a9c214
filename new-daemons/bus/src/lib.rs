//! Messages between the daemons of a cluster.
//!
//! A daemon is reached as node / name / instance ([`Address`]). It speaks Unix datagrams ([`datagram`]) with the daemons
//! of its node, and with the tunneld there, which carries what is for another node. [`Endpoint`] is the daemon's end of
//! that: it cuts messages into fragments, keeps to the window, puts fragments together again and reports what became of
//! each message. No socket and no clock here; `runtime` drives it.

pub mod calls;
pub mod datagram;

mod address;
mod endpoint;
mod failure;
mod gather;
mod local;
mod outgoing;
mod reassembly;
mod share;

pub use address::{Address, AddressError, Daemon, Name, Node};
pub use endpoint::{Config, Effect, Endpoint, Input, LostReason};
pub use failure::{Failure, Undelivered};
pub use gather::{Gather, GatherWriter};
pub use outgoing::Ticket;
pub use reassembly::{Discarded, Reassembly, UNFINISHED_MAX};
pub use share::{RESERVE, Share};

/// The largest message.
pub const MESSAGE_MAX: usize = 16 << 20;

/// The largest piece of a message in one datagram or one tunnel frame.
pub const FRAGMENT_MAX: usize = 64 << 10;

/// What a sender may have under way to one destination before it waits for news of it, in [`charge`]s.
pub const WINDOW: usize = 1 << 20;

/// What a sender may have under way to all destinations together, beyond a [`RESERVE`] for each, in [`charge`]s.
pub const SENDER_POOL: usize = 4 << 20;

/// What may wait in a daemon for one receiver, in [`charge`]s, unless it is one message alone.
pub const QUEUE_MAX: usize = 32 << 20;

/// Daemons of its own node with which a daemon has a connection, at most.
pub const LOCAL_PEERS: usize = 512;

/// Bodies of more than this go to a neighbour as a file. docs/performance.md says why here.
pub const PASS_ABOVE: usize = 4 << 20;

/// What a fragment of `len` bytes counts against a window. The constant part stands for the memory around it.
#[must_use]
pub const fn charge(len: usize) -> usize {
    len + 256
}
