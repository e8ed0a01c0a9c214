//! Messages and subscriptions.
//!
//! What ctdbd is told, what the owner hears, and what a lost connection does to both.

use std::time::Duration;

use bytes::Bytes;
use legacy_codec::*;

use super::model::{Rig, message};
use crate::*;

const ID: SrvId = SrvId::TUNNEL_NEW_PROTOCOL;

fn subscribed(result: Result<(), CallError>) -> Effect {
    Effect::Subscribed { srvid: ID, result }
}

fn got(data: &'static [u8]) -> Effect {
    Effect::Message { srvid: ID, data: Bytes::from_static(data) }
}

fn not_subscribed() -> Effect {
    Effect::Rejected { reason: RejectReason::NotSubscribed { srvid: ID } }
}

#[test]
fn a_srvid_is_registered_once_however_often_it_is_subscribed_cli_11() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    rig.input(Input::Subscribe(ID));
    assert_eq!(rig.take(), []);
    assert_eq!(rig.asked.len(), 1);
    rig.answer_attach();
    assert_eq!(rig.take(), [subscribed(Ok(()))]);
    rig.input(Input::Subscribe(ID));
    assert_eq!(rig.take(), [subscribed(Ok(()))]);
    assert!(rig.asked.is_empty());
}

#[test]
fn a_message_is_a_slice_of_the_bytes_that_came_in() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    // ctdbd may deliver before its answer is read.
    let bytes = message(ID, b"hello");
    rig.input(Input::Received(bytes.clone()));
    let [Effect::Message { srvid: ID, data }] = &rig.take()[..] else { panic!() };
    assert_eq!(&data[..], b"hello");
    assert!(bytes.as_ptr_range().contains(&data.as_ptr()));
}

#[test]
fn a_subscription_comes_back_with_the_connection() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    rig.lose();
    rig.take();
    rig.pass(Duration::from_millis(50));
    rig.input(Input::Connected);
    let requests: Vec<_> = rig.asked.iter().map(|a| a.request.clone()).collect();
    assert_eq!(requests, [GetPnn::request(()), RegisterSrvid::request(ID)]);
    rig.answer_attach();
    rig.take();
    rig.input(Input::Received(message(ID, b"again")));
    assert_eq!(rig.take(), [got(b"again")]);
}

#[test]
fn after_unsubscribing_messages_are_dropped_and_ctdbd_is_told() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    rig.answer_attach();
    rig.take();
    rig.input(Input::Unsubscribe(ID));
    assert_eq!(rig.next_request().request, DeregisterSrvid::request(ID));
    rig.input(Input::Received(message(ID, b"late")));
    assert_eq!(rig.take(), [not_subscribed()]);
    rig.input(Input::Unsubscribe(ID));
    assert!(rig.asked.is_empty());
}

#[test]
fn subscribing_to_everything_takes_every_srvid() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(SrvId::ALL));
    rig.answer_attach();
    rig.take();
    rig.input(Input::Received(message(ID, b"any")));
    assert_eq!(rig.take(), [got(b"any")]);
}

#[test]
fn a_subscription_that_ctdbd_refuses_or_does_not_answer_is_forgotten() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    let asked = rig.next_request();
    rig.answer(asked.reqid, -1, b"", b"no memory");
    let refused = CallError::Refused { status: -1, text: Some("no memory".into()) };
    assert_eq!(refused.to_string(), "ctdbd refused with status -1: no memory");
    assert_eq!(rig.take(), [subscribed(Err(refused))]);
    assert!(rig.session.is_up());

    rig.input(Input::Subscribe(ID));
    rig.next_request();
    rig.pass(Duration::from_secs(10));
    assert_eq!(rig.take(), [subscribed(Err(CallError::Timeout))]);
    assert_eq!(rig.next_request().request, DeregisterSrvid::request(ID), "it may have been done");
    rig.input(Input::Received(message(ID, b"x")));
    assert_eq!(rig.take(), [not_subscribed()]);
}

#[test]
fn the_answer_to_a_registration_taken_back_does_not_count_for_the_next_one() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    rig.input(Input::Unsubscribe(ID));
    rig.input(Input::Subscribe(ID));
    assert_eq!(rig.take(), [subscribed(Err(CallError::Cancelled))]);
    let asked: Vec<_> = rig.asked.drain(..).collect();
    assert_eq!(asked.len(), 3);
    rig.answer(asked[0].reqid, 0, b"", b"");
    rig.answer(asked[1].reqid, 0, b"", b"");
    assert_eq!(rig.take(), []);
    rig.answer(asked[2].reqid, 0, b"", b"");
    assert_eq!(rig.take(), [subscribed(Ok(()))]);
}

#[test]
fn a_subscription_asked_for_when_the_connection_breaks_is_promised() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(ID));
    rig.lose();
    assert_eq!(rig.take()[0], subscribed(Ok(())));
}

#[test]
fn a_large_message_is_written_around_its_payload_without_a_copy_and_a_small_one_in_one_piece() {
    let mut session = Rig::up(Config::default()).session;
    let data = Bytes::from(vec![9; 5000]);
    let rest = Bytes::from_static(b"end");
    let now = machine::Time::ZERO;
    use machine::Machine;
    let mut written = |data: &[Bytes]| -> Vec<Bytes> {
        session.handle(now, Input::Send { dest: Dest(1), srvid: ID, data: data.to_vec() });
        std::iter::from_fn(|| session.poll_effect(now))
            .map(|e| if let Effect::Write(bytes) = e { bytes } else { panic!("{e:?}") })
            .collect()
    };
    let large = written(&[data.clone(), Bytes::new(), rest.clone()]);
    assert_eq!(large.iter().map(Bytes::len).collect::<Vec<_>>(), [44, 5000, 3, 1]);
    assert_eq!(large[1].as_ptr(), data.as_ptr());
    for len in [0, 1, 2, 1001] {
        let small = written(&[data.slice(..len), rest.clone()]);
        assert_eq!(small.len(), 1);
        let payload = [&data[..len], &rest[..]].concat();
        let body = Operation::ReqMessage(ReqMessage { srvid: ID, data: payload.into() });
        let header = Header { dest: Dest(1), ..Header::default() };
        let packet = Packet { header, body }.encode(Abi::NATIVE).unwrap();
        assert_eq!(small[0], packet.bytes, "{len}");
    }
}

#[test]
fn messages_are_sent_in_order_when_up_and_refused_when_down() {
    let mut rig = Rig::up(Config { max_packet: 1024, ..Config::default() });
    for len in [0, 1, 980] {
        rig.input(Input::Send { dest: Dest::CONNECTED, srvid: ID, data: vec![Bytes::from(vec![1; len])] });
    }
    assert_eq!(
        rig.messages.iter().map(|(d, m)| (*d, m.data.len())).collect::<Vec<_>>(),
        [(Dest::CONNECTED, 0), (Dest::CONNECTED, 1), (Dest::CONNECTED, 980)]
    );
    rig.input(Input::Send { dest: Dest(0), srvid: ID, data: vec![Bytes::from(vec![1; 981])] });
    let reason = RejectReason::SendTooLarge { dest: Dest(0), len: 981 };
    assert_eq!(rig.take(), [Effect::Rejected { reason }]);
    rig.lose();
    rig.take();
    rig.input(Input::Send { dest: Dest(0), srvid: ID, data: Vec::new() });
    let reason = RejectReason::SendWhileDown { dest: Dest(0) };
    assert_eq!(rig.take(), [Effect::Rejected { reason }]);
    assert_eq!(rig.messages.len(), 3, "nothing is queued");
}
