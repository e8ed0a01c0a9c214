//! The tokio driver of the machines and its ports.
//!
//! [`frame`] is what is the same for all daemons. [`Bus`] is a daemon's way to the others: calls, requests, events;
//! [`BusClient`] sends plain messages for programs. Both drive a [`bus::Endpoint`] over the sockets of [`datagram`].
//! [`driver`] is the loop of every machine, [`Clock`] gives them their time, [`process`] runs programs of others, [`callbacks`]
//! those that a daemon runs on its events. [`Station`] is a daemon as others see it, on the bus and at its [`http`] door; a
//! [`presence`] keeps it there. [`kept`] is for what outlives a daemon. No protocol knowledge lives here.

pub mod callbacks;
pub mod configuration;
pub mod datagram;
pub mod driver;
pub mod frame;
pub mod http;
pub mod kept;
pub mod logging;
pub mod paths;
pub mod presence;
pub mod process;

mod client;
mod clock;
mod hub;
mod member;
mod rooms;
mod station;

pub use client::{BusClient, BusError, Inbox, Notice, Options, Pending};
pub use clock::{Alarm, Clock, today};
pub use member::{
    BadTopic, Bus, FindError, JoinError, Joining, Reply, Request, Requests, Subscription, Watch, Way,
};
pub use station::{Health, Observed, Station, observed};
