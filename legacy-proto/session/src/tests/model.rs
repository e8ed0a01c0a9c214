//! A session with a ctdbd made of a few lines.
//!
//! It takes what the session writes, as packets, and answers when it is told to. Time passes only by `pass`.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use legacy_codec::*;
use machine::{Machine, Time};

use crate::*;

pub(crate) const PNN: Pnn = Pnn(2);

/// A request as ctdbd saw it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) reqid: ReqId,
    pub(crate) dest: Dest,
    pub(crate) request: ControlRequest,
}

pub(crate) struct Rig {
    pub(crate) session: Session,
    pub(crate) now: Time,
    /// Effects not looked at yet, without `Write`.
    pub(crate) seen: Vec<Effect>,
    pub(crate) asked: VecDeque<Asked>,
    pub(crate) messages: Vec<(Dest, ReqMessage)>,
    pub(crate) records: VecDeque<(Header, ReqCall)>,
    wire: FrameBuf,
}

impl Rig {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            session: Session::new(config),
            now: Time::ZERO,
            seen: Vec::new(),
            asked: VecDeque::new(),
            messages: Vec::new(),
            records: VecDeque::new(),
            wire: FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT),
        }
    }

    /// A session that is up.
    pub(crate) fn up(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.input(Input::Start);
        assert_eq!(rig.take(), [Effect::Connect]);
        rig.input(Input::Connected);
        rig.answer_attach();
        assert_eq!(rig.take(), [Effect::Up { pnn: PNN }]);
        rig
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.session.handle(self.now, input);
        self.settle();
    }

    /// Lets time pass, waking the session at each of its deadlines.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.session.tick(self.now);
            self.settle();
        }
        self.now = end;
    }

    fn settle(&mut self) {
        self.session.check();
        while let Some(effect) = self.session.poll_effect(self.now) {
            match effect {
                Effect::Write(bytes) => self.wire.push(bytes),
                Effect::Close | Effect::Connect => {
                    self.wire = FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT);
                    self.asked.clear();
                    self.seen.push(effect);
                }
                effect => self.seen.push(effect),
            }
            while let Some(frame) = self.wire.pop().unwrap() {
                let Packet { header, body } = Packet::decode(&frame, Abi::NATIVE).unwrap();
                match body {
                    Operation::ReqControl(body) => {
                        assert!(!body.flags.contains(ControlFlags::NOREPLY));
                        let request = ControlRequest::decode(&body, Abi::NATIVE).unwrap();
                        self.asked.push_back(Asked { reqid: header.reqid, dest: header.dest, request });
                    }
                    Operation::ReqCall(call) => self.records.push_back((header, call)),
                    Operation::ReqMessage(message) => self.messages.push((header.dest, message)),
                    other => panic!("the session wrote {other:?}"),
                }
            }
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.seen)
    }

    pub(crate) fn next_request(&mut self) -> Asked {
        self.asked.pop_front().expect("the session asks something")
    }

    /// Answers everything asked so far as a healthy ctdbd does.
    pub(crate) fn answer_attach(&mut self) {
        while let Some(asked) = self.asked.pop_front() {
            let status = if asked.request == GetPnn::request(()) { 2 } else { 0 };
            self.answer(asked.reqid, status, b"", b"");
        }
    }

    pub(crate) fn answer(&mut self, reqid: ReqId, status: i32, data: &'static [u8], error: &'static [u8]) {
        self.input(Input::Received(reply(reqid, status, data, error)));
    }

    pub(crate) fn call(&mut self, token: u64, timeout: Duration) {
        self.input(Input::Call {
            token: Token(token),
            dest: Dest::CURRENT_NODE,
            request: Ping::request(()),
            timeout,
        });
    }

    pub(crate) fn lose(&mut self) {
        self.input(Input::Closed("end of file".into()));
    }
}

pub(crate) fn reply(reqid: ReqId, status: i32, data: &'static [u8], error: &'static [u8]) -> Bytes {
    packet(
        reqid,
        Operation::ReplyControl(ReplyControl {
            status,
            data: Bytes::from_static(data),
            error: Bytes::from_static(error),
        }),
    )
}

pub(crate) fn message(srvid: SrvId, data: &'static [u8]) -> Bytes {
    packet(ReqId(0), Operation::ReqMessage(ReqMessage { srvid, data: Bytes::from_static(data) }))
}

pub(crate) fn packet(reqid: ReqId, body: Operation) -> Bytes {
    Packet { header: Header { reqid, src: PNN, ..Header::default() }, body }
        .encode(Abi::NATIVE)
        .unwrap()
        .bytes
}

pub(crate) fn joined(parts: &[Bytes]) -> Bytes {
    let mut all = BytesMut::new();
    for part in parts {
        all.extend_from_slice(part);
    }
    all.freeze()
}
