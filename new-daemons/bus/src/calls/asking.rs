//! Calls of this side: each ends once, with an answer or with the reason why there is none.

use std::time::Duration;

use bytes::Bytes;
use machine::Time;
use protocol::bus::{BUS_BODY_MAX, BusAbout, BusBody, BusReply, BusRequest};
use protocol::common::{Code, Span};

use super::io::{CallError, CallId, Effect, Refusal};
use super::{CALLS_MAX, Calls, Purpose, Timer};
use crate::address::Address;
use crate::failure::{Failure, Undelivered};

/// Nobody waits longer.
pub(super) const PATIENCE_MAX: Duration = Duration::from_secs(24 * 3600);

/// A call that has no answer yet.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) to: Address,
    number: u32,
    body: Bytes,
    until: Time,
    /// It went to a run that had ended before it came, and was sent once more.
    again: bool,
    /// The peer was started anew since it was sent. Whether the run that has ended had it is not known yet.
    doubtful: bool,
}

impl Calls {
    pub(super) fn call(
        &mut self,
        now: Time,
        id: CallId,
        to: Address,
        (number, body): (u32, Bytes),
        patience: Duration,
    ) {
        let refusal = match () {
            () if u32::try_from(body.len()).is_ok_and(|len| len <= BUS_BODY_MAX) => None,
            () => Some(CallError::TooLarge),
        };
        let incompatible = self.peers.get(&to).and_then(|p| p.agreed.as_ref()?.as_ref().err().cloned());
        let refusal = refusal
            .or_else(|| incompatible.map(CallError::Incompatible))
            .or_else(|| (self.calls.len() >= CALLS_MAX).then_some(CallError::TooMany));
        if let Some(error) = refusal {
            self.effects.push_back(Effect::Answered { id, result: Err(error) });
            return;
        }
        let until = now + patience.min(PATIENCE_MAX);
        self.calls.insert(id, Call { to, number, body, until, again: false, doubtful: false });
        self.timers.insert((until, Timer::Call(id)));
        self.opened(now, to);
        self.request(now, id);
    }

    fn request(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let (to, body) = (call.to, call.body.clone());
        let patience = Span::from(call.until.since(now));
        let request = BusRequest { id: id.0, number: call.number, patience, body };
        if self.say(now, to, BusBody::Request(request), Purpose::Call(id)).is_none() {
            self.end_call(id, Err(CallError::TooLarge));
        }
    }

    /// Ends a call, if it has not ended.
    fn end_call(&mut self, id: CallId, result: Result<Bytes, CallError>) -> bool {
        let Some(call) = self.calls.remove(&id) else { return false };
        self.timers.remove(&(call.until, Timer::Call(id)));
        self.closed(call.to);
        self.effects.push_back(Effect::Answered { id, result });
        true
    }

    /// The request has reached the peer's socket, or not.
    pub(super) fn asked(&mut self, now: Time, id: CallId, result: Result<(), Undelivered>) {
        let Some(to) = self.calls.get(&id).map(|call| call.to) else { return };
        let Err(undelivered) = result else { return };
        self.end_call(
            id,
            Err(match undelivered {
                Undelivered { reason: Failure::NoSuchDaemon, in_doubt: false } => CallError::NoSuchDaemon,
                undelivered => CallError::Undelivered(undelivered),
            }),
        );
        self.unreached(now, to, undelivered.reason);
    }

    pub(super) fn replied(&mut self, from: Address, reply: BusReply) {
        let id = CallId(reply.id);
        if self.calls.get(&id).is_none_or(|call| call.to != from) {
            self.ignored.late_replies += 1;
            return;
        }
        let result = match reply.code {
            Code::Ok => Ok(reply.body),
            Code::UnknownRequest => Err(CallError::NoSuchRequest),
            code => Err(CallError::Refused(Refusal { code, text: reply.text })),
        };
        self.end_call(id, result);
    }

    /// The peer's present run has not looked at the request, and no other run ever had it.
    pub(super) fn misdirected(&mut self, now: Time, from: Address, id: CallId) {
        match self.calls.get_mut(&id) {
            Some(call) if call.to == from && !call.again => {
                call.again = true;
                call.doubtful = false;
                self.request(now, id);
            }
            Some(call) if call.to == from => drop(self.end_call(id, Err(CallError::PeerGone))),
            _ => self.ignored.late_replies += 1,
        }
    }

    /// The caller does not wait any more: whoever works on it may stop.
    pub(super) fn cancel(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.remove(&id) else { return };
        self.timers.remove(&(call.until, Timer::Call(id)));
        self.closed(call.to);
        self.say(now, call.to, BusBody::Cancel(BusAbout { id: id.0 }), Purpose::Other);
    }

    pub(super) fn out_of_patience(&mut self, now: Time, id: CallId) {
        let Some(to) = self.calls.get(&id).map(|call| call.to) else { return };
        self.end_call(id, Err(CallError::Timeout));
        self.say(now, to, BusBody::Cancel(BusAbout { id: id.0 }), Purpose::Other);
    }

    pub(super) fn fail_calls(&mut self, to: Address, why: &CallError) {
        self.fail_those(why, |call| call.to == to);
    }

    fn fail_those(&mut self, why: &CallError, lost: impl Fn(&Call) -> bool) {
        let lost = self.calls.iter().filter(|(_, call)| lost(call));
        for id in lost.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.end_call(id, Err(why.clone()));
        }
    }

    /// The peer was started anew. Requests that its new run did not get were for the one that has ended.
    pub(super) fn doubt_calls(&mut self, to: Address) {
        self.calls.values_mut().filter(|call| call.to == to).for_each(|call| call.doubtful = true);
    }

    /// The peer has said everything about such requests.
    pub(super) fn judge(&mut self, from: Address) {
        self.fail_those(&CallError::PeerGone, |call| call.doubtful && call.to == from);
    }
}
