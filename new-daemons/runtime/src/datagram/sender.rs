//! Connected sockets, one for each peer, and what waits for room in them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram as UnixSocket;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use bus::Gather;
use bus::datagram::DATAGRAM_MAX;
use bus_sockets::{Outcome, make_file};
use bytes::Bytes;
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

/// Room for a few full datagrams on their way.
const SEND_BUFFER: usize = 4 * DATAGRAM_MAX;

/// A connected socket that sends to one peer.
///
/// It is watched only since it was full: otherwise each datagram that the peer takes would wake this process for nothing.
#[derive(Debug)]
pub struct Sender {
    socket: UnixSocket,
    /// The same socket, watched for room.
    room: Option<UnixDatagram>,
}

impl Sender {
    /// Connects to the socket at `path`.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixSocket::unbound()?;
        socket.connect(path)?;
        socket.set_nonblocking(true)?;
        set_socket_send_buffer_size(&socket, SEND_BUFFER)?;
        Ok(Self { socket, room: None })
    }

    /// Whether room is watched: since a [`Sender::try_send`] that found none.
    #[must_use]
    pub const fn is_watched(&self) -> bool {
        self.room.is_some()
    }

    /// Ready when there may be room, while that is watched.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(room) = &self.room else { return Poll::Pending };
        // An error shows at the next attempt to send.
        let _ = ready!(room.poll_send_ready(cx));
        Poll::Ready(())
    }

    /// Room is of no interest for now.
    pub fn unwatch(&mut self) {
        self.room = None;
    }

    /// Waits until there may be room.
    pub async fn room(&self) {
        poll_fn(|cx| self.poll_room(cx)).await;
    }

    /// Sends when there is room; false when there is none: then room is watched. Any error means that the peer is not
    /// there.
    pub fn try_send(&mut self, datagram: &Gather) -> io::Result<bool> {
        self.try_send_with(datagram, None)
    }

    fn try_send_with(&mut self, datagram: &Gather, file: Option<BorrowedFd<'_>>) -> io::Result<bool> {
        let parts: Vec<_> = datagram.parts().iter().map(|p| IoSlice::new(p)).collect();
        let files = file.map(|f| [f]);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if let Some(files) = &files {
            control.push(SendAncillaryMessage::ScmRights(files));
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let socket = self.socket.as_fd();
        let mut send = || sendmsg(socket, &parts, &mut control, flags).map_err(io::Error::from);
        let sent = match &self.room {
            Some(room) => room.try_io(Interest::WRITABLE, send),
            None => send(),
        };
        match sent {
            Ok(_) => Ok(true),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                if self.room.is_none() {
                    self.room = Some(UnixDatagram::from_std(self.socket.try_clone()?)?);
                }
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }
}

#[derive(Debug)]
struct Waiting {
    datagram: Gather,
    /// What goes with it as a file, and the file once there is one.
    passed: Option<Bytes>,
    file: Option<OwnedFd>,
}

impl Waiting {
    fn make_file(&mut self) -> io::Result<()> {
        if let Some(body) = self.passed.take() {
            self.file = Some(make_file(&body)?);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Socket {
    sender: Sender,
    waiting: VecDeque<Waiting>,
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
    ) -> Option<Outcome> {
        if !self.sockets.contains_key(&to) && self.connect(to, &path()).is_err() {
            return Some(Outcome::Gone { fresh: true });
        }
        let socket = self.sockets.get_mut(&to)?;
        socket.waiting.push_back(Waiting { datagram, passed, file: None });
        if socket.waiting.len() == 1 { self.resume(to) } else { None }
    }

    /// Sends the first that waits. `None`: there is none, or no room.
    pub fn resume(&mut self, to: K) -> Option<Outcome> {
        let socket = self.sockets.get_mut(&to)?;
        let first = socket.waiting.front_mut()?;
        let sent = match first.make_file() {
            Ok(()) => socket.sender.try_send_with(&first.datagram, first.file.as_ref().map(AsFd::as_fd)),
            Err(_) => Err(Errno::TOOMANYREFS.into()),
        };
        match sent {
            Ok(true) => {
                socket.used = true;
                socket.waiting.pop_front();
                Some(Outcome::Sent)
            }
            Ok(false) => {
                self.watched.insert(to);
                None
            }
            // As many files are under way as may be.
            Err(e) if e.raw_os_error() == Some(Errno::TOOMANYREFS.raw_os_error()) => {
                socket.waiting.pop_front();
                Some(Outcome::NotPassed)
            }
            Err(_) => {
                let fresh = !socket.used;
                self.forget(to);
                Some(Outcome::Gone { fresh })
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
            if socket.waiting.is_empty() {
                socket.sender.unwatch();
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
