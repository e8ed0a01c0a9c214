//! What the new daemons say to one another.
//!
//! [`xdr`] holds the primitives of RFC 4506 that every message is made of; each other module holds the messages of
//! one daemon. Nothing here knows a socket, a queue or the structs of the C daemon.

pub mod tunnel;
pub mod xdr;
