//! The tunneld as a machine: inputs in, effects out. What happens to a message on its way is in `routing`.

use std::collections::{BTreeMap, VecDeque};

use bus::datagram::{self, ToDaemon};
use bus::{Daemon, Failure, Gather, Node};
use bytes::Bytes;
use legacy_codec::{NodeFlags, NodeMap};
use legacy_session as session;
use machine::{Machine, Time, earliest};
use protocol::tunnel::{Counters, PeerState};

use crate::limits::{Config, HOUSEKEEPING};
use crate::link::{Link, LinkEffect};
use crate::locals::Locals;
use crate::peer::Peer;
use crate::seal::Keys;
use crate::service::Service;
use crate::turns::Turns;

/// What happens to a tunneld.
#[derive(Debug)]
pub enum Input {
    /// The first input: connect to ctdbd.
    Start,
    /// Something on the connection to ctdbd.
    Ctdbd(session::Input),
    /// So many bytes of [`Effect::Write`] are in the socket.
    Written(usize),
    /// A datagram of a daemon of this node.
    Datagram(Bytes),
    /// The oldest [`Effect::Deliver`] of this daemon is in its socket.
    Sent {
        /// The daemon.
        daemon: Daemon,
        /// Of the effect.
        incarnation: u64,
    },
    /// So many datagrams were not read: too long, or of another user.
    Refused(u64),
    /// The tunneld ends: its daemons are told.
    Stop,
    /// The daemon's socket refuses: it is not there any more.
    Gone {
        /// The daemon.
        daemon: Daemon,
        /// Of the effect.
        incarnation: u64,
    },
}

/// What a tunneld wants done.
#[derive(Debug)]
pub enum Effect {
    /// Connect to ctdbd's socket.
    Connect,
    /// Write to it, in order.
    Write(Bytes),
    /// Close it.
    Close,
    /// Send to a daemon's socket, waiting for room; then say [`Input::Sent`] or [`Input::Gone`].
    Deliver {
        /// The daemon.
        daemon: Daemon,
        /// Comes back.
        incarnation: u64,
        /// The datagram in its pieces.
        datagram: Gather,
    },
    /// Nothing more goes to this daemon; what is still waiting for it is void.
    Forget {
        /// The daemon.
        daemon: Daemon,
        /// As in the effects before.
        incarnation: u64,
    },
    /// Send this if it can be done at once, else leave it.
    Reject {
        /// The daemon, which is not registered.
        daemon: Daemon,
        /// The datagram in its pieces.
        datagram: Gather,
    },
    /// Something for the log.
    Event(Event),
}

/// What people may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// ctdbd can be reached and the nodes are known.
    Attached(Node),
    /// ctdbd was lost, and why.
    Lost(String),
    /// A daemon registered.
    Registered(Daemon),
    /// A daemon is gone, and how that was noticed.
    DaemonGone(Daemon, &'static str),
    /// A daemon was not registered because there are too many.
    TooManyDaemons(Daemon),
    /// The state of a peer changed.
    Peer(Node, PeerState),
    /// A packet from ctdbd or a local daemon was dropped, and why.
    Dropped(String),
    /// An envelope in the name of a node was not heeded for its seal, and why. Told at most once a minute for each.
    Unsealed(Node, String),
}

/// A tunneld without its sockets.
#[derive(Debug)]
pub struct Tunnel {
    pub(crate) config: Config,
    pub(crate) link: Link,
    pub(crate) peers: BTreeMap<Node, Peer>,
    pub(crate) locals: Locals,
    pub(crate) service: Service,
    pub(crate) counters: Counters,
    pub(crate) started: Time,
    pub(crate) busy: Turns<Node>,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) last_message: u64,
    housekeeping: Option<Time>,
}

