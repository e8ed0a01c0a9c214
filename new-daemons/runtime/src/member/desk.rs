//! What stands between the calls machine and those who wait: who gets which answer.
//!
//! Everything here happens under the hub's lock. It wakes others and never calls them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bus::calls::{
    CallError, CallId, Calls, Effect, Ignored, Input, Presence, Refusal, RequestId, SubscriptionId, WatchId,
};
use bus::{Address, Node, Ticket};
use bytes::Bytes;
use machine::{Machine, Time};
use protocol::common::Code;
use tokio::sync::{mpsc, oneshot, watch};

use super::Way;
use super::asks::Asks;
use super::requests::Asked;
use super::streams::Queue;
use crate::hub::Upper;

/// Whom, for what, with what, and how long.
pub(super) type Question = (Address, u32, Bytes, Duration);

pub(super) struct Desk {
    calls: Calls,
    /// Numbers of calls, subscriptions and watches.
    last: u64,
    waiting: BTreeMap<CallId, oneshot::Sender<Result<Bytes, CallError>>>,
    requests: Option<mpsc::UnboundedSender<Asked>>,
    /// Those who want to know when nobody waits for their answer.
    withdrawals: BTreeMap<RequestId, oneshot::Sender<()>>,
    subscriptions: BTreeMap<SubscriptionId, Arc<Queue>>,
    watches: BTreeMap<WatchId, watch::Sender<Option<Presence>>>,
    way: watch::Sender<Way>,
    pub(super) asks: Asks,
    inputs: VecDeque<bus::Input>,
}

impl Desk {
    pub(super) fn new(calls: Calls, way: watch::Sender<Way>) -> Self {
        Self {
            calls,
            last: 0,
            waiting: BTreeMap::new(),
            requests: None,
            withdrawals: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            watches: BTreeMap::new(),
            way,
            asks: Asks::default(),
            inputs: VecDeque::new(),
        }
    }

    pub(super) fn input(&mut self, now: Time, input: Input) {
        self.calls.handle(now, input);
    }

    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(super) fn call(
        &mut self,
        now: Time,
        (to, number, body, patience): Question,
        done: oneshot::Sender<Result<Bytes, CallError>>,
    ) -> CallId {
        let id = CallId(self.number());
        self.waiting.insert(id, done);
        self.input(now, Input::Call { id, to, number, body, patience });
        id
    }

    pub(super) fn cancel(&mut self, now: Time, id: CallId) {
        self.waiting.remove(&id);
        self.input(now, Input::Cancel(id));
    }

    /// Nothing when somebody serves already.
    pub(super) fn serve(&mut self, now: Time) -> Option<mpsc::UnboundedReceiver<Asked>> {
        if self.requests.is_some() {
            return None;
        }
        let (requests, queue) = mpsc::unbounded_channel();
        self.requests = Some(requests);
        self.input(now, Input::Serve(true));
        Some(queue)
    }

    pub(super) fn serve_no_more(&mut self, now: Time) {
        self.requests = None;
        self.input(now, Input::Serve(false));
    }

    pub(super) fn reply(&mut self, now: Time, request: RequestId, answer: Result<Bytes, Refusal>) {
        self.withdrawals.remove(&request);
        self.input(now, Input::Reply { request, answer });
    }

