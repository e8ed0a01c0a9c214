//! The machine itself: connect, attach, serve, lose, wait, connect again.
//!
//! A connection goes up when ctdbd has told its node number and taken every subscription. Whatever is lost with a
//! connection is reported before `Down`. All inputs are tolerated in all phases; what makes no sense is counted.

mod requests;

use std::collections::VecDeque;

use bytes::Bytes;
use legacy_codec::{
    Control, ControlFlags, ControlRequest, DeregisterSrvid, Dest, FrameBuf, Framing, GetPnn, Header,
    Operation, Packet, Pnn, RegisterSrvid, ReplyCall, ReplyControl, ReqId, SrvId,
};
use machine::{Machine, Time, earliest};

use crate::backoff::Retry;
use crate::calls::{Calls, Waiter};
use crate::io::{CallError, Config, Counters, DownReason, Effect, Input, RejectReason, Reply};
use crate::subscriptions::{State, Subscriptions};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before `Start`, or after a loss without reconnect.
    Idle,
    /// Between two attempts.
    Waiting {
        until: Time,
    },
    Connecting {
        until: Time,
    },
    /// `pnn` = ctdbd has told its number on this connection.
    Attaching {
        until: Time,
        pnn: bool,
    },
    Up {
        since: Time,
    },
}

/// One client of ctdbd.
#[derive(Debug)]
pub struct Session {
    config: Config,
    phase: Phase,
    retry: Retry,
    frames: FrameBuf,
    pub(crate) calls: Calls,
    subscriptions: Subscriptions,
    pnn: Option<Pnn>,
    effects: VecDeque<Effect>,
    counters: Counters,
}

