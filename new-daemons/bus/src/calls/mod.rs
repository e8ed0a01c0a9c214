//! Requests, events and signs of life between daemons, over messages that are delivered or not.
//!
//! A pure machine above [`crate::Endpoint`]: each call ends once; a request gets one reply; whoever waits is told when the
//! peer ends or is started anew; a subscriber that loses events is told how many. The messages are `protocol::bus`
//! (spec/bus.x). It knows nothing of what requests and events mean. docs/bus.md says what is promised.

mod asking;
mod io;
mod peers;
mod serving;
mod subscriptions;
mod topics;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use machine::{Machine, Time};
use protocol::bus::{BUS_MAGIC, BusBody, BusMessage};
use protocol::xdr::{Writer, Xdr};

use crate::address::{Address, Node};
use crate::failure::Undelivered;
use crate::outgoing::Ticket;

pub use io::{
    Absence, CallError, CallId, Effect, Ignored, Input, Me, News, Presence, Refusal, RequestId,
    SubscriptionId, WatchId,
};

/// Calls of this side that may be open.
const CALLS_MAX: usize = 65_536;

/// Why a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Call(CallId),
    Reply(RequestId),
    Subscribe(SubscriptionId),
    Confirmation(topics::Key),
    Event(topics::Key, usize),
    Probe(Address),
    Greeting(Address),
    Other,
}

/// What is due at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Call(CallId),
    Served(RequestId),
    Reply(RequestId),
    Renew(SubscriptionId),
    Lease(topics::Key),
    Look(Address),
}

#[derive(Debug)]
struct Watching {
    to: Address,
    told: Option<Presence>,
}

/// One daemon's requests and events.
#[derive(Debug)]
pub struct Calls {
    me: Me,
    node: Option<Node>,
    serving: bool,
    peers: BTreeMap<Address, peers::Peer>,
    calls: BTreeMap<CallId, asking::Call>,
    served: BTreeMap<RequestId, serving::Served>,
    served_by: BTreeMap<(Address, u64), RequestId>,
    last_request: u64,
    /// Bytes of replies that are not known to be delivered.
    kept: usize,
    subscriptions: BTreeMap<SubscriptionId, subscriptions::Subscription>,
    subscribers: BTreeMap<topics::Key, topics::Subscriber>,
    last_series: u64,
    watches: BTreeMap<WatchId, Watching>,
    tickets: BTreeMap<Ticket, Purpose>,
    last_ticket: u64,
    timers: BTreeSet<(Time, Timer)>,
    effects: VecDeque<Effect>,
    ignored: Ignored,
}

/// The bytes of a message, when it keeps to all bounds.
fn encode(message: &BusMessage) -> Option<Bytes> {
    let mut w = Writer::with_capacity(message.encoded_len());
    message.encode(&mut w).ok()?;
    Some(w.finish()).filter(|bytes| bytes.len() <= crate::MESSAGE_MAX)
}

impl Calls {
    /// A machine that has spoken with nobody.
    #[must_use]
    pub fn new(me: Me) -> Self {
        // Another run counts in other series.
        let last_series = me.incarnation.rotate_left(32);
        Self {
            me,
            node: None,
            serving: false,
            peers: BTreeMap::new(),
            calls: BTreeMap::new(),
            served: BTreeMap::new(),
            served_by: BTreeMap::new(),
            last_request: 0,
            kept: 0,
            subscriptions: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            last_series,
            watches: BTreeMap::new(),
            tickets: BTreeMap::new(),
            last_ticket: 0,
            timers: BTreeSet::new(),
            effects: VecDeque::new(),
            ignored: Ignored::default(),
        }
    }

    /// What was ignored so far.
    #[must_use]
    pub const fn ignored(&self) -> Ignored {
        self.ignored
    }

    /// Calls, requests and subscriptions of others, messages without a result: nothing, once everything has settled.
    #[must_use]
    pub fn open(&self) -> usize {
        self.calls.len() + self.served.len() + self.tickets.len()
    }

    /// What was agreed on with a peer, once it has greeted.
    #[must_use]
    pub fn agreed(&self, with: Address) -> Option<protocol::hello::Agreed> {
        self.peers.get(&self.canonical(with))?.agreed.as_ref()?.as_ref().ok().copied()
    }

    fn is_incompatible(&self, peer: Address) -> bool {
        self.peers.get(&peer).is_some_and(|p| matches!(p.agreed, Some(Err(_))))
    }

