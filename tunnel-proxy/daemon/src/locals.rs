//! The sockets to the daemons of this node. What finds no room waits there for its daemon, so the others go on.

use std::path::PathBuf;
use std::task::{Context, Poll};

use bus::{Daemon, Gather};
use runtime::datagram::{Outcome, Sender, Senders, socket_of};

/// One connection for each run of a daemon.
#[derive(Debug)]
pub(crate) struct Locals {
    dir: PathBuf,
    senders: Senders<(Daemon, u64)>,
}

impl Locals {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir, senders: Senders::default() }
    }

    /// Sends at once, or as soon as the daemon reads. `None`: later.
    pub(crate) fn send(&mut self, daemon: Daemon, incarnation: u64, datagram: Gather) -> Option<Outcome> {
        let path = || socket_of(&self.dir, daemon);
        self.senders.send((daemon, incarnation), path, datagram, None)
    }

    /// The next daemon whose socket may have room again for what waits here.
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<(Daemon, u64)> {
        self.senders.poll_room(cx)
    }

    /// Sends what waited. `None`: there is no more, or no more room.
    pub(crate) fn resume(&mut self, daemon: Daemon, incarnation: u64) -> Option<Outcome> {
        self.senders.resume((daemon, incarnation))
    }

    pub(crate) fn forget(&mut self, daemon: Daemon, incarnation: u64) {
        self.senders.forget((daemon, incarnation));
    }

    /// Sends once, without waiting for room.
    pub(crate) fn send_once(&self, daemon: Daemon, datagram: &Gather) {
        if let Ok(mut sender) = Sender::connect(&socket_of(&self.dir, daemon)) {
            let _ = sender.try_send(datagram);
        }
    }
}
