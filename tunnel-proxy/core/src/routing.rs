//! A message on its way: from a daemon's datagram into a channel or another daemon's queue, from an envelope to a daemon,
//! and the news back to the sender.

use bus::datagram::{self, Fragment, Frame, ToDaemon, ToTunnel};
use bus::{Address, Daemon, Failure, Node, Undelivered, charge};
use bytes::Bytes;
use machine::Time;
use protocol::probe::{ProbeBody, ProbeWhat};
use protocol::xdr::Xdr;

use crate::limits::{ANSWER_QUEUE, CHANNEL_QUEUE};
use crate::locals::{Delivery, Origin};
use crate::outbound::{News, Token};
use crate::peer::{Arrival, NewsFor};
use crate::seal::Unheeded;
use crate::service::{Question, fragments};
use crate::tunnel::{Effect, Event, Tunnel};

/// Small fragments are copied out of the receive buffer that they would otherwise keep alive.
const COPY_BELOW: usize = 16 << 10;

fn copied(fragment: Fragment) -> Fragment {
    Fragment { data: Bytes::copy_from_slice(&fragment.data), ..fragment }
}

fn detach(fragment: Fragment) -> Fragment {
    if fragment.data.len() < COPY_BELOW { copied(fragment) } else { fragment }
}

impl Tunnel {
    /// A datagram of a daemon of this node.
    pub(crate) fn datagram(&mut self, now: Time, bytes: Bytes) {
        let (from, mut frames) = match datagram::open(bytes) {
            Ok(opened) => opened,
            Err(e) => return self.bad_datagram(e.to_string()),
        };
        if self.service.is(from) {
            return self.bad_datagram(format!("{from} is the tunneld's own name"));
        }
        while !frames.is_empty() {
            match ToTunnel::take(&mut frames) {
                Ok(ToTunnel::Register { incarnation }) => self.register(now, from, incarnation),
                Ok(ToTunnel::Deregister) => self.drop_daemon(from, Failure::ReceiverGone, "it said good-bye"),
                Ok(ToTunnel::Send { token, to, fragment }) => {
                    if !self.locals.contains(from) {
                        let datagram = datagram::encode(from, &[ToDaemon::Forgotten]);
                        self.effects.push_back(Effect::Reject { daemon: from, datagram });
                        return self.bad_datagram(format!("{from} is not registered"));
                    }
                    self.send(now, from, Token(token), to, detach(fragment));
                }
                Err(e) => return self.bad_datagram(format!("{from}: {e}")),
            }
        }
    }

    fn bad_datagram(&mut self, why: String) {
        self.counters.datagrams_bad += 1;
        self.event(Event::Dropped(why));
    }

    fn register(&mut self, now: Time, daemon: Daemon, incarnation: u64) {
        match self.locals.get(daemon) {
            Some(local) if local.incarnation == incarnation => {}
            known => {
                if known.is_some() {
                    self.drop_daemon(daemon, Failure::ReceiverGone, "it was started anew");
                }
                if self.locals.is_full() {
                    let reason = Failure::TooManyDaemons;
                    let datagram = datagram::encode(daemon, &[ToDaemon::Refused { incarnation, reason }]);
                    self.effects.push_back(Effect::Reject { daemon, datagram });
                    return self.event(Event::TooManyDaemons(daemon));
                }
                self.locals.add(now, daemon, incarnation);
                self.event(Event::Registered(daemon));
            }
        }
        let notice = ToDaemon::Registered {
            incarnation,
            boot: self.config.boot,
            node: self.link.node,
            attached: self.link.attached,
        };
        self.notify(daemon, notice);
    }

    /// Forgets a daemon of this node and tells everybody who waits for it.
    pub(crate) fn drop_daemon(&mut self, daemon: Daemon, reason: Failure, how: &'static str) {
        let Some(incarnation) = self.locals.get(daemon).map(|l| l.incarnation) else { return };
        self.effects.push_back(Effect::Forget { daemon, incarnation });
        self.event(Event::DaemonGone(daemon, how));
        for (node, peer) in &mut self.peers {
            peer.daemon_gone(daemon, reason);
            self.busy.insert(*node);
        }
        for (node, from, cost) in self.locals.remove(daemon) {
            self.peers.get_mut(&node).into_iter().for_each(|p| p.released((from, daemon), cost));
        }
    }

