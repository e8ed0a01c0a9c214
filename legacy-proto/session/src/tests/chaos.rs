//! Any inputs in any order, answers cut anywhere, garbage in between.
//!
//! No panic, no broken invariant, only whole packets written, and every call ends exactly once.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use legacy_codec::*;
use machine::{Machine, Time};
use proptest::prelude::*;

use super::model::{message, packet, reply};
use crate::*;

#[derive(Clone, Debug)]
enum Step {
    Start,
    Connected,
    ConnectFailed,
    Closed,
    Call {
        timeout: u64,
    },
    Record {
        timeout: u64,
    },
    Cancel {
        back: u64,
    },
    Subscribe(u64),
    Unsubscribe(u64),
    Send(usize),
    /// Answers the last `count` requests with this status.
    Answer {
        count: usize,
        status: i32,
        cut: usize,
    },
    Message(u64),
    Garbage(Vec<u8>),
    Pass {
        millis: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Start),
        3 => Just(Step::Connected),
        1 => Just(Step::ConnectFailed),
        1 => Just(Step::Closed),
        6 => (0_u64..2000).prop_map(|timeout| Step::Call { timeout }),
        2 => (0_u64..2000).prop_map(|timeout| Step::Record { timeout }),
        1 => (0_u64..5).prop_map(|back| Step::Cancel { back }),
        2 => (0_u64..3).prop_map(Step::Subscribe),
        1 => (0_u64..3).prop_map(Step::Unsubscribe),
        1 => (0_usize..100).prop_map(Step::Send),
        8 => (1_usize..6, prop_oneof![3 => Just(0), 1 => any::<i32>()], 0_usize..100)
            .prop_map(|(count, status, cut)| Step::Answer { count, status, cut }),
        2 => (0_u64..3).prop_map(Step::Message),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Step::Garbage),
        4 => (0_u64..1500).prop_map(|millis| Step::Pass { millis }),
    ]
}

/// What an outside observer counts.
#[derive(Default)]
struct Ledger {
    ends: BTreeMap<Token, u32>,
    unanswered: Vec<ReqId>,
    up: bool,
    connects: u64,
    written: Vec<u8>,
}

impl Ledger {
    fn take(&mut self, now: Time, session: &mut Session) {
        session.check();
        while let Some(effect) = session.poll_effect(now) {
            match effect {
                Effect::Reply { token, .. } | Effect::Record { token, .. } => {
                    *self.ends.entry(token).or_default() += 1
                }
                Effect::Up { .. } => assert!(!std::mem::replace(&mut self.up, true), "up twice"),
                Effect::Down { .. } => assert!(std::mem::replace(&mut self.up, false), "down twice"),
                Effect::Connect => {
                    self.connects += 1;
                    self.written.clear();
                    self.unanswered.clear();
                }
                Effect::Write(bytes) => self.written.extend_from_slice(&bytes),
                Effect::Close
                | Effect::AttemptFailed { .. }
                | Effect::Subscribed { .. }
                | Effect::Message { .. }
                | Effect::Rejected { .. } => {}
            }
        }
        assert_eq!(self.up, session.is_up());
        let mut wire = FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT);
        wire.push(std::mem::take(&mut self.written).into());
        while let Some(frame) = wire.pop().expect("the session writes whole, good packets") {
            let packet = Packet::decode(&frame, Abi::NATIVE).expect("the session writes good packets");
            if let Operation::ReqControl(_) | Operation::ReqCall(_) = packet.body {
                self.unanswered.push(packet.header.reqid);
            }
        }
        assert!(wire.is_empty());
    }
}

