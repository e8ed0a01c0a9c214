//! The socket at which a daemon is reached.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use bus::datagram::{DATAGRAM_MAX, passed_len};
use bytes::Bytes;
use nix::sys::socket::{setsockopt, sockopt::PassCred};
use reactor::datagram::{Datagram, Inlet, Rest, Rights};

use crate::{SocketFile, read_file};

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
    inlet: Inlet,
    files: Files,
    /// The user of this process.
    me: u32,
    refused: u64,
    /// Of the last call, not looked at yet.
    came: Vec<Datagram>,
}

impl Receiver {
    /// Listens at `path`. A socket that a dead process left there is replaced; a living one is an error (`AddrInUse`).
    pub fn bind(path: PathBuf, files: Files) -> io::Result<Self> {
        Self::with(SocketFile::bind(path)?, files)
    }

    /// The same with a socket that somebody else has opened at this path.
    pub fn adopt(path: PathBuf, socket: UnixDatagram, files: Files) -> io::Result<Self> {
        Self::with(SocketFile::adopt(path, socket)?, files)
    }

    fn with((socket, file): (UnixDatagram, SocketFile), files: Files) -> io::Result<Self> {
        setsockopt(&socket, PassCred, &true)?;
        let me = nix::unistd::geteuid().as_raw();
        let rights = match files {
            Files::Read => Rights::Take,
            Files::Refuse => Rights::Refuse,
        };
        let inlet = Inlet::new(DATAGRAM_MAX, rights);
        Ok(Self { socket, file, inlet, files, me, refused: 0, came: Vec::new() })
    }

    /// The same socket, for whoever watches it.
    pub fn socket(&self) -> io::Result<UnixDatagram> {
        self.socket.try_clone()
    }

    /// Whether the socket's file is still there, so that others can find it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.file.is_there()
    }

    /// Listens again where the file is gone, with another socket. This one takes no more, so that whoever is connected to it
    /// notices, and what lay in it comes back.
    pub fn bind_again(&mut self) -> io::Result<(Self, Vec<Arrival>)> {
        let mut new = Self::bind(self.file.path().to_owned(), self.files)?;
        self.socket.shutdown(Shutdown::Read)?;
        let mut all = Vec::new();
        // Nobody can add to it any more, so this ends.
        loop {
            let before = all.len();
            let got = self.receive(&mut all);
            let refused = self.take_refused();
            new.refused += refused;
            if got.is_err() || (all.len() == before && refused == 0) {
                return Ok((new, all));
            }
        }
    }

    /// Datagrams of other users, too long, or with files that do not belong to them, that were dropped since the last time
    /// this was asked.
    #[must_use]
    pub const fn take_refused(&mut self) -> u64 {
        std::mem::replace(&mut self.refused, 0)
    }

    /// Adds what there is to `into`, as much as one turn takes.
    pub fn receive(&mut self, into: &mut Vec<Arrival>) -> io::Result<Rest> {
        let rest = self.inlet.receive(&self.socket, &mut self.came);
        for datagram in self.came.drain(..) {
            match arrival(datagram, self.me) {
                Some(arrival) => into.push(arrival),
                None => self.refused += 1,
            }
        }
        rest
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Nothing when it is not of root or of this user, or has or brings more than it may.
fn arrival(datagram: Datagram, me: u32) -> Option<Arrival> {
    let Datagram { bytes, sender, mut files, cut } = datagram;
    let friend = sender.is_some_and(|sender| sender.uid == 0 || sender.uid == me);
    if !friend || cut || files.len() > 1 {
        return None;
    }
    let body = match files.pop() {
        None => None,
        Some(file) => Some(read_file(file, passed_len(&bytes)?).ok()?),
    };
    Some(Arrival { datagram: bytes, body })
}
