//! Connected sockets, one for each peer, and what waits for room in them.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bus::Gather;
use bus::datagram::DATAGRAM_MAX;
use bytes::Bytes;
use nix::libc::ETOOMANYREFS;
use reactor::datagram::{Outlet, Sent};
use reactor::{Interest, Reactor, Token};

use crate::make_file;

/// Room for a few full datagrams on their way.
pub const SEND_BUFFER: usize = 4 * DATAGRAM_MAX;

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is in the peer's socket.
    Sent,
    /// The peer is not there.
    Gone {
        /// The connection was made for this datagram.
        fresh: bool,
    },
    /// No file could be made or passed for its body. The connection stays.
    NotPassed,
}

/// Connects once, and sends if there is room.
pub fn send_once(path: &Path, datagram: Gather) {
    if let Ok(mut outlet) = Outlet::connect(path, SEND_BUFFER) {
        outlet.push(datagram, None);
        // Whoever is not there, or has no room, gets it not.
        let _ = outlet.flush(drop);
    }
}

#[derive(Debug)]
struct Socket {
    outlet: Outlet<Gather>,
    /// It has taken something.
    used: bool,
    /// It waits for room: the next wake-up looks again, and not earlier.
    full: bool,
    /// By which the reactor knows it, since it was full once.
    token: Option<u64>,
}

/// The connected sockets to many peers. What was said in one turn goes with one call for each peer; what finds no room
/// waits here for its peer, so the others go on.
#[derive(Debug)]
pub struct Senders<K> {
    sockets: BTreeMap<K, Socket>,
    /// Peers to which something is to be sent.
    fresh: Vec<K>,
    watched: BTreeMap<u64, K>,
    tokens: Range<u64>,
    next: u64,
}

impl<K: Copy + Ord> Senders<K> {
    /// The reactor knows these sockets by `tokens`.
    #[must_use]
    pub const fn new(tokens: Range<u64>) -> Self {
        let next = tokens.start;
        Self { sockets: BTreeMap::new(), fresh: Vec::new(), watched: BTreeMap::new(), tokens, next }
    }

    /// Connects anew; what waited for the peer is dropped.
    pub fn connect(&mut self, to: K, path: &Path) -> io::Result<()> {
        self.forget(to);
        let outlet = Outlet::connect(path, SEND_BUFFER)?;
        self.sockets.insert(to, Socket { outlet, used: false, full: false, token: None });
        Ok(())
    }

    /// Takes a datagram to be sent with [`Senders::flush`]; `passed` goes with it as a file. An outcome at once is its end.
    pub fn send(
        &mut self,
        to: K,
        path: impl FnOnce() -> PathBuf,
        datagram: Gather,
        passed: Option<&Bytes>,
    ) -> Option<Delivery> {
        if !self.sockets.contains_key(&to) && self.connect(to, &path()).is_err() {
            return Some(Delivery::Gone { fresh: true });
        }
        let Ok(file) = passed.map(make_file).transpose() else { return Some(Delivery::NotPassed) };
        let socket = self.sockets.get_mut(&to)?;
        socket.outlet.push(datagram, file);
        if !socket.full && socket.outlet.len() == 1 {
            self.fresh.push(to);
        }
        None
    }

    /// Sends what was taken, and says what became of it: one outcome for each datagram that has found its end.
    pub fn flush(&mut self, reactor: &Reactor, outcomes: &mut Vec<(K, Delivery)>) {
        while let Some(to) = self.fresh.pop() {
            self.send_to(reactor, to, outcomes);
        }
    }

    fn send_to(&mut self, reactor: &Reactor, to: K, outcomes: &mut Vec<(K, Delivery)>) {
        while let Some(socket) = self.sockets.get_mut(&to) {
            let Socket { outlet, used, .. } = socket;
            let sent = outlet.flush(|_| {
                *used = true;
                outcomes.push((to, Delivery::Sent));
            });
            match sent {
                Ok(Sent::All) => return,
                Ok(Sent::Full) => {
                    if self.watch(reactor, to).is_ok() {
                        return;
                    }
                    // Nobody would look at it again.
                    outcomes.push((to, Delivery::Gone { fresh: false }));
                    return self.forget(to);
                }
                // As many files are under way as may be.
                Err(error) if error.raw_os_error() == Some(ETOOMANYREFS) => {
                    socket.outlet.skip();
                    outcomes.push((to, Delivery::NotPassed));
                }
                Err(_) => {
                    let fresh = !socket.used;
                    outcomes.push((to, Delivery::Gone { fresh }));
                    return self.forget(to);
                }
            }
        }
    }

    /// Room is told once for each time that there was none: otherwise each datagram that the peer takes would wake this
    /// process for nothing.
    fn watch(&mut self, reactor: &Reactor, to: K) -> io::Result<()> {
        let Some(socket) = self.sockets.get_mut(&to) else { return Ok(()) };
        match socket.token {
            Some(token) => reactor.change(&socket.outlet, Token(token), Interest::RoomOnce)?,
            None => {
                let token = free_token(&mut self.next, &self.tokens, &self.watched);
                reactor.add(&socket.outlet, Token(token), Interest::RoomOnce)?;
                self.watched.insert(token, to);
                socket.token = Some(token);
            }
        }
        socket.full = true;
        Ok(())
    }

