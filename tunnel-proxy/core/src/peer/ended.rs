//! How channels from a peer ended that it may still speak of.

use std::collections::{BTreeMap, VecDeque};

use bus::Failure;

use crate::envelope::{Channel, Seq};
use crate::limits::CLOSED_CHANNELS;

/// How a channel ended: the first fragment that was not delivered, where that is certain, and why.
pub(super) type End = (Option<Seq>, Failure);

/// The last channels that have ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    ends: BTreeMap<Channel, End>,
    /// The same by the time when they ended. Numbers say nothing of that: anybody can make one up.
    order: VecDeque<Channel>,
}

impl Ended {
    pub(super) fn contains(&self, id: Channel) -> bool {
        self.ends.contains_key(&id)
    }

    pub(super) fn get(&self, id: Channel) -> Option<End> {
        self.ends.get(&id).copied()
    }

    pub(super) fn remember(&mut self, id: Channel, end: End) {
        if self.ends.insert(id, end).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > CLOSED_CHANNELS {
            self.order.pop_front().map(|oldest| self.ends.remove(&oldest));
        }
    }

    pub(super) fn clear(&mut self) {
        self.ends.clear();
        self.order.clear();
    }

    pub(super) fn check(&self) {
        assert_eq!(self.ends.len(), self.order.len());
    }
}
