//! What comes without being asked for each time: events, and whether a daemon is there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bus::calls::{News, Presence, SubscriptionId, WatchId};
use bus::charge;
use tokio::sync::{Notify, watch};

use super::desk::Desk;
use crate::hub::Guard;

/// Events that nobody has taken yet, in charges. Beyond that they are counted as lost.
const WAITING_MAX: usize = 16 << 20;

#[derive(Debug, Default)]
struct Waiting {
    news: VecDeque<News>,
    charged: usize,
}

fn charge_of(news: &News) -> usize {
    match news {
        News::Event { topic, body } => charge(topic.len() + body.len()),
        News::Up | News::Down(_) | News::Gap(_) => charge(0),
    }
}

/// A bounded queue of news.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    more: Notify,
}

impl Queue {
    /// Adds news. An event for which there is no room becomes a gap.
    pub(super) fn push(&self, news: News) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let full = waiting.charged + charge_of(&news) > WAITING_MAX;
        let news = match news {
            News::Event { .. } if full => News::Gap(Some(1)),
            other => other,
        };
        // Gaps side by side are one.
        if let (News::Gap(lost), Some(News::Gap(before))) = (&news, waiting.news.back_mut()) {
            *before = before.zip(*lost).map(|(a, b)| a + b);
        } else {
            waiting.charged += charge_of(&news);
            waiting.news.push_back(news);
        }
        drop(waiting);
        self.more.notify_one();
    }

    fn pop(&self) -> Option<News> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let news = waiting.news.pop_front()?;
        waiting.charged -= charge_of(&news);
        Some(news)
    }
}

/// Events of one daemon, and what happens to the subscription. It ends when this is dropped.
pub struct Subscription {
    hub: Arc<Guard<Desk>>,
    id: SubscriptionId,
    queue: Arc<Queue>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Subscription {
    pub(super) const fn new(hub: Arc<Guard<Desk>>, id: SubscriptionId, queue: Arc<Queue>) -> Self {
        Self { hub, id, queue }
    }

    /// The next news.
    pub async fn next(&mut self) -> News {
        loop {
            if let Some(news) = self.queue.pop() {
                return news;
            }
            self.queue.more.notified().await;
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.with(|desk, now| desk.unsubscribe(now, self.id));
    }
}

/// Whether a daemon is there. It ends when this is dropped.
pub struct Watch {
    hub: Arc<Guard<Desk>>,
    id: WatchId,
    presence: watch::Receiver<Option<Presence>>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Watch {
    pub(super) const fn new(
        hub: Arc<Guard<Desk>>,
        id: WatchId,
        presence: watch::Receiver<Option<Presence>>,
    ) -> Self {
        Self { hub, id, presence }
    }

    /// What is known now; nothing before the first answer.
    #[must_use]
    pub fn now(&self) -> Option<Presence> {
        self.presence.borrow().clone()
    }

    /// Waits for the next change, and says the latest.
    pub async fn changed(&mut self) -> Option<Presence> {
        self.presence.changed().await.ok()?;
        self.presence.borrow_and_update().clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.with(|desk, now| desk.unwatch(now, self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn events_beyond_the_bound_are_counted_where_they_would_have_stood() {
        let queue = Queue::default();
        let event = |n: u8| News::Event { topic: "t".to_owned(), body: Bytes::from(vec![n; 1 << 20]) };
        queue.push(News::Up);
        (0..20).for_each(|n| queue.push(event(n)));
        let mut seen = Vec::new();
        (0..5).for_each(|_| seen.extend(queue.pop()));
        queue.push(event(99));
        queue.push(News::Gap(None));
        queue.push(News::Gap(Some(3)));
        seen.extend(std::iter::from_fn(|| queue.pop()));
        let expected: Vec<_> = [News::Up]
            .into_iter()
            .chain((0..15).map(event))
            .chain([News::Gap(Some(5)), event(99), News::Gap(None)])
            .collect();
        assert_eq!(seen, expected);
    }
}