fn inputs(step: &Step, calls: u64, ledger: &mut Ledger) -> Vec<Input> {
    match step.clone() {
        Step::Start => vec![Input::Start],
        Step::Connected => vec![Input::Connected],
        Step::ConnectFailed => vec![Input::ConnectFailed(String::new())],
        Step::Closed => vec![Input::Closed(String::new())],
        Step::Call { timeout } => vec![Input::Call {
            token: Token(calls),
            dest: Dest::CURRENT_NODE,
            request: GetNodeMap::request(()),
            timeout: Duration::from_millis(timeout),
        }],
        Step::Record { timeout } => vec![Input::Record {
            token: Token(calls),
            call: ReqCall {
                flags: CallFlags::IMMEDIATE_MIGRATION,
                db_id: DbId(1),
                call_id: CallId::NULL,
                hop_count: 0,
                key: Bytes::from_static(b"key"),
                call_data: Bytes::new(),
            },
            timeout: Duration::from_millis(timeout),
        }],
        Step::Cancel { back } => vec![Input::Cancel { token: Token(calls.saturating_sub(back)) }],
        Step::Subscribe(srvid) => vec![Input::Subscribe(SrvId(srvid))],
        Step::Unsubscribe(srvid) => vec![Input::Unsubscribe(SrvId(srvid))],
        Step::Send(len) => {
            vec![Input::Send { dest: Dest::ALL, srvid: SrvId(1), data: vec![Bytes::from(vec![0; len])] }]
        }
        Step::Answer { count, status, cut } => {
            let from = ledger.unanswered.len().saturating_sub(count);
            let replies = ledger.unanswered.split_off(from);
            let mut bytes = Bytes::from(
                // Each is answered in both kinds: one of them is wrong.
                replies
                    .iter()
                    .rev()
                    .flat_map(|id| {
                        let record = ReplyCall { status, data: Bytes::from_static(b"data") };
                        [reply(*id, status, b"data", b"text"), packet(*id, Operation::ReplyCall(record))]
                            .concat()
                    })
                    .collect::<Vec<_>>(),
            );
            let rest = bytes.split_off(cut.min(bytes.len()));
            vec![Input::Received(bytes), Input::Received(rest)]
        }
        Step::Message(srvid) => vec![Input::Received(message(SrvId(srvid), b"data"))],
        Step::Garbage(bytes) => vec![Input::Received(bytes.into())],
        Step::Pass { .. } => vec![],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_every_call_ends_exactly_once(
        attached in any::<bool>(),
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut session = Session::new(Config {
            attach_timeout: Duration::from_secs(1),
            max_packet: 1 << 16,
            ..Config::default()
        });
        let mut now = Time::ZERO;
        let (mut calls, mut asked_to_start) = (0, 0);
        let mut ledger = Ledger::default();
        // Half of the runs begin attached, or few would get beyond that.
        let attach = [Step::Start, Step::Connected, Step::Answer { count: 9, status: 0, cut: 20 }];
        for step in attach.iter().filter(|_| attached).chain(&steps) {
            for input in inputs(step, calls, &mut ledger) {
                calls += u64::from(matches!(input, Input::Call { .. } | Input::Record { .. }));
                asked_to_start += u64::from(matches!(input, Input::Start));
                session.handle(now, input);
                ledger.take(now, &mut session);
            }
            if let Step::Pass { millis } = step {
                let end = now + Duration::from_millis(*millis);
                while let Some(due) = session.poll_timeout().filter(|due| *due <= end) {
                    now = now.max(due);
                    session.tick(now);
                    prop_assert!(session.poll_timeout().is_none_or(|next| next > now), "a tick does all that is due");
                    ledger.take(now, &mut session);
                }
                now = end;
            }
        }
        // Each attempt was asked for or had a pause before it.
        let pauses = now.since_start().as_millis() / 50;
        prop_assert!(u128::from(ledger.connects - asked_to_start.min(ledger.connects)) <= pauses + 1);

        // The end: all deadlines pass.
        session.tick(now + Duration::from_secs(3));
        session.handle(now + Duration::from_secs(3), Input::Closed(String::new()));
        ledger.take(now, &mut session);
        prop_assert_eq!(ledger.ends.len(), usize::try_from(calls).unwrap());
        prop_assert!(ledger.ends.values().all(|n| *n == 1), "{:?}", ledger.ends);
    }
}
