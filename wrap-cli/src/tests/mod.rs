//! Commands against a cluster that is made of plain values: what is collected, and how it is written.
//!
//! The daemon's side of the wire is tested from outside, in the folder `tests`.

mod answers;
mod examples;
pub(crate) mod fake;
mod published;
