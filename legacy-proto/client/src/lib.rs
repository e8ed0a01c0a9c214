//! A client of ctdbd: the session of `legacy-session` on a real Unix socket, behind a handle with typed calls.
//!
//! Owns the socket, the clock and the queues between a program and ctdbd; what a packet means is the session's. One
//! background task does the I/O and reads always, however slow the program is: ctdbd kills clients that do not (CLI-06).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = legacy_client::Client::connect("/run/ctdb/ctdbd.socket", Default::default()).await?;
//! let map = client.call::<legacy_codec::GetNodeMap>(legacy_codec::Dest::CURRENT_NODE, ()).await?;
//! println!("{} nodes", map.nodes.len());
//! # Ok(()) }
//! ```

mod client;
mod driver;
mod error;
mod inbox;
mod outbox;

pub use client::{Client, Options, State};
pub use error::{CallError, ConnectError, SendError};
pub use inbox::{Event, Message};
pub use legacy_session::{Backoff, CallError as NoReply, Counters, DownReason, Reply};
