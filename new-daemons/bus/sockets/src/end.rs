//! A daemon's end of the bus without tokio: the machines of `bus` over its sockets, for a loop that belongs to its owner.
//!
//! It does what the tokio driver does for the same machines, and nothing more; a test holds the two against each other. A
//! turn is: the owner waits with its reactor, hands over what is ready, takes the events, says what it wants, and flushes.
//! What was said in one turn goes to each peer with one call and, when it is small, in one datagram. Nobody waits and
//! nothing is decided here.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use bus::calls::{self, Calls, Me};
use bus::{Daemon, Effect, Endpoint, Input, Node};
use machine::{Machine, Time, earliest};
use reactor::datagram::Rest;
use reactor::{Interest, Reactor, Ready, Token};

use crate::joining::{JoinError, Joining, Way, incarnation};
use crate::{
    Arrival, Clock, Delivery, Files, Receiver, Senders, TUNNEL_SOCKET, prepare_directory, socket_of,
};

/// Calls of the receiving socket in a turn, each of some datagrams, before everything else gets its turn.
const TURN: usize = 4;

/// The socket's file is looked for so often.
const LOOK: Duration = Duration::from_secs(1);

/// Tokens that an end needs, from the first one that it is given.
pub const TOKENS: u64 = 1 << 32;

/// Whose socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Tunneld,
    Neighbour(Daemon),
}

/// What the owner is told.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Of calls, requests, events and watches: each effect of the machine but [`calls::Effect::Send`].
    Calls(calls::Effect),
    /// The way to other nodes has changed.
    Way(Way),
}

/// A daemon's connection to the bus. It ends with [`End::leave`]; dropped without that, others notice it by themselves.
#[derive(Debug)]
pub struct End {
    endpoint: Endpoint,
    calls: Calls,
    receiver: Receiver,
    senders: Senders<Peer>,
    dir: PathBuf,
    token: Token,
    clock: Clock,
    now: Time,
    way: Way,
    events: VecDeque<Event>,
    /// The next look after the socket's file.
    look: Time,
    came: Vec<Arrival>,
    outcomes: Vec<(Peer, Delivery)>,
}

impl End {
    /// Joins the bus of this node. The reactor knows the end by the tokens from `first` on, [`TOKENS`] of them.
    pub fn join(reactor: &Reactor, first: u64, joining: Joining) -> Result<Self, JoinError> {
        let Joining { dir, daemon, release, features } = joining;
        if let Err(error) = prepare_directory(&dir) {
            return Err(JoinError::Directory { path: dir, error });
        }
        let (path, token) = (socket_of(&dir, daemon), Token(first));
        let listen = || {
            let receiver = Receiver::bind(path.clone(), Files::Read)?;
            reactor.add(&receiver, token, Interest::Read)?;
            Ok(receiver)
        };
        let receiver = listen().map_err(|error| JoinError::Listen { path: path.clone(), error })?;
        let incarnation = incarnation();
        let clock = Clock::default();
        let now = clock.now();
        let mut end = Self {
            endpoint: Endpoint::new(bus::Config::new(daemon, incarnation)),
            calls: Calls::new(Me { daemon, incarnation, release, features }),
            receiver,
            senders: Senders::new(first + 1..first + TOKENS),
            dir,
            token,
            clock,
            now,
            way: Way::default(),
            events: VecDeque::new(),
            look: now + LOOK,
            came: Vec::new(),
            outcomes: Vec::new(),
        };
        end.endpoint.handle(now, Input::Start);
        end.flush(reactor);
        Ok(end)
    }

    /// The time of this turn.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The way to other nodes, as far as it is known.
    #[must_use]
    pub const fn way(&self) -> Way {
        self.way
    }

    /// What was ignored so far, for the curious.
    #[must_use]
    pub const fn ignored(&self) -> calls::Ignored {
        self.calls.ignored()
    }

    /// How long the owner may wait for something of this end. Zero while there are events to be taken.
    #[must_use]
    pub fn patience(&self) -> Duration {
        if !self.events.is_empty() {
            return Duration::ZERO;
        }
        let machines = earliest(self.endpoint.poll_timeout(), self.calls.poll_timeout());
        let next = machines.map_or(self.look, |at| at.min(self.look));
        next.since(self.clock.now())
    }

    /// A new turn: takes the time.
    pub fn begin(&mut self) {
        self.now = self.clock.now();
    }

    /// Something is ready. False: it is none of this end's.
    pub fn ready(&mut self, ready: Ready) -> bool {
        if ready.token == self.token {
            self.read();
            return true;
        }
        self.senders.room(ready.token)
    }

    /// After what is ready was handed over: does what is due. What has come meanwhile must not be taken for silence.
    pub fn settle(&mut self, reactor: &Reactor) {
        if self.endpoint.poll_timeout().is_some_and(|at| self.now >= at) {
            self.endpoint.tick(self.now);
        }
        if self.calls.poll_timeout().is_some_and(|at| self.now >= at) {
            self.calls.tick(self.now);
        }
        if self.now >= self.look {
            self.look = self.now + LOOK;
            self.stay_reachable(reactor);
        }
        self.flush(reactor);
    }

    /// A whole turn for an owner that waits for nothing else: waits, takes what is ready, and does what is due.
    pub fn turn(&mut self, reactor: &mut Reactor, patience: Option<Duration>) -> std::io::Result<()> {
        self.flush(reactor);
        let patience = patience.map_or(self.patience(), |other| other.min(self.patience()));
        reactor.wait(Some(patience))?;
        self.begin();
        for ready in reactor.ready() {
            self.ready(ready);
        }
        self.settle(reactor);
        Ok(())
    }

