//! The client over real Unix sockets, with a fake ctdbd in the same process at the other end.
//!
//! Everything here runs on one thread, as the product does. Tests against a real ctdbd are not here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "code shared by tests may fail them"
)]

mod calls;
mod fake;
mod messages;
