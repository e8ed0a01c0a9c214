//! The events that wait for one callback: in order of their numbers, those that wait for another try of their own apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use machine::Time;

use crate::event::Event;

/// An event on its way to one callback.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) number: u64,
    pub(crate) event: Arc<Event>,
    /// Runs with it that failed.
    pub(crate) failures: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Waiting {
    ready: BTreeMap<u64, Item>,
    /// Not before that time.
    paused: BTreeMap<(Time, u64), Item>,
    /// The numbers of those that are paused, and until when.
    pauses: BTreeMap<u64, Time>,
    bytes: usize,
}

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        self.ready.len() + self.paused.len()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// When the first of those that are paused is ready.
    pub(crate) fn next_time(&self) -> Option<Time> {
        self.paused.keys().next().map(|(time, _)| *time)
    }

    pub(crate) fn put(&mut self, item: Item) {
        self.bytes += item.event.bytes();
        self.ready.insert(item.number, item);
    }

    pub(crate) fn put_paused(&mut self, until: Time, item: Item) {
        self.bytes += item.event.bytes();
        self.pauses.insert(item.number, until);
        self.paused.insert((until, item.number), item);
    }

    /// Of an event and another of the same subject the later one stays. Says whether there was another.
    pub(crate) fn put_latest(&mut self, item: Item) -> bool {
        let same = self.ready.values().find(|other| other.event.has_subject_of(&item.event));
        let other = same.map(|other| other.number);
        match other {
            Some(other) if other > item.number => {}
            Some(other) => {
                let older = self.ready.remove(&other);
                self.bytes -= older.map_or(0, |older| older.event.bytes());
                self.put(item);
            }
            None => self.put(item),
        }
        other.is_some()
    }

    /// What was paused until now is ready.
    pub(crate) fn wake(&mut self, now: Time) {
        while let Some(entry) = self.paused.first_entry()
            && entry.key().0 <= now
        {
            let item = entry.remove();
            self.pauses.remove(&item.number);
            self.ready.insert(item.number, item);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Item> {
        let (_, item) = self.ready.pop_first()?;
        self.bytes -= item.event.bytes();
        Some(item)
    }

    /// The one with the smallest number.
    pub(crate) fn pop_oldest(&mut self) -> Option<Item> {
        let paused = self.pauses.first_key_value().map(|(number, until)| (*until, *number));
        match (self.ready.keys().next(), paused) {
            (Some(ready), Some(paused)) if paused.1 < *ready => self.pop_paused(paused),
            (None, Some(paused)) => self.pop_paused(paused),
            _ => self.pop(),
        }
    }

    fn pop_paused(&mut self, key: (Time, u64)) -> Option<Item> {
        let item = self.paused.remove(&key)?;
        self.pauses.remove(&item.number);
        self.bytes -= item.event.bytes();
        Some(item)
    }

    /// All that is ready.
    pub(crate) fn pop_all(&mut self) -> Vec<Item> {
        let all: Vec<_> = std::mem::take(&mut self.ready).into_values().collect();
        self.bytes -= all.iter().map(|item| item.event.bytes()).sum::<usize>();
        all
    }

    /// Everything, paused or not.
    pub(crate) fn drain(&mut self) -> Vec<Item> {
        self.wake(Time::from_nanos(u64::MAX));
        self.pop_all()
    }

    pub(crate) fn check(&self) {
        let items = || self.ready.values().chain(self.paused.values());
        assert_eq!(self.bytes, items().map(|item| item.event.bytes()).sum::<usize>());
        assert!(self.ready.iter().all(|(number, item)| *number == item.number));
        assert!(self.paused.keys().all(|(_, number)| !self.ready.contains_key(number)));
        let mut pauses: Vec<_> = self.paused.keys().map(|(until, number)| (*number, *until)).collect();
        pauses.sort_unstable();
        assert!(self.pauses.iter().map(|(number, until)| (*number, *until)).eq(pauses));
    }

    pub(crate) fn subjects_are_unique(&self) -> bool {
        let mut subjects: Vec<_> =
            self.ready.values().map(|item| (item.event.topic(), item.event.subject())).collect();
        let count = subjects.len();
        subjects.sort_unstable();
        subjects.dedup();
        subjects.len() == count
    }
}
