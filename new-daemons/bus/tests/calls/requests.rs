//! Requests: each has one answer, or ends with the reason why there is none.

use std::time::Duration;

use bus::calls::{CallError, Effect, Input, Refusal};
use bus::{Failure, Undelivered};
use bytes::Bytes;
use protocol::common::Code;

use super::{World, at};

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