    fn notify(&mut self, daemon: Daemon, notice: ToDaemon) {
        if !self.locals.notify(daemon, notice) {
            self.drop_daemon(
                daemon,
                Failure::ReceiverStalled,
                "it does not read what became of its messages",
            );
        }
    }

    fn report(&mut self, to: Daemon, token: Token, result: Result<(), Undelivered>) {
        if result.is_err() {
            self.counters.failed += 1;
        }
        self.notify(to, ToDaemon::Completed { token: token.0, result });
    }

    /// Passes news of messages on to their senders.
    pub(crate) fn tell(&mut self, news: NewsFor) {
        for (to, news) in news {
            if self.service.is(to) {
                continue;
            }
            match news {
                News::Accepted { token, upto } => {
                    self.notify(to, ToDaemon::Accepted { token: token.0, upto });
                }
                News::Completed { token, result } => self.report(to, token, result),
            }
        }
    }

    fn is_here(&self, node: Node) -> bool {
        node == Node::LOCAL || self.link.node == Some(node)
    }

    /// A daemon of this node as its neighbours see it: the same before and after ctdbd has told the node's number.
    const fn here(daemon: Daemon) -> Address {
        Address { node: Node::LOCAL, daemon }
    }

    fn send(&mut self, now: Time, from: Daemon, token: Token, to: Address, fragment: Fragment) {
        if self.is_here(to.node) {
            return self.ask(now, from, token, to.daemon, &fragment);
        }
        let first = fragment.is_first();
        let refusal = match self.peers.get_mut(&to.node) {
            _ if !self.link.attached => Failure::NoCtdbd,
            Some(peer) if peer.is_listed() => {
                self.busy.insert(to.node);
                let mut news = Vec::new();
                peer.send(now, (from, to.daemon), token, fragment, CHANNEL_QUEUE, &mut news);
                self.tell(news.into_iter().map(|n| (from, n)).collect());
                return;
            }
            _ => Failure::NoSuchNode,
        };
        // The rest of a message was reported with its beginning, or when ctdbd was lost.
        if first {
            self.report(from, token, Err(Undelivered { reason: refusal, in_doubt: false }));
        }
    }

    /// The tunneld itself is asked. Other daemons of this node are reached without its help.
    fn ask(&mut self, now: Time, from: Daemon, token: Token, to: Daemon, fragment: &Fragment) {
        let (last, upto) = (fragment.is_last(), fragment.end());
        if !self.service.is(to) {
            if fragment.is_first() {
                let reason = Failure::NoSuchDaemon;
                self.report(from, token, Err(Undelivered { reason, in_doubt: false }));
            }
            return;
        }
        let address = Self::here(from);
        let question = self.service.take(now, address, token.0, fragment);
        if last {
            self.counters.delivered += 1;
            self.report(from, token, Ok(()));
        } else {
            self.notify(from, ToDaemon::Accepted { token: token.0, upto });
        }
        if let Some(question) = question {
            self.answer(now, address, question);
        }
    }

    /// A fragment is in the socket of its receiver.
    pub(crate) fn delivered(&mut self, now: Time, to: Daemon, origin: Origin) {
        match origin {
            Origin::Remote { node, from, channel, serial, cost } => {
                if let Some(peer) = self.peers.get_mut(&node) {
                    peer.taken(now, (from, to), (channel, serial), cost);
                    self.busy.insert(node);
                }
            }
            Origin::Own { .. } => {}
        }
    }

