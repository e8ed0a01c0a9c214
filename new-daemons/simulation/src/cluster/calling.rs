//! What the daemons of the model ask each other, answer, tell and subscribe to.

use std::time::Duration;

use bus::calls::{CallId, Effect, Input, Refusal, RequestId, SubscriptionId};
use bus::{Address, Daemon, Input as BusInput, Node};
use bytes::{BufMut, Bytes, BytesMut};
use machine::Machine;
use protocol::common::Code;
use rand::Rng;

use super::{Cluster, Event, daemon};
use crate::World;
use crate::promises::{Run, TOPICS, question};

impl Cluster {
    fn run_of(&self, node: u32, daemon: Daemon) -> Option<Run> {
        let at = Address { node: Node(node), daemon };
        Some((at, self.incarnation(at)?))
    }

    /// A daemon does something: asks, withdraws, subscribes, tells.
    pub(super) fn app_calls(&mut self, node: u32, who: Daemon) {
        let Some(every) = self.settings.call_every.filter(|_| self.sending) else { return };
        self.stage.after(every, Event::AppCalls { node, daemon: who });
        let Some(run) = self.run_of(node, who) else { return };
        let (nodes, daemons) = (self.settings.nodes, self.settings.daemons);
        let rng = &mut self.stage.rng;
        let n = if rng.random_bool(0.02) { 99 } else { rng.random_range(0..daemons) };
        let there = Node(rng.random_range(0..nodes));
        let to = Address { node: there, daemon: daemon(n) };
        // A neighbour may be called by either name.
        let said = if there.0 == node && rng.random_bool(0.5) { Node::LOCAL } else { there };
        let said = Address { node: said, ..to };
        match rng.random_range(0..20) {
            0 => {
                let prefix = rng.random_range(0..TOPICS.len());
                self.app_subscribes(run, to, said, prefix);
            }
            1 => self.app_unsubscribes(run),
            2 => self.app_withdraws(run),
            3..8 => {
                let topic = rng.random_range(1..TOPICS.len());
                self.app_tells(run, topic);
            }
            _ => {
                let len = if rng.random_bool(0.05) {
                    rng.random_range(0..400_000)
                } else {
                    rng.random_range(0..500)
                };
                let patience = Duration::from_millis(rng.random_range(50..20_000));
                self.app_asks(run, to, said, len, patience);
            }
        }
    }

    fn calls_input(&mut self, (at, _): Run, input: Input) {
        let now = self.stage.now;
        if let Some(d) = self.daemon(at.node.0, at.daemon) {
            d.calls.handle(now, input);
        }
        self.drive_daemon(at.node.0, at.daemon);
    }

    fn app_asks(&mut self, run: Run, to: Address, said: Address, len: usize, patience: Duration) {
        let Some(d) = self.daemon(run.0.node.0, run.0.daemon) else { return };
        d.numbers += 1;
        let id = CallId(d.numbers);
        d.open.insert(id, len);
        self.promises.called(run, id, to);
        let body = question(run, id, len);
        self.calls_input(run, Input::Call { id, to: said, number: 1, body, patience });
    }

    fn app_withdraws(&mut self, run: Run) {
        let Some(d) = self.daemon(run.0.node.0, run.0.daemon) else { return };
        if let Some((id, _)) = d.open.pop_first() {
            self.promises.withdrawn(run, id);
            self.calls_input(run, Input::Cancel(id));
        }
    }

    fn app_subscribes(&mut self, run: Run, to: Address, said: Address, prefix: usize) {
        let Some(d) = self.daemon(run.0.node.0, run.0.daemon) else { return };
        if d.subscriptions.len() >= 8 {
            return;
        }
        d.numbers += 1;
        let id = SubscriptionId(d.numbers);
        d.subscriptions.insert(id, (to, prefix));
        self.promises.subscribed(run, id);
        let prefix = TOPICS[prefix].to_owned();
        self.calls_input(run, Input::Subscribe { id, to: said, prefix });
    }

    fn app_unsubscribes(&mut self, run: Run) {
        let Some(d) = self.daemon(run.0.node.0, run.0.daemon) else { return };
        if let Some((id, _)) = d.subscriptions.pop_first() {
            self.promises.unsubscribed(run, id);
            self.calls_input(run, Input::Unsubscribe(id));
        }
    }

    fn app_tells(&mut self, run: Run, topic: usize) {
        let body = self.promises.publish(run, topic);
        self.calls_input(run, Input::Publish { topic: TOPICS[topic].to_owned(), body });
    }

