//! Attaching, losing, coming back - and not too often.
//!
//! Pauses are exact here: virtual time stands still unless a test moves it.

use std::time::Duration;

use bytes::Bytes;
use legacy_codec::*;
use machine::Machine;

use super::model::{PNN, Rig};
use crate::*;

const MS: Duration = Duration::from_millis(1);

fn attempt_failed(reason: DownReason, retry_in: Option<Duration>) -> Effect {
    Effect::AttemptFailed { reason, retry_in }
}

fn closed() -> DownReason {
    DownReason::Closed("end of file".into())
}

#[test]
fn it_is_up_only_when_the_node_number_is_told_and_every_subscription_is_in_force() {
    let mut rig = Rig::new(Config::default());
    rig.input(Input::Subscribe(SrvId::LEADER));
    rig.input(Input::Subscribe(SrvId(7)));
    rig.input(Input::Start);
    rig.take();
    rig.input(Input::Connected);
    let asked: Vec<_> = rig.asked.drain(..).collect();
    let requests: Vec<_> = asked.iter().map(|a| a.request.clone()).collect();
    assert_eq!(
        requests,
        [GetPnn::request(()), RegisterSrvid::request(SrvId(7)), RegisterSrvid::request(SrvId::LEADER)]
    );
    for (i, status) in [(1, 0), (0, 2), (2, 0)] {
        assert_eq!(rig.take(), []);
        assert!(!rig.session.is_up());
        rig.answer(asked[i].reqid, status, b"", b"");
    }
    assert_eq!(rig.take(), [Effect::Up { pnn: PNN }]);
    assert_eq!(rig.session.pnn(), Some(PNN));
}

#[test]
fn a_refused_connection_is_tried_again_with_growing_pauses() {
    let mut rig = Rig::new(Config::default());
    rig.input(Input::Start);
    for pause in [50, 100, 200, 400, 500, 500, 500] {
        assert_eq!(rig.take(), [Effect::Connect]);
        rig.input(Input::ConnectFailed("refused".into()));
        let reason = DownReason::ConnectFailed("refused".into());
        assert_eq!(rig.take(), [attempt_failed(reason, Some(pause * MS))]);
        rig.pass((pause - 1) * MS);
        assert_eq!(rig.take(), []);
        rig.pass(MS);
    }
    rig.input(Input::Connected);
    rig.answer_attach();
    assert_eq!(rig.take(), [Effect::Connect, Effect::Up { pnn: PNN }]);
}

#[test]
fn a_ctdbd_that_accepts_and_closes_at_once_is_not_stormed() {
    let mut rig = Rig::new(Config::default());
    rig.input(Input::Start);
    let mut attempts = 0;
    let start = rig.now;
    while rig.now - start < Duration::from_secs(60) {
        attempts += 1;
        rig.input(Input::Connected);
        // Every other time it even answers before it closes.
        if attempts % 2 == 0 {
            rig.answer_attach();
        }
        rig.lose();
        let due = rig.session.poll_timeout().unwrap();
        rig.pass(due - rig.now);
    }
    assert!((120..=124).contains(&attempts), "{attempts} in a minute");
}

#[test]
fn a_connection_that_lasted_starts_the_pauses_anew() {
    let mut rig = Rig::new(Config::default());
    rig.input(Input::Start);
    for _ in 0..6 {
        rig.input(Input::ConnectFailed("no".into()));
        rig.pass(Duration::from_secs(1) / 2);
    }
    rig.input(Input::Connected);
    rig.answer_attach();
    rig.pass(Duration::from_secs(5));
    rig.take();
    rig.lose();
    assert_eq!(rig.take(), [Effect::Down { reason: closed() }]);
    rig.pass(50 * MS);
    assert_eq!(rig.take(), [Effect::Connect]);
}

#[test]
fn without_reconnect_it_stays_down_until_it_is_started_again() {
    let mut rig = Rig::up(Config { reconnect: None, ..Config::default() });
    rig.lose();
    assert_eq!(rig.take(), [Effect::Down { reason: closed() }]);
    assert_eq!(rig.session.poll_timeout(), None);
    rig.input(Input::Start);
    assert_eq!(rig.take(), [Effect::Connect]);
    rig.input(Input::ConnectFailed("no".into()));
    assert_eq!(rig.take(), [attempt_failed(DownReason::ConnectFailed("no".into()), None)]);
}

