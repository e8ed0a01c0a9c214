//! Real ctdbd clusters for tests and demonstrations.
//!
//! [`Cluster`] starts N of Debian's `ctdbd` in a directory and on a loopback network of its own, so that any number of
//! clusters can run side by side. Every process runs below a warden (`compat-warden`), which ends the whole tree when
//! the test process is gone, however it went. Nothing here sleeps: what has to be waited for is a condition with a
//! deadline, and a missed deadline says what was seen last. All calls block; an async test whose own tasks have to go on
//! meanwhile makes them within `spawn_blocking`.

mod binaries;
pub mod client;
mod cluster;
mod ctl;
mod daemon;
mod error;
mod event_relay;
pub mod eventd;
mod layout;
mod mix;
mod namespaces;
mod node;
mod packages;
mod processes;
mod recorder;
pub mod rehearsal;
mod smbd;
mod status;
pub mod switch;
mod tool;
mod wait;
pub mod warden;

pub use binaries::{binary, product, target_dir};
pub use cluster::{Builder, Cluster};
pub use daemon::{Daemon, DaemonBuilder};
pub use error::{Error, Result};
pub use layout::Timing;
pub use mix::OTHER_C;
pub use node::Node;
pub use packages::{Tool, require};
pub use processes::{Process, processes, processes_mentioning};
pub use smbd::Smbd;
pub use status::{NodeLine, Status};
pub use tool::{ToolOutput, run};
pub use wait::wait_until;
