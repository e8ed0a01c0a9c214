//! What has come in and was not fetched yet: bounded, oldest out first.
//!
//! The socket is read whether or not anybody fetches. When the bounds are passed the oldest events go, and the next
//! thing fetched says how many messages went. It never blocks the reader, and never holds its lock while waiting.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use legacy_codec::{Pnn, SrvId};
use legacy_session::DownReason;
use tokio::sync::Notify;

/// A message of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// For which srvid.
    pub srvid: SrvId,
    /// What it says.
    pub data: Bytes,
}

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message came.
    Message(Message),
    /// Attached to ctdbd; all subscriptions are in force.
    Up {
        /// Number of its node.
        pnn: Pnn,
    },
    /// The connection was lost. Messages under way in either direction may be lost with it.
    Down {
        /// What ended the connection.
        reason: DownReason,
    },
    /// So many messages were dropped here because they were not fetched in time; other events may be missing too.
    Lost(u64),
}

/// Bounds of an inbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Inbox {
    bounds: Bounds,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    bytes: usize,
    lost: u64,
    lost_in_all: u64,
    closed: bool,
}

impl Queue {
    fn pop(&mut self) -> Option<Event> {
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            return Some(Event::Lost(lost));
        }
        let event = self.events.pop_front()?;
        self.bytes -= size(&event);
        Some(event)
    }

    fn drop_oldest(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= size(&event);
            if matches!(event, Event::Message(_)) {
                self.lost += 1;
                self.lost_in_all += 1;
            }
        }
    }
}

fn size(event: &Event) -> usize {
    if let Event::Message(message) = event { message.data.len() } else { 0 }
}

impl Inbox {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, queue: Mutex::default(), arrived: Notify::new() }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event, and drops the oldest ones beyond the bounds. The newest event always stays.
    pub(crate) fn push(&self, event: Event) {
        let mut queue = self.queue();
        queue.bytes += size(&event);
        queue.events.push_back(event);
        while queue.events.len() > self.bounds.events.max(1)
            || (queue.bytes > self.bounds.bytes && queue.events.len() > 1)
        {
            queue.drop_oldest();
        }
        drop(queue);
        self.arrived.notify_one();
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.queue().closed = true;
        self.arrived.notify_one();
    }

    pub(crate) fn lost_in_all(&self) -> u64 {
        self.queue().lost_in_all
    }

    pub(crate) fn try_next(&self) -> Option<Event> {
        self.queue().pop()
    }

    /// The oldest event; `None` when nothing more will come.
    pub(crate) async fn next(&self) -> Option<Event> {
        loop {
            {
                let mut queue = self.queue();
                let event = queue.pop();
                if event.is_some() || queue.closed {
                    if queue.closed || !queue.events.is_empty() {
                        // Another reader may be waiting for what is left.
                        self.arrived.notify_one();
                    }
                    return event;
                }
            }
            self.arrived.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(data: &'static [u8]) -> Event {
        Event::Message(Message { srvid: SrvId(1), data: Bytes::from_static(data) })
    }

    fn drain(inbox: &Inbox) -> Vec<Event> {
        std::iter::from_fn(|| inbox.try_next()).collect()
    }

    #[test]
    fn the_oldest_messages_go_and_the_reader_is_told_first() {
        let inbox = Inbox::new(Bounds { events: 2, bytes: 100 });
        for data in [b"a", b"b", b"c", b"d"] {
            inbox.push(message(data));
        }
        assert_eq!(drain(&inbox), [Event::Lost(2), message(b"c"), message(b"d")]);
        assert_eq!(inbox.lost_in_all(), 2);
        inbox.push(message(b"e"));
        assert_eq!(drain(&inbox), [message(b"e")]);
    }

    #[test]
    fn bytes_are_bounded_too_and_one_large_message_still_fits() {
        let inbox = Inbox::new(Bounds { events: 100, bytes: 5 });
        inbox.push(message(b"abc"));
        inbox.push(message(b"def"));
        assert_eq!(drain(&inbox), [Event::Lost(1), message(b"def")]);
        inbox.push(message(b"0123456789"));
        assert_eq!(drain(&inbox), [message(b"0123456789")]);
    }
}
