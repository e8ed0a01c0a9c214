//! The sending end of a channel: one daemon here to one daemon on another node.
//!
//! Fragments are sent in order within the receiver's window and kept until the receiver has them; what was lost is sent
//! again from the first missing one on. A fragment counts against the window until the far daemon has taken it.

use std::collections::VecDeque;
use std::time::Duration;

use bus::datagram::Fragment;
use bus::{Daemon, Failure, Undelivered, charge};
use bytes::Bytes;
use machine::Time;

use crate::envelope::{Channel, Seq};
use crate::limits::{CHANNEL_WINDOW, RESEND_FIRST, RESEND_MAX, RESEND_MIN};

/// The number by which the local daemon knows its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token(pub(crate) u64);

#[derive(Debug)]
struct Queued {
    token: Token,
    total: u32,
    offset: u32,
    end: u32,
    cost: usize,
    /// Emptied once the receiver has it.
    data: Bytes,
}

impl Queued {
    const fn is_last(&self) -> bool {
        self.end == self.total
    }
}

/// What the local daemon has to be told about one of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Accepted { token: Token, upto: u32 },
    Completed { token: Token, result: Result<(), Undelivered> },
}

impl News {
    /// The message surely did not arrive.
    pub(crate) const fn refused(token: Token, reason: Failure) -> Self {
        Self::Completed { token, result: Err(Undelivered { reason, in_doubt: false }) }
    }
}

/// What is due on a channel whose timer ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Resend,
    Ask,
}

#[derive(Debug)]
pub(crate) struct Outbound {
    pub(crate) id: Channel,
    pub(crate) from: Daemon,
    pub(crate) to: Daemon,
    /// Fragments from `base` on.
    queue: VecDeque<Queued>,
    /// The first one that the far daemon has not taken.
    base: Seq,
    /// The first one that the far tunneld does not have.
    received: Seq,
    /// The next one to send.
    next: Seq,
    /// The first one that was never sent.
    fresh: Seq,
    /// Charge of `base..next`, of `base..received`, and of the whole queue.
    under_way: usize,
    held: usize,
    queued: usize,
    window: usize,
    /// After a loss no more than this is under way beyond what is received; grows with each acknowledgement.
    burst: usize,
    /// The message whose next fragment is expected from the daemon.
    unfinished: Option<(Token, u32)>,
    resend_after: Duration,
    timer: Option<Time>,
    /// The receiver has answered, so it knows whose channel this is.
    pub(crate) known: bool,
    pub(crate) used: Time,
}

