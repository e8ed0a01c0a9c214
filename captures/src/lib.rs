//! Recorded traffic between the nodes of a cluster: pcap and pcapng files in, decoded packets out.
//!
//! ```text
//! file (records) -> link (segments) -> tcp (byte streams) -> frames (whole packets) -> legacy-codec
//! ```
//! Pure: works on bytes in memory, sees no socket and no clock, and takes any bytes without a panic. It never changes
//! or judges what it reads. `data/` holds the corpus: recordings of real clusters that the codec has to decode.

mod capture;
mod error;
mod file;
mod frames;
mod link;
mod tcp;
mod time;

pub use capture::{Capture, Captured, Counts, Options};
pub use error::Error;
pub use time::Timestamp;
