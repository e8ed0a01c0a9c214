//! What was promised, and whether it was kept.
//!
//! Between two daemons: each message is received at most once, in order; each has exactly one result; "delivered" means
//! that the receiver got it unless it ended; "surely not" means that it never did.

use std::collections::BTreeMap;

use bus::{Address, Undelivered};

use crate::daemon::Letter;

#[derive(Debug)]
struct Entry {
    to: Address,
    received: Option<u64>,
    result: Option<Result<(), Undelivered>>,
    /// Which run of the receiver, counted from 1, is the first that the message can have come to.
    first_run: u64,
    /// The run of the receiver when the result came, if no other can have had the message in its socket: one that ended
    /// in between may have, and the news of that may have been late.
    receiver: Option<u64>,
}

/// Every message of a run.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<Letter, Entry>,
    last: BTreeMap<(Address, u64, Address), u64>,
    /// How often each daemon has started.
    runs: BTreeMap<Address, u64>,
    /// Messages received.
    pub received: u64,
    /// Messages reported as delivered.
    pub delivered: u64,
    /// Messages reported as surely not delivered.
    pub refused: u64,
    /// Messages reported as perhaps not delivered.
    pub in_doubt: u64,
}

impl Ledger {
    pub(crate) fn started(&mut self, daemon: Address) {
        *self.runs.entry(daemon).or_default() += 1;
    }

    fn runs(&self, daemon: Address) -> u64 {
        self.runs.get(&daemon).copied().unwrap_or(0)
    }

    pub(crate) fn sent(&mut self, letter: Letter, to: Address, receiver_lives: bool) {
        let first_run = self.runs(to) + u64::from(!receiver_lives);
        let entry = Entry { to, received: None, result: None, first_run, receiver: None };
        assert!(self.entries.insert(letter, entry).is_none(), "{letter:?} written twice");
    }

    pub(crate) fn destination(&self, letter: &Letter) -> Address {
        self.entries.get(letter).unwrap_or_else(|| panic!("{letter:?} was never sent")).to
    }

    pub(crate) fn received(&mut self, letter: Letter, to: Address, receiver: u64) {
        let entry = self.entries.get_mut(&letter).unwrap_or_else(|| panic!("{letter:?} was never sent"));
        assert_eq!(entry.to, to, "{letter:?} went to the wrong daemon");
        assert_eq!(entry.received, None, "{letter:?} was received twice");
        if let Some(Err(e)) = entry.result {
            assert!(e.in_doubt, "{letter:?} was received and is surely undelivered: {e}");
        }
        entry.received = Some(receiver);
        let last = self.last.entry((letter.from, letter.incarnation, to)).or_default();
        assert!(letter.number > *last, "{letter:?} came after {last}");
        *last = letter.number;
        self.received += 1;
    }

    pub(crate) fn result(&mut self, letter: Letter, result: Result<(), Undelivered>, receiver: Option<u64>) {
        let runs = self.runs(self.destination(&letter));
        let entry = self.entries.get_mut(&letter).unwrap_or_else(|| panic!("{letter:?} was never sent"));
        assert!(entry.result.is_none(), "{letter:?} has two results: {:?} and {result:?}", entry.result);
        match result {
            Ok(()) => self.delivered += 1,
            Err(e) if e.in_doubt => self.in_doubt += 1,
            Err(e) => {
                assert_eq!(entry.received, None, "{letter:?} was received and is surely undelivered: {e}");
                self.refused += 1;
            }
        }
        entry.result = Some(result);
        entry.receiver = receiver.filter(|_| runs == entry.first_run);
    }

    /// The sender ended: its messages need no result any more.
    pub(crate) fn sender_ended(&mut self, from: Address, incarnation: u64) {
        let gone = |l: &Letter| l.from == from && l.incarnation == incarnation;
        for (_, entry) in self.entries.iter_mut().filter(|(l, e)| gone(l) && e.result.is_none()) {
            let reason = bus::Failure::TunneldGone;
            entry.result = Some(Err(Undelivered { reason, in_doubt: true }));
        }
    }

    /// At the end, when everything has had time to settle. `alive` gives the run of each daemon.
    pub fn settle(&self, alive: &dyn Fn(Address) -> Option<u64>) {
        for (letter, entry) in &self.entries {
            let result = entry.result.unwrap_or_else(|| panic!("{letter:?} to {} has no result", entry.to));
            let same_receiver = entry.receiver.is_some() && alive(entry.to) == entry.receiver;
            if result.is_ok() && same_receiver {
                assert!(
                    entry.received.is_some(),
                    "{letter:?} was reported as delivered to {} and did not come",
                    entry.to
                );
            }
        }
    }

    /// Messages in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True before the first message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Messages to `to` that came.
    #[must_use]
    pub fn received_by(&self, to: Address) -> usize {
        self.entries.values().filter(|e| e.to == to && e.received.is_some()).count()
    }
}
