//! A client of a cluster that is judged: does what Samba does, and writes down what it asked and what it was told.
//!
//! One process does one workload on one node, as the rows of `judge::work` say. It locks chains and writes the files
//! itself, through libtdb, and moves records by asking its ctdbd. Each call and each return is a line of its history,
//! written before anything else happens, so that a process that is killed loses a torn last line at most. Nothing here
//! judges, and nothing disturbs.

pub mod audit;
pub mod book;
pub mod dump;
pub mod options;
pub mod sample;
mod seat;
pub mod work;