    /// The next thing that the owner is to know.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What the owner wants: a call, an answer, an event. It goes with the next [`End::flush`].
    pub fn input(&mut self, input: calls::Input) {
        self.calls.handle(self.now, input);
    }

    /// Sends what is to be sent, as far as there is room.
    pub fn flush(&mut self, reactor: &Reactor) {
        loop {
            self.run();
            self.senders.flush(reactor, &mut self.outcomes);
            if self.outcomes.is_empty() {
                return;
            }
            let mut outcomes = std::mem::take(&mut self.outcomes);
            for (peer, outcome) in outcomes.drain(..) {
                self.outcome(peer, outcome);
            }
            // Their memory is used again. Nothing was added meanwhile.
            self.outcomes = outcomes;
        }
    }

    fn read(&mut self) {
        for _ in 0..TURN {
            let rest = self.receiver.receive(&mut self.came);
            self.take_arrivals();
            match rest {
                Ok(Rest::More) => {}
                Ok(Rest::Unknown | Rest::Nothing) => return,
                Err(error) => {
                    tracing::warn!(%error, "bus socket");
                    return;
                }
            }
        }
    }

    fn take_arrivals(&mut self) {
        for Arrival { datagram, body } in self.came.drain(..) {
            let input = match body {
                Some(body) => Input::Passed { datagram, body },
                None => Input::Datagram(datagram),
            };
            self.endpoint.handle(self.now, input);
        }
    }

    /// What follows from one machine for the other. What was said by the owner goes first, so that it shares datagrams.
    fn run(&mut self) {
        loop {
            while let Some(effect) = self.calls.poll_effect(self.now) {
                match effect {
                    calls::Effect::Send { ticket, to, body } => {
                        self.endpoint.handle(self.now, Input::Send { ticket, to, body });
                    }
                    other => self.events.push_back(Event::Calls(other)),
                }
            }
            let Some(effect) = self.endpoint.poll_effect(self.now) else { return };
            self.effect(effect);
        }
    }

    fn effect(&mut self, effect: Effect) {
        let now = self.now;
        match effect {
            Effect::Connect => {
                let there = self.senders.connect(Peer::Tunneld, &self.dir.join(TUNNEL_SOCKET)).is_ok();
                self.endpoint.handle(now, if there { Input::Connected } else { Input::Unreachable });
            }
            Effect::Transmit(datagram) => {
                let path = || self.dir.join(TUNNEL_SOCKET);
                let outcome = self.senders.send(Peer::Tunneld, path, datagram, None);
                outcome.into_iter().for_each(|outcome| self.outcome(Peer::Tunneld, outcome));
            }
            Effect::Local { to, datagram, passed } => {
                let (path, peer) = (|| socket_of(&self.dir, to), Peer::Neighbour(to));
                let outcome = self.senders.send(peer, path, datagram, passed.as_ref());
                outcome.into_iter().for_each(|outcome| self.outcome(peer, outcome));
            }
            Effect::LocalClose(daemon) => self.senders.forget(Peer::Neighbour(daemon)),
            Effect::Received { from, body } => self.calls.handle(now, calls::Input::Received { from, body }),
            Effect::Completed { ticket, result } => {
                self.calls.handle(now, calls::Input::Completed { ticket, result });
            }
            Effect::Up { node, attached } | Effect::Link { node, attached } => {
                self.ways(true, node, attached)
            }
            Effect::Lost(_) => {
                self.senders.forget(Peer::Tunneld);
                self.ways(false, None, false);
            }
        }
    }

    fn ways(&mut self, tunneld: bool, node: Option<Node>, attached: bool) {
        if let Some(node) = node {
            self.calls.handle(self.now, calls::Input::Node(node));
        }
        let way = Way { tunneld, node: node.or(self.way.node), attached };
        if std::mem::replace(&mut self.way, way) != way {
            self.events.push_back(Event::Way(way));
        }
    }

    fn outcome(&mut self, peer: Peer, outcome: Delivery) {
        let input = match (peer, outcome) {
            (Peer::Tunneld, Delivery::Sent) => Input::Transmitted,
            (Peer::Tunneld, Delivery::Gone { .. } | Delivery::NotPassed) => Input::Unreachable,
            (Peer::Neighbour(daemon), Delivery::Sent) => Input::LocalSent(daemon),
            (Peer::Neighbour(daemon), Delivery::Gone { fresh }) => Input::LocalGone { daemon, fresh },
            (Peer::Neighbour(daemon), Delivery::NotPassed) => Input::NotPassed(daemon),
        };
        self.endpoint.handle(self.now, input);
    }

    /// Others find this daemon by its socket's file. One that was removed is made again.
    fn stay_reachable(&mut self, reactor: &Reactor) {
        if self.receiver.is_there() {
            return;
        }
        match self.receiver.bind_again() {
            Ok((receiver, rest)) => {
                self.receiver = receiver;
                self.came.extend(rest);
                self.take_arrivals();
                if let Err(error) = reactor.add(&self.receiver, self.token, Interest::Read) {
                    tracing::warn!(%error, "bus socket");
                }
            }
            Err(error) => tracing::warn!(%error, "bus socket"),
        }
    }

    /// Says what is still to be said, then good-bye.
    pub fn leave(mut self, reactor: &Reactor) {
        self.begin();
        self.flush(reactor);
        self.endpoint.handle(self.now, Input::Stop);
        self.flush(reactor);
    }
}