    /// The answer to a request, when its time has come. Now and then it is given twice.
    pub(super) fn app_replies(
        &mut self,
        node: u32,
        who: Daemon,
        run: u64,
        request: RequestId,
        answer: Bytes,
    ) {
        let Some(run) = self.run_of(node, who).filter(|known| known.1 == run) else { return };
        let refusal = Refusal { code: Code::Denied, text: "not today".to_owned() };
        let answer = if self.stage.chance(0.05) { Err(refusal) } else { Ok(answer) };
        if self.stage.chance(0.05) {
            self.calls_input(run, Input::Reply { request, answer: answer.clone() });
        }
        self.calls_input(run, Input::Reply { request, answer });
    }

    /// Carries out what the calls of a daemon want done.
    pub(super) fn drive_calls(&mut self, node: u32, who: Daemon) {
        let now = self.stage.now;
        while let Some(run) = self.run_of(node, who)
            && let Some(d) = self.daemon(node, who)
            && let Some(effect) = d.calls.poll_effect(now)
        {
            match effect {
                Effect::Send { ticket, to, body } => {
                    d.endpoint.handle(now, BusInput::Send { ticket, to, body });
                }
                Effect::Answered { id, result } => {
                    let len = d.open.remove(&id).expect("a call that is open");
                    self.promises.ended(run, id, result, len);
                }
                Effect::Request { request, mut from, body, .. } => {
                    if from.node == Node::LOCAL {
                        from.node = Node(node);
                    }
                    self.promises.served(run, from, &body);
                    let mut answer = BytesMut::new();
                    answer.put_u64(run.1);
                    answer.put_slice(&body[16..]);
                    let never = self.stage.chance(0.03);
                    if !never {
                        let millis = if self.stage.chance(0.5) { 0 } else { 300 };
                        let event = Event::AppReplies {
                            node,
                            daemon: who,
                            run: run.1,
                            request,
                            answer: answer.freeze(),
                        };
                        self.stage.after(Duration::from_millis(millis), event);
                    }
                }
                Effect::News { id, news } => {
                    if let Some((_, prefix)) = d.subscriptions.get(&id).copied() {
                        self.promises.news(run, id, prefix, &news);
                    }
                }
                Effect::Withdrawn(_) | Effect::Watched { .. } => {}
                Effect::Foreign { from, .. } => panic!("{from} says what is no message of the bus"),
            }
        }
        if let Some(d) = self.daemon(node, who) {
            d.calls.check();
        }
    }

    /// Runs on until nothing is on its way: signs of life and renewals never cease, so that takes a good moment.
    pub fn rest(&mut self) {
        let keeps = |world: &Self| {
            let tunnelds = world.nodes.iter().filter_map(|n| n.tunneld.as_ref());
            let daemons = world.nodes.iter().flat_map(|n| n.daemons.values());
            tunnelds.map(|t| t.machine.kept()).sum::<usize>() + daemons.map(|d| d.calls.open()).sum::<usize>()
        };
        for _ in 0..2000 {
            if keeps(self) == 0 {
                return;
            }
            self.run(Duration::from_millis(1));
        }
        panic!("something is kept that nobody waits for: {}", keeps(self));
    }

    /// At the end: every call has ended, nothing is kept, and every subscription brings what is told now.
    pub fn settle_calls(&mut self) {
        self.promises.settle();
        let all: Vec<Run> = (0..self.settings.nodes)
            .flat_map(|node| (0..self.settings.daemons).map(move |n| (node, daemon(n))))
            .filter_map(|(node, d)| self.run_of(node, d))
            .collect();
        let mut subscriptions = Vec::new();
        for run in &all {
            let Some(d) = self.daemon(run.0.node.0, run.0.daemon) else { continue };
            assert_eq!(d.calls.open(), 0, "{} keeps what nobody waits for", run.0);
            let mine: Vec<_> = d.subscriptions.iter().map(|(id, (to, _))| (*id, *to)).collect();
            subscriptions.extend(mine.into_iter().map(|(id, to)| (*run, id, to)));
        }
        let before: Vec<u64> =
            subscriptions.iter().map(|(run, id, _)| self.promises.events_of(*run, *id)).collect();
        for run in &all {
            for topic in 1..TOPICS.len() {
                self.app_tells(*run, topic);
            }
        }
        self.run(Duration::from_secs(10));
        for ((run, id, to), before) in subscriptions.into_iter().zip(before) {
            let came = self.promises.events_of(run, id) - before;
            let lives = all.iter().any(|(at, _)| *at == to);
            assert!(came > 0 || !lives, "{id:?} of {} brings nothing from {to}", run.0);
        }
    }
}