    /// The payload of a message that ctdbd delivered to the tunnel's srvid.
    pub(crate) fn envelope_came(&mut self, now: Time, data: Bytes) {
        let (head, frames) = match self.config.keys.open(data) {
            Ok(opened) => opened,
            Err(why) => return self.unheeded(now, &why),
        };
        if self.link.node != Some(head.to) {
            return self.bad_envelope(format!("envelope of node {} for node {}", head.from, head.to));
        }
        let (locals, service) = (&self.locals, &self.service);
        let exists = |daemon| service.is(daemon) || locals.contains(daemon);
        let Some(peer) = self.peers.get_mut(&head.from).filter(|p| p.is_listed()) else {
            return self.bad_envelope(format!("envelope of node {}, which is not listed", head.from));
        };
        let before = peer.state();
        let got = peer.receive(now, head, frames, self.config.boot, &exists);
        let after = peer.state();
        self.counters.envelopes_in += 1;
        self.busy.insert(head.from);
        if before != after {
            self.event(Event::Peer(head.from, after));
        }
        for arrival in got.arrivals {
            self.arrived(now, head.from, arrival);
        }
        self.tell(got.news);
        if got.bad > 0 {
            self.bad_envelope(format!("a frame of node {} makes no sense", head.from));
        }
    }

    fn unheeded(&mut self, now: Time, why: &Unheeded) {
        let told = why.head().filter(|head| self.link.node == Some(head.to)).is_some_and(|head| {
            let peer = self.peers.get_mut(&head.from).filter(|p| p.is_listed());
            peer.is_some_and(|p| p.tells_unsealed(now))
        });
        if let (true, Some(head)) = (told, why.head()) {
            self.event(Event::Unsealed(head.from, why.to_string()));
        }
        self.bad_envelope(why.to_string());
    }

    fn bad_envelope(&mut self, why: String) {
        self.counters.envelopes_bad += 1;
        self.event(Event::Dropped(why));
    }

    fn arrived(&mut self, now: Time, node: Node, a: Arrival) {
        if a.fragment.is_last() {
            self.counters.delivered += 1;
        }
        let cost = charge(a.fragment.data.len());
        let from = a.from.daemon;
        let origin = Origin::Remote { node, from, channel: a.channel, serial: a.serial, cost };
        if self.service.is(a.to) {
            let question = self.service.take(now, a.from, a.message, &a.fragment);
            self.delivered(now, a.to, origin);
            if let Some(question) = question {
                self.answer(now, a.from, question);
            }
        } else {
            // One that has to wait must not keep a whole read buffer alive.
            let fragment = if self.locals.is_behind(a.to) { copied(a.fragment) } else { detach(a.fragment) };
            self.locals.deliver(a.to, Delivery { from: a.from, message: a.message, fragment, origin });
        }
    }

    fn answer(&mut self, now: Time, to: Address, question: Question) {
        let body = match question {
            Question::Echo { id, data } => ProbeBody { id, what: ProbeWhat::EchoAnswer(data) },
            Question::Status { id } => ProbeBody { id, what: ProbeWhat::StatusAnswer(self.status_json(now)) },
        };
        let Some(me) = self.service.daemon() else { return };
        let Ok(body) = body.to_bytes() else {
            self.counters.answers_dropped += 1;
            return;
        };
        let mut whole = true;
        self.last_message += 1;
        for fragment in fragments(&body) {
            whole &= if self.is_here(to.node) {
                self.answer_here(me, to.daemon, fragment)
            } else {
                self.busy.insert(to.node);
                let (token, mut nobody) = (Token(self.last_message), Vec::new());
                let peer = self.peers.get_mut(&to.node);
                peer.is_some_and(|p| p.send(now, (me, to.daemon), token, fragment, ANSWER_QUEUE, &mut nobody))
            };
        }
        if !whole {
            self.counters.answers_dropped += 1;
        }
    }

    fn answer_here(&mut self, me: Daemon, to: Daemon, fragment: Fragment) -> bool {
        let cost = charge(fragment.data.len());
        let (from, message) = (Self::here(me), self.last_message);
        let room = self.locals.get(to).is_some_and(|l| l.has_answer_room(cost));
        if room {
            self.locals.deliver(to, Delivery { from, message, fragment, origin: Origin::Own { cost } });
        }
        room
    }
}
