//! One client of ctdbd, without its socket: calls matched by request id, deadlines, message subscriptions, reconnects.
//!
//! Owns what a connection means; knows nothing of sockets and never waits. A driver feeds [`Input`]s and carries out
//! [`Effect`]s in order. Every call ends exactly once, whatever ctdbd sends or fails to send. Rules: the client side
//! of CLI-03, CLI-11 and NET-28, and HOST-29, HOST-49 for replies nobody waits for.

mod backoff;
mod calls;
mod io;
mod session;
mod subscriptions;

#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use io::{CallError, Config, Counters, DownReason, Effect, Input, RejectReason, Reply, Token};
pub use session::Session;
