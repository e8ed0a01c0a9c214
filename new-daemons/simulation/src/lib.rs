//! The machines of Tablecloth in virtual time, from a seed: networks that lose, delay, reorder and cut one way, nodes that
//! die and come back, disks that forget what was not synced, programs that hang.
//!
//! A [`World`] is some machines and what surrounds them; it supplies its events and its promises, and stands on a [`Stage`],
//! which has time, chance, what lies ahead, and the network. The one loop is [`World::run`]. Parts that worlds take: a
//! machine on a node that may die, any machine behind an end of the bus ([`Served`]), processes, a disk, and [`Files`] that the
//! processes of a node share, with locks that die with their owners.
//!
//! [`Cluster`] holds nodes, each with a model of ctdbd, the tunneld's machine and some daemons; [`Faults`] breaks things,
//! [`Ledger`] knows what was promised of messages, [`Promises`] of calls and events. [`Programs`] runs a daemon's callbacks,
//! [`Events`] the event daemon's scripts, [`AskedEvents`] an event daemon that others ask over the bus, [`Serviced`] the
//! service daemon. All panic when a promise is not kept, and [`Seeds`] says how to see it again. Nothing here sleeps or reads
//! a clock; the same seed gives the same run, to the byte.

mod asked_events;
mod callbacks;
mod cluster;
mod ctdbd;
mod daemon;
mod disk;
mod events;
mod faults;
mod files;
mod hosted;
mod ledger;
mod member;
mod network;
mod processes;
mod promises;
mod seeds;
mod services;
mod stage;

pub use asked_events::AskedEvents;
pub use callbacks::Programs;
pub use cluster::{Cluster, Settings};
pub use events::Events;
pub use faults::Faults;
pub use files::{Db, Failed, Files, Granted, Kept, Owner, Place, chain};
pub use ledger::Ledger;
pub use member::{Said, Served};
pub use network::Link;
pub use promises::Promises;
pub use seeds::{Seeds, USUAL, play};
pub use services::Serviced;
pub use stage::{Stage, World};
pub use tunnel_core::{KeyUse, Keys};
