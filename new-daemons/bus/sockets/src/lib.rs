//! The Unix datagram sockets of the bus.
//!
//! Each daemon has one socket to receive, in the bus directory under its own name, and one *connected* socket for each
//! peer it sends to: an unconnected sender on a full queue would spin, a connected one sleeps until there is room. Only
//! root and the user of the process itself are heard; the kernel says who sent. A large body comes as a file beside its
//! datagram; any other file is refused, and none is ever left open. [`End`] is a daemon's end of the bus without tokio;
//! `runtime` has one on tokio.

mod clock;
mod directory;
mod end;
mod file;
mod joining;
mod receiver;
mod senders;
mod socket_file;

pub use clock::{Clock, today};
pub use directory::{TUNNEL_SOCKET, prepare_directory, socket_of};
pub use end::{End, Event, TOKENS};
pub use file::{make as make_file, read as read_file};
pub use joining::{JoinError, Joining, Way, incarnation};
pub use receiver::{Arrival, Files, Receiver};
pub use senders::{Delivery, SEND_BUFFER, Senders, send_once};
pub use socket_file::SocketFile;