impl Tunnel {
    /// A tunneld that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            link: Link::new(),
            peers: BTreeMap::new(),
            locals: Locals::default(),
            service: Service::new(),
            counters: Counters::default(),
            started: Time::ZERO,
            busy: Turns::default(),
            effects: VecDeque::new(),
            last_message: 0,
            housekeeping: None,
        }
    }

    /// From now on a silent peer is given up after so long.
    pub const fn set_peer_timeout(&mut self, time: std::time::Duration) {
        self.config.peer_timeout = time;
    }

    /// From now on envelopes are sealed and judged with these.
    pub fn set_keys(&mut self, keys: Keys) {
        self.config.keys = keys;
    }

    /// The most that is kept for any peer and direction, in charges.
    #[must_use]
    pub fn largest_queue(&self) -> usize {
        self.peers.values().map(|p| p.queued().max(p.buffered())).max().unwrap_or(0)
    }

    /// All that is kept, in charges: nothing once everything has settled.
    #[must_use]
    pub fn kept(&self) -> usize {
        let locals: usize = self.locals.iter().map(|(_, l)| l.numbers().1).sum();
        self.peers.values().map(|p| p.queued() + p.buffered()).sum::<usize>() + locals
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.effects.push_back(Effect::Event(event));
    }

    fn link_notice(&self) -> ToDaemon {
        ToDaemon::Link { node: self.link.node, attached: self.link.attached }
    }

    /// Carries out what the session asks for, until there is something for the driver.
    fn pump_link(&mut self, now: Time) {
        while self.effects.is_empty()
            && let Some(effect) = self.link.poll_effect(now)
        {
            match effect {
                LinkEffect::Connect => self.effects.push_back(Effect::Connect),
                LinkEffect::Write(bytes) => self.effects.push_back(Effect::Write(bytes)),
                LinkEffect::Close => self.effects.push_back(Effect::Close),
                LinkEffect::Lost(reason) => self.lost(reason),
                LinkEffect::NodeMap(map) => self.nodes(now, &map),
                LinkEffect::Message(data) => self.envelope_came(now, data),
                LinkEffect::Rejected(reason) => {
                    self.counters.envelopes_bad += 1;
                    self.event(Event::Dropped(reason));
                }
            }
        }
    }

    fn lost(&mut self, reason: String) {
        self.event(Event::Lost(reason));
        for node in self.peers.keys().copied().collect::<Vec<_>>() {
            let news = self.peers.get_mut(&node).map(|p| p.fail_outbound(Failure::NoCtdbd));
            self.tell(news.unwrap_or_default());
        }
        self.busy.clear();
        self.locals.notify_all(&self.link_notice());
    }

    fn nodes(&mut self, now: Time, map: &NodeMap) {
        let Some(me) = self.link.node else { return };
        let listed: BTreeMap<Node, String> = map
            .nodes
            .iter()
            .filter(|n| !n.flags.contains(NodeFlags::DELETED) && n.pnn.0 != me.0)
            .map(|n| (Node(n.pnn.0), n.addr.ip().map_or_else(|| "?".to_owned(), |ip| ip.to_string())))
            .collect();
        let gone = |p: &&Peer| p.is_listed() && !listed.contains_key(&p.node);
        for node in self.peers.values().filter(gone).map(|p| p.node).collect::<Vec<_>>() {
            self.busy.remove(node);
            let news = self.peers.get_mut(&node).map(Peer::unlist);
            self.tell(news.unwrap_or_default());
        }
        for (node, address) in listed {
            self.peers
                .entry(node)
                .or_insert_with(|| Peer::new(node, address.clone(), now))
                .list(now, address);
        }
        if !self.link.attached {
            self.link.set_attached(now);
            self.peers.values_mut().for_each(|p| p.link_up(now));
            self.event(Event::Attached(me));
            self.locals.notify_all(&self.link_notice());
        }
    }

    fn tick_peers(&mut self, now: Time) {
        let due = |p: &Peer| p.is_listed() && p.wake().is_some_and(|at| now >= at);
        for node in self.peers.values().filter(|p| due(p)).map(|p| p.node).collect::<Vec<_>>() {
            let Some(peer) = self.peers.get_mut(&node) else { continue };
            let before = peer.state();
            let news = peer.tick(now, &self.config);
            let after = peer.state();
            self.busy.insert(node);
            self.tell(news);
            if before != after {
                self.event(Event::Peer(node, after));
            }
        }
    }

    /// The next envelope of a peer that has something to say, peers in turn.
    fn pump_peers(&mut self, now: Time) -> bool {
        while self.link.may_send()
            && let Some(me) = self.link.node
        {
            let Some(node) = self.busy.next() else { return false };
            self.busy.served(node);
            let peer = self.peers.get_mut(&node).filter(|p| p.is_listed());
            let envelope = peer.and_then(|p| p.envelope(now, me, self.config.boot, &self.config.keys));
            let Some(envelope) = envelope else {
                self.busy.remove(node);
                continue;
            };
            self.counters.envelopes_out += 1;
            self.link.send(now, node, envelope);
            return true;
        }
        false
    }
}