impl Session {
    /// A session that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            phase: Phase::Idle,
            retry: Retry::new(config.reconnect),
            frames: FrameBuf::new(config.abi, Framing::Client, config.max_packet),
            calls: Calls::default(),
            subscriptions: Subscriptions::default(),
            pnn: None,
            effects: VecDeque::new(),
            counters: Counters::default(),
            config,
        }
    }

    /// Whether calls and messages are possible now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up { .. })
    }

    /// Number of ctdbd's node, as it said when the session last attached; kept while down.
    #[must_use]
    pub fn pnn(&self) -> Option<Pnn> {
        self.pnn
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn emit(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    fn reject(&mut self, reason: RejectReason) {
        self.counters.rejected += 1;
        self.emit(Effect::Rejected { reason });
    }

    fn connect(&mut self, now: Time) {
        self.phase = Phase::Connecting { until: now + self.config.attach_timeout };
        self.emit(Effect::Connect);
    }

    fn attach(&mut self, until: Time) {
        self.phase = Phase::Attaching { until, pnn: false };
        self.ask(until, Waiter::Pnn, &GetPnn::request(()));
        for srvid in self.subscriptions.srvids() {
            self.register(until, srvid, false);
        }
    }

    fn register(&mut self, until: Time, srvid: SrvId, answer: bool) {
        let reqid = self.ask(until, Waiter::Register(srvid), &RegisterSrvid::request(srvid));
        self.subscriptions.set(srvid, State::Asked { reqid, answer });
    }

    fn deregister(&mut self, now: Time, srvid: SrvId) {
        let until = now + self.config.attach_timeout;
        self.ask(until, Waiter::Deregister, &DeregisterSrvid::request(srvid));
    }

    /// A request of the session's own to the daemon it is connected to.
    fn ask(&mut self, until: Time, waiter: Waiter, request: &ControlRequest) -> ReqId {
        let reqid = self.calls.insert(waiter, until);
        if self.write_request(reqid, Dest::CURRENT_NODE, request).is_err() {
            // Only with a limit below 64 bytes: then nothing is answered, and the attempt times out.
            self.reject(RejectReason::SendTooLarge { dest: Dest::CURRENT_NODE, len: 0 });
        }
        reqid
    }

    fn write_request(&mut self, reqid: ReqId, dest: Dest, request: &ControlRequest) -> Result<(), CallError> {
        let abi = self.config.abi;
        let mut body = request.encode(abi).map_err(|_| CallError::TooLarge)?;
        // Somebody waits for the answer: it must not be suppressed.
        body.flags.remove(ControlFlags::NOREPLY);
        let header = Header { dest, reqid, ..Header::default() };
        let packet = Packet { header, body: Operation::ReqControl(body) };
        let bytes = packet.encode(abi).map_err(|_| CallError::TooLarge)?.bytes;
        if bytes.len() > self.config.max_packet {
            return Err(CallError::TooLarge);
        }
        self.emit(Effect::Write(bytes));
        Ok(())
    }

    /// Goes up when nothing is missing any more.
    fn settle(&mut self, now: Time) {
        let Phase::Attaching { pnn: true, .. } = self.phase else { return };
        let Some(pnn) = self.pnn else { return };
        if self.subscriptions.all_registered() {
            self.phase = Phase::Up { since: now };
            self.counters.attached += 1;
            self.emit(Effect::Up { pnn });
        }
    }

    /// The connection is gone, or has to go. Ends everything that depended on it.
    fn lose(&mut self, now: Time, reason: DownReason) {
        let up = if let Phase::Up { since } = self.phase { Some(since) } else { None };
        self.frames = FrameBuf::new(self.config.abi, Framing::Client, self.config.max_packet);
        for waiter in self.calls.take_all() {
            self.fail(waiter, CallError::Disconnected);
        }
        for srvid in self.subscriptions.forget_connection() {
            // Still wanted: it will be in force when the session is up again.
            self.emit(Effect::Subscribed { srvid, result: Ok(()) });
        }
        let pause = self.retry.pause(now, up);
        self.phase = pause.map_or(Phase::Idle, |pause| Phase::Waiting { until: now + pause });
        if up.is_some() {
            self.counters.lost += 1;
            self.emit(Effect::Down { reason });
        } else {
            self.counters.failed_attempts += 1;
            self.emit(Effect::AttemptFailed { reason, retry_in: pause });
        }
    }

    /// Ends the connection from this side.
    fn abandon(&mut self, now: Time, reason: DownReason) {
        self.emit(Effect::Close);
        self.lose(now, reason);
    }

    fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Attaching { .. } | Phase::Up { .. })
    }

    fn received(&mut self, now: Time, bytes: Bytes) {
        self.frames.push(bytes);
        while self.is_connected() {
            match self.frames.pop() {
                Ok(Some(frame)) => self.packet(now, &frame),
                Ok(None) => return,
                Err(rejected) => {
                    self.reject(RejectReason::Frame(rejected.error));
                    if rejected.fatal {
                        self.abandon(now, DownReason::Protocol(rejected.error));
                    }
                }
            }
        }
    }

    fn packet(&mut self, now: Time, frame: &Bytes) {
        self.counters.packets_in += 1;
        match Packet::decode(frame, self.config.abi) {
            Ok(Packet {
                header,
                body: body @ (Operation::ReplyControl(_) | Operation::ReplyCall(_) | Operation::ReplyError(_)),
            }) => self.answer(now, header.reqid, body),
            Ok(Packet { body: Operation::ReqMessage(message), .. }) => {
                if self.subscriptions.wants(message.srvid) {
                    self.counters.messages_in += 1;
                    self.emit(Effect::Message { srvid: message.srvid, data: message.data });
                } else {
                    self.reject(RejectReason::NotSubscribed { srvid: message.srvid });
                }
            }
            Ok(Packet { body, .. }) => {
                self.reject(RejectReason::UnexpectedOperation { op: body.number() });
            }
            Err(error) => self.reject(RejectReason::Malformed(error)),
        }
    }

    /// A reply ends the request that it belongs to, if it is of the right kind (MIG-28).
    fn answer(&mut self, now: Time, reqid: ReqId, body: Operation) {
        match self.calls.waiter(reqid) {
            None => return self.reject(RejectReason::UnknownReqId { reqid }),
            Some(waiter) if !waiter.takes(&body) => {
                return self.reject(RejectReason::WrongReply { reqid, op: body.number() });
            }
            Some(_) => {}
        }
        let Some(waiter) = self.calls.remove(reqid) else { return };
        match (waiter, body) {
            (waiter, Operation::ReplyControl(reply)) => self.reply(now, reqid, waiter, reply),
            (Waiter::Record(token), Operation::ReplyCall(reply)) => {
                self.emit(Effect::Record { token, result: Ok(reply) });
            }
            (Waiter::Record(token), Operation::ReplyError(error)) => {
                let data = Bytes::copy_from_slice(error.message.as_bytes());
                self.emit(Effect::Record { token, result: Ok(ReplyCall { status: error.status, data }) });
            }
            _ => {}
        }
    }

    /// Tells whoever waits for this request that there will be no answer.
    fn fail(&mut self, waiter: Waiter, error: CallError) {
        match waiter {
            Waiter::Call(token) => self.emit(Effect::Reply { token, result: Err(error) }),
            Waiter::Record(token) => self.emit(Effect::Record { token, result: Err(error) }),
            Waiter::Pnn | Waiter::Register(_) | Waiter::Deregister => {}
        }
    }

    fn reply(&mut self, now: Time, reqid: ReqId, waiter: Waiter, reply: ReplyControl) {
        let ReplyControl { status, data, error } = reply;
        let text = (!error.is_empty()).then(|| String::from_utf8_lossy(&error).into_owned());
        match waiter {
            Waiter::Call(token) => {
                let abi = self.config.abi;
                self.emit(Effect::Reply { token, result: Ok(Reply { status, data, error: text, abi }) });
            }
            Waiter::Pnn => match (GetPnn::reply(status, &data, self.config.abi), self.phase) {
                (Ok(pnn), Phase::Attaching { until, .. }) => {
                    self.pnn = Some(pnn);
                    self.phase = Phase::Attaching { until, pnn: true };
                    self.settle(now);
                }
                _ => self.abandon(now, DownReason::NoPnn { status }),
            },
            Waiter::Register(srvid) => self.registered(now, reqid, srvid, status, text),
            // Status 2 says that there was no registration: just what was wanted.
            Waiter::Deregister | Waiter::Record(_) => {}
        }
    }

    fn registered(&mut self, now: Time, reqid: ReqId, srvid: SrvId, status: i32, text: Option<String>) {
        let Some(answer) = self.subscriptions.asked_with(srvid, reqid) else { return };
        if !RegisterSrvid::failed(status) {
            self.subscriptions.set(srvid, State::Registered);
            if answer {
                self.emit(Effect::Subscribed { srvid, result: Ok(()) });
            }
            self.settle(now);
        } else if answer {
            self.subscriptions.remove(srvid);
            self.emit(Effect::Subscribed { srvid, result: Err(CallError::Refused { status, text }) });
            self.settle(now);
        } else {
            self.abandon(now, DownReason::SubscriptionRefused { srvid, status });
        }
    }
}

