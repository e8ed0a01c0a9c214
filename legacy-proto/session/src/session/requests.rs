//! What the owner asks of a session: calls, messages, subscriptions; and what becomes of requests nobody answers.
//!
//! Nothing is queued here for a later connection except the wish for a subscription. Packets that come in, and the
//! connection itself, are in `session.rs`.

use std::time::Duration;

use bytes::Bytes;
use legacy_codec::{
    ControlRequest, Dest, Header, Operation, PACKET_ALIGN, Packet, ReqCall, ReqId, SrvId, message,
    message_head,
};
use machine::Time;

use super::Session;
use crate::calls::Waiter;
use crate::io::{CallError, Effect, RejectReason, Token};
use crate::subscriptions::State;

/// A message of so many bytes, at most, is put together with its head: copying it costs less than handling pieces.
const TOGETHER: usize = 2 << 10;

impl Session {
    pub(super) fn call(
        &mut self,
        now: Time,
        token: Token,
        dest: Dest,
        request: &ControlRequest,
        timeout: Duration,
    ) {
        if self.calls.contains_token(token) {
            return self.reject(RejectReason::DuplicateToken(token));
        }
        if !self.is_up() {
            return self.emit(Effect::Reply { token, result: Err(CallError::NotConnected) });
        }
        let reqid = self.calls.insert(Waiter::Call(token), now + timeout);
        match self.write_request(reqid, dest, request) {
            Ok(()) => self.counters.calls += 1,
            Err(error) => {
                self.calls.remove(reqid);
                self.emit(Effect::Reply { token, result: Err(error) });
            }
        }
    }

    pub(super) fn record(&mut self, now: Time, token: Token, call: ReqCall, timeout: Duration) {
        if self.calls.contains_token(token) {
            return self.reject(RejectReason::DuplicateToken(token));
        }
        if !self.is_up() {
            return self.emit(Effect::Record { token, result: Err(CallError::NotConnected) });
        }
        let reqid = self.calls.insert(Waiter::Record(token), now + timeout);
        let header = Header { dest: Dest::CURRENT_NODE, reqid, ..Header::default() };
        match (Packet { header, body: Operation::ReqCall(call) }).encode(self.config.abi) {
            Ok(packet) if packet.bytes.len() <= self.config.max_packet => {
                self.counters.calls += 1;
                self.emit(Effect::Write(packet.bytes));
            }
            _ => {
                self.calls.remove(reqid);
                self.emit(Effect::Record { token, result: Err(CallError::TooLarge) });
            }
        }
    }

    pub(super) fn subscribe(&mut self, now: Time, srvid: SrvId) {
        match self.subscriptions.state(srvid) {
            Some(State::Asked { reqid, .. }) => {
                self.subscriptions.set(srvid, State::Asked { reqid, answer: true });
            }
            None if self.is_connected() => self.register(now + self.config.attach_timeout, srvid, true),
            state => {
                self.subscriptions.set(srvid, state.unwrap_or(State::Wanted));
                self.emit(Effect::Subscribed { srvid, result: Ok(()) });
            }
        }
    }

    pub(super) fn unsubscribe(&mut self, now: Time, srvid: SrvId) {
        let Some(state) = self.subscriptions.remove(srvid) else { return };
        if matches!(state, State::Asked { answer: true, .. }) {
            self.emit(Effect::Subscribed { srvid, result: Err(CallError::Cancelled) });
        }
        if self.is_connected() {
            self.deregister(now, srvid);
        }
        self.settle(now);
    }

    pub(super) fn send(&mut self, dest: Dest, srvid: SrvId, data: Vec<Bytes>) {
        if !self.is_up() {
            return self.reject(RejectReason::SendWhileDown { dest });
        }
        let len = data.iter().map(Bytes::len).sum();
        let pieces = self.message(dest, srvid, data, len);
        let total: usize = pieces.iter().map(Bytes::len).sum();
        if pieces.is_empty() || total > self.config.max_packet {
            return self.reject(RejectReason::SendTooLarge { dest, len });
        }
        self.counters.messages_out += 1;
        pieces.into_iter().for_each(|piece| self.emit(Effect::Write(piece)));
    }

    /// The pieces of a packet; none when there is no such packet.
    fn message(&self, dest: Dest, srvid: SrvId, mut data: Vec<Bytes>, len: usize) -> Vec<Bytes> {
        let header = Header { dest, ..Header::default() };
        if len <= TOGETHER {
            return message(&header, srvid, &data, self.config.abi).into_iter().collect();
        }
        let Ok(head) = message_head(&header, srvid, len, self.config.abi) else { return Vec::new() };
        data.insert(0, head.head);
        data.push(Bytes::from_static(&[0; PACKET_ALIGN]).slice(..head.padding));
        data.retain(|piece| !piece.is_empty());
        data
    }

    pub(super) fn overdue(&mut self, now: Time, reqid: ReqId, waiter: Waiter) {
        match waiter {
            Waiter::Call(_) | Waiter::Record(_) => {
                self.counters.timeouts += 1;
                self.fail(waiter, CallError::Timeout);
            }
            Waiter::Register(srvid) if self.subscriptions.asked_with(srvid, reqid).is_some() => {
                // ctdbd may still do it: take it back, so that the answer given here stays true.
                self.subscriptions.remove(srvid);
                self.emit(Effect::Subscribed { srvid, result: Err(CallError::Timeout) });
                self.deregister(now, srvid);
                self.settle(now);
            }
            Waiter::Register(_) | Waiter::Pnn | Waiter::Deregister => {}
        }
    }
}
