//! Calls: matching, deadlines, cancelling, loss.
//!
//! Each ends exactly once, and late, doubled or foreign replies end none.

use std::time::Duration;

use bytes::Bytes;
use legacy_codec::*;

use super::model::{Rig, joined, message, packet, reply};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);

fn ok(token: u64, status: i32) -> Effect {
    let reply = Reply { status, data: Bytes::new(), error: None, abi: Abi::NATIVE };
    Effect::Reply { token: Token(token), result: Ok(reply) }
}

fn failed(token: u64, error: CallError) -> Effect {
    Effect::Reply { token: Token(token), result: Err(error) }
}

fn rejected(reason: RejectReason) -> Effect {
    Effect::Rejected { reason }
}

#[test]
fn answers_find_their_calls_in_any_order_and_in_one_piece() {
    let mut rig = Rig::up(Config::default());
    for token in 0..100 {
        rig.call(token, SECOND);
    }
    let mut ids: Vec<ReqId> = rig.asked.drain(..).map(|a| a.reqid).collect();
    ids.reverse();
    let replies: Vec<Bytes> = ids.iter().zip(0..).map(|(id, status)| reply(*id, status, b"", b"")).collect();
    rig.input(Input::Received(joined(&replies)));
    let expected: Vec<Effect> = (0..100_i32).map(|n| ok(99 - u64::try_from(n).unwrap(), n)).collect();
    assert_eq!(rig.take(), expected);
}

#[test]
fn a_failure_status_is_an_answer_with_its_text() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    let asked = rig.next_request();
    rig.answer(asked.reqid, -1, b"", b"node is disconnected");
    let [Effect::Reply { result: Ok(reply), .. }] = &rig.take()[..] else { panic!() };
    assert_eq!((reply.status, reply.error.as_deref()), (-1, Some("node is disconnected")));
    assert_eq!(reply.decode::<Ping>(), Err(Error::Refused { control: "PING", status: -1 }));
}

#[test]
fn the_reply_is_decoded_by_the_type_of_the_control() {
    let mut rig = Rig::up(Config::default());
    let (token, dest, request) = (Token(1), Dest::from(Pnn(1)), GetRunState::request(()));
    rig.input(Input::Call { token, dest, request: request.clone(), timeout: SECOND });
    let asked = rig.next_request();
    assert_eq!((asked.dest, asked.request), (dest, request));
    rig.answer(asked.reqid, 0, b"\x05\0\0\0", b"");
    let [Effect::Reply { result: Ok(reply), .. }] = &rig.take()[..] else { panic!() };
    assert_eq!(reply.decode::<GetRunState>(), Ok(RunState::RUNNING));
}

#[test]
fn a_call_without_an_answer_ends_at_its_deadline_and_the_late_answer_is_dropped_host_49_net_28() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    rig.call(2, 3 * SECOND);
    let asked = rig.next_request();
    rig.pass(SECOND / 2);
    assert_eq!(rig.take(), []);
    rig.pass(SECOND);
    assert_eq!(rig.take(), [failed(1, CallError::Timeout)]);
    rig.answer(asked.reqid, 0, b"", b"");
    assert_eq!(rig.take(), [rejected(RejectReason::UnknownReqId { reqid: asked.reqid })]);
    let second = rig.next_request();
    rig.answer(second.reqid, 7, b"", b"");
    rig.answer(second.reqid, 7, b"", b"");
    assert_eq!(rig.take(), [ok(2, 7), rejected(RejectReason::UnknownReqId { reqid: second.reqid })]);
    assert_eq!(rig.session.counters().timeouts, 1);
    assert_eq!(rig.session.counters().rejected, 2);
}

#[test]
fn a_reply_of_another_kind_with_a_calls_id_does_not_end_it_host_29() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    let asked = rig.next_request();
    rig.input(Input::Received(packet(
        asked.reqid,
        Operation::Unknown { op: 1, data: Bytes::from_static(&[0; 8]) },
    )));
    assert_eq!(rig.take(), [rejected(RejectReason::WrongReply { reqid: asked.reqid, op: 1 })]);
    rig.answer(asked.reqid, 3, b"", b"");
    assert_eq!(rig.take(), [ok(1, 3)]);
}

