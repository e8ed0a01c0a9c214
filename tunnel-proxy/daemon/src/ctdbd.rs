//! The socket to ctdbd: reads whatever comes, at once and always, and writes in order as ctdbd takes it.
//!
//! Each wake-up costs as much as all the rest of a packet's way. So room to write is watched only since the socket was
//! full, until a wake-up finds nothing to write: otherwise each packet that ctdbd takes would wake this thread for nothing.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use reactor::stream::{Read, Reader, Writer};
use reactor::{Interest, Reactor, Ready, Token};

/// What one read takes at most.
const READ_SIZE: usize = 256 << 10;

/// Whether the loop is told of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Unwatched,
    /// There was none: nothing is written until it is told.
    Awaited,
    /// It was told, and is still watched.
    Told,
}

#[derive(Debug)]
struct Connection {
    socket: UnixStream,
    room: Room,
}

#[derive(Debug)]
pub(crate) struct Ctdbd {
    path: PathBuf,
    token: Token,
    connection: Option<Connection>,
    reader: Reader,
    writer: Writer,
}

impl Ctdbd {
    pub(crate) fn new(path: PathBuf, token: Token) -> Self {
        let (reader, writer) = (Reader::new(READ_SIZE), Writer::default());
        Self { path, token, connection: None, reader, writer }
    }

    pub(crate) fn connect(&mut self, reactor: &Reactor) -> Result<(), String> {
        self.close();
        let connected = || {
            let socket = connected(&self.path)?;
            reactor.add(&socket, self.token, Interest::Read)?;
            Ok(Connection { socket, room: Room::Unwatched })
        };
        let told = |error: io::Error| format!("{}: {error}", self.path.display());
        self.connection = Some(connected().map_err(told)?);
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.connection = None;
        self.writer.clear();
    }

    pub(crate) fn write(&mut self, bytes: Bytes) {
        if self.connection.is_some() {
            self.writer.push(bytes);
        }
    }

    /// The loop was told that there is room.
    pub(crate) fn ready(&mut self, reactor: &Reactor, ready: Ready) {
        let Some(Connection { socket, room }) = &mut self.connection else { return };
        if !ready.writable || *room == Room::Unwatched {
            return;
        }
        *room = Room::Told;
        if self.writer.is_empty() && reactor.change(&*socket, self.token, Interest::Read).is_ok() {
            *room = Room::Unwatched;
        }
    }

    /// What there is to read, and whether there may be more. An error or an end closes the socket.
    pub(crate) fn read(&mut self) -> Option<(Result<Bytes, String>, bool)> {
        let Connection { socket, .. } = self.connection.as_ref()?;
        let why = match self.reader.read(socket) {
            Ok(Read::Bytes(bytes)) => return Some((Ok(bytes), self.reader.has_more())),
            Ok(Read::Nothing) => return None,
            Ok(Read::End) => "ctdbd closed the connection".to_owned(),
            Err(error) => error.to_string(),
        };
        self.close();
        Some((Err(why), false))
    }

    /// Writes what the socket takes; gives back how much that was.
    pub(crate) fn try_write(&mut self, reactor: &Reactor) -> Result<usize, String> {
        let Some(Connection { socket, room }) = &mut self.connection else { return Ok(0) };
        if self.writer.is_empty() || *room == Room::Awaited {
            return Ok(0);
        }
        let mut write = || {
            let written = self.writer.write(&*socket)?;
            if !self.writer.is_empty() {
                if *room == Room::Unwatched {
                    reactor.change(&*socket, self.token, Interest::Both)?;
                }
                *room = Room::Awaited;
            }
            Ok(written)
        };
        let written: io::Result<usize> = write();
        written.map_err(|error| {
            self.close();
            error.to_string()
        })
    }
}

/// Never waits: a ctdbd that takes nobody for now is one that is not there.
fn connected(path: &Path) -> io::Result<UnixStream> {
    // A path that no socket can have is told as everywhere else.
    SocketAddr::from_pathname(path)?;
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(fd))
}
