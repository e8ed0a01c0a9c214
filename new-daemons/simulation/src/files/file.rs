//! One file of records: what a reader sees, what is safe on the disk, and a transaction that is not done yet.

use std::collections::BTreeMap;

use bytes::Bytes;
use rand::Rng;
use rand::rngs::SmallRng;

use super::Owner;
use super::locks::Locks;

/// What becomes of a file when its daemon or its node starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is emptied when the daemon starts.
    InMemory,
    /// It stays.
    OnDisk,
}

/// A record that was stored, or deleted.
pub(super) type Write = (Bytes, Option<Bytes>);

pub(super) type Records = BTreeMap<Bytes, Bytes>;

/// A file, with its locks.
#[derive(Debug)]
pub(super) struct File {
    pub(super) kept: Kept,
    pub(super) locks: Locks,
    pub(super) records: Records,
    /// What is on the disk for sure.
    safe: Records,
    /// What was written since, oldest first.
    unsynced: Vec<Write>,
    pub(super) transaction: Option<(Owner, Vec<Write>)>,
}

fn apply(records: &mut Records, (key, value): Write) {
    match value {
        Some(value) => drop(records.insert(key, value)),
        None => drop(records.remove(&key)),
    }
}

impl File {
    pub(super) fn new(kept: Kept) -> Self {
        Self {
            kept,
            locks: Locks::default(),
            records: Records::new(),
            safe: Records::new(),
            unsynced: Vec::new(),
            transaction: None,
        }
    }

    /// Seen by whoever reads from now on, and not safe yet.
    pub(super) fn write(&mut self, write: Write) {
        if self.kept == Kept::OnDisk {
            self.unsynced.push(write.clone());
        }
        apply(&mut self.records, write);
    }

    /// All that was written is safe.
    pub(super) fn sync(&mut self) {
        self.unsynced.drain(..).for_each(|write| apply(&mut self.safe, write));
    }

    /// A process ends: what it had begun never happened, and its locks are free.
    pub(super) fn abandon(&mut self, owner: Owner) {
        self.transaction.take_if(|(other, _)| *other == owner);
    }

    /// The daemon starts: what is kept in memory alone begins anew.
    pub(super) fn clear(&mut self) {
        if self.kept == Kept::InMemory {
            self.records.clear();
        }
        self.transaction = None;
    }

    /// The node loses its power: of what was not synced any beginning is left.
    pub(super) fn crash(&mut self, rng: &mut SmallRng) {
        let left = rng.random_range(0..=self.unsynced.len());
        self.unsynced.truncate(left);
        self.sync();
        self.records.clone_from(&self.safe);
        (self.locks, self.transaction) = (Locks::default(), None);
    }
}
