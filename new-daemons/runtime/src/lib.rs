//! The tokio driver of the machines and its ports.
//!
//! [`frame`] is what is the same for all daemons. [`datagram`] holds the Unix datagram sockets of the bus, [`BusClient`] drives
//! a [`bus::Endpoint`] for a daemon or a program, [`Clock`] gives the machines their time, [`process`] runs programs of
//! others. No protocol knowledge lives here.

pub mod configuration;
pub mod datagram;
pub mod frame;
pub mod logging;
pub mod paths;
pub mod process;

mod client;
mod clock;
mod hub;
mod socket_file;

pub use client::{BusClient, BusError, Inbox, Notice, Options, Pending};
pub use clock::{Alarm, Clock};
