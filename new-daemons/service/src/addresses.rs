//! The node's addresses: what somebody has named, and what services are told once changes have been gathered for long enough.

use std::collections::BTreeSet;
use std::time::Duration;

use machine::Time;

use crate::io::Address;

#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// Once somebody has named them.
    named: Option<BTreeSet<Address>>,
    /// Those of which services are told.
    announced: Option<BTreeSet<Address>>,
    settle_at: Option<Time>,
}

impl Addresses {
    /// As a daemon before this one knew them.
    pub(crate) fn inherited(named: Option<Vec<Address>>) -> Self {
        let named: Option<BTreeSet<_>> = named.map(|all| all.into_iter().collect());
        Self { announced: named.clone(), named, settle_at: None }
    }

    pub(crate) const fn named(&self) -> Option<&BTreeSet<Address>> {
        self.named.as_ref()
    }

    pub(crate) const fn announced(&self) -> Option<&BTreeSet<Address>> {
        self.announced.as_ref()
    }

    /// Somebody names them.
    pub(crate) fn name(&mut self, now: Time, all: BTreeSet<Address>, settle: Duration) {
        if self.named.as_ref() != Some(&all) {
            self.named = Some(all);
            self.settle_at.get_or_insert(now + settle);
        }
    }

    /// Whether services are to be told of them from now on.
    pub(crate) fn announce(&mut self, now: Time) -> bool {
        let due = self.settle_at.is_some_and(|at| at <= now);
        if due {
            self.settle_at = None;
            self.announced.clone_from(&self.named);
        }
        due
    }

    pub(crate) const fn next_time(&self) -> Option<Time> {
        self.settle_at
    }
}
