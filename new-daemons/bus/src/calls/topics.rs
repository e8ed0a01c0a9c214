//! Events of this side: told to all whose subscription fits. One who does not take them loses some, and is told how many.

use std::time::Duration;

use bytes::Bytes;
use machine::Time;
use protocol::bus::{BusBody, BusEvent, BusSubscribe, BusSubscribed, BusUnsubscribed};
use protocol::common::Code;

use super::{Calls, Purpose, Timer};
use crate::address::Address;
use crate::charge;
use crate::failure::{Failure, Undelivered};

/// What may be on its way to one subscriber, in charges.
const UNDER_WAY: usize = 4 << 20;

/// Subscriptions of one peer, and of all.
const OF_ONE: usize = 64;
const OF_ALL: usize = 1024;

/// The longest lease.
const LEASE_MAX: Duration = Duration::from_secs(60);

/// Whose subscription, and its number there.
pub(super) type Key = (Address, u64);

#[derive(Debug)]
pub(super) struct Subscriber {
    prefix: String,
    /// Tells this counting from one that was forgotten.
    series: u64,
    next: u64,
    under_way: usize,
    /// Events were left out, and it does not know yet.
    behind: bool,
    until: Time,
}

impl Calls {
    pub(super) fn subscribed_to(&mut self, now: Time, from: Address, wish: BusSubscribe) {
        let key = (from, wish.id);
        let until = now + Duration::from_micros(wish.lease.0).min(LEASE_MAX);
        let of_one = self.subscribers.range((from, 0)..=(from, u64::MAX)).count();
        let full = of_one >= OF_ONE || self.subscribers.len() >= OF_ALL;
        match self.subscribers.get_mut(&key) {
            Some(known) => {
                self.timers.remove(&(known.until, Timer::Lease(key)));
                known.until = until;
                known.prefix = wish.prefix;
            }
            None if full => {
                let text = "too many subscriptions".to_owned();
                let refusal = BusUnsubscribed { id: wish.id, code: Code::Busy, text };
                self.say(now, from, BusBody::Unsubscribed(refusal), Purpose::Other);
                return;
            }
            None => {
                self.last_series = self.last_series.wrapping_add(1);
                let subscriber = Subscriber {
                    prefix: wish.prefix,
                    series: self.last_series,
                    next: 0,
                    under_way: 0,
                    behind: false,
                    until,
                };
                self.subscribers.insert(key, subscriber);
            }
        }
        self.timers.insert((until, Timer::Lease(key)));
        self.confirm(now, key);
    }

    /// Says which events were told: the subscriber finds out what it has lost.
    fn confirm(&mut self, now: Time, key: Key) {
        let Some(subscriber) = self.subscribers.get_mut(&key) else { return };
        subscriber.behind = false;
        let confirmation = BusSubscribed { id: key.1, series: subscriber.series, next: subscriber.next };
        self.say(now, key.0, BusBody::Subscribed(confirmation), Purpose::Confirmation(key));
    }

    pub(super) fn publish(&mut self, now: Time, topic: &str, body: &Bytes) {
        let cost = charge(body.len());
        let fits = |s: &Subscriber| topic.starts_with(&s.prefix);
        let wanted = self.subscribers.iter().filter(|(_, s)| fits(s));
        for key in wanted.map(|(key, _)| *key).collect::<Vec<_>>() {
            let Some(subscriber) = self.subscribers.get_mut(&key) else { continue };
            let (series, number) = (subscriber.series, subscriber.next);
            subscriber.next += 1;
            if subscriber.under_way > 0 && subscriber.under_way + cost > UNDER_WAY {
                subscriber.behind = true;
                continue;
            }
            subscriber.under_way += cost;
            let event = BusEvent { id: key.1, series, number, topic: topic.to_owned(), body: body.clone() };
            if self.say(now, key.0, BusBody::Event(event), Purpose::Event(key, cost)).is_none() {
                self.event_sent(now, key, cost, Ok(()));
                self.subscribers.get_mut(&key).into_iter().for_each(|s| s.behind = true);
            }
        }
    }

    /// An event has reached the subscriber's socket, or not.
    pub(super) fn event_sent(&mut self, now: Time, key: Key, cost: usize, result: Result<(), Undelivered>) {
        let Some(subscriber) = self.subscribers.get_mut(&key) else { return };
        subscriber.under_way = subscriber.under_way.saturating_sub(cost);
        match result.map_err(|e| e.reason) {
            Ok(()) => {}
            Err(reason @ (Failure::NoSuchDaemon | Failure::ReceiverGone)) => {
                return self.unreached(now, key.0, reason);
            }
            Err(_) => subscriber.behind = true,
        }
        if subscriber.behind && subscriber.under_way <= UNDER_WAY / 2 && result.is_ok() {
            self.confirm(now, key);
        }
    }

    /// A confirmation did not arrive: the next one, at the latest with the next renewal, says the same.
    pub(super) fn confirmed(&mut self, now: Time, key: Key, result: Result<(), Undelivered>) {
        let Err(undelivered) = result else { return };
        if let Some(subscriber) = self.subscribers.get_mut(&key) {
            subscriber.behind = true;
            self.unreached(now, key.0, undelivered.reason);
        }
    }

    pub(super) fn lease_over(&mut self, now: Time, key: Key) {
        if self.subscribers.get(&key).is_some_and(|s| now >= s.until) {
            self.subscribers.remove(&key);
        }
    }

    pub(super) fn unsubscribed_by(&mut self, from: Address, id: u64) {
        if let Some(subscriber) = self.subscribers.remove(&(from, id)) {
            self.timers.remove(&(subscriber.until, Timer::Lease((from, id))));
        }
    }
}
