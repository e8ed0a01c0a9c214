//! Two sockets and an echo with no layer at all: the floor of everything that goes over datagrams.

use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::bail;
use nix::cmsg_space;
use nix::sys::socket::sockopt::{PassCred, SndBuf};
use nix::sys::socket::{MsgFlags, UnixCredentials, recvmsg, setsockopt};
use reactor::{Interest, Reactor, Token};

use crate::bus::{PATIENCE, TIME};
use crate::report::Spread;

/// More than any body that is tried.
const ROOM: usize = 128 << 10;

/// How an end waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiving {
    /// In the call that receives: one socket alone.
    Blocks,
    /// As a daemon that has several sockets and asks who speaks: it waits for all of them, then receives, and the kernel
    /// says who has sent.
    Looks,
}

/// One of the two.
struct End {
    socket: UnixDatagram,
    reactor: Option<Reactor>,
    room: Vec<u8>,
    beside: Vec<u8>,
}

impl End {
    fn of(socket: UnixDatagram, receiving: Receiving) -> anyhow::Result<Self> {
        setsockopt(&socket, SndBuf, &(1 << 20))?;
        let reactor = match receiving {
            Receiving::Blocks => None,
            Receiving::Looks => {
                setsockopt(&socket, PassCred, &true)?;
                let reactor = Reactor::new()?;
                reactor.add(&socket, Token(0), Interest::Read)?;
                Some(reactor)
            }
        };
        Ok(Self { socket, reactor, room: vec![0; ROOM], beside: cmsg_space!(UnixCredentials) })
    }

    /// Bytes that came.
    fn receive(&mut self) -> io::Result<usize> {
        let Some(reactor) = &mut self.reactor else { return self.socket.recv(&mut self.room) };
        reactor.wait(Some(PATIENCE))?;
        let mut pieces = [IoSliceMut::new(&mut self.room)];
        let fd = self.socket.as_raw_fd();
        Ok(recvmsg::<()>(fd, &mut pieces, Some(&mut self.beside), MsgFlags::MSG_DONTWAIT)?.bytes)
    }
}

/// Asks an echo in another thread.
pub(crate) struct Raw {
    end: End,
    echo: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Raw {
    pub(crate) fn start(receiving: Receiving) -> anyhow::Result<Self> {
        let (socket, far) = UnixDatagram::pair()?;
        let (end, mut far) = (End::of(socket, receiving)?, End::of(far, receiving)?);
        let echo = std::thread::spawn(move || {
            loop {
                let len = far.receive()?;
                if len == 0 {
                    return Ok(());
                }
                far.socket.send(&far.room[..len])?;
            }
        });
        Ok(Self { end, echo: Some(echo) })
    }

    /// The median of round trips, in microseconds.
    pub(crate) fn trips(&mut self, body: &[u8]) -> anyhow::Result<f64> {
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < TIME {
            let start = Instant::now();
            self.end.socket.send(body)?;
            let len = self.end.receive()?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            if len != body.len() {
                bail!("{len} bytes came back");
            }
        }
        Ok(Spread::of(times.into_iter()).median())
    }

    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        self.end.socket.send(&[])?;
        match self.echo.take().map(JoinHandle::join) {
            Some(result) => result.unwrap_or_else(|_| bail!("the echo panicked")),
            None => Ok(()),
        }
    }
}
