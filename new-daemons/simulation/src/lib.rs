//! The machines of Tablecloth in virtual time: a model cluster that loses, delays, partitions and restarts, from a seed.
//!
//! [`World`] holds nodes, each with a model of ctdbd, the tunneld's machine and some daemons. [`Faults`] breaks things.
//! [`Programs`] runs a daemon's callbacks, [`Events`] the event daemon's scripts, [`AskedEvents`] an event daemon that others
//! ask over the bus, [`Serviced`] the service daemon. [`Ledger`] knows what was promised of messages, [`Promises`] of calls and events; both panic when it is
//! not kept. Nothing here sleeps or reads a clock; the same seed gives the same run, to the byte.

mod asked_events;
mod callbacks;
mod ctdbd;
mod daemon;
mod events;
mod faults;
mod ledger;
mod promises;
mod queue;
mod services;
mod world;

pub use asked_events::AskedEvents;
pub use callbacks::Programs;
pub use events::Events;
pub use faults::Faults;
pub use ledger::Ledger;
pub use promises::Promises;
pub use services::Serviced;
pub use world::{Settings, World};
