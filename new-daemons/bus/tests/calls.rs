//! Requests, events and signs of life between machines on virtual time. The messages between them go, or do not, as the
//! test says.

use std::collections::BTreeMap;
use std::time::Duration;

use bus::calls::{
    Absence, CallError, CallId, Calls, Effect, Input, Me, News, Presence, Refusal, RequestId, SubscriptionId,
    WatchId,
};
use bus::{Address, Failure, Ticket, Undelivered};
use bytes::Bytes;
use machine::{Machine, Time};
use protocol::bus::{BUS_MAGIC, BusAbout, BusBody, BusMessage};
use protocol::common::Code;
use protocol::xdr::Xdr;

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

#[test]
fn a_call_has_one_answer_and_two_replies_are_one_too_many() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "question");
    let all = world.requests(1);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].1, "question");
    world.reply(1, all[0].0, Ok("answer".into()));
    world.reply(1, all[0].0, Ok("another".into()));
    assert_eq!(world.answer(id), Some(Ok("answer".into())));
    assert_eq!(world.ignored(1).unwanted, 1);
    assert!(world.peers.values().all(|calls| calls.open() == 0));
    let agreed = world.peers[&at(0)].agreed(at(1)).unwrap();
    assert!(agreed.has(0b11) && world.peers[&at(1)].agreed(at(0)) == Some(agreed));
}

#[test]
fn refusals_and_daemons_that_are_not_there_are_told_at_once_with_what_they_mean() {
    let mut world = World::new(2);
    let refusal = Refusal { code: Code::Denied, text: "not you\0".to_owned() };
    let refused = world.call(0, 1, "a");
    let request = world.requests(1)[0].0;
    world.reply(1, request, Err(refusal));
    match world.answer(refused) {
        Some(Err(CallError::Refused(Refusal { code: Code::Denied, text }))) => assert_eq!(text, "not you "),
        other => panic!("{other:?}"),
    }
    world.input(1, Input::Serve(false));
    let unknown = world.call(0, 1, "b");
    assert_eq!(world.answer(unknown), Some(Err(CallError::NoSuchRequest)));
    let nobody = world.call(0, 9, "c");
    assert_eq!(world.answer(nobody), Some(Err(CallError::NoSuchDaemon)));
    let large = world.call(0, 1, vec![0; (16 << 20) - 4095]);
    assert_eq!(world.answer(large), Some(Err(CallError::TooLarge)));
    let cut = Undelivered { reason: Failure::NoCtdbd, in_doubt: false };
    world.cut.insert(at(1), cut);
    let unreachable = world.call(0, 1, "d");
    assert_eq!(world.answer(unreachable), Some(Err(CallError::Undelivered(cut))));
    assert!(!CallError::Undelivered(cut).in_doubt() && CallError::Timeout.in_doubt());
}

#[test]
fn the_largest_body_fits_there_and_back_and_a_larger_answer_is_refused() {
    let mut world = World::new(2);
    let body = Bytes::from(vec![3; (16 << 20) - 4096]);
    let id = world.call(0, 1, body.clone());
    let request = world.requests(1)[0].0;
    world.reply(1, request, Ok(body.clone()));
    assert_eq!(world.answer(id), Some(Ok(body)));
    let id = world.call(0, 1, "x");
    let request = world.requests(1)[0].0;
    world.reply(1, request, Ok(Bytes::from(vec![3; (16 << 20) - 4095])));
    let Some(Err(CallError::Refused(refusal))) = world.answer(id) else { panic!() };
    assert_eq!(refusal.code, Code::TooLarge);
}

