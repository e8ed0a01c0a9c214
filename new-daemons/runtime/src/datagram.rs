//! The Unix datagram sockets of the bus.
//!
//! Each daemon has one socket to receive, in the bus directory under its own name, and one *connected* socket for each
//! peer it sends to: an unconnected sender on a full queue would spin, a connected one sleeps until there is room. Only
//! root and the user of the process itself are heard; the kernel says who sent. A large body comes as a file beside its
//! datagram; any other file is refused, and none is ever left open.

mod file;
mod sender;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use bus::Daemon;
use bus::datagram::{DATAGRAM_MAX, passed_len};
use bytes::{Bytes, BytesMut};
use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use crate::frame::Sockets;
use crate::socket_file::SocketFile;

pub use sender::{Outcome, Sender, Senders};

/// The file name of the tunneld's socket in the bus directory.
pub const TUNNEL_SOCKET: &str = "tunnel";

/// A datagram of at least this size keeps the buffer that it came in; a smaller one is copied out of it.
const KEEP: usize = DATAGRAM_MAX / 2;

/// Buffers of kept datagrams that are used again when they are free: as many as a full window fills.
const LENT: usize = 20;

/// The socket at which a daemon is reached.
#[must_use]
pub fn socket_of(dir: &Path, daemon: Daemon) -> PathBuf {
    dir.join(format!("{}.{}", daemon.name, daemon.instance))
}

