//! What a service was told of the node's addresses, and what it has to be told.

use std::collections::BTreeSet;
use std::time::Duration;

use machine::Time;

use crate::io::{Address, Change};
use crate::restarting::pause;

#[derive(Clone, Debug, Default)]
pub(crate) struct Listening {
    told: BTreeSet<Address>,
    /// What it may have been told besides: that failed, or goes on.
    perhaps: BTreeSet<Address>,
    /// Tries in a row that failed.
    failures: u32,
    /// No try before that.
    hold: Option<Time>,
}

impl Listening {
    /// By what it was told, and may have been told besides.
    pub(crate) fn new(
        told: impl IntoIterator<Item = Address>,
        perhaps: impl IntoIterator<Item = Address>,
    ) -> Self {
        let (told, perhaps) = (told.into_iter().collect(), perhaps.into_iter().collect());
        Self { told, perhaps, failures: 0, hold: None }
    }

    pub(crate) const fn told(&self) -> &BTreeSet<Address> {
        &self.told
    }

    pub(crate) const fn perhaps(&self) -> &BTreeSet<Address> {
        &self.perhaps
    }

    /// Whether it listens on other addresses than these, or may do so.
    pub(crate) fn differs(&self, all: &BTreeSet<Address>) -> bool {
        self.told != *all || !self.perhaps.is_subset(all)
    }

    /// What it has to be told now.
    pub(crate) fn news(&self, all: &BTreeSet<Address>, now: Time) -> Option<Change> {
        if !self.differs(all) || self.hold.is_some_and(|hold| hold > now) {
            return None;
        }
        let known: BTreeSet<_> = self.told.union(&self.perhaps).cloned().collect();
        Some(Change {
            listen: all.difference(&self.told).cloned().collect(),
            release: known.difference(all).cloned().collect(),
            all: all.iter().cloned().collect(),
        })
    }

    /// No try before that.
    pub(crate) const fn hold(&self) -> Option<Time> {
        self.hold
    }

    /// It is being told.
    pub(crate) fn tell(&mut self, change: &Change) {
        self.perhaps.extend(change.all.iter().cloned());
    }

    /// It was told, with or without success.
    pub(crate) fn ended(&mut self, now: Time, change: &Change, ok: bool, backoff: Duration) {
        if ok {
            *self = Self::new(change.all.iter().cloned(), []);
        } else {
            self.hold = Some(now + pause(backoff, self.failures));
            self.failures = self.failures.saturating_add(1);
        }
    }

    /// There is something new: what failed before does not hold it up.
    pub(crate) const fn begin_anew(&mut self) {
        (self.hold, self.failures) = (None, 0);
    }
}