    /// There may be room behind this token. False: it is not one of these.
    pub fn room(&mut self, token: Token) -> bool {
        let Some(to) = self.watched.get(&token.0) else { return self.tokens.contains(&token.0) };
        if let Some(socket) = self.sockets.get_mut(to) {
            socket.full = false;
            self.fresh.push(*to);
        }
        true
    }

    /// Closes the connection; what waits for the peer is dropped.
    pub fn forget(&mut self, peer: K) {
        if let Some(socket) = self.sockets.remove(&peer)
            && let Some(token) = socket.token
        {
            self.watched.remove(&token);
        }
        self.fresh.retain(|to| *to != peer);
    }
}

fn free_token<K>(next: &mut u64, tokens: &Range<u64>, used: &BTreeMap<u64, K>) -> u64 {
    loop {
        let token = *next;
        *next = if token + 1 < tokens.end { token + 1 } else { tokens.start };
        if !used.contains_key(&token) {
            return token;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bus::GatherWriter;

    use super::*;
    use crate::{Arrival, Files, Receiver};

    const PATIENCE: Duration = Duration::from_secs(60);

    fn datagram(n: u32) -> Gather {
        let mut g = GatherWriter::default();
        g.xdr().u32(n);
        g.finish()
    }

    fn all(receiver: &mut Receiver) -> Vec<u32> {
        let mut came: Vec<Arrival> = Vec::new();
        loop {
            let before = came.len();
            receiver.receive(&mut came).unwrap();
            if came.len() == before {
                let number = |arrival: &Arrival| u32::from_be_bytes(arrival.datagram[..].try_into().unwrap());
                return came.iter().map(number).collect();
            }
        }
    }

    #[test]
    fn a_peer_that_never_reads_holds_up_no_other_and_gets_all_in_order_when_it_does() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("deaf.0"), dir.path().join("other.0")];
        let mut peers = paths.clone().map(|path| Receiver::bind(path, Files::Refuse).unwrap());
        let mut reactor = Reactor::new().unwrap();
        let (mut senders, mut outcomes) = (Senders::new(5..7), Vec::new());
        for n in 0..100 {
            for (to, path) in paths.iter().enumerate() {
                assert_eq!(senders.send(to, || path.clone(), datagram(n), None), None);
            }
            senders.flush(&reactor, &mut outcomes);
            assert_eq!(all(&mut peers[1]), [n]);
        }
        let sent_to = |outcomes: &[(usize, Delivery)], peer| {
            outcomes.iter().filter(|end| **end == (peer, Delivery::Sent)).count()
        };
        assert_eq!(sent_to(&outcomes, 1), 100);
        assert!(sent_to(&outcomes, 0) < 100);
        let mut came = all(&mut peers[0]);
        while came.len() < 100 {
            reactor.wait(Some(PATIENCE)).unwrap();
            let ready: Vec<_> = reactor.ready().collect();
            assert!(!ready.is_empty(), "room was not told after {came:?}");
            assert!(ready.iter().all(|ready| senders.room(ready.token)));
            senders.flush(&reactor, &mut outcomes);
            came.extend(all(&mut peers[0]));
        }
        assert_eq!(came, Vec::from_iter(0..100));
        assert_eq!((sent_to(&outcomes, 0), outcomes.len()), (100, 200));
        assert!(!senders.room(Token(7)), "a token of somebody else");
    }

    #[test]
    fn a_peer_that_has_ended_is_gone_and_one_that_was_never_there_is_gone_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0");
        let reactor = Reactor::new().unwrap();
        let (mut senders, mut outcomes) = (Senders::new(5..7), Vec::new());
        let send = |senders: &mut Senders<char>| senders.send('a', || path.clone(), datagram(1), None);
        assert_eq!(send(&mut senders), Some(Delivery::Gone { fresh: true }));
        let receiver = Receiver::bind(path.clone(), Files::Refuse).unwrap();
        assert_eq!(send(&mut senders), None);
        senders.flush(&reactor, &mut outcomes);
        drop(receiver);
        assert_eq!((send(&mut senders), send(&mut senders)), (None, None));
        senders.flush(&reactor, &mut outcomes);
        // What waited behind the first is dropped with the connection.
        assert_eq!(outcomes, [('a', Delivery::Sent), ('a', Delivery::Gone { fresh: false })]);
    }

    #[test]
    fn a_file_that_its_datagram_does_not_announce_is_refused_by_the_other_side() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0");
        let mut receiver = Receiver::bind(path.clone(), Files::Read).unwrap();
        let reactor = Reactor::new().unwrap();
        let (mut senders, mut outcomes) = (Senders::new(5..7), Vec::new());
        let body = Bytes::from(vec![7; 100_000]);
        assert_eq!(senders.send('a', || path.clone(), datagram(1), Some(&body)), None);
        senders.flush(&reactor, &mut outcomes);
        let mut came = Vec::new();
        receiver.receive(&mut came).unwrap();
        assert_eq!((came.len(), receiver.take_refused()), (0, 1));
        assert_eq!(outcomes, [('a', Delivery::Sent)]);
    }
}
