//! How a daemon comes to the bus, and what it knows of the way to other nodes.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;

use bus::{Daemon, Node};

/// Who joins the bus, and where.
#[derive(Clone, Debug)]
pub struct Joining {
    /// The bus directory of the node.
    pub dir: PathBuf,
    /// The name to be reached by.
    pub daemon: Daemon,
    /// Version of the program, for people.
    pub release: String,
    /// What the program can do beyond the version of the protocol: one bit each.
    pub features: u64,
}

/// Why a daemon is not on the bus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// the directory is not fit for a bus
    #[error("bus directory {}: {error}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// the own socket could not be made
    #[error("cannot listen at {}: {error}", path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The way to other nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The tunneld of this node knows this daemon.
    pub tunneld: bool,
    /// This node, as far as it was ever known.
    pub node: Option<Node>,
    /// Other nodes can be reached.
    pub attached: bool,
}

/// Tells one run of a daemon from another.
#[must_use]
pub fn incarnation() -> u64 {
    u64::from(std::process::id()) << 32 | (RandomState::new().hash_one(0) & 0xffff_ffff)
}
