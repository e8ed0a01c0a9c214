//! The sockets to the daemons of this node. One that is full waits for room in a task of its own, so the others go on.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use bus::{Daemon, Gather};
use runtime::datagram::{Sender, socket_of};
use tokio::sync::mpsc;

#[derive(Debug)]
struct Socket {
    incarnation: u64,
    sender: Arc<Sender>,
    waiting: VecDeque<Gather>,
    waiter: Option<Waiter>,
}

/// The task that waits for room. It holds the socket, so it must not outlive the daemon's place here.
#[derive(Debug)]
struct Waiter(tokio::task::JoinHandle<()>);

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the daemon's socket.
    Sent,
    /// The daemon is not there.
    Gone,
}

/// A daemon's socket may have room again.
pub(crate) type Room = (Daemon, u64);

#[derive(Debug)]
pub(crate) struct Locals {
    dir: PathBuf,
    sockets: BTreeMap<Daemon, Socket>,
    room: mpsc::UnboundedSender<Room>,
}

impl Locals {
    pub(crate) fn new(dir: PathBuf) -> (Self, mpsc::UnboundedReceiver<Room>) {
        let (room, has_room) = mpsc::unbounded_channel();
        (Self { dir, sockets: BTreeMap::new(), room }, has_room)
    }

    /// Sends at once, or as soon as the daemon reads. `None`: later.
    pub(crate) fn send(&mut self, daemon: Daemon, incarnation: u64, datagram: Gather) -> Option<Outcome> {
        if self.sockets.get(&daemon).is_none_or(|s| s.incarnation != incarnation) {
            let Ok(sender) = Sender::connect(&socket_of(&self.dir, daemon)) else {
                return Some(Outcome::Gone);
            };
            let socket =
                Socket { incarnation, sender: Arc::new(sender), waiting: VecDeque::new(), waiter: None };
            self.sockets.insert(daemon, socket);
        }
        let socket = self.sockets.get_mut(&daemon)?;
        let first = socket.waiting.is_empty();
        socket.waiting.push_back(datagram);
        if first { self.try_first(daemon) } else { None }
    }

    fn try_first(&mut self, daemon: Daemon) -> Option<Outcome> {
        let socket = self.sockets.get_mut(&daemon)?;
        let first = socket.waiting.front()?;
        match socket.sender.try_send(first) {
            Ok(true) => {
                socket.waiting.pop_front();
                Some(Outcome::Sent)
            }
            Ok(false) => {
                let (sender, room, incarnation) =
                    (socket.sender.clone(), self.room.clone(), socket.incarnation);
                socket.waiter = Some(Waiter(tokio::spawn(async move {
                    // An error shows at the next attempt to send.
                    let _ = sender.writable().await;
                    let _ = room.send((daemon, incarnation));
                })));
                None
            }
            Err(_) => {
                self.sockets.remove(&daemon);
                Some(Outcome::Gone)
            }
        }
    }

    /// Sends what waited. `None`: there is no more, or no more room.
    pub(crate) fn resume(&mut self, (daemon, incarnation): Room) -> Option<Outcome> {
        self.sockets.get(&daemon).filter(|s| s.incarnation == incarnation)?;
        self.try_first(daemon)
    }

    pub(crate) fn forget(&mut self, daemon: Daemon, incarnation: u64) {
        if self.sockets.get(&daemon).is_some_and(|s| s.incarnation == incarnation) {
            self.sockets.remove(&daemon);
        }
    }

    /// Sends once, without waiting for room.
    pub(crate) fn send_once(&self, daemon: Daemon, datagram: &Gather) {
        if let Ok(sender) = Sender::connect(&socket_of(&self.dir, daemon)) {
            let _ = sender.try_send(datagram);
        }
    }
}
