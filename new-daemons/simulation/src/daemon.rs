//! A daemon of the model: an endpoint, a socket with a short queue, and an application that sends numbered messages.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bus::calls::{CallId, Calls, Input, Me, SubscriptionId};
use bus::{Address, Config, Daemon, Endpoint, Gather};
use bytes::{BufMut, Bytes, BytesMut};
use machine::{Machine, Time, earliest};

/// The kernel's queue of a datagram socket.
pub(crate) const SOCKET_QUEUE: usize = 11;

/// Larger bodies go to neighbours as files.
const PASS_ABOVE: usize = 100_000;

/// Tickets of letters begin here; those of calls stay below.
pub(crate) const FIRST_LETTER: u64 = 1 << 62;

/// One run of one daemon.
#[derive(Debug)]
pub(crate) struct SimDaemon {
    pub(crate) incarnation: u64,
    pub(crate) endpoint: Endpoint,
    pub(crate) calls: Calls,
    /// Numbers of calls and subscriptions.
    pub(crate) numbers: u64,
    /// Its open calls, with the bytes that have to come back.
    pub(crate) open: BTreeMap<CallId, usize>,
    /// Its subscriptions: whose events, and which.
    pub(crate) subscriptions: BTreeMap<SubscriptionId, (Address, usize)>,
    /// Its socket: datagrams to read.
    pub(crate) socket: VecDeque<(Bytes, Option<Bytes>)>,
    /// What the endpoint wants in the tunneld's socket.
    pub(crate) unsent: VecDeque<Gather>,
    /// What it has for each of its neighbours: a datagram, and the content of a file with it.
    pub(crate) direct: BTreeMap<Daemon, (Bytes, Option<Bytes>)>,
    /// The runs of its neighbours that its sockets are connected to.
    pub(crate) connections: BTreeMap<Daemon, u64>,
    pub(crate) reads_from: Time,
    /// Until then its driver says that nobody reads, instead of being stopped itself.
    pub(crate) leaves_inbox: bool,
    pub(crate) read_every: Duration,
    pub(crate) tickets: u64,
    pub(crate) losses: u64,
    pub(crate) woken_for: Option<Time>,
    /// The boot of the tunneld that its socket is connected to.
    pub(crate) connected_to: Option<u64>,
}

impl SimDaemon {
    pub(crate) fn new(name: Daemon, incarnation: u64) -> Self {
        let me = Me { daemon: name, incarnation, release: "model".to_owned(), features: 0 };
        let mut calls = Calls::new(me);
        calls.handle(Time::ZERO, Input::Serve(true));
        Self {
            incarnation,
            calls,
            numbers: 0,
            open: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            endpoint: Endpoint::new(Config { pass_above: PASS_ABOVE, ..Config::new(name, incarnation) }),
            socket: VecDeque::new(),
            unsent: VecDeque::new(),
            direct: BTreeMap::new(),
            connections: BTreeMap::new(),
            reads_from: Time::ZERO,
            leaves_inbox: false,
            read_every: Duration::from_micros(2),
            tickets: FIRST_LETTER,
            losses: 0,
            woken_for: None,
            connected_to: None,
        }
    }
}

impl SimDaemon {
    /// When it has to be woken.
    pub(crate) fn deadline(&self) -> Option<Time> {
        earliest(self.endpoint.poll_timeout(), self.calls.poll_timeout())
    }
}

/// What a message of the model says: who wrote it, to whom, its number in that direction, and a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Letter {
    pub(crate) from: Address,
    pub(crate) incarnation: u64,
    pub(crate) number: u64,
}

const HEAD: usize = 24;

fn pattern(number: u64, at: usize) -> u8 {
    let at = u64::try_from(at).unwrap_or(0);
    u8::try_from((number.wrapping_mul(31).wrapping_add(at.wrapping_mul(7))) & 0xff).unwrap_or(0)
}

impl Letter {
    pub(crate) fn write(&self, len: usize) -> Bytes {
        let mut body = BytesMut::with_capacity(HEAD + len);
        body.put_u64(self.incarnation);
        body.put_u64(self.number);
        body.put_u64(u64::try_from(len).unwrap_or(0));
        body.extend((0..len).map(|at| pattern(self.number, at)));
        body.freeze()
    }

    pub(crate) fn read(from: Address, body: &[u8]) -> Self {
        let word = |at: usize| u64::from_be_bytes(body[at..at + 8].try_into().expect("a whole word"));
        let (incarnation, number, len) = (word(0), word(8), word(16));
        assert_eq!(
            u64::try_from(body.len() - HEAD),
            Ok(len),
            "message {number} of {from} has another length"
        );
        for (at, byte) in body[HEAD..].iter().enumerate() {
            assert_eq!(*byte, pattern(number, at), "message {number} of {from} is damaged at {at}");
        }
        Self { from, incarnation, number }
    }
}
