//! What a driver needs of the system, without tokio: for the threads in which a microsecond counts.
//!
//! [`Reactor`] says which sockets are ready (epoll, level-triggered). [`datagram`] and [`stream`] read in batches, into
//! buffers that are kept, and write with one call for each destination and wake-up. [`mailbox()`] brings what other threads
//! say, [`Timers`] what is due. A loop is its owner's: nothing here calls back, starts a thread or decides.
//!
//! All system calls go through `nix`, and so through the C library, where Samba's test runner puts its socket wrapper.

pub mod datagram;
pub mod stream;

mod buffers;
mod mailbox;
mod poll;
mod timers;

pub use mailbox::{Mailbox, Mailer, Refused, mailbox};
pub use poll::{Interest, Reactor, Ready, Token};
pub use timers::{TimerId, Timers};
