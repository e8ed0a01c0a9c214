//! The core of the tally, and how its event looks: what a real daemon has in a crate of its own and in its `.x` file.

use std::collections::VecDeque;

use machine::{Machine, RequestId, Time};
use protocol::Announcement;
use protocol::common::Span;
use protocol::xdr::{Reader, Writer, Xdr, XdrError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

protocol::service! {
    /// Counts what others add.
    "tally" {
        /// Adds a number and tells the sum. A thousand breaks the daemon's core.
        1 "add" add Add (Span) -> Span;
    }
    events {
        /// Something was added.
        "tally.changed" TallyChanged;
    }
}

/// Something was added.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TallyChanged {
    /// The sum.
    pub(crate) sum: u64,
}

impl Xdr for TallyChanged {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.sum);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self { sum: r.u64("TallyChanged.sum")? })
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// The event as it is told.
pub(crate) fn announce(sum: u64) -> Announcement {
    Announcement::new("", &[&sum.to_string()], TallyChanged { sum })
}

/// Somebody adds a number, in the question of this number.
#[derive(Debug)]
pub(crate) struct Added(pub(crate) RequestId, pub(crate) u64);

#[derive(Debug)]
pub(crate) enum Effect {
    Answer(RequestId, u64),
    Changed(u64),
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sum: u64,
    effects: VecDeque<Effect>,
}

impl Machine for Tally {
    type Input = Added;
    type Effect = Effect;

    fn handle(&mut self, _: Time, Added(id, number): Added) {
        assert!(number != 1000, "broken on purpose");
        self.sum = self.sum.saturating_add(number);
        self.effects.extend([Effect::Changed(self.sum), Effect::Answer(id, self.sum)]);
    }

    fn tick(&mut self, _: Time) {}

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Time> {
        None
    }
}