/// Makes the bus directory when it is missing, and refuses one that others could write to.
pub fn prepare_directory(dir: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let meta = std::fs::metadata(dir)?;
    let me = rustix::process::geteuid().as_raw();
    if !meta.is_dir() || (meta.uid() != me && meta.uid() != 0) || meta.mode() & 0o022 != 0 {
        let why = "must be a directory of this user or root that nobody else may write to";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

/// Whether bodies may come as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// One with a datagram that announces it.
    Read,
    /// None. The kernel does not hand out what is sent all the same.
    Refuse,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The datagram.
    pub datagram: Bytes,
    /// The content of the file that it announced.
    pub body: Option<Bytes>,
}

/// The socket at which datagrams arrive. Its file is removed with it.
#[derive(Debug)]
pub struct Receiver {
    socket: UnixDatagram,
    file: SocketFile,
    /// One byte more than the largest datagram, to notice what is too long.
    buffer: BytesMut,
    /// Buffers with datagrams that somebody may still have.
    lent: VecDeque<Bytes>,
    files: Files,
    /// The user of this process.
    me: u32,
    refused: u64,
}

impl Receiver {
    /// Listens at `path`. A socket that a dead process left there is replaced; a living one is an error (`AddrInUse`).
    pub fn bind(path: PathBuf, files: Files) -> io::Result<Self> {
        Self::with(SocketFile::bind(path)?, files)
    }

    /// The same, with a socket that somebody else has opened at this path if there is one.
    pub fn listen(path: PathBuf, files: Files, sockets: &mut Sockets) -> io::Result<Self> {
        match sockets.datagram(&path) {
            Some(socket) => Self::with(SocketFile::adopt(path, socket)?, files),
            None => Self::bind(path, files),
        }
    }

    fn with((socket, file): (UnixDatagram, SocketFile), files: Files) -> io::Result<Self> {
        set_socket_passcred(&socket, true)?;
        let me = rustix::process::geteuid().as_raw();
        let buffer = BytesMut::zeroed(DATAGRAM_MAX + 1);
        Ok(Self { socket, file, buffer, lent: VecDeque::new(), files, me, refused: 0 })
    }

    /// Whether the socket's file is still there, so that others can find it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.file.is_there()
    }

    /// Listens again where the file is gone. The old socket takes no more, so that whoever is connected to it notices, and
    /// what lay in it comes back.
    pub fn bind_again(&mut self) -> io::Result<Vec<Arrival>> {
        let mut new = Self::bind(self.file.path().to_owned(), self.files)?;
        new.refused = self.take_refused();
        let mut old = std::mem::replace(self, new);
        rustix::net::shutdown(&old.socket, rustix::net::Shutdown::Read)?;
        let mut all = Vec::new();
        while let Ok(received) = receive(&old.socket, &mut old.buffer, old.me, old.files) {
            match old.arrival(received) {
                Some(arrival) => all.push(arrival),
                None => self.refused += 1,
            }
        }
        Ok(all)
    }

    /// Datagrams of other users, too long, or with files that do not belong to them, that were dropped since the last time this was asked.
    #[must_use]
    pub const fn take_refused(&mut self) -> u64 {
        std::mem::replace(&mut self.refused, 0)
    }

    /// Waits until there may be something to receive.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// The next datagram.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrival>> {
        loop {
            ready!(self.socket.poll_recv_ready(cx))?;
            if let Some(datagram) = self.try_recv()? {
                return Poll::Ready(Ok(datagram));
            }
        }
    }

    /// The next datagram that is there, or `None`.
    pub fn try_recv(&mut self) -> io::Result<Option<Arrival>> {
        loop {
            let (socket, buffer, me, files) = (&self.socket, &mut self.buffer, self.me, self.files);
            let got = socket.try_io(Interest::READABLE, || receive(socket, buffer, me, files));
            match got {
                Ok(received) => {
                    if let Some(arrival) = self.arrival(received) {
                        return Ok(Some(arrival));
                    }
                    self.refused += 1;
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn arrival(&mut self, received: Received) -> Option<Arrival> {
        if !received.friend || received.len > DATAGRAM_MAX {
            return None;
        }
        let datagram = self.take(received.len);
        let body = match received.file {
            None => None,
            Some(fd) => Some(file::read(fd, passed_len(&datagram)?).ok()?),
        };
        Some(Arrival { datagram, body })
    }
}

impl Receiver {
    /// The first `len` bytes of the buffer.
    fn take(&mut self, len: usize) -> Bytes {
        if len < KEEP {
            return Bytes::copy_from_slice(&self.buffer[..len]);
        }
        let next = self.free_buffer();
        let whole = std::mem::replace(&mut self.buffer, next).freeze();
        let datagram = whole.slice(..len);
        if self.lent.len() < LENT {
            self.lent.push_back(whole);
        }
        datagram
    }

    fn free_buffer(&mut self) -> BytesMut {
        match self.lent.pop_front().map(Bytes::try_into_mut) {
            Some(Ok(free)) => return free,
            Some(Err(kept)) => self.lent.push_back(kept),
            None => {}
        }
        BytesMut::zeroed(DATAGRAM_MAX + 1)
    }
}

/// What one system call brought.
struct Received {
    len: usize,
    /// It is of root or of this user, and brought nothing that it may not bring.
    friend: bool,
    file: Option<OwnedFd>,
}

/// Receives one datagram.
fn receive(socket: &UnixDatagram, buffer: &mut [u8], me: u32, files: Files) -> io::Result<Received> {
    // Room for one file more than may come, so that two are noticed; each is closed when it is dropped.
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1), ScmRights(2))];
    let room = match files {
        Files::Read => space.len(),
        Files::Refuse => rustix::cmsg_space!(ScmCredentials(1)),
    };
    let mut control = RecvAncillaryBuffer::new(&mut space[..room]);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let got = recvmsg(socket.as_fd(), &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    let (mut known, mut files) = (false, Vec::new());
    for message in control.drain() {
        match message {
            RecvAncillaryMessage::ScmCredentials(who) => {
                known = who.uid.is_root() || who.uid.as_raw() == me;
            }
            RecvAncillaryMessage::ScmRights(more) => files.extend(more),
            _ => {}
        }
    }
    // Whoever sends more beside the datagram than fits, such as many files, does not belong here.
    let friend = known && files.len() <= 1 && !got.flags.contains(ReturnFlags::CTRUNC);
    Ok(Received { len: got.bytes, friend, file: files.pop() })
}

#[cfg(test)]
mod tests;
