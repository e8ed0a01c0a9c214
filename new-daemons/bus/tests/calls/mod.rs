//! Requests, events and signs of life between machines on virtual time. The messages between them go, or do not, as the
//! test says.

mod events;
mod peers;
mod requests;

use std::collections::BTreeMap;
use std::time::Duration;

use bus::calls::{CallError, CallId, Calls, Effect, Input, Me, News, Refusal, RequestId, SubscriptionId};
use bus::{Address, Failure, Ticket, Undelivered};
use bytes::Bytes;
use machine::{Machine, Time};

const PATIENCE: Duration = Duration::from_secs(10);

fn at(node: u32) -> Address {
    format!("{node}/me").parse().unwrap()
}

/// Daemons on nodes of their own, and the ways between them.
#[derive(Default)]
struct World {
    now: Time,
    peers: BTreeMap<Address, Calls>,
    /// What becomes of messages to a daemon, when it is not delivered.
    cut: BTreeMap<Address, Undelivered>,
    /// Messages to these wait.
    held: BTreeMap<Address, Vec<(Address, Ticket, Bytes)>>,
    seen: Vec<(Address, Effect)>,
    ids: u64,
}

impl World {
    fn new(daemons: u32) -> Self {
        let mut world = Self::default();
        (0..daemons).for_each(|n| world.start(n, u64::from(n) + 1));
        world
    }

    fn start(&mut self, node: u32, incarnation: u64) {
        let me = Me { daemon: at(node).daemon, incarnation, release: "test".to_owned(), features: 0b11 };
        self.peers.insert(at(node), Calls::new(me));
        self.input(node, Input::Serve(true));
    }

    fn input(&mut self, node: u32, input: Input) {
        self.peers.get_mut(&at(node)).unwrap().handle(self.now, input);
        self.drive();
    }

    fn drive(&mut self) {
        loop {
            let next =
                self.peers.iter_mut().find_map(|(from, calls)| Some((*from, calls.poll_effect(self.now)?)));
            let Some((from, effect)) = next else { break };
            let Effect::Send { ticket, to, body } = effect else {
                self.seen.push((from, effect));
                continue;
            };
            match self.held.get_mut(&to) {
                Some(held) => held.push((from, ticket, body)),
                None => self.carry(from, to, ticket, body),
            }
        }
        self.peers.values().for_each(Calls::check);
    }

    fn carry(&mut self, from: Address, to: Address, ticket: Ticket, body: Bytes) {
        let nobody = Undelivered { reason: Failure::NoSuchDaemon, in_doubt: false };
        let result = match (self.cut.get(&to), self.peers.get_mut(&to)) {
            (Some(why), _) => Err(*why),
            (None, None) => Err(nobody),
            (None, Some(peer)) => {
                peer.handle(self.now, Input::Received { from, body });
                Ok(())
            }
        };
        if let Some(sender) = self.peers.get_mut(&from) {
            sender.handle(self.now, Input::Completed { ticket, result });
        }
    }

    fn hold(&mut self, node: u32) {
        self.held.insert(at(node), Vec::new());
    }

    fn release(&mut self, node: u32) {
        for (from, ticket, body) in self.held.remove(&at(node)).unwrap_or_default() {
            self.carry(from, at(node), ticket, body);
        }
        self.drive();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.peers.values().filter_map(Calls::poll_timeout).min().filter(|t| *t <= end)
        {
            self.now = next.max(self.now);
            let now = self.now;
            self.peers.values_mut().for_each(|calls| calls.tick(now));
            self.drive();
        }
        self.now = end;
    }

    fn call(&mut self, from: u32, to: u32, body: impl Into<Bytes>) -> CallId {
        self.ids += 1;
        let (id, body) = (CallId(self.ids), body.into());
        self.input(from, Input::Call { id, to: at(to), number: 7, body, patience: PATIENCE });
        id
    }

    fn subscribe(&mut self, from: u32, to: u32, prefix: &str) -> SubscriptionId {
        self.ids += 1;
        let (id, prefix) = (SubscriptionId(self.ids), prefix.to_owned());
        self.input(from, Input::Subscribe { id, to: at(to), prefix });
        id
    }

    fn publish(&mut self, node: u32, topic: &str, body: impl Into<Bytes>) {
        self.input(node, Input::Publish { topic: topic.to_owned(), body: body.into() });
    }

    /// The open requests of a daemon.
    fn requests(&mut self, node: u32) -> Vec<(RequestId, Bytes)> {
        let mut all = Vec::new();
        self.seen.retain(|(who, effect)| match effect {
            Effect::Request { request, body, number: 7, .. } if *who == at(node) => {
                all.push((*request, body.clone()));
                false
            }
            _ => true,
        });
        all
    }

    fn reply(&mut self, node: u32, request: RequestId, answer: Result<Bytes, Refusal>) {
        self.input(node, Input::Reply { request, answer });
    }

    /// How a call ended; it must have ended once.
    fn answer(&mut self, id: CallId) -> Option<Result<Bytes, CallError>> {
        let mut all = Vec::new();
        self.seen.retain(|(_, effect)| match effect {
            Effect::Answered { id: of, result } if *of == id => {
                all.push(result.clone());
                false
            }
            _ => true,
        });
        assert!(all.len() <= 1, "{all:?}");
        all.pop()
    }

    fn news(&mut self, id: SubscriptionId) -> Vec<News> {
        let mut all = Vec::new();
        self.seen.retain(|(_, effect)| match effect {
            Effect::News { id: of, news } if *of == id => {
                all.push(news.clone());
                false
            }
            _ => true,
        });
        all
    }

    fn ignored(&self, node: u32) -> bus::calls::Ignored {
        self.peers[&at(node)].ignored()
    }
}

fn event(topic: &str, body: &str) -> News {
    News::Event { topic: topic.to_owned(), body: Bytes::copy_from_slice(body.as_bytes()) }
}
