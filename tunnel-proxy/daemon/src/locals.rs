//! The sockets to the daemons of this node. What finds no room waits there for its daemon, so the others go on.

use std::ops::Range;
use std::path::PathBuf;

use bus::{Daemon, Gather};
use bus_sockets::{Outcome, Senders, send_once, socket_of};
use reactor::{Reactor, Token};

/// A run of a daemon: each has a connection of its own.
pub(crate) type Run = (Daemon, u64);

#[derive(Debug)]
pub(crate) struct Locals {
    dir: PathBuf,
    senders: Senders<Run>,
}

impl Locals {
    pub(crate) const fn new(dir: PathBuf, tokens: Range<u64>) -> Self {
        Self { dir, senders: Senders::new(tokens) }
    }

    /// Takes a datagram for the next flush. An outcome at once is its end.
    pub(crate) fn send(&mut self, run: Run, datagram: Gather) -> Option<Outcome> {
        self.senders.send(run, || socket_of(&self.dir, run.0), datagram, None)
    }

    /// Sends what was taken, as far as there is room.
    pub(crate) fn flush(&mut self, reactor: &Reactor, outcomes: &mut Vec<(Run, Outcome)>) {
        self.senders.flush(reactor, outcomes);
    }

    /// There may be room behind this token.
    pub(crate) fn room(&mut self, token: Token) {
        self.senders.room(token);
    }

    pub(crate) fn forget(&mut self, run: Run) {
        self.senders.forget(run);
    }

    /// Sends once, without waiting for room.
    pub(crate) fn send_once(&self, daemon: Daemon, datagram: Gather) {
        send_once(&socket_of(&self.dir, daemon), datagram);
    }
}