impl Machine for Tunnel {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Start => {
                self.started = now;
                self.housekeeping = Some(now + HOUSEKEEPING);
                self.link.start(now);
            }
            Input::Ctdbd(input) => self.link.handle(now, input),
            Input::Written(bytes) => self.link.written(bytes),
            Input::Datagram(bytes) => self.datagram(now, bytes),
            Input::Sent { daemon, incarnation } => {
                for origin in self.locals.sent(now, daemon, incarnation) {
                    self.delivered(now, daemon, origin);
                }
            }
            Input::Refused(count) => {
                self.counters.datagrams_bad += count;
                self.event(Event::Dropped(format!("{count} datagrams too long or of another user")));
            }
            Input::Stop => {
                for daemon in self.locals.iter().map(|(daemon, _)| *daemon).collect::<Vec<_>>() {
                    let datagram = datagram::encode(daemon, &[ToDaemon::Forgotten]);
                    self.effects.push_back(Effect::Reject { daemon, datagram });
                }
            }
            Input::Gone { daemon, incarnation } => {
                if self.locals.get(daemon).is_some_and(|l| l.incarnation == incarnation) {
                    self.drop_daemon(daemon, Failure::ReceiverGone, "its socket refuses");
                }
            }
        }
    }

    fn tick(&mut self, now: Time) {
        self.link.tick(now);
        if self.link.attached {
            self.tick_peers(now);
        }
        if self.housekeeping.is_some_and(|at| now >= at) {
            self.housekeeping = Some(now + HOUSEKEEPING);
            self.service.tick(now);
            for daemon in self.locals.tick(now, self.config.stall_timeout) {
                self.drop_daemon(daemon, Failure::ReceiverStalled, "it does not read");
            }
        }
    }

    fn poll_effect(&mut self, now: Time) -> Option<Effect> {
        loop {
            if let Some(effect) = self.effects.pop_front() {
                return Some(effect);
            }
            self.pump_link(now);
            if !self.effects.is_empty() {
                continue;
            }
            if let Some((daemon, incarnation, datagram)) = self.locals.datagram(now) {
                return Some(Effect::Deliver { daemon, incarnation, datagram });
            }
            if !self.pump_peers(now) {
                return None;
            }
        }
    }

    fn poll_timeout(&self) -> Option<Time> {
        let peers = self
            .link
            .attached
            .then(|| self.peers.values().filter(|p| p.is_listed()).filter_map(Peer::wake).min())
            .flatten();
        earliest(earliest(self.link.poll_timeout(), self.housekeeping), peers)
    }

    fn check(&self) {
        self.locals.check();
        self.peers.values().for_each(Peer::check);
        for (node, peer) in &self.peers {
            assert_eq!(peer.buffered(), self.locals.waiting_of(*node), "what node {node} has waiting here");
        }
    }
}
