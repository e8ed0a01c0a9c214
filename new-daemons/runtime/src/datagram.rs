//! The sockets of the bus on tokio: what `bus-sockets` has, and somebody who waits.

mod sender;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::task::{Context, Poll, ready};

use reactor::datagram::Rest;
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use crate::frame::Sockets;

pub use bus_sockets::{Arrival, Delivery, Files, TUNNEL_SOCKET, prepare_directory, socket_of};
pub(crate) use sender::Sender;
pub use sender::Senders;

/// The socket at which datagrams arrive. Its file is removed with it.
#[derive(Debug)]
pub struct Receiver {
    socket: bus_sockets::Receiver,
    /// The same socket, watched.
    watched: UnixDatagram,
    came: VecDeque<Arrival>,
    /// Of the last call; kept for its memory.
    batch: Vec<Arrival>,
}

impl Receiver {
    /// Listens at `path`. A socket that a dead process left there is replaced; a living one is an error (`AddrInUse`).
    pub fn bind(path: PathBuf, files: Files) -> io::Result<Self> {
        Self::with(bus_sockets::Receiver::bind(path, files)?)
    }

    /// The same, with a socket that somebody else has opened at this path if there is one.
    pub fn listen(path: PathBuf, files: Files, sockets: &mut Sockets) -> io::Result<Self> {
        match sockets.datagram(&path) {
            Some(socket) => Self::with(bus_sockets::Receiver::adopt(path, socket, files)?),
            None => Self::bind(path, files),
        }
    }

    fn with(socket: bus_sockets::Receiver) -> io::Result<Self> {
        let watched = UnixDatagram::from_std(socket.socket()?)?;
        Ok(Self { socket, watched, came: VecDeque::new(), batch: Vec::new() })
    }

    /// Whether the socket's file is still there, so that others can find it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.socket.is_there()
    }

    /// Listens again where the file is gone. The old socket takes no more, so that whoever is connected to it notices, and
    /// what lay in it comes next.
    pub fn bind_again(&mut self) -> io::Result<()> {
        let (new, rest) = self.socket.bind_again()?;
        self.came.extend(rest);
        self.watched = UnixDatagram::from_std(new.socket()?)?;
        self.socket = new;
        Ok(())
    }

    /// Datagrams of other users, too long, or with files that do not belong to them, that were dropped since the last time this was asked.
    #[must_use]
    pub const fn take_refused(&mut self) -> u64 {
        self.socket.take_refused()
    }

    /// Waits until there may be something to receive.
    pub async fn readable(&self) -> io::Result<()> {
        if self.came.is_empty() {
            self.watched.readable().await?;
        }
        Ok(())
    }

    /// The next datagram.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrival>> {
        loop {
            if let Some(arrival) = self.came.pop_front() {
                return Poll::Ready(Ok(arrival));
            }
            ready!(self.watched.poll_recv_ready(cx))?;
            self.receive()?;
        }
    }

    /// The next datagram that is there, or `None`.
    pub fn try_recv(&mut self) -> io::Result<Option<Arrival>> {
        while self.came.is_empty() && self.receive()? != Rest::Nothing {}
        Ok(self.came.pop_front())
    }

    fn receive(&mut self) -> io::Result<Rest> {
        let (socket, batch) = (&mut self.socket, &mut self.batch);
        let got = self.watched.try_io(Interest::READABLE, || match socket.receive(batch)? {
            Rest::Nothing => Err(ErrorKind::WouldBlock.into()),
            rest => Ok(rest),
        });
        self.came.extend(self.batch.drain(..));
        match got {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Rest::Nothing),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
