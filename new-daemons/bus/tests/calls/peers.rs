//! Other daemons: whether they live and in which run, what they may ask for, and what is nonsense from them.

use std::time::Duration;

use bus::calls::{Absence, CallError, Effect, Input, News, Presence, Refusal, WatchId};
use bus::{Address, Failure, Undelivered};
use bytes::Bytes;
use machine::Machine;
use protocol::bus::{BUS_MAGIC, BusAbout, BusBody, BusMessage};
use protocol::common::Code;
use protocol::xdr::Xdr;

use super::{World, at, event};

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