#[test]
fn a_ctdbd_that_says_nothing_is_given_up() {
    for connected in [false, true] {
        let mut rig = Rig::new(Config { attach_timeout: 300 * MS, ..Config::default() });
        rig.input(Input::Start);
        rig.pass(200 * MS);
        if connected {
            rig.input(Input::Connected);
        }
        rig.take();
        rig.pass(99 * MS);
        assert_eq!(rig.take(), []);
        rig.pass(MS);
        assert_eq!(rig.take(), [Effect::Close, attempt_failed(DownReason::AttachTimeout, Some(50 * MS))]);
        rig.input(Input::Connected);
        assert_eq!(rig.take(), [Effect::Rejected { reason: RejectReason::NoConnection }]);
    }
}

#[test]
fn a_refusal_while_attaching_ends_the_attempt() {
    let mut rig = Rig::new(Config::default());
    rig.input(Input::Start);
    rig.input(Input::Connected);
    rig.take();
    let asked = rig.next_request();
    rig.answer(asked.reqid, -1, b"", b"no");
    let reason = DownReason::NoPnn { status: -1 };
    assert_eq!(rig.take(), [Effect::Close, attempt_failed(reason, Some(50 * MS))]);

    let mut rig = Rig::new(Config::default());
    rig.input(Input::Subscribe(SrvId(7)));
    rig.input(Input::Start);
    rig.input(Input::Connected);
    rig.take();
    let (pnn, register) = (rig.next_request(), rig.next_request());
    rig.answer(pnn.reqid, 2, b"", b"");
    rig.answer(register.reqid, -1, b"", b"");
    let reason = DownReason::SubscriptionRefused { srvid: SrvId(7), status: -1 };
    assert_eq!(rig.take(), [Effect::Close, attempt_failed(reason, Some(50 * MS))]);
}

#[test]
fn a_new_connection_is_not_up_on_the_answers_of_the_old_one() {
    let mut rig = Rig::up(Config::default());
    rig.input(Input::Subscribe(SrvId(7)));
    rig.answer_attach();
    rig.lose();
    rig.pass(50 * MS);
    rig.input(Input::Connected);
    rig.take();
    let (pnn, register) = (rig.next_request(), rig.next_request());
    rig.answer(register.reqid, 0, b"", b"");
    assert_eq!(rig.take(), []);
    assert_eq!(rig.session.pnn(), Some(PNN), "the number of the last attach is still known");
    rig.answer(pnn.reqid, 2, b"", b"");
    assert_eq!(rig.take(), [Effect::Up { pnn: PNN }]);
    assert_eq!((rig.session.counters().attached, rig.session.counters().lost), (2, 1));
}

#[test]
fn length_0_ends_the_connection_and_a_wrong_magic_costs_one_packet_cli_03() {
    let mut rig = Rig::up(Config::default());
    let mut bad = super::model::message(SrvId(1), b"x").to_vec();
    bad[4] = 0;
    rig.input(Input::Received(bad.into()));
    assert!(matches!(
        rig.take()[..],
        [Effect::Rejected { reason: RejectReason::Frame(FrameError::Magic(_)) }]
    ));
    assert!(rig.session.is_up());
    rig.call(1, MS);
    rig.input(Input::Received(Bytes::from_static(&[0; 8])));
    assert_eq!(
        rig.take(),
        [
            Effect::Rejected { reason: RejectReason::Frame(FrameError::ZeroLength) },
            Effect::Close,
            Effect::Reply { token: Token(1), result: Err(CallError::Disconnected) },
            Effect::Down { reason: DownReason::Protocol(FrameError::ZeroLength) },
        ]
    );
    rig.input(Input::Received(Bytes::from_static(&[0; 8])));
    rig.lose();
    assert_eq!(rig.take(), vec![Effect::Rejected { reason: RejectReason::NoConnection }; 2]);
}
