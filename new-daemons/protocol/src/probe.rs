//! What the machine of every tunneld answers by itself: an echo and its own state, under a name that no daemon has.
//!
//! The messages are those of `probe.x`, which need no understanding between the two sides. The state travels as JSON in
//! them: it is read by people and scripts, of other releases too. Its types are those of `tunnel.x`.

pub use crate::generated::probe::*;

/// The name under which it is asked.
pub const PROBE_NAME: &str = "probe";
