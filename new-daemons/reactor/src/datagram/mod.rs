//! Unix datagrams: received in batches, with what the kernel says of the sender, and sent to many peers.
//!
//! A peer has one *connected* socket: an unconnected sender on a full queue would spin, a connected one is told when there is
//! room. What finds no room waits for its peer alone.

mod inlet;
mod outlet;

pub use inlet::{Datagram, Inlet, Rest, Rights, Sender};
pub use outlet::{Outlet, Sent};