#[test]
fn a_malformed_reply_is_dropped_and_its_call_times_out_host_06() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    let asked = rig.next_request();
    let mut lying = reply(asked.reqid, 0, b"12345678", b"").to_vec();
    lying[36..40].copy_from_slice(&0xFFFF_u32.to_ne_bytes());
    rig.input(Input::Received(lying.into()));
    assert!(matches!(rig.take()[..], [Effect::Rejected { reason: RejectReason::Malformed(_) }]));
    assert!(rig.session.is_up());
    rig.pass(SECOND);
    assert_eq!(rig.take(), [failed(1, CallError::Timeout)]);
}

#[test]
fn a_lost_connection_ends_every_call_at_once_and_before_down() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    rig.call(2, SECOND);
    rig.lose();
    assert_eq!(
        rig.take(),
        [
            failed(1, CallError::Disconnected),
            failed(2, CallError::Disconnected),
            Effect::Down { reason: DownReason::Closed("end of file".into()) },
        ]
    );
    rig.call(3, SECOND);
    assert_eq!(rig.take(), [failed(3, CallError::NotConnected)]);
}

#[test]
fn a_cancelled_call_ends_once_and_its_token_may_be_used_again() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    let first = rig.next_request();
    rig.call(1, SECOND);
    assert_eq!(rig.take(), [rejected(RejectReason::DuplicateToken(Token(1)))]);
    rig.input(Input::Cancel { token: Token(1) });
    rig.input(Input::Cancel { token: Token(1) });
    assert_eq!(rig.take(), [failed(1, CallError::Cancelled)]);
    rig.call(1, SECOND);
    let second = rig.next_request();
    rig.answer(first.reqid, 0, b"", b"");
    rig.answer(second.reqid, 5, b"", b"");
    assert_eq!(rig.take(), [rejected(RejectReason::UnknownReqId { reqid: first.reqid }), ok(1, 5)]);
}

#[test]
fn request_ids_wrap_around_without_0_and_without_those_in_use() {
    let mut rig = Rig::up(Config::default());
    rig.call(1, SECOND);
    let first = rig.next_request().reqid;
    rig.session.calls.start_ids_at(u32::MAX - 1);
    let mut ids = Vec::new();
    for token in 2..6 {
        rig.call(token, SECOND);
        ids.push(rig.next_request().reqid);
    }
    assert_eq!(first, ReqId(2), "1 was the question for the node number");
    assert_eq!(ids, [ReqId(u32::MAX), ReqId(1), ReqId(3), ReqId(4)]);
}

#[test]
fn a_call_never_asks_for_no_reply() {
    let mut rig = Rig::up(Config::default());
    let flags = ControlFlags::from_bits_retain(0x0001_0001);
    let request = ControlRequest::Unknown { opcode: 999, srvid: SrvId(3), flags, data: Bytes::new() };
    rig.input(Input::Call { token: Token(1), dest: Dest(0), request, timeout: SECOND });
    let ControlRequest::Unknown { flags, .. } = rig.next_request().request else { panic!() };
    assert_eq!(flags.bits(), 0x0001_0000, "bits with a meaning for the opcode are kept");
}

#[test]
fn a_request_above_the_packet_limit_fails_at_once() {
    let mut rig = Rig::up(Config { max_packet: 128, ..Config::default() });
    let data = Bytes::from(vec![0; 128]);
    let request = ControlRequest::Unknown { opcode: 9, srvid: SrvId(0), flags: ControlFlags::NOREPLY, data };
    rig.input(Input::Call { token: Token(1), dest: Dest::ALL, request, timeout: SECOND });
    assert_eq!(rig.take(), [failed(1, CallError::TooLarge)]);
    assert!(rig.asked.is_empty());
    rig.input(Input::Received(message(SrvId(1), &[0; 120])));
    assert!(matches!(&rig.take()[..], [Effect::Rejected { .. }, Effect::Close, Effect::Down { .. }]));
}