impl Machine for Session {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match (input, self.phase) {
            (Input::Start, Phase::Idle | Phase::Waiting { .. }) => self.connect(now),
            (Input::Start, _) => {}
            (Input::Connected, Phase::Connecting { until }) => self.attach(until),
            (Input::ConnectFailed(why), Phase::Connecting { .. }) => {
                self.lose(now, DownReason::ConnectFailed(why));
            }
            (Input::Received(bytes), Phase::Attaching { .. } | Phase::Up { .. }) => self.received(now, bytes),
            (Input::Closed(why), Phase::Attaching { .. } | Phase::Up { .. }) => {
                self.lose(now, DownReason::Closed(why));
            }
            (Input::Connected | Input::ConnectFailed(_) | Input::Received(_) | Input::Closed(_), _) => {
                self.reject(RejectReason::NoConnection);
            }
            (Input::Call { token, dest, request, timeout }, _) => {
                self.call(now, token, dest, &request, timeout)
            }
            (Input::Record { token, call, timeout }, _) => self.record(now, token, call, timeout),
            (Input::Cancel { token }, _) => {
                if let Some(waiter) = self.calls.remove_token(token) {
                    self.fail(waiter, CallError::Cancelled);
                }
            }
            (Input::Subscribe(srvid), _) => self.subscribe(now, srvid),
            (Input::Unsubscribe(srvid), _) => self.unsubscribe(now, srvid),
            (Input::Send { dest, srvid, data }, _) => self.send(dest, srvid, data),
        }
    }

    fn tick(&mut self, now: Time) {
        match self.phase {
            Phase::Waiting { until } if until <= now => self.connect(now),
            Phase::Connecting { until } | Phase::Attaching { until, .. } if until <= now => {
                self.abandon(now, DownReason::AttachTimeout);
            }
            _ => {}
        }
        while let Some((reqid, waiter)) = self.calls.remove_due(now) {
            self.overdue(now, reqid, waiter);
        }
    }

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Time> {
        let phase = match self.phase {
            Phase::Waiting { until } | Phase::Connecting { until } | Phase::Attaching { until, .. } => {
                Some(until)
            }
            Phase::Idle | Phase::Up { .. } => None,
        };
        earliest(phase, self.calls.next_deadline())
    }

    fn check(&self) {
        self.calls.check();
        if !self.is_connected() {
            assert!(self.calls.next_deadline().is_none(), "nothing is under way without a connection");
            assert!(self.frames.is_empty(), "no bytes are kept without a connection");
        }
        if self.is_up() {
            assert!(self.pnn.is_some(), "the own node is known when up");
        }
    }
}
