//! Subscriptions of this side: renewed while they stand, made again when the publisher is back, and what was lost is said.

use std::time::Duration;

use machine::Time;
use protocol::bus::{BusAbout, BusBody, BusEvent, BusSubscribe, BusSubscribed, BusUnsubscribed};
use protocol::common::Span;

use super::io::{Absence, Effect, News, SubscriptionId};
use super::{Calls, Purpose, Timer};
use crate::address::Address;
use crate::failure::Undelivered;

/// So long a subscription holds without a renewal.
const LEASE: Duration = Duration::from_secs(15);

/// Between two renewals, and between two attempts while the publisher is away.
const RENEW: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Not confirmed yet.
    Asking,
    Up,
    /// The publisher is away, or does not want; asked again and again.
    Down,
}

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) to: Address,
    prefix: String,
    state: State,
    /// What was said last, when it is down.
    told: Option<Absence>,
    /// How the publisher counts, since it was up for the first time.
    series: Option<u64>,
    next: u64,
    again: Time,
}

impl Calls {
    pub(super) fn subscribe(&mut self, now: Time, id: SubscriptionId, to: Address, prefix: String) {
        let subscription =
            Subscription { to, prefix, state: State::Asking, told: None, series: None, next: 0, again: now };
        self.subscriptions.insert(id, subscription);
        self.opened(now, to);
        self.renew(now, id);
    }

    /// Asks for the first time, or once more.
    pub(super) fn renew(&mut self, now: Time, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        self.timers.remove(&(subscription.again, Timer::Renew(id)));
        let wait = if subscription.state == State::Up { RENEW } else { RETRY };
        subscription.again = now + wait;
        self.timers.insert((subscription.again, Timer::Renew(id)));
        let to = subscription.to;
        let (prefix, lease) = (subscription.prefix.clone(), Span::from(LEASE));
        let wish = BusSubscribe { id: id.0, prefix, lease };
        if self.say(now, to, BusBody::Subscribe(wish), Purpose::Subscribe(id)).is_none() {
            let why = Absence::Refuses("the topic is too long".to_owned());
            self.subscription_down(now, id, &why);
        }
    }

    pub(super) fn unsubscribe(&mut self, now: Time, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.remove(&id) else { return };
        self.timers.remove(&(subscription.again, Timer::Renew(id)));
        self.closed(subscription.to);
        self.say(now, subscription.to, BusBody::Unsubscribe(BusAbout { id: id.0 }), Purpose::Other);
    }

    /// The wish has reached the publisher's socket, or not.
    pub(super) fn wished(&mut self, now: Time, id: SubscriptionId, result: Result<(), Undelivered>) {
        let Some(to) = self.subscriptions.get(&id).map(|s| s.to) else { return };
        if let Err(undelivered) = result {
            self.unreached(now, to, undelivered.reason);
        }
    }

    /// The publisher counts in this series, and all events before the next one were told or are lost.
    fn count(&mut self, id: SubscriptionId, series: u64, next: u64) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        let gap = match subscription.series.replace(series) {
            None => None,
            Some(known) if known != series || next < subscription.next => Some(None),
            Some(_) => (next > subscription.next).then(|| Some(next - subscription.next)),
        };
        subscription.next = next;
        if let Some(lost) = gap {
            self.effects.push_back(Effect::News { id, news: News::Gap(lost) });
        }
    }

    pub(super) fn confirmed_to_us(&mut self, from: Address, said: &BusSubscribed) {
        let id = SubscriptionId(said.id);
        let Some(subscription) = self.subscriptions.get_mut(&id).filter(|s| s.to == from) else {
            self.ignored.other_runs += 1;
            return;
        };
        subscription.told = None;
        if std::mem::replace(&mut subscription.state, State::Up) != State::Up {
            self.effects.push_back(Effect::News { id, news: News::Up });
        }
        self.count(id, said.series, said.next);
    }

    pub(super) fn event(&mut self, from: Address, event: BusEvent) {
        let id = SubscriptionId(event.id);
        let up = |s: &&Subscription| s.to == from && s.state == State::Up;
        let Some(subscription) = self.subscriptions.get(&id).filter(up) else {
            self.ignored.other_runs += 1;
            return;
        };
        if subscription.series == Some(event.series) && event.number < subscription.next {
            self.ignored.other_runs += 1;
            return;
        }
        self.count(id, event.series, event.number);
        let news = News::Event { topic: event.topic, body: event.body };
        self.effects.push_back(Effect::News { id, news });
        self.subscriptions.get_mut(&id).into_iter().for_each(|s| s.next = event.number.saturating_add(1));
    }

    pub(super) fn refused_to_us(&mut self, now: Time, from: Address, said: BusUnsubscribed) {
        let id = SubscriptionId(said.id);
        if self.subscriptions.get(&id).is_some_and(|s| s.to == from) {
            self.subscription_down(now, id, &Absence::Refuses(said.text));
        }
    }

    fn subscription_down(&mut self, now: Time, id: SubscriptionId, why: &Absence) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        subscription.state = State::Down;
        if subscription.again > now + RETRY {
            self.timers.remove(&(subscription.again, Timer::Renew(id)));
            subscription.again = now + RETRY;
            self.timers.insert((subscription.again, Timer::Renew(id)));
        }
        if subscription.told.as_ref() != Some(why) {
            subscription.told = Some(why.clone());
            self.effects.push_back(Effect::News { id, news: News::Down(why.clone()) });
        }
    }

    fn subscriptions_to(&self, to: Address) -> Vec<SubscriptionId> {
        self.subscriptions.iter().filter(|(_, s)| s.to == to).map(|(id, _)| *id).collect()
    }

    pub(super) fn subscriptions_down(&mut self, now: Time, at: Address, why: &Absence) {
        for id in self.subscriptions_to(at) {
            self.subscription_down(now, id, why);
        }
    }

    /// The publisher was started anew: it knows nothing of what was subscribed.
    pub(super) fn subscribe_anew(&mut self, now: Time, at: Address) {
        for id in self.subscriptions_to(at) {
            self.subscription_down(now, id, &Absence::NoSuchDaemon);
            self.renew(now, id);
        }
    }
}
