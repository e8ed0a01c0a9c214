//! The session on virtual time against a scripted ctdbd: no socket, no clock.
//!
//! Each test says what goes in and lists all that comes out, so nothing can come out unnoticed.

mod calls;
mod chaos;
mod connection;
mod messages;
mod model;
mod records;