impl Outbound {
    pub(crate) fn new(id: Channel, from: Daemon, to: Daemon, now: Time) -> Self {
        Self {
            id,
            from,
            to,
            queue: VecDeque::new(),
            base: 0,
            received: 0,
            next: 0,
            fresh: 0,
            under_way: 0,
            held: 0,
            queued: 0,
            window: CHANNEL_WINDOW,
            burst: CHANNEL_WINDOW,
            unfinished: None,
            resend_after: RESEND_FIRST,
            timer: None,
            known: false,
            used: now,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    pub(crate) fn timer(&self) -> Option<Time> {
        self.timer
    }

    /// Queues a fragment, or says why not; nothing of the rest of a message that has already been reported.
    pub(crate) fn push(
        &mut self,
        now: Time,
        token: Token,
        fragment: Fragment,
        limit: usize,
        news: &mut Vec<News>,
    ) -> bool {
        if !self.follows(token, &fragment, news) {
            return false;
        }
        let cost = charge(fragment.data.len());
        if self.queued + cost > limit {
            news.push(News::refused(token, Failure::QueueFull));
            return false;
        }
        if !fragment.is_last() {
            self.unfinished = Some((token, fragment.end()));
        }
        self.used = now;
        self.queued += cost;
        self.queue.push_back(Queued {
            token,
            total: fragment.total,
            offset: fragment.offset,
            end: fragment.end(),
            cost,
            data: fragment.data,
        });
        true
    }

    /// Whether a fragment begins a message or goes on with the one that has begun. A message that cannot be finished any
    /// more ends here.
    fn follows(&mut self, token: Token, fragment: &Fragment, news: &mut Vec<News>) -> bool {
        let first = fragment.is_first();
        match self.unfinished.take() {
            Some((begun, offset)) if !first && (begun, offset) == (token, fragment.offset) => true,
            // The rest of another message, which was reported before this one began.
            Some((begun, offset)) if !first && begun != token => {
                self.unfinished = Some((begun, offset));
                false
            }
            Some((begun, _)) => {
                news.push(News::refused(begun, Failure::BadMessage));
                first
            }
            None => first,
        }
    }

    fn at(&self, seq: Seq) -> Option<&Queued> {
        self.queue.get(usize::try_from(seq.checked_sub(self.base)?).ok()?)
    }

    fn cost(&self, range: std::ops::Range<Seq>) -> usize {
        range.filter_map(|s| self.at(s)).map(|q| q.cost).sum()
    }

    /// The length of the fragment that may go now.
    pub(crate) fn ready(&self) -> Option<usize> {
        let next = self.at(self.next)?;
        // Invariant: a window that is wholly free admits one fragment, whatever its size.
        let within = self.under_way == 0 || self.under_way + next.cost <= self.window;
        let paced = self.burst >= CHANNEL_WINDOW || self.under_way - self.held < self.burst;
        (within && paced).then_some(next.data.len())
    }

    /// Takes the next fragment for sending; true when it goes for the first time.
    pub(crate) fn send(&mut self, now: Time) -> Option<(Seq, Fragment, bool)> {
        self.ready()?;
        let seq = self.next;
        let q = self.at(seq)?;
        let fragment = Fragment { total: q.total, offset: q.offset, data: q.data.clone() };
        self.under_way += q.cost;
        self.next += 1;
        let first_time = seq >= self.fresh;
        self.fresh = self.fresh.max(self.next);
        self.used = now;
        if self.timer.is_none() {
            self.timer = Some(now + self.resend_after);
        }
        Some((seq, fragment, first_time))
    }

    /// An acknowledgement. False when it cannot be true.
    pub(crate) fn ack(
        &mut self,
        now: Time,
        delivered: Seq,
        received: Seq,
        window: usize,
        rtt: Option<Duration>,
        news: &mut Vec<News>,
    ) -> bool {
        if received > self.fresh || delivered > received {
            return false;
        }
        if delivered < self.base || received < self.received {
            return true; // older than what is known
        }
        self.known = true;
        let progress = delivered > self.base || received > self.received;
        self.window = window;
        self.held += self.cost(self.received..received);
        self.received = received;
        if received > self.next {
            // It had all of what is about to be sent again.
            self.under_way += self.cost(self.next..received);
            self.next = received;
        }
        while self.base < delivered {
            let Some(q) = self.queue.pop_front() else { break };
            self.base += 1;
            self.under_way -= q.cost;
            self.held -= q.cost;
            self.queued -= q.cost;
            news.push(if q.is_last() {
                News::Completed { token: q.token, result: Ok(()) }
            } else {
                News::Accepted { token: q.token, upto: q.end }
            });
        }
        let kept = usize::try_from(received - self.base).unwrap_or(usize::MAX);
        for q in self.queue.iter_mut().take(kept).rev().take_while(|q| !q.data.is_empty()) {
            q.data = Bytes::new();
        }
        if progress {
            self.burst = self.burst.saturating_mul(2).min(CHANNEL_WINDOW);
            self.resend_after = rtt.map_or(RESEND_FIRST, |rtt| (rtt * 4).clamp(RESEND_MIN, RESEND_MAX));
        }
        // Only progress puts the timer off: a receiver that misses something acknowledges all that follows, too.
        if self.base == self.next {
            self.timer = None;
        } else if progress || self.timer.is_none() {
            self.timer = Some(now + self.resend_after);
        }
        self.used = now;
        true
    }

    /// The timer ran out: what is missing goes again, a little at first, or the receiver is asked what it has.
    pub(crate) fn due(&mut self, now: Time) -> Due {
        if self.timer.is_none_or(|at| now < at) {
            return Due::Nothing;
        }
        self.resend_after = (self.resend_after * 2).min(RESEND_MAX);
        if self.base == self.next {
            self.timer = None;
            return Due::Nothing;
        }
        self.timer = Some(now + self.resend_after);
        if self.received >= self.next {
            return Due::Ask;
        }
        self.under_way = self.held;
        self.next = self.received;
        self.burst = charge(bus::FRAGMENT_MAX);
        Due::Resend
    }

    /// Whether it can be true that all before `next` were delivered and none from it on.
    pub(crate) const fn may_end_at(&self, next: Seq) -> bool {
        self.base <= next && next <= self.fresh
    }

    /// The channel has ended. `next` is the first fragment that was surely not delivered, when the receiver said so.
    pub(crate) fn fail(self, next: Option<Seq>, reason: Failure, news: &mut Vec<News>) {
        let lost = |in_doubt| Err(Undelivered { reason, in_doubt });
        for (seq, q) in (self.base..).zip(&self.queue).filter(|(_, q)| q.is_last()) {
            // A message is delivered with its last fragment only.
            let sent = seq < self.fresh;
            let result = match next {
                Some(next) if seq < next => Ok(()),
                Some(_) => lost(false),
                None => lost(sent),
            };
            news.push(News::Completed { token: q.token, result });
        }
        if let Some((token, _)) = self.unfinished {
            news.push(News::Completed { token, result: lost(false) });
        }
    }

    pub(crate) fn check(&self) {
        assert!(self.base <= self.received && self.received <= self.next && self.next <= self.fresh);
        let all: usize = self.queue.iter().map(|q| q.cost).sum();
        let (sent, held) = (self.cost(self.base..self.next), self.cost(self.base..self.received));
        assert_eq!((self.queued, self.under_way, self.held), (all, sent, held), "charges of {:?}", self.id);
    }
}

#[cfg(test)]
mod tests;