#[test]
fn a_call_that_nobody_answers_ends_at_its_time_and_its_worker_hears_that_nobody_waits() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "slow");
    let request = world.requests(1)[0].0;
    world.pass(Duration::from_secs(9));
    assert_eq!(world.answer(id), None);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.answer(id), Some(Err(CallError::Timeout)));
    assert!(world.seen.contains(&(at(1), Effect::Withdrawn(request))));
    world.reply(1, request, Ok("late".into()));
    assert_eq!(world.ignored(1).unwanted, 1);

    // A caller that goes away.
    let id = world.call(0, 1, "cancelled");
    let request = world.requests(1)[0].0;
    world.input(0, Input::Cancel(id));
    assert!(world.seen.contains(&(at(1), Effect::Withdrawn(request))));
    assert_eq!((world.answer(id), world.peers[&at(0)].open()), (None, 0));

    // A reply that was on its way meanwhile.
    world.hold(0);
    let id = world.call(0, 1, "crossing");
    let request = world.requests(1)[0].0;
    world.reply(1, request, Ok("answer".into()));
    world.input(0, Input::Cancel(id));
    world.release(0);
    assert_eq!((world.answer(id), world.ignored(0).late_replies), (None, 1));
}

#[test]
fn whoever_waits_for_a_daemon_that_ends_is_told_within_two_seconds() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "x");
    let subscription = world.subscribe(0, 1, "");
    world.ids += 1;
    let watch = WatchId(world.ids);
    world.input(0, Input::Watch { id: watch, to: at(1) });
    world.pass(Duration::from_secs(3));
    assert_eq!((world.answer(id), world.news(subscription)), (None, vec![News::Up]));
    world.peers.remove(&at(1));
    world.pass(Duration::from_secs(2));
    assert_eq!(world.answer(id), Some(Err(CallError::PeerGone)));
    assert_eq!(world.news(subscription), [News::Down(Absence::NoSuchDaemon)]);
    let presence = |world: &mut World| -> Vec<Presence> {
        let seen = std::mem::take(&mut world.seen);
        seen.into_iter()
            .filter_map(|(_, e)| match e {
                Effect::Watched { id, presence } if id == watch => Some(presence),
                _ => None,
            })
            .collect()
    };
    let (up, down) = (|incarnation| Presence::Up { incarnation }, Presence::Down(Absence::NoSuchDaemon));
    assert_eq!(presence(&mut world), [up(2), down]);
    world.pass(Duration::from_secs(30));
    assert_eq!(presence(&mut world), [], "said once");

    // Back, and then back again so soon that nobody missed it.
    world.start(1, 22);
    world.pass(Duration::from_secs(2));
    let gap = [News::Up, News::Gap(None)];
    assert_eq!(world.news(subscription), gap);
    let id = world.call(0, 1, "x");
    world.start(1, 23);
    world.pass(Duration::from_secs(2));
    assert_eq!(world.answer(id), Some(Err(CallError::PeerGone)));
    assert_eq!(presence(&mut world).last(), Some(&up(23)));
}

#[test]
fn a_daemon_that_was_not_known_for_a_moment_is_the_same_one_afterwards() {
    let mut world = World::new(2);
    let subscription = world.subscribe(0, 1, "");
    world.cut.insert(at(1), Undelivered { reason: Failure::NoSuchDaemon, in_doubt: false });
    let id = world.call(0, 1, "x");
    assert_eq!(world.answer(id), Some(Err(CallError::NoSuchDaemon)));
    world.cut.clear();
    world.pass(Duration::from_secs(2));
    world.publish(1, "a", "1");
    let news = world.news(subscription);
    assert_eq!(news, [News::Up, News::Down(Absence::NoSuchDaemon), News::Up, event("a", "1")]);
}

#[test]
fn a_request_for_a_run_that_has_ended_is_done_by_the_next_one_and_only_there() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "first");
    let request = world.requests(1)[0].0;
    world.reply(1, request, Ok(Bytes::new()));
    assert!(world.answer(id).is_some());
    // Nothing is open: nobody looks whether it lives.
    world.pass(Duration::from_secs(20));
    world.start(1, 77);
    let id = world.call(0, 1, "second");
    let requests = world.requests(1);
    assert_eq!(requests.len(), 1, "once");
    world.reply(1, requests[0].0, Ok("done".into()));
    assert_eq!(world.answer(id), Some(Ok("done".into())));
}

