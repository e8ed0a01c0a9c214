//! Which sockets are ready, by epoll.
//!
//! Level-triggered: what was not taken is told again, so a loop may leave a busy socket after its turn, and the kernel
//! tells the others before it tells that one anew. An error or an end is told as ready for both, because the next call
//! shows it.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

/// What is told of in one go at most.
const EVENTS: usize = 512;

/// Whose socket, for the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// What a loop wants to know of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Whether there is something to read.
    Read,
    /// Whether there is room to write.
    Write,
    /// Whether there is room, and then nothing until it is asked anew.
    RoomOnce,
    /// Both.
    Both,
    /// Errors alone, which the kernel tells always.
    Nothing,
}

impl Interest {
    const fn flags(self) -> EpollFlags {
        match self {
            Self::Read => EpollFlags::EPOLLIN,
            Self::Write => EpollFlags::EPOLLOUT,
            Self::RoomOnce => EpollFlags::EPOLLOUT.union(EpollFlags::EPOLLONESHOT),
            Self::Both => EpollFlags::EPOLLIN.union(EpollFlags::EPOLLOUT),
            Self::Nothing => EpollFlags::empty(),
        }
    }
}

/// A socket that can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Of [`Reactor::add`].
    pub token: Token,
    /// There is something to read, an end or an error.
    pub readable: bool,
    /// There is room, or an error.
    pub writable: bool,
}

impl From<&EpollEvent> for Ready {
    fn from(event: &EpollEvent) -> Self {
        let flags = event.events();
        let over = flags.intersects(EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP);
        Self {
            token: Token(event.data()),
            readable: over || flags.contains(EpollFlags::EPOLLIN),
            writable: over || flags.contains(EpollFlags::EPOLLOUT),
        }
    }
}

/// The sockets of one loop.
#[derive(Debug)]
pub struct Reactor {
    epoll: Epoll,
    events: Vec<EpollEvent>,
    ready: usize,
}

impl Reactor {
    /// Without any socket.
    pub fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Self { epoll, events: vec![EpollEvent::empty(); EVENTS], ready: 0 })
    }

    /// Tells of this socket from now on. It is forgotten when its last descriptor is closed.
    pub fn add(&self, socket: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.add(socket, EpollEvent::new(interest.flags(), token.0))?)
    }

    /// Tells something else of it.
    pub fn change(&self, socket: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.modify(socket, &mut EpollEvent::new(interest.flags(), token.0))?)
    }

    /// Tells nothing of it any more.
    pub fn remove(&self, socket: impl AsFd) -> io::Result<()> {
        Ok(self.epoll.delete(socket)?)
    }

    /// Waits until something is ready, for at most `patience`; without one as long as it takes. May come back earlier
    /// with nothing.
    pub fn wait(&mut self, patience: Option<Duration>) -> io::Result<()> {
        self.ready = 0;
        self.ready = match self.epoll.wait(&mut self.events, timeout(patience)) {
            Err(Errno::EINTR) => 0,
            other => other?,
        };
        Ok(())
    }

    /// What the last wait has found.
    pub fn ready(&self) -> impl Iterator<Item = Ready> {
        self.events[..self.ready].iter().map(Ready::from)
    }
}

/// In whole milliseconds, never too early.
fn timeout(patience: Option<Duration>) -> EpollTimeout {
    let Some(patience) = patience else { return EpollTimeout::NONE };
    let millis = patience.as_nanos().div_ceil(1_000_000);
    i32::try_from(millis)
        .ok()
        .and_then(|millis| EpollTimeout::try_from(millis).ok())
        .unwrap_or(EpollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patience_is_never_cut_short_and_zero_does_not_wait() {
        let millis = |patience| timeout(Some(patience)).as_millis();
        assert_eq!(millis(Duration::ZERO), Some(0));
        assert_eq!(millis(Duration::from_nanos(1)), Some(1));
        assert_eq!(millis(Duration::from_millis(7)), Some(7));
        assert_eq!(millis(Duration::from_micros(7001)), Some(8));
        assert_eq!(millis(Duration::MAX), EpollTimeout::MAX.as_millis());
        assert!(timeout(None).is_none());
    }
}
