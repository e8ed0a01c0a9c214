//! Connected sockets, one for each peer, and what waits for room in them: the outlets of `reactor`, with tokio to wait for room.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram as UnixSocket;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use bus::Gather;
use bus_sockets::{Delivery, SEND_BUFFER, make_file};
use bytes::Bytes;
use nix::libc::ETOOMANYREFS;
use reactor::datagram::{Outlet, Sent};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

/// A connected socket that sends to one peer.
///
/// It is watched only since it was full: otherwise each datagram that the peer takes would wake this process for nothing.
#[derive(Debug)]
pub(crate) struct Sender {
    outlet: Outlet<Gather>,
    /// The same socket, watched for room.
    room: Option<UnixDatagram>,
}

impl Sender {
    /// Connects to the socket at `path`.
    pub(crate) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self { outlet: Outlet::connect(path, SEND_BUFFER)?, room: None })
    }

    /// Ready when there may be room, while that is watched.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(room) = &self.room else { return Poll::Pending };
        // An error shows at the next attempt to send.
        let _ = ready!(room.poll_send_ready(cx));
        Poll::Ready(())
    }

    /// Adds a datagram, and a file that goes with it.
    pub(crate) fn push(&mut self, datagram: Gather, file: Option<OwnedFd>) {
        self.outlet.push(datagram, file);
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.outlet.is_empty()
    }

    /// Drops the first that waits.
    pub(crate) fn skip(&mut self) {
        self.outlet.skip();
    }

    /// Sends what waits when there is room; false when there is none: then room is watched. Any error means that the peer is
    /// not there, or that no file can go to it now.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        let Self { outlet, room } = self;
        let mut send = || match outlet.flush(drop)? {
            Sent::All => Ok(()),
            Sent::Full => Err(io::Error::from(ErrorKind::WouldBlock)),
        };
        let sent = match room {
            Some(room) => room.try_io(Interest::WRITABLE, send),
            None => send(),
        };
        match sent {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if room.is_none() {
                    let socket = UnixSocket::from(outlet.as_fd().try_clone_to_owned()?);
                    socket.set_nonblocking(true)?;
                    *room = Some(UnixDatagram::from_std(socket)?);
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

#[derive(Debug)]
struct Socket {
    sender: Sender,
    /// Behind what the sender has, which is one at most; and what goes with each as a file, for which there is none yet.
    waiting: VecDeque<(Gather, Option<Bytes>)>,
    /// It has taken something.
    used: bool,
}

/// The connected sockets to many peers. What finds no room waits here for its peer, so the others go on.
#[derive(Debug)]
pub struct Senders<K> {
    sockets: BTreeMap<K, Socket>,
    watched: BTreeSet<K>,
}

impl<K> Default for Senders<K> {
    fn default() -> Self {
        Self { sockets: BTreeMap::new(), watched: BTreeSet::new() }
    }
}

impl<K: Copy + Ord> Senders<K> {
    /// Connects anew; what waited for the peer is dropped.
    pub fn connect(&mut self, to: K, path: &Path) -> io::Result<()> {
        self.forget(to);
        let socket = Socket { sender: Sender::connect(path)?, waiting: VecDeque::new(), used: false };
        self.sockets.insert(to, socket);
        Ok(())
    }

    /// Sends at once, or as soon as the peer reads; `passed` goes with it as a file. `None`: later.
    pub fn send(
        &mut self,
        to: K,
        path: impl FnOnce() -> PathBuf,
        datagram: Gather,
        passed: Option<Bytes>,
    ) -> Option<Delivery> {
        if !self.sockets.contains_key(&to) && self.connect(to, &path()).is_err() {
            return Some(Delivery::Gone { fresh: true });
        }
        let socket = self.sockets.get_mut(&to)?;
        let alone = socket.sender.is_empty() && socket.waiting.is_empty();
        socket.waiting.push_back((datagram, passed));
        if alone { self.resume(to) } else { None }
    }

    /// Sends the first that waits. `None`: there is none, or no room.
    pub fn resume(&mut self, to: K) -> Option<Delivery> {
        let socket = self.sockets.get_mut(&to)?;
        if socket.sender.is_empty() {
            let (datagram, passed) = socket.waiting.pop_front()?;
            let Ok(file) = passed.as_ref().map(make_file).transpose() else {
                return Some(Delivery::NotPassed);
            };
            socket.sender.push(datagram, file);
        }
        match socket.sender.flush() {
            Ok(true) => {
                socket.used = true;
                Some(Delivery::Sent)
            }
            Ok(false) => {
                self.watched.insert(to);
                None
            }
            // As many files are under way as may be.
            Err(error) if error.raw_os_error() == Some(ETOOMANYREFS) => {
                socket.sender.skip();
                Some(Delivery::NotPassed)
            }
            Err(_) => {
                let fresh = !socket.used;
                self.forget(to);
                Some(Delivery::Gone { fresh })
            }
        }
    }

    /// The next peer whose socket may have room again for what waits here.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<K> {
        let (sockets, mut found) = (&mut self.sockets, None);
        self.watched.retain(|to| {
            let Some(socket) = sockets.get_mut(to) else { return false };
            if found.is_some() || socket.sender.poll_room(cx).is_pending() {
                return true;
            }
            if socket.sender.is_empty() && socket.waiting.is_empty() {
                // Room is of no interest for now.
                socket.sender.room = None;
                return false;
            }
            found = Some(*to);
            true
        });
        found.map_or(Poll::Pending, Poll::Ready)
    }

    /// Whether room is watched for anybody.
    #[must_use]
    pub fn is_watching(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Closes the connection; what waits for the peer is dropped.
    pub fn forget(&mut self, peer: K) {
        self.sockets.remove(&peer);
        self.watched.remove(&peer);
    }
}