#[test]
fn a_reply_whose_way_is_cut_for_a_moment_comes_when_it_is_open_again() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "x");
    let request = world.requests(1)[0].0;
    world.cut.insert(at(0), Undelivered { reason: Failure::PeerRestarted, in_doubt: true });
    world.reply(1, request, Ok("answer".into()));
    world.pass(Duration::from_millis(700));
    assert_eq!(world.answer(id), None);
    world.cut.clear();
    world.pass(Duration::from_millis(600));
    assert_eq!(world.answer(id), Some(Ok("answer".into())));
    assert!(world.peers.values().all(|calls| calls.open() == 0));
}

#[test]
fn events_go_to_those_whose_subscription_fits_in_order() {
    let mut world = World::new(3);
    let runs = world.subscribe(0, 1, "event.run");
    let all = world.subscribe(2, 1, "");
    world.publish(1, "event.run.finished", "a");
    world.publish(1, "ip.taken", "b");
    world.publish(1, "event.run.started", "c");
    let (a, b, c) =
        (event("event.run.finished", "a"), event("ip.taken", "b"), event("event.run.started", "c"));
    assert_eq!(world.news(runs), [News::Up, a.clone(), c.clone()]);
    assert_eq!(world.news(all), [News::Up, a, b, c.clone()]);
    world.input(0, Input::Unsubscribe(runs));
    world.pass(Duration::from_secs(60));
    world.publish(1, "event.run.started", "c");
    assert_eq!(world.news(runs), []);
    assert_eq!(world.news(all), [c], "its lease was renewed");
    assert_eq!(world.ignored(0).other_runs, 0, "nobody sends it anything");
}

#[test]
fn a_subscriber_that_does_not_take_its_events_is_told_how_many_it_lost() {
    let mut world = World::new(3);
    let (slow, quick) = (world.subscribe(0, 1, "a"), world.subscribe(2, 1, "a"));
    world.hold(0);
    for _ in 0..100 {
        world.publish(1, "a.b", vec![7; 100_000]);
    }
    assert_eq!(world.news(quick).len(), 101);
    let held = world.held[&at(0)].len();
    assert!((40..45).contains(&held), "{held}: 4 MiB are on their way, and no more");
    world.release(0);
    let news = world.news(slow);
    let came = news.iter().filter(|n| matches!(n, News::Event { .. })).count();
    let lost = news.iter().map(|n| if let News::Gap(Some(lost)) = n { *lost } else { 0 }).sum::<u64>();
    assert_eq!(u64::try_from(came).unwrap() + lost, 100, "{news:?}");
    assert_eq!(news.last(), Some(&News::Gap(Some(lost))), "told without another event");
    world.publish(1, "a.b", "next");
    assert_eq!(world.news(slow), [event("a.b", "next")]);

    // Events that were lost on the way.
    world.cut.insert(at(0), Undelivered { reason: Failure::PeerRestarted, in_doubt: true });
    world.publish(1, "a.b", "lost");
    world.cut.clear();
    world.publish(1, "a.b", "later");
    let news = world.news(slow);
    assert_eq!(news, [News::Gap(Some(1)), event("a.b", "later")]);
}

#[test]
fn a_publisher_that_is_started_anew_is_subscribed_to_again_and_that_is_said() {
    let mut world = World::new(2);
    let id = world.subscribe(0, 1, "");
    world.publish(1, "a", "1");
    world.news(id);
    world.start(1, 99);
    world.publish(1, "a", "nobody hears this");
    world.pass(Duration::from_secs(2));
    let news = world.news(id);
    assert_eq!(news, [News::Down(Absence::NoSuchDaemon), News::Up, News::Gap(None)]);
    world.publish(1, "a", "2");
    assert_eq!(world.news(id), [event("a", "2")]);
}

#[test]
fn a_subscriber_that_is_gone_costs_nothing_after_its_lease() {
    let mut world = World::new(2);
    world.subscribe(0, 1, "");
    // Its node is cut off; nobody says that it is gone.
    world.hold(1);
    world.cut.insert(at(0), Undelivered { reason: Failure::NodeUnreachable, in_doubt: true });
    world.pass(Duration::from_secs(16));
    world.cut.clear();
    world.seen.clear();
    world.publish(1, "a", "nobody");
    world.held.clear();
    assert_eq!(world.seen, []);
}

