//! Callbacks: programs of others that a daemon runs on its events, so that it need not know what they do.
//!
//! [`Callbacks`] holds what is registered, by the configuration or over the bus, and decides which program runs when, on
//! which events, and how often again after it failed. It starts nothing, looks at no file and knows no clock; a driver
//! carries out its effects. Each event that a callback takes ends once: delivered, replaced by a later one of the same
//! subject, or given up, which is told. Nothing of this survives the daemon.

mod callback;
mod callbacks;
mod event;
mod history;
mod io;
mod limits;
mod order;
mod row;
mod waiting;

pub use callback::{Callback, Origin, Run};
pub use callbacks::Callbacks;
pub use event::{Event, EventError, Pattern, PatternError};
pub use history::{Attempt, Counters, GivenUp, Reason, RunOutcome};
pub use io::{Effect, Ending, Input, Owner, Refusal, RunId, Start, Token};
pub use limits::*;
pub use order::Order;
pub use row::{Row, RowError};
