//! The daemons that were spoken to: in which run they are, what was agreed on, whether they live.
//!
//! A peer is asked for a sign of life each second while something is open with it. Nothing is asked of one that was
//! heard within that second.

use std::time::Duration;

use machine::Time;
use protocol::bus::{BUS_MAGIC, BusBody, BusMessage};
use protocol::common::{self, Hello, More, PROTOCOL_MAJOR, PROTOCOL_MINOR};
use protocol::hello::{Agreed, negotiate};

use super::io::{Absence, CallError, Effect, Presence};
use super::{Calls, Purpose, Timer};
use crate::address::{Address, Node};
use crate::failure::{Failure, Undelivered};

/// Between two questions for a sign of life.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// A peer that nothing is open with is forgotten after so long.
const FORGET: Duration = Duration::from_secs(120);

/// Peers that are remembered; beyond them, those that nothing is open with go at once.
const PEERS_MAX: usize = 4096;

/// What is known of a peer.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// Its run, once it has spoken.
    pub(super) run: Option<u64>,
    /// The one before.
    previous: Option<u64>,
    /// It has this side's greeting.
    greeted: bool,
    pub(super) agreed: Option<Result<Agreed, String>>,
    /// Calls, subscriptions and watches of this side.
    open: usize,
    heard: Time,
    /// A question for a sign of life is on its way to it.
    probing: bool,
    /// The time of the next look.
    look: Option<Time>,
}

impl Peer {
    /// Calls, subscriptions and watches that are open with it.
    pub(super) const fn open(&self) -> usize {
        self.open
    }
}

impl Calls {
    fn hello(&self) -> BusBody {
        let daemon = self.me.daemon;
        let daemon = common::Daemon { name: daemon.name.to_string(), instance: daemon.instance };
        let node = common::Node(self.node.unwrap_or(Node::LOCAL).0);
        BusBody::Hello(Hello {
            major: PROTOCOL_MAJOR,
            minor: PROTOCOL_MINOR,
            features: self.me.features,
            release: self.me.release.clone(),
            speaker: common::Address { node, daemon },
            incarnation: self.me.incarnation,
            more: More::none(),
        })
    }

    /// Sends a message, behind a greeting when the peer has none. `None`: it is too large.
    pub(super) fn say(&mut self, now: Time, to: Address, body: BusBody, purpose: Purpose) -> Option<()> {
        let peer = self.peer(now, to);
        let meant = peer.run.unwrap_or(0);
        if !std::mem::replace(&mut peer.greeted, true) {
            let hello = self.hello();
            self.transmit(to, meant, hello, Purpose::Greeting(to))?;
        }
        self.transmit(to, meant, body, purpose)
    }

    fn transmit(&mut self, to: Address, meant: u64, body: BusBody, purpose: Purpose) -> Option<()> {
        let message = BusMessage { magic: BUS_MAGIC, incarnation: self.me.incarnation, meant, body };
        let body = super::encode(&message)?;
        let ticket = self.ticket(purpose);
        self.effects.push_back(Effect::Send { ticket, to, body });
        Some(())
    }

    pub(super) fn peer(&mut self, now: Time, at: Address) -> &mut Peer {
        if self.peers.len() >= PEERS_MAX && !self.peers.contains_key(&at) {
            self.peers.retain(|_, peer| peer.open > 0);
        }
        let timers = &mut self.timers;
        self.peers.entry(at).or_insert_with(|| {
            timers.insert((now + PROBE_EVERY, Timer::Look(at)));
            Peer { heard: now, look: Some(now + PROBE_EVERY), ..Peer::default() }
        })
    }

    /// Something of this side is open with the peer from now on.
    pub(super) fn opened(&mut self, now: Time, with: Address) {
        let by = now + PROBE_EVERY;
        let peer = self.peer(now, with);
        peer.open += 1;
        if peer.look.is_none_or(|look| by < look) {
            self.look_by(with, by);
        }
    }

    pub(super) fn closed(&mut self, with: Address) {
        if let Some(peer) = self.peers.get_mut(&with) {
            peer.open = peer.open.saturating_sub(1);
        }
    }

    fn look_by(&mut self, at: Address, by: Time) {
        let Some(peer) = self.peers.get_mut(&at) else { return };
        if peer.look.is_none_or(|look| by < look) {
            if let Some(look) = peer.look.replace(by) {
                self.timers.remove(&(look, Timer::Look(at)));
            }
            self.timers.insert((by, Timer::Look(at)));
        }
    }

