//! The sockets to the daemons of this node. What finds no room waits here for its daemon, so the others go on.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::task::{Context, Poll};

use bus::{Daemon, Gather};
use runtime::datagram::{Sender, socket_of};

#[derive(Debug)]
struct Socket {
    incarnation: u64,
    sender: Sender,
    waiting: VecDeque<Gather>,
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the daemon's socket.
    Sent,
    /// The daemon is not there.
    Gone,
}

#[derive(Debug)]
pub(crate) struct Locals {
    dir: PathBuf,
    sockets: BTreeMap<Daemon, Socket>,
}

impl Locals {
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self { dir, sockets: BTreeMap::new() }
    }

    /// Sends at once, or as soon as the daemon reads. `None`: later.
    pub(crate) fn send(&mut self, daemon: Daemon, incarnation: u64, datagram: Gather) -> Option<Outcome> {
        if self.sockets.get(&daemon).is_none_or(|s| s.incarnation != incarnation) {
            let Ok(sender) = Sender::connect(&socket_of(&self.dir, daemon)) else {
                return Some(Outcome::Gone);
            };
            let socket = Socket { incarnation, sender, waiting: VecDeque::new() };
            self.sockets.insert(daemon, socket);
        }
        let socket = self.sockets.get_mut(&daemon)?;
        socket.waiting.push_back(datagram);
        if socket.waiting.len() == 1 { self.try_first(daemon) } else { None }
    }

    fn try_first(&mut self, daemon: Daemon) -> Option<Outcome> {
        let socket = self.sockets.get_mut(&daemon)?;
        match socket.sender.try_send(socket.waiting.front()?) {
            Ok(true) => {
                socket.waiting.pop_front();
                Some(Outcome::Sent)
            }
            Ok(false) => None,
            Err(_) => {
                self.sockets.remove(&daemon);
                Some(Outcome::Gone)
            }
        }
    }

    /// The next daemon whose socket may have room again for what waits here.
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<(Daemon, u64)> {
        for (daemon, socket) in self.sockets.iter_mut().filter(|(_, s)| s.sender.is_watched()) {
            if socket.sender.poll_room(cx).is_pending() {
                continue;
            }
            if !socket.waiting.is_empty() {
                return Poll::Ready((*daemon, socket.incarnation));
            }
            socket.sender.unwatch();
        }
        Poll::Pending
    }

    /// Sends what waited. `None`: there is no more, or no more room.
    pub(crate) fn resume(&mut self, daemon: Daemon) -> Option<Outcome> {
        self.try_first(daemon)
    }

    pub(crate) fn forget(&mut self, daemon: Daemon, incarnation: u64) {
        if self.sockets.get(&daemon).is_some_and(|s| s.incarnation == incarnation) {
            self.sockets.remove(&daemon);
        }
    }

    /// Sends once, without waiting for room.
    pub(crate) fn send_once(&self, daemon: Daemon, datagram: &Gather) {
        if let Ok(mut sender) = Sender::connect(&socket_of(&self.dir, daemon)) {
            let _ = sender.try_send(datagram);
        }
    }
}
