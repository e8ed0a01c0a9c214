//! What the new daemons say to one another.
//!
//! The `.x` files in `spec` (RFC 4506) are the truth; `generated` is written from them by `protocol-generator`, one
//! module for each file, and is reached as `protocol::common` and so on. [`xdr`] holds what every message is made of,
//! [`catalog`] all types by name, [`services`] what each daemon can be asked and tells, [`Announcement`] an event as it is
//! told. Nothing here knows a socket, a queue or the structs of the C daemon.

// Generated code names this crate, here and in tests alike.
extern crate self as protocol;

pub mod announcement;
pub mod catalog;
pub mod fit;
#[rustfmt::skip]
pub mod generated;
pub mod daemons;
pub mod hello;
pub mod interface;
pub mod json;
pub mod probe;
pub mod services;
pub mod tunnel;
pub mod xdr;

pub use announcement::Announcement;
pub use generated::*;
