//! The structs that controls and messages carry, one `wire!` each.
//!
//! Only layouts live here. Which control carries which struct is said in `control.rs` and `message.rs`.

mod ifaces;
mod nodes;
mod time;

pub use ifaces::{Iface, IfaceList};
pub use nodes::{NodeAndFlags, NodeMap, VnnMap};
pub use time::{Timeval, UptimeInfo};