    /// Looks after one peer.
    pub(super) fn look(&mut self, now: Time, due: Time, at: Address) {
        let Some(peer) = self.peers.get_mut(&at).filter(|p| p.look == Some(due)) else { return };
        peer.look = None;
        if peer.open == 0 {
            if now >= peer.heard + FORGET {
                self.peers.remove(&at);
            } else {
                let by = peer.heard + FORGET;
                self.look_by(at, by);
            }
            return;
        }
        let silent = peer.run.is_none() || now >= peer.heard + PROBE_EVERY;
        self.look_by(at, now + PROBE_EVERY);
        if silent {
            self.probe(now, at);
        }
    }

    /// Asks for a sign of life, unless such a question is on its way.
    pub(super) fn probe(&mut self, now: Time, at: Address) {
        if !std::mem::replace(&mut self.peer(now, at).probing, true) {
            self.say(now, at, BusBody::Probe, Purpose::Probe(at));
        }
    }

    /// The greeting did not arrive.
    pub(super) fn ungreeted(&mut self, at: Address) {
        self.peers.get_mut(&at).into_iter().for_each(|peer| peer.greeted = false);
    }

    /// The question has reached the peer, or not.
    pub(super) fn probed(&mut self, now: Time, at: Address, result: Result<(), Undelivered>) {
        if let Some(peer) = self.peers.get_mut(&at) {
            peer.probing = false;
        }
        if let Err(undelivered) = result {
            self.unreached(now, at, undelivered.reason);
        }
    }

    /// A message did not reach the peer.
    pub(super) fn unreached(&mut self, now: Time, at: Address, reason: Failure) {
        match reason {
            Failure::NoSuchDaemon | Failure::ReceiverGone => {
                self.lose(now, at, &Absence::NoSuchDaemon, &CallError::PeerGone);
                self.forget_callers_of(at);
            }
            // One message too many says nothing of the peer.
            Failure::QueueFull | Failure::BadMessage => {}
            _ => {
                let undelivered = Undelivered { reason, in_doubt: true };
                let why = CallError::Undelivered(undelivered);
                self.lose(now, at, &Absence::Unreachable(reason), &why);
            }
        }
    }

    /// Nothing that was open with the peer will come to a good end.
    fn lose(&mut self, now: Time, at: Address, absence: &Absence, why: &CallError) {
        if let Some(peer) = self.peers.get_mut(&at) {
            // Whoever answers next is asked for its name again.
            peer.greeted = false;
            if matches!(absence, Absence::NoSuchDaemon) {
                // Its tunneld may not have known it for a moment only: the same run may speak again.
                peer.run = None;
                peer.agreed = None;
            }
        }
        self.fail_calls(at, why);
        self.subscriptions_down(now, at, absence);
        self.watched(at, &Presence::Down(absence.clone()));
    }

    /// Takes note of the run that speaks. False: one that has ended.
    pub(super) fn heard(&mut self, now: Time, from: Address, run: u64) -> bool {
        let peer = self.peer(now, from);
        if peer.run == Some(run) {
            peer.heard = now;
            return true;
        }
        if peer.previous == Some(run) {
            return false;
        }
        peer.heard = now;
        let known = peer.run.replace(run);
        if known.is_some() {
            peer.previous = known;
            peer.greeted = false;
            peer.agreed = None;
            self.forget_callers_of(from);
            self.doubt_calls(from);
            self.subscribe_anew(now, from);
            // Its answer comes behind all that it says of requests for the run that has ended.
            self.say(now, from, BusBody::Probe, Purpose::Other);
        }
        self.watched(from, &Presence::Up { incarnation: run });
        true
    }

    /// The peer's greeting.
    pub(super) fn greeting(&mut self, now: Time, from: Address, theirs: &Hello) {
        let BusBody::Hello(ours) = self.hello() else { return };
        let agreed = negotiate(&ours, theirs).map_err(|e| e.to_string());
        let refusal = agreed.as_ref().err().cloned();
        let peer = self.peer(now, from);
        peer.agreed = Some(agreed);
        if !std::mem::replace(&mut peer.greeted, true) {
            let meant = peer.run.unwrap_or(0);
            self.transmit(from, meant, BusBody::Hello(ours), Purpose::Greeting(from));
        }
        if let Some(text) = refusal {
            self.fail_calls(from, &CallError::Incompatible(text.clone()));
            self.subscriptions_down(now, from, &Absence::Refuses(text.clone()));
            self.watched(from, &Presence::Down(Absence::Refuses(text)));
        }
    }

    /// Tells all who watch the peer, when it is something new.
    pub(super) fn watched(&mut self, at: Address, presence: &Presence) {
        for (id, watch) in self.watches.iter_mut().filter(|(_, watch)| watch.to == at) {
            if watch.told.as_ref() != Some(presence) {
                watch.told = Some(presence.clone());
                self.effects.push_back(Effect::Watched { id: *id, presence: presence.clone() });
            }
        }
    }
}
