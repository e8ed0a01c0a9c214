//! Calls for records: to the own daemon, answered in kind, ended once.

use std::time::Duration;

use bytes::Bytes;
use legacy_codec::*;

use super::model::{Rig, packet, reply};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);

fn migrate() -> ReqCall {
    ReqCall {
        flags: CallFlags::IMMEDIATE_MIGRATION,
        db_id: DbId(0x1234),
        call_id: CallId::NULL,
        hop_count: 0,
        key: Bytes::from_static(b"key"),
        call_data: Bytes::new(),
    }
}

fn answered(rig: &Rig, status: i32) -> Bytes {
    let body = ReplyCall { status, data: Bytes::from_static(b"data") };
    packet(rig.records[0].0.reqid, Operation::ReplyCall(body))
}

fn ended(result: Result<ReplyCall, CallError>) -> Effect {
    Effect::Record { token: Token(1), result }
}

fn asked(config: Config) -> Rig {
    let mut rig = Rig::up(config);
    rig.input(Input::Record { token: Token(1), call: migrate(), timeout: SECOND });
    rig
}

#[test]
fn mig_01_a_call_goes_to_the_own_daemon_and_its_answer_comes_back() {
    let mut rig = asked(Config::default());
    let (header, call) = rig.records[0].clone();
    assert_eq!((header.dest, call), (Dest::CURRENT_NODE, migrate()));
    let reply = answered(&rig, 0);
    rig.input(Input::Received(reply));
    assert_eq!(rig.take(), [ended(Ok(ReplyCall { status: 0, data: Bytes::from_static(b"data") }))]);
    assert_eq!(rig.session.counters().calls, 1);
}

#[test]
fn reply_error_is_an_answer_with_its_text() {
    let mut rig = asked(Config::default());
    let reqid = rig.records[0].0.reqid;
    let body = ReplyError { status: -1, message: Text::new("no such database") };
    rig.input(Input::Received(packet(reqid, Operation::ReplyError(body))));
    assert_eq!(
        rig.take(),
        [ended(Ok(ReplyCall { status: -1, data: Bytes::from_static(b"no such database") }))]
    );
}

#[test]
fn mig_28_a_reply_of_another_kind_ends_nothing() {
    let mut rig = asked(Config::default());
    let reqid = rig.records[0].0.reqid;
    rig.input(Input::Received(reply(reqid, 0, b"", b"")));
    assert_eq!(rig.take(), [Effect::Rejected { reason: RejectReason::WrongReply { reqid, op: 8 } }]);
    rig.call(2, SECOND);
    let control = rig.next_request().reqid;
    let body = ReplyCall { status: 0, data: Bytes::new() };
    rig.input(Input::Received(packet(control, Operation::ReplyCall(body))));
    assert_eq!(rig.take(), [Effect::Rejected { reason: RejectReason::WrongReply { reqid: control, op: 1 } }]);
    let right = answered(&rig, 7);
    rig.input(Input::Received(right.clone()));
    assert!(matches!(&rig.take()[..], [Effect::Record { result: Ok(ReplyCall { status: 7, .. }), .. }]));
    rig.input(Input::Received(right));
    assert_eq!(rig.take(), [Effect::Rejected { reason: RejectReason::UnknownReqId { reqid } }]);
}

#[test]
fn a_call_without_an_answer_ends_by_time_by_loss_or_by_its_owner() {
    let mut rig = asked(Config::default());
    rig.pass(SECOND);
    assert_eq!(rig.take(), [ended(Err(CallError::Timeout))]);
    assert_eq!(rig.session.counters().timeouts, 1);

    let mut rig = asked(Config::default());
    rig.lose();
    assert_eq!(rig.take()[0], ended(Err(CallError::Disconnected)));

    let mut rig = asked(Config::default());
    rig.input(Input::Cancel { token: Token(1) });
    assert_eq!(rig.take(), [ended(Err(CallError::Cancelled))]);
}

#[test]
fn a_call_that_cannot_be_sent_ends_at_once() {
    let mut rig = Rig::new(Config::default());
    rig.input(Input::Record { token: Token(1), call: migrate(), timeout: SECOND });
    assert_eq!(rig.take(), [ended(Err(CallError::NotConnected))]);

    let mut rig = Rig::up(Config { max_packet: 128, ..Config::default() });
    let call = ReqCall { key: Bytes::from(vec![0; 200]), ..migrate() };
    rig.input(Input::Record { token: Token(1), call, timeout: SECOND });
    assert_eq!(rig.take(), [ended(Err(CallError::TooLarge))]);

    let mut rig = asked(Config::default());
    rig.input(Input::Record { token: Token(1), call: migrate(), timeout: SECOND });
    assert_eq!(rig.take(), [Effect::Rejected { reason: RejectReason::DuplicateToken(Token(1)) }]);
}
