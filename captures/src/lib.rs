//! Recorded traffic of a cluster, between nodes and on ctdbd's socket: pcap and pcapng files in, decoded packets out.
//!
//! ```text
//! file (records) -> carried, link (segments) -> tcp (byte streams) -> frames (whole packets) -> legacy-codec
//!              \-> exported (packets of a socket) ------------------------------/
//!                     \-> events (packets of the event daemon's socket)
//! packets -> session (payloads, pairs) -> check, stats, diff, replay
//! ```
//! Pure: works on bytes in memory, sees no socket and no clock, and takes any bytes without a panic. It never changes
//! or judges what it reads. `data/` holds the corpus: recordings of real clusters that the codec has to decode.

mod capture;
mod carried;
pub mod check;
pub mod compare;
pub mod diff;
pub mod dissector;
mod error;
pub mod events;
mod exported;
mod file;
pub mod filter;
mod frames;
mod link;
mod origin;
pub mod replay;
pub mod session;
pub mod stats;
mod tcp;
mod time;
pub mod write;

pub use capture::{Capture, Captured, Counts, Options};
pub use carried::Unread;
pub use error::Error;
pub use origin::{Origin, Socket};
pub use time::Timestamp;
pub use write::DAEMON;