    /// Comes to an end when nobody waits for the answer any more.
    pub(super) fn withdrawal(&mut self, request: RequestId) -> Option<oneshot::Receiver<()>> {
        if !self.calls.is_awaited(request) {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        self.withdrawals.insert(request, sender);
        Some(receiver)
    }

    pub(super) fn subscribe(
        &mut self,
        now: Time,
        to: Address,
        prefix: String,
    ) -> (SubscriptionId, Arc<Queue>) {
        let (id, queue) = (SubscriptionId(self.number()), Arc::new(Queue::default()));
        self.subscriptions.insert(id, queue.clone());
        self.input(now, Input::Subscribe { id, to, prefix });
        (id, queue)
    }

    pub(super) fn unsubscribe(&mut self, now: Time, id: SubscriptionId) {
        self.subscriptions.remove(&id);
        self.input(now, Input::Unsubscribe(id));
    }

    pub(super) fn watch(&mut self, now: Time, to: Address) -> (WatchId, watch::Receiver<Option<Presence>>) {
        let (sender, receiver) = watch::channel(None);
        let id = WatchId(self.number());
        self.watches.insert(id, sender);
        self.input(now, Input::Watch { id, to });
        (id, receiver)
    }

    pub(super) fn unwatch(&mut self, now: Time, id: WatchId) {
        self.watches.remove(&id);
        self.input(now, Input::Unwatch(id));
    }

    pub(super) const fn ignored(&self) -> Ignored {
        self.calls.ignored()
    }

    fn ways(&mut self, now: Time, tunneld: bool, node: Option<Node>, attached: bool) {
        if let Some(node) = node {
            self.calls.handle(now, Input::Node(node));
        }
        self.way.send_modify(|way| *way = Way { tunneld, node: node.or(way.node), attached });
    }

    fn perform(&mut self, now: Time, effect: Effect) {
        match effect {
            Effect::Send { ticket, to, body } => {
                self.inputs.push_back(bus::Input::Send { ticket, to, body });
            }
            Effect::Answered { id, result } => {
                if let Some(done) = self.waiting.remove(&id) {
                    let _ = done.send(result);
                }
            }
            Effect::Request { request, from, number, body, patience } => {
                let asked = Asked { request, from, number, body, patience };
                let served = self.requests.as_ref().is_some_and(|queue| queue.send(asked).is_ok());
                if !served {
                    let text = "this daemon has just ceased to serve".to_owned();
                    let refusal = Refusal { code: Code::Stopping, text };
                    self.input(now, Input::Reply { request, answer: Err(refusal) });
                }
            }
            Effect::Withdrawn(request) => drop(self.withdrawals.remove(&request)),
            Effect::News { id, news } => {
                self.subscriptions.get(&id).into_iter().for_each(|queue| queue.push(news.clone()));
            }
            Effect::Watched { id, presence } => {
                self.watches.get(&id).into_iter().for_each(|w| drop(w.send_replace(Some(presence.clone()))));
            }
            Effect::Foreign { from, body } => self.asks.answered(from, body),
        }
    }

    pub(super) fn send(&mut self, input: bus::Input) {
        self.inputs.push_back(input);
    }
}

impl Upper for Desk {
    fn effect(&mut self, now: Time, effect: bus::Effect) {
        match effect {
            bus::Effect::Received { from, body } => self.calls.handle(now, Input::Received { from, body }),
            bus::Effect::Completed { ticket, result } => {
                if !self.asks.completed(ticket, result) {
                    self.calls.handle(now, Input::Completed { ticket, result });
                }
            }
            bus::Effect::Up { node, attached } | bus::Effect::Link { node, attached } => {
                self.ways(now, true, node, attached);
            }
            bus::Effect::Lost(_) => self.ways(now, false, None, false),
            bus::Effect::Connect
            | bus::Effect::Transmit(_)
            | bus::Effect::Local { .. }
            | bus::Effect::LocalClose(_) => {}
        }
    }

    fn poll_input(&mut self, now: Time) -> Option<bus::Input> {
        while let Some(effect) = self.calls.poll_effect(now) {
            self.perform(now, effect);
        }
        self.inputs.pop_front()
    }

    fn tick(&mut self, now: Time) {
        self.calls.tick(now);
    }

    fn deadline(&self) -> Option<Time> {
        self.calls.poll_timeout()
    }
}

/// Tickets of messages to tunnelds begin here; those of calls stay below.
pub(super) const FIRST_ASK: Ticket = Ticket(1 << 63);
