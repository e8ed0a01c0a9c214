//! Sends datagrams to one peer.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use bytes::Bytes;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, sendmmsg, sendmsg, setsockopt, sockopt::SndBuf,
};

/// Datagrams that one call sends at most.
const BATCH: usize = 16;

/// Pieces of a datagram for which no memory is asked for.
const PIECES: usize = 4;

const FLAGS: MsgFlags = MsgFlags::MSG_DONTWAIT.union(MsgFlags::MSG_NOSIGNAL);

/// What became of an attempt to send what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All of it is in the peer's socket.
    All,
    /// The peer's queue is full: the rest waits for room.
    Full,
}

/// A connected socket, and what waits for room in it. A datagram is anything that has pieces of bytes.
#[derive(Debug)]
pub struct Outlet<P> {
    socket: OwnedFd,
    waiting: VecDeque<(P, Option<OwnedFd>)>,
}

impl<P: AsRef<[Bytes]>> Outlet<P> {
    /// Connects to the socket at `path`, with room for so many bytes on their way.
    pub fn connect(path: &Path, room: usize) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        setsockopt(&socket, SndBuf, &room)?;
        Ok(Self { socket: socket.into(), waiting: VecDeque::new() })
    }

    /// Adds a datagram, and a file that goes with it.
    pub fn push(&mut self, datagram: P, file: Option<OwnedFd>) {
        self.waiting.push_back((datagram, file));
    }

    /// Datagrams that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Drops the first that waits.
    pub fn skip(&mut self) -> Option<P> {
        self.waiting.pop_front().map(|(datagram, _)| datagram)
    }

    /// Sends what waits as far as there is room. `done` is called once for each datagram that is in the peer's socket.
    /// After an error the first that waits is the one that was refused.
    pub fn flush(&mut self, mut done: impl FnMut(P)) -> io::Result<Sent> {
        while !self.waiting.is_empty() {
            let plain = self.waiting.iter().take(BATCH).take_while(|(_, file)| file.is_none()).count();
            let sent = if plain > 1 { self.several(plain) } else { self.one() };
            match sent {
                Ok(count) => self.waiting.drain(..count).for_each(|(datagram, _)| done(datagram)),
                Err(Errno::EAGAIN) => return Ok(Sent::Full),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Sent::All)
    }

    fn one(&self) -> Result<usize, Errno> {
        let Some((datagram, file)) = self.waiting.front() else { return Ok(0) };
        let files = file.as_ref().map(|file| [file.as_raw_fd()]);
        let rights = files.as_ref().map(|files| [ControlMessage::ScmRights(files)]);
        let control: &[_] = rights.as_ref().map_or(&[], |rights| rights);
        let fd = self.socket.as_raw_fd();
        let parts = datagram.as_ref();
        if parts.len() > PIECES {
            let pieces: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
            sendmsg::<()>(fd, &pieces, control, FLAGS, None)?;
        } else {
            let mut pieces = [IoSlice::new(&[]); PIECES];
            pieces.iter_mut().zip(parts).for_each(|(piece, part)| *piece = IoSlice::new(part));
            sendmsg::<()>(fd, &pieces[..parts.len()], control, FLAGS, None)?;
        }
        Ok(1)
    }

    fn several(&self, count: usize) -> Result<usize, Errno> {
        let datagrams = self.waiting.iter().take(count).map(|(datagram, _)| datagram.as_ref());
        let pieces: Vec<Vec<_>> =
            datagrams.map(|parts| parts.iter().map(|part| IoSlice::new(part)).collect()).collect();
        let mut headers = MultiHeaders::<()>::preallocate(count, None);
        let to = vec![None::<()>; count];
        Ok(sendmmsg(self.socket.as_raw_fd(), &mut headers, &pieces, &to, [], FLAGS)?.count())
    }
}

impl<P> AsFd for Outlet<P> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
