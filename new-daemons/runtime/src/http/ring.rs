//! The last events of a daemon, for readers of its door that were away for a moment or read slowly.
//!
//! Bounded in number and bytes: the oldest go, and a reader that comes too late is told how many it has lost. Nothing
//! outlives the daemon: the number of an event holds for one run of it, and its text says which.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use bus_sockets::incarnation;

/// Events that are kept.
const EVENTS: usize = 1024;

/// Bytes of them.
const BYTES: usize = 4 << 20;

/// An event that was told, with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) topic: &'static str,
    pub(crate) body: Bytes,
}

#[derive(Debug)]
struct Kept {
    events: VecDeque<Numbered>,
    bytes: usize,
    last: u64,
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// The last event that it has seen, or does not want.
    pub(crate) cursor: u64,
    /// It saw events of another run, and nobody knows what it has lost since.
    pub(crate) lost: bool,
}

/// What comes next for a reader.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// So many events were dropped, of all topics, before the reader had looked at them.
    Lost(u64),
    /// An event.
    Event(Numbered),
    /// Nothing yet.
    Nothing,
}

/// The last events.
#[derive(Debug)]
pub(crate) struct Ring {
    kept: Mutex<Kept>,
    last: watch::Sender<u64>,
    run: u64,
}

impl Default for Ring {
    fn default() -> Self {
        let kept = Kept { events: VecDeque::new(), bytes: 0, last: 0 };
        Self { kept: Mutex::new(kept), last: watch::Sender::new(0), run: incarnation() }
    }
}

impl Ring {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, topic: &'static str, body: Bytes) {
        let mut kept = self.lock();
        kept.last += 1;
        let number = kept.last;
        kept.bytes += body.len();
        kept.events.push_back(Numbered { number, topic, body });
        while kept.events.len() > EVENTS || (kept.bytes > BYTES && kept.events.len() > 1) {
            let gone = kept.events.pop_front();
            kept.bytes -= gone.map_or(0, |event| event.body.len());
        }
        drop(kept);
        self.last.send_replace(number);
    }

    /// Changes with each event.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The text of a number, which a reader gives back when it returns.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{:016x}-{number}", self.run)
    }

    /// Where a reader begins that has seen this last, or that is new.
    pub(crate) fn start(&self, seen: Option<&str>) -> Start {
        let kept = self.lock();
        let Some(seen) = seen else { return Start { cursor: kept.last, lost: false } };
        let of_this_run = seen.split_once('-').filter(|(run, _)| *run == format!("{:016x}", self.run));
        match of_this_run.and_then(|(_, number)| number.parse().ok()).filter(|number| *number <= kept.last) {
            Some(cursor) => Start { cursor, lost: false },
            None => Start { cursor: kept.first() - 1, lost: true },
        }
    }

    /// What comes behind the cursor, which moves there.
    pub(crate) fn next(&self, cursor: &mut u64, prefix: &str) -> Next {
        let kept = self.lock();
        let before = kept.first() - 1;
        if *cursor < before {
            let lost = before - *cursor;
            *cursor = before;
            return Next::Lost(lost);
        }
        let seen = usize::try_from(*cursor - before).unwrap_or(usize::MAX);
        let found = kept.events.iter().skip(seen).find(|event| event.topic.starts_with(prefix));
        *cursor = found.map_or(kept.last, |event| event.number);
        found.cloned().map_or(Next::Nothing, Next::Event)
    }
}

impl Kept {
    /// The number of the oldest event that is kept, or of the next one.
    fn first(&self) -> u64 {
        self.events.front().map_or(self.last + 1, |event| event.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(ring: &Ring, cursor: &mut u64, prefix: &str) -> Vec<u64> {
        std::iter::from_fn(|| match ring.next(cursor, prefix) {
            Next::Event(event) => Some(event.number),
            Next::Lost(_) | Next::Nothing => None,
        })
        .collect()
    }

    #[test]
    fn a_reader_gets_what_is_told_from_now_on_and_what_it_has_missed_when_it_says_where_it_was() {
        let ring = Ring::default();
        ring.push("a.x", Bytes::new());
        let mut new = ring.start(None).cursor;
        ring.push("b.x", Bytes::new());
        ring.push("a.y", Bytes::new());
        assert_eq!(numbers(&ring, &mut new, "a."), [3]);
        assert_eq!(numbers(&ring, &mut new, "a."), [0; 0]);
        let mut back = ring.start(Some(&ring.id(1))).cursor;
        assert_eq!(numbers(&ring, &mut back, ""), [2, 3]);
    }

    #[test]
    fn a_reader_that_comes_too_late_is_told_how_many_it_has_lost() {
        let ring = Ring::default();
        let mut cursor = ring.start(None).cursor;
        let many = u64::try_from(EVENTS).unwrap() + 5;
        (0..many).for_each(|_| ring.push("a", Bytes::new()));
        assert_eq!(ring.next(&mut cursor, ""), Next::Lost(5));
        assert_eq!(numbers(&ring, &mut cursor, "").len(), EVENTS);
    }

    #[test]
    fn large_events_drive_out_older_ones_and_the_latest_stays() {
        let ring = Ring::default();
        let mut cursor = ring.start(None).cursor;
        (0..6).for_each(|_| ring.push("a", Bytes::from(vec![0; 1 << 20])));
        assert_eq!(ring.next(&mut cursor, ""), Next::Lost(2));
        ring.push("a", Bytes::from(vec![0; 2 * BYTES]));
        assert_eq!(ring.next(&mut cursor, ""), Next::Lost(4));
        assert_eq!(numbers(&ring, &mut cursor, ""), [7]);
    }

    #[test]
    fn a_reader_of_another_run_gets_all_that_is_kept_and_is_told_that_some_is_lost() {
        let ring = Ring::default();
        (0..3).for_each(|_| ring.push("a", Bytes::new()));
        for seen in ["0000000000000001-2", "", "-", "x", &ring.id(4), &format!("{}0", ring.id(3))] {
            assert_eq!(ring.start(Some(seen)), Start { cursor: 0, lost: true }, "{seen}");
        }
        assert_eq!(Ring::default().start(Some("old")), Start { cursor: 0, lost: true });
    }
}
