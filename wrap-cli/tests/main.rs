//! All tests beside the sources, as one program: each further one would be linked on its own.

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod addresses;
mod batch;
mod callbacks;
mod capture;
mod commands;
mod event_daemon;
mod events;
mod hostile;
mod hostile_databases;
mod old_daemons;
mod old_releases;
mod prompt;
mod schema;
mod support;
mod transactions;
mod tunnel;
