//! Sockets that somebody else has opened for this daemon: systemd's socket units (`sd_listen_fds(3)`).
//!
//! A socket is known by the path or address at which it listens: the daemon asks for its own place, and opens it itself
//! when nobody has done so. What nobody asks for is closed with the frame.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;

use listenfd::ListenFd;

/// More than any daemon has.
const MOST: usize = 64;

/// The sockets that are still there to be taken.
#[derive(Debug, Default)]
pub struct Sockets {
    datagrams: Vec<UnixDatagram>,
    listeners: Vec<UnixListener>,
    tcp: Vec<TcpListener>,
    /// Of another kind, or none.
    strange: usize,
}

impl Sockets {
    /// Those that the environment tells of. To be called before there are threads.
    pub(crate) fn inherited() -> Self {
        let mut sockets = Self::default();
        let count = std::env::var("LISTEN_FDS").ok().and_then(|count| count.parse::<usize>().ok());
        if count.is_none_or(|count| count > MOST) {
            return sockets;
        }
        let mut all = ListenFd::from_env();
        for index in 0..all.len() {
            if let Ok(Some(socket)) = all.take_unix_datagram(index) {
                sockets.datagrams.push(socket);
            } else if let Ok(Some(socket)) = all.take_unix_listener(index) {
                sockets.listeners.push(socket);
            } else if let Ok(Some(socket)) = all.take_tcp_listener(index) {
                sockets.tcp.push(socket);
            } else {
                sockets.strange += 1;
            }
        }
        sockets
    }

    /// The datagram socket that listens at a path.
    pub fn datagram(&mut self, path: &Path) -> Option<UnixDatagram> {
        let at = |socket: &UnixDatagram| socket.local_addr().is_ok_and(|at| at.as_pathname() == Some(path));
        take(&mut self.datagrams, at)
    }

    /// The stream socket that listens at a path.
    pub fn listener(&mut self, path: &Path) -> Option<UnixListener> {
        let at = |socket: &UnixListener| socket.local_addr().is_ok_and(|at| at.as_pathname() == Some(path));
        take(&mut self.listeners, at)
    }

    /// The TCP socket that listens at an address.
    pub fn tcp(&mut self, address: SocketAddr) -> Option<TcpListener> {
        take(&mut self.tcp, |socket| socket.local_addr().is_ok_and(|at| at == address))
    }

    /// What there is that nobody has taken, in words; none when that is nothing.
    #[must_use]
    pub fn left(&self) -> Option<String> {
        let place = |path: Option<&Path>| {
            path.map_or_else(|| "no path".to_owned(), |path| path.display().to_string())
        };
        let mut all = Vec::new();
        let datagrams = self.datagrams.iter().filter_map(|socket| socket.local_addr().ok());
        all.extend(datagrams.map(|at| place(at.as_pathname())));
        let listeners = self.listeners.iter().filter_map(|socket| socket.local_addr().ok());
        all.extend(listeners.map(|at| place(at.as_pathname())));
        all.extend(self.tcp.iter().filter_map(|socket| socket.local_addr().ok()).map(|at| at.to_string()));
        if self.strange > 0 {
            all.push(format!("{} of another kind", self.strange));
        }
        (!all.is_empty()).then(|| all.join(", "))
    }
}

fn take<T>(all: &mut Vec<T>, wanted: impl Fn(&T) -> bool) -> Option<T> {
    all.iter().position(wanted).map(|index| all.swap_remove(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_found_by_its_place_and_given_away_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        let mut sockets = Sockets {
            datagrams: vec![UnixDatagram::bind(path("a")).unwrap(), UnixDatagram::bind(path("b")).unwrap()],
            listeners: vec![UnixListener::bind(path("c")).unwrap()],
            tcp: vec![tcp],
            strange: 0,
        };
        assert!(sockets.datagram(&path("c")).is_none() && sockets.listener(&path("a")).is_none());
        let b = sockets.datagram(&path("b")).unwrap();
        assert_eq!(b.local_addr().unwrap().as_pathname(), Some(path("b").as_path()));
        assert!(sockets.datagram(&path("b")).is_none());
        assert!(sockets.listener(&path("c")).is_some() && sockets.tcp(address).is_some());
        assert_eq!(sockets.left(), Some(path("a").display().to_string()));
        sockets.datagram(&path("a")).unwrap();
        assert_eq!(sockets.left(), None);
    }
}
