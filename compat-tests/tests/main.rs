//! All tests beside the sources, as one program: each further one would be linked on its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod beside_smbd;
mod bus_real;
mod callbacks;
mod cli_rows;
mod crate_graph;
mod db;
mod documents;
mod eventd;
mod eventd_alone;
mod eventd_bus;
mod events;
mod frame;
mod harness;
mod json_door;
mod links;
mod mix;
mod names;
mod old_grammar;
mod outside;
mod protocol_interop;
mod replay;
mod services;
mod session_real;
mod status;
mod support;
mod test_programs;
mod tunnel_faults;
mod tunnel_hostile;
mod tunnel_partition;
mod tunnel_slow;
mod workloads;
