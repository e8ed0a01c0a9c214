//! Messages to daemons of this node, on their way to the receivers' sockets: one queue for each receiver.
//!
//! A message is delivered when the receiver's socket has taken all of it. One datagram at a time is with the driver, which
//! waits for room; so a receiver that does not read holds up nobody but those who write to it. A socket that refuses may be
//! that of a process that has ended since: what it did not take goes once more, over a new connection.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use machine::Time;

use crate::address::Daemon;
use crate::datagram::{self, DATAGRAM_MAX, Fragment, Frame, ToDaemon};
use crate::failure::{Failure, Undelivered};
use crate::gather::Gather;
use crate::outgoing::Ticket;
use crate::{FRAGMENT_MAX, LOCAL_PEERS, QUEUE_MAX, charge};

/// Room for everything around the data in one frame.
const FRAME_OVERHEAD: usize = 64;

/// A receiver that takes nothing for so long fails what waits for it.
const STALL: Duration = Duration::from_secs(30);

/// Between two looks for such receivers.
const LOOK: Duration = Duration::from_secs(1);

/// A connection over which nothing went for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// A ticket and how it ended.
pub(crate) type Ended = (Ticket, Result<(), Undelivered>);

/// A datagram for a neighbour's socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LocalDatagram {
    pub(crate) to: Daemon,
    pub(crate) datagram: Gather,
    pub(crate) passed: Option<Bytes>,
}

#[derive(Debug)]
struct Message {
    ticket: Ticket,
    number: u64,
    body: Bytes,
    sent: usize,
}

/// What the datagram holds that the driver has.
#[derive(Clone, Copy, Debug)]
struct WithDriver {
    /// Messages from the front of the queue that are taken wholly with it.
    whole: usize,
    /// Where it leaves the one after them.
    upto: usize,
    since: Time,
}

#[derive(Debug)]
struct Peer {
    queue: VecDeque<Message>,
    charged: usize,
    with_driver: Option<WithDriver>,
    /// Large bodies go in pieces: a file could not be made.
    in_pieces: bool,
    used: Time,
}

impl Peer {
    const fn new(now: Time) -> Self {
        Self { queue: VecDeque::new(), charged: 0, with_driver: None, in_pieces: false, used: now }
    }

    fn pop(&mut self) -> Option<Message> {
        let message = self.queue.pop_front()?;
        self.charged -= charge(message.body.len());
        Some(message)
    }

    fn is_ready(&self) -> bool {
        self.with_driver.is_none() && !self.queue.is_empty()
    }
}

/// All receivers of this node that were spoken to lately.
#[derive(Debug)]
pub(crate) struct Locals {
    me: Daemon,
    pass_above: usize,
    peers: BTreeMap<Daemon, Peer>,
    ready: BTreeSet<Daemon>,
    last_number: u64,
    /// The next look for receivers that take nothing, while there are any.
    look: Option<Time>,
}

impl Locals {
    /// Messages of `me`, numbered from `first`: another run of the same daemon begins elsewhere.
    pub(crate) fn new(me: Daemon, first: u64, pass_above: usize) -> Self {
        let (peers, ready) = (BTreeMap::new(), BTreeSet::new());
        Self { me, pass_above, peers, ready, last_number: first, look: None }
    }

    /// Queues a message. What cannot be queued comes back with the reason, and so does the name of a connection that has
    /// to be closed to make room for another.
    pub(crate) fn push(
        &mut self,
        now: Time,
        to: Daemon,
        ticket: Ticket,
        body: Bytes,
    ) -> Result<Option<Daemon>, Failure> {
        let mut closed = None;
        if !self.peers.contains_key(&to) && self.peers.len() >= LOCAL_PEERS {
            closed = self.longest_unused();
            match closed {
                Some(unused) => drop(self.peers.remove(&unused)),
                None => return Err(Failure::QueueFull),
            }
        }
        self.last_number = self.last_number.wrapping_add(1);
        let number = self.last_number;
        let peer = self.peers.entry(to).or_insert_with(|| Peer::new(now));
        let cost = charge(body.len());
        if !peer.queue.is_empty() && peer.charged + cost > QUEUE_MAX {
            return Err(Failure::QueueFull);
        }
        peer.charged += cost;
        peer.used = now;
        self.look.get_or_insert(now + LOOK);
        peer.queue.push_back(Message { ticket, number, body, sent: 0 });
        self.update(to);
        Ok(closed)
    }

    fn update(&mut self, daemon: Daemon) {
        if self.peers.get(&daemon).is_some_and(Peer::is_ready) {
            self.ready.insert(daemon);
        } else {
            self.ready.remove(&daemon);
        }
    }

    fn longest_unused(&self) -> Option<Daemon> {
        let idle = self.peers.iter().filter(|(_, p)| p.queue.is_empty());
        idle.min_by_key(|(_, p)| p.used).map(|(daemon, _)| *daemon)
    }