    fn ticket(&mut self, purpose: Purpose) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.tickets.insert(ticket, purpose);
        ticket
    }

    /// One daemon, one name.
    fn canonical(&self, at: Address) -> Address {
        if self.node == Some(at.node) { Address { node: Node::LOCAL, ..at } } else { at }
    }

    /// Which node this is: what was opened with neighbours under its number goes by their one name.
    fn learn(&mut self, now: Time, node: Node) {
        if self.node.replace(node) == Some(node) {
            return;
        }
        let of_here = |at: &Address| at.node == node;
        for at in self.peers.keys().copied().filter(of_here).collect::<Vec<_>>() {
            self.peers.remove(&at);
        }
        let here = |at: &mut Address| {
            let known = at.node == node;
            if known {
                at.node = Node::LOCAL;
            }
            known.then_some(*at)
        };
        let moved: Vec<Address> = self
            .calls
            .values_mut()
            .map(|call| &mut call.to)
            .chain(self.subscriptions.values_mut().map(|s| &mut s.to))
            .chain(self.watches.values_mut().map(|w| &mut w.to))
            .filter_map(here)
            .collect();
        for at in moved {
            self.opened(now, at);
        }
    }

    fn received(&mut self, now: Time, from: Address, bytes: Bytes) {
        let from = self.canonical(from);
        if bytes.first_chunk().is_none_or(|word| u32::from_be_bytes(*word) != BUS_MAGIC) {
            self.effects.push_back(Effect::Foreign { from, body: bytes });
            return;
        }
        let Ok(BusMessage { incarnation, meant, body, .. }) = BusMessage::from_bytes(&bytes) else {
            self.ignored.malformed += 1;
            return;
        };
        if incarnation == 0 || !self.heard(now, from, incarnation) {
            self.ignored.other_runs += 1;
            return;
        }
        let for_another = meant != 0 && meant != self.me.incarnation;
        match body {
            BusBody::Hello(hello) => self.greeting(now, from, &hello),
            BusBody::Probe => drop(self.say(now, from, BusBody::Alive, Purpose::Other)),
            BusBody::Alive => {
                self.watched(from, &Presence::Up { incarnation });
                self.judge(from);
            }
            BusBody::Request(_) | BusBody::Subscribe(_) if self.is_incompatible(from) => {
                self.ignored.malformed += 1;
            }
            BusBody::Request(request) => self.serve(now, from, request, for_another),
            // Whoever says these meant what an earlier run had said or asked.
            _ if for_another => {
                self.ignored.other_runs += 1;
                self.say(now, from, BusBody::Alive, Purpose::Other);
            }
            BusBody::Reply(reply) => self.replied(from, reply),
            BusBody::Cancel(about) => self.cancelled(from, about.id),
            BusBody::Misdirected(about) => self.misdirected(now, from, CallId(about.id)),
            BusBody::Subscribe(wish) => self.subscribed_to(now, from, wish),
            BusBody::Subscribed(said) => self.confirmed_to_us(from, &said),
            BusBody::Unsubscribed(said) => self.refused_to_us(now, from, said),
            BusBody::Unsubscribe(about) => self.unsubscribed_by(from, about.id),
            BusBody::Event(event) => self.event(from, event),
            BusBody::Other { .. } => self.ignored.malformed += 1,
        }
    }

    fn completed(&mut self, now: Time, ticket: Ticket, result: Result<(), Undelivered>) {
        match self.tickets.remove(&ticket) {
            Some(Purpose::Call(id)) => self.asked(now, id, result),
            Some(Purpose::Reply(request)) => self.reply_sent(now, request, result),
            Some(Purpose::Subscribe(id)) => self.wished(now, id, result),
            Some(Purpose::Confirmation(key)) => self.confirmed(now, key, result),
            Some(Purpose::Event(key, cost)) => self.event_sent(now, key, cost, result),
            Some(Purpose::Probe(at)) => self.probed(now, at, result),
            // What went with it, or comes next, meets the same.
            Some(Purpose::Greeting(at)) if result.is_err() => self.ungreeted(at),
            Some(Purpose::Greeting(_) | Purpose::Other) | None => {}
        }
    }
}

impl Machine for Calls {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Call { id, to, number, body, patience } => {
                self.call(now, id, self.canonical(to), (number, body), patience);
            }
            Input::Cancel(id) => self.cancel(now, id),
            Input::Serve(serving) => self.serving = serving,
            Input::Reply { request, answer } => self.reply(now, request, answer),
            Input::Subscribe { id, to, prefix } => self.subscribe(now, id, self.canonical(to), prefix),
            Input::Unsubscribe(id) => self.unsubscribe(now, id),
            Input::Publish { topic, body } => self.publish(now, &topic, &body),
            Input::Watch { id, to } => {
                let to = self.canonical(to);
                self.watches.insert(id, Watching { to, told: None });
                self.opened(now, to);
                self.probe(now, to);
            }
            Input::Unwatch(id) => {
                if let Some(watch) = self.watches.remove(&id) {
                    self.closed(watch.to);
                }
            }
            Input::Received { from, body } => self.received(now, from, body),
            Input::Completed { ticket, result } => self.completed(now, ticket, result),
            Input::Node(node) => self.learn(now, node),
        }
    }

    fn tick(&mut self, now: Time) {
        while self.timers.first().is_some_and(|(at, _)| *at <= now)
            && let Some((due, timer)) = self.timers.pop_first()
        {
            match timer {
                Timer::Call(id) => self.out_of_patience(now, id),
                Timer::Served(request) => self.overdue(request),
                Timer::Reply(request) => self.reply_again(now, request),
                Timer::Renew(id) => self.renew(now, id),
                Timer::Lease(key) => self.lease_over(now, key),
                Timer::Look(at) => self.look(now, due, at),
            }
        }
    }

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn check(&self) {
        assert_eq!(self.served.len(), self.served_by.len());
        let kept: usize = self.served.values().map(serving::Served::kept).sum();
        assert_eq!(self.kept, kept, "bytes of replies");
        let mut open = BTreeMap::<Address, usize>::new();
        let calls = self.calls.values().map(|call| call.to);
        let subscriptions = self.subscriptions.values().map(|s| s.to);
        let watches = self.watches.values().map(|w| w.to);
        calls.chain(subscriptions).chain(watches).for_each(|at| *open.entry(at).or_default() += 1);
        for (at, count) in open {
            assert_eq!(self.peers.get(&at).map(peers::Peer::open), Some(count), "what is open with {at}");
        }
    }
}