#[test]
fn requests_and_subscriptions_of_one_peer_are_bounded() {
    let mut world = World::new(2);
    let calls: Vec<_> = (0..1030).map(|_| world.call(0, 1, "x")).collect();
    let busy = |r: &Option<Result<Bytes, CallError>>| {
        matches!(r, Some(Err(CallError::Refused(Refusal { code: Code::Busy, .. }))))
    };
    assert_eq!(calls.into_iter().map(|id| world.answer(id)).filter(busy).count(), 6);
    let subscriptions: Vec<_> = (0..70).map(|_| world.subscribe(0, 1, "x")).collect();
    let up = subscriptions.into_iter().filter(|id| world.news(*id) == [News::Up]).count();
    assert_eq!(up, 64);
}

fn message(incarnation: u64, meant: u64, body: BusBody) -> Bytes {
    BusMessage { magic: BUS_MAGIC, incarnation, meant, body }.to_bytes().unwrap()
}

#[test]
fn nonsense_is_counted_and_words_of_strangers_are_passed_on() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "x");
    let received = |body| Input::Received { from: at(1), body };
    let cut = message(2, 1, BusBody::Probe).slice(..20);
    let unknown = BusBody::Other { verb: protocol::bus::BusVerb::Unknown(99), rest: Bytes::new() };
    for body in [cut, message(2, 1, unknown)] {
        world.input(0, received(body));
    }
    assert_eq!(world.ignored(0).malformed, 2);
    // From an impostor, or for another run.
    let about = BusBody::Misdirected(BusAbout { id: 4711 });
    world.input(0, received(message(2, 1, about)));
    world.input(0, received(message(2, 55, BusBody::Cancel(BusAbout { id: 1 }))));
    world.input(0, received(message(0, 1, BusBody::Alive)));
    assert_eq!((world.ignored(0).late_replies, world.ignored(0).other_runs), (1, 2));
    world.input(0, received(Bytes::from_static(b"hello")));
    let foreign = (at(0), Effect::Foreign { from: at(1), body: Bytes::from_static(b"hello") });
    assert!(world.seen.contains(&foreign));
    assert_eq!(world.answer(id), None);
}

#[test]
fn a_peer_of_another_version_is_refused_by_name() {
    let mut world = World::new(2);
    let id = world.call(0, 1, "x");
    let hello = protocol::common::Hello {
        major: 2,
        minor: 0,
        features: 0,
        release: "9.9".to_owned(),
        speaker: protocol::common::Address {
            node: protocol::common::Node(1),
            daemon: protocol::common::Daemon { name: "me".to_owned(), instance: 0 },
        },
        incarnation: 2,
        more: protocol::common::More(Vec::new()),
    };
    world.input(0, Input::Received { from: at(1), body: message(2, 1, BusBody::Hello(hello)) });
    for id in [id, world.call(0, 1, "y")] {
        match world.answer(id) {
            Some(Err(CallError::Incompatible(text))) => assert!(text.contains("version 2"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_opened_under_the_number_of_this_node_goes_on_under_its_one_name() {
    let mut world = World::new(1);
    world.hold(0);
    let id = world.call(0, 0, "to myself");
    world.held.clear();
    world.input(0, Input::Node(bus::Node(0)));
    let local = Address { node: bus::Node::LOCAL, ..at(0) };
    let mine = protocol::bus::BusReply {
        id: id.0,
        code: Code::Ok,
        text: String::new(),
        body: Bytes::from_static(b"well"),
    };
    let body = message(1, 1, BusBody::Reply(mine));
    world.peers.get_mut(&at(0)).unwrap().handle(world.now, Input::Received { from: local, body });
    world.drive();
    assert_eq!(world.answer(id), Some(Ok("well".into())));
}