    /// The next datagram, of any receiver that has none with the driver.
    pub(crate) fn next(&mut self, now: Time) -> Option<LocalDatagram> {
        let to = self.ready.pop_first()?;
        let (me, pass_above) = (self.me, self.pass_above);
        let peer = self.peers.get_mut(&to)?;
        let mut g = datagram::begin(to);
        let (mut whole, mut upto) = (0, 0);
        for message in &peer.queue {
            let pass = message.body.len() > pass_above && message.sent == 0 && !peer.in_pieces;
            if pass && whole > 0 {
                break;
            }
            if pass {
                let len = u32::try_from(message.body.len()).unwrap_or(u32::MAX);
                ToDaemon::Passed { from: me, len }.emit(&mut g);
                let passed = Some(message.body.clone());
                peer.with_driver = Some(WithDriver { whole: 1, upto: 0, since: now });
                return Some(LocalDatagram { to, datagram: g.finish(), passed });
            }
            let len = (message.body.len() - message.sent).min(FRAGMENT_MAX);
            if (whole > 0 || upto > 0) && g.len() + len + FRAME_OVERHEAD > DATAGRAM_MAX {
                break;
            }
            let fragment = Fragment {
                total: u32::try_from(message.body.len()).unwrap_or(u32::MAX),
                offset: u32::try_from(message.sent).unwrap_or(u32::MAX),
                data: message.body.slice(message.sent..message.sent + len),
            };
            let last = fragment.is_last();
            ToDaemon::Direct { from: me, message: message.number, fragment }.emit(&mut g);
            if !last {
                upto = message.sent + len;
                break;
            }
            whole += 1;
        }
        peer.with_driver = Some(WithDriver { whole, upto, since: now });
        Some(LocalDatagram { to, datagram: g.finish(), passed: None })
    }

    /// The datagram is in the receiver's socket: these messages are delivered.
    pub(crate) fn sent(&mut self, now: Time, to: Daemon, ended: &mut impl Extend<Ended>) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        let Some(with_driver) = peer.with_driver.take() else { return };
        for _ in 0..with_driver.whole {
            ended.extend(peer.pop().map(|m| (m.ticket, Ok(()))));
        }
        if with_driver.upto > 0 && now >= with_driver.since + STALL {
            // The receiver may have given up half a message, as the look for such receivers would have if it had come.
            ended.extend(peer.pop().map(|m| (m.ticket, surely(Failure::ReceiverStalled))));
        } else if with_driver.upto > 0
            && let Some(first) = peer.queue.front_mut()
        {
            first.sent = with_driver.upto;
        }
        peer.used = now;
        self.update(to);
    }

    /// No file could be made for a large body: from now on they go in pieces.
    pub(crate) fn not_passed(&mut self, to: Daemon) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        peer.in_pieces = true;
        peer.with_driver = None;
        self.update(to);
    }

    /// The receiver's socket refuses. `fresh`: the connection was made for this datagram, so nobody is there.
    pub(crate) fn gone(&mut self, to: Daemon, fresh: bool, ended: &mut impl Extend<Ended>) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        peer.with_driver = None;
        // Half of it went to somebody who has ended: the whole surely did not arrive.
        if peer.queue.front().is_some_and(|m| m.sent > 0) {
            ended.extend(peer.pop().map(|m| (m.ticket, surely(Failure::ReceiverGone))));
        }
        if fresh {
            self.fail(to, Failure::NoSuchDaemon, ended);
        } else {
            self.update(to);
        }
    }

    fn fail(&mut self, to: Daemon, reason: Failure, ended: &mut impl Extend<Ended>) {
        self.ready.remove(&to);
        let queue = self.peers.remove(&to).map(|p| p.queue).unwrap_or_default();
        ended.extend(queue.into_iter().map(|m| (m.ticket, surely(reason))));
    }

    /// Gives up receivers that take nothing and connections that nobody needs; all that are to be closed come back.
    pub(crate) fn tick(&mut self, now: Time, ended: &mut impl Extend<Ended>) -> Vec<Daemon> {
        if self.look.is_none_or(|at| now < at) {
            return Vec::new();
        }
        let stalled = |p: &Peer| p.with_driver.is_some_and(|w| now >= w.since + STALL);
        let idle = |p: &Peer| p.queue.is_empty() && now >= p.used + IDLE;
        let over = self.peers.iter().filter(|(_, p)| stalled(p) || idle(p));
        let over: Vec<Daemon> = over.map(|(daemon, _)| *daemon).collect();
        for daemon in &over {
            self.fail(*daemon, Failure::ReceiverStalled, ended);
        }
        self.look = (!self.peers.is_empty()).then(|| now + LOOK);
        over
    }

    /// When [`Locals::tick`] has something to look at.
    pub(crate) const fn deadline(&self) -> Option<Time> {
        self.look
    }

    /// Gives up everything.
    pub(crate) fn fail_all(&mut self, reason: Failure, ended: &mut impl Extend<Ended>) {
        for to in self.peers.keys().copied().collect::<Vec<_>>() {
            self.fail(to, reason, ended);
        }
    }

    pub(crate) fn check(&self) {
        assert!(self.peers.len() <= LOCAL_PEERS);
        for (daemon, peer) in &self.peers {
            let charged: usize = peer.queue.iter().map(|m| charge(m.body.len())).sum();
            assert_eq!(peer.charged, charged, "queue for {daemon}");
            assert_eq!(peer.is_ready(), self.ready.contains(daemon), "readiness of {daemon}");
            assert!(!peer.queue.iter().skip(1).any(|m| m.sent > 0), "two messages begun towards {daemon}");
        }
    }
}

const fn surely(reason: Failure) -> Result<(), Undelivered> {
    Err(Undelivered { reason, in_doubt: false })
}
