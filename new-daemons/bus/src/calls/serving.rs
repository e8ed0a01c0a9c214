//! Requests of others: each gets one reply. A reply that did not arrive is sent again as long as somebody waits.

use std::time::Duration;

use bytes::Bytes;
use machine::Time;
use protocol::bus::{BUS_BODY_MAX, BusAbout, BusBody, BusReply, BusRequest};
use protocol::common::{Code, TEXT_MAX};
use protocol::fit;

use super::asking::PATIENCE_MAX;
use super::io::{Effect, Refusal, RequestId};
use super::{Calls, Purpose, Timer};
use crate::address::Address;
use crate::failure::{Failure, Undelivered};

/// Requests that may be open, of one peer and of all.
const OF_ONE: usize = 1024;
const OF_ALL: usize = 8192;

/// Replies that were not delivered yet keep so many bytes at most.
const KEPT_MAX: usize = 64 << 20;

/// A reply that did not arrive is sent again after so long.
const AGAIN: Duration = Duration::from_millis(500);

/// A request of somebody else.
#[derive(Debug)]
pub(super) struct Served {
    from: Address,
    id: u64,
    until: Time,
    /// The reply, while it is not known to be delivered.
    reply: Option<BusReply>,
    /// When it is sent again.
    again: Option<Time>,
}

impl Served {
    /// Bytes that are kept for it.
    pub(super) fn kept(&self) -> usize {
        self.reply.as_ref().map_or(0, |reply| reply.body.len())
    }
}

fn refusal(code: Code, text: &str) -> Refusal {
    Refusal { code, text: text.to_owned() }
}

/// At most so much of a text, and nothing that a reader refuses.
fn fitting(text: &str) -> String {
    fit::text(&text.replace('\0', " "), TEXT_MAX)
}

impl Calls {
    /// A request came.
    pub(super) fn serve(&mut self, now: Time, from: Address, request: BusRequest, misdirected: bool) {
        let BusRequest { id, number, patience, body } = request;
        if misdirected {
            self.ignored.other_runs += 1;
            self.say(now, from, BusBody::Misdirected(BusAbout { id }), Purpose::Other);
            return;
        }
        if self.served_by.contains_key(&(from, id)) {
            self.ignored.malformed += 1;
            return;
        }
        let of_one = self.served_by.range((from, 0)..=(from, u64::MAX)).count();
        let refused = if !self.serving {
            Some(refusal(Code::UnknownRequest, "this daemon serves nothing"))
        } else if of_one >= OF_ONE || self.served.len() >= OF_ALL {
            Some(refusal(Code::Busy, "too many requests are open"))
        } else {
            None
        };
        if let Some(refusal) = refused {
            let reply = BusReply { id, code: refusal.code, text: refusal.text, body: Bytes::new() };
            self.say(now, from, BusBody::Reply(reply), Purpose::Other);
            return;
        }
        let patience = Duration::from_micros(patience.0).min(PATIENCE_MAX);
        let until = now + patience;
        self.last_request += 1;
        let request = RequestId(self.last_request);
        self.served.insert(request, Served { from, id, until, reply: None, again: None });
        self.served_by.insert((from, id), request);
        self.timers.insert((until, Timer::Served(request)));
        self.effects.push_back(Effect::Request { request, from, number, body, patience });
    }

    /// The answer of this side. One that nobody waits for is left out.
    pub(super) fn reply(&mut self, now: Time, request: RequestId, answer: Result<Bytes, Refusal>) {
        let answer = match answer {
            Ok(body) if u32::try_from(body.len()).is_ok_and(|len| len <= BUS_BODY_MAX) => Ok(body),
            Ok(_) => Err(refusal(Code::TooLarge, "the answer is larger than a message may be")),
            Err(refusal) if refusal.code == Code::Ok => Ok(Bytes::new()),
            Err(refusal) => Err(refusal),
        };
        let Some(served) = self.served.get_mut(&request).filter(|s| s.reply.is_none()) else {
            self.ignored.unwanted += 1;
            return;
        };
        let id = served.id;
        let reply = match answer {
            Ok(body) => BusReply { id, code: Code::Ok, text: String::new(), body },
            Err(why) => BusReply { id, code: why.code, text: fitting(&why.text), body: Bytes::new() },
        };
        served.reply = Some(reply.clone());
        self.kept += reply.body.len();
        let from = served.from;
        self.say(now, from, BusBody::Reply(reply), Purpose::Reply(request));
    }

    /// The reply has reached the caller's socket, or not.
    pub(super) fn reply_sent(&mut self, now: Time, request: RequestId, result: Result<(), Undelivered>) {
        let Some(served) = self.served.get_mut(&request) else { return };
        let from = served.from;
        match result.map_err(|e| e.reason) {
            Ok(()) => self.end_request(request),
            Err(reason @ (Failure::NoSuchDaemon | Failure::ReceiverGone)) => {
                self.unreached(now, from, reason);
                self.end_request(request);
            }
            Err(Failure::BadMessage) => self.end_request(request),
            Err(_) if self.kept > KEPT_MAX || now + AGAIN >= served.until => self.end_request(request),
            Err(_) => {
                served.again = Some(now + AGAIN);
                self.timers.insert((now + AGAIN, Timer::Reply(request)));
            }
        }
    }

    pub(super) fn reply_again(&mut self, now: Time, request: RequestId) {
        let Some(served) = self.served.get_mut(&request) else { return };
        served.again = None;
        let (from, reply) = (served.from, served.reply.clone());
        if let Some(reply) = reply {
            self.say(now, from, BusBody::Reply(reply), Purpose::Reply(request));
        }
    }

    fn end_request(&mut self, request: RequestId) {
        let Some(served) = self.served.remove(&request) else { return };
        self.served_by.remove(&(served.from, served.id));
        self.timers.remove(&(served.until, Timer::Served(request)));
        if let Some(again) = served.again {
            self.timers.remove(&(again, Timer::Reply(request)));
        }
        match served.reply {
            Some(reply) => self.kept -= reply.body.len(),
            None => self.effects.push_back(Effect::Withdrawn(request)),
        }
    }

    /// Whether somebody waits for the answer to a request that came.
    #[must_use]
    pub fn is_awaited(&self, request: RequestId) -> bool {
        self.served.get(&request).is_some_and(|served| served.reply.is_none())
    }

    /// Nobody waits any more.
    pub(super) fn overdue(&mut self, request: RequestId) {
        self.end_request(request);
    }

    pub(super) fn cancelled(&mut self, from: Address, id: u64) {
        if let Some(request) = self.served_by.get(&(from, id)).copied() {
            self.end_request(request);
        }
    }

    /// The peer has ended: it waits for nothing and wants to hear nothing.
    pub(super) fn forget_callers_of(&mut self, from: Address) {
        let all: Vec<_> =
            self.served_by.range((from, 0)..=(from, u64::MAX)).map(|(_, request)| *request).collect();
        for request in all {
            self.end_request(request);
        }
        self.subscribers.retain(|(peer, _), _| *peer != from);
    }
}
