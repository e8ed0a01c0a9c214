//! A machine that may have a mistake, and those who wait for its answers.
//!
//! For daemons whose end is worse than a forgotten past: without its event daemon ctdbd ends. After a panic the machine is
//! not touched any more until there is a fresh one. In tests of cores nothing is caught.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use machine::{Machine, RequestId, Time};
use tokio::sync::oneshot;

use super::Shell;

pub(super) struct Core<S: Shell> {
    machine: S::Machine,
    broken: bool,
    /// Who asked what is not answered yet.
    pending: BTreeMap<RequestId, (u64, oneshot::Sender<S::Answer>)>,
    /// How many questions each of them has.
    askers: BTreeMap<u64, usize>,
    questions: u64,
}

impl<S: Shell> Core<S> {
    pub(super) fn new(machine: S::Machine) -> Self {
        let (pending, askers) = (BTreeMap::new(), BTreeMap::new());
        Self { machine, broken: false, pending, askers, questions: 0 }
    }

    /// Does something with the machine; nothing when it breaks over it, or is broken.
    pub(super) fn with<T>(&mut self, act: impl FnOnce(&mut S::Machine) -> T) -> Option<T> {
        if self.broken {
            return None;
        }
        // What the closure leaves half done is thrown away.
        let done = catch_unwind(AssertUnwindSafe(|| act(&mut self.machine)));
        self.broken = done.is_err();
        done.ok()
    }

    pub(super) fn look<T>(&mut self, look: impl FnOnce(&S::Machine) -> T) -> Option<T> {
        self.with(|machine| look(machine))
    }

    pub(super) fn deadline(&mut self) -> Option<Time> {
        self.look(Machine::poll_timeout).flatten()
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }

    /// A fresh machine. Those who wait are told by the end of their channels.
    pub(super) fn renew(&mut self, machine: S::Machine) {
        self.machine = machine;
        self.broken = false;
        self.pending.clear();
        self.askers.clear();
    }

    /// Somebody asks; the number of the question.
    pub(super) fn asked(&mut self, from: u64, to: oneshot::Sender<S::Answer>) -> RequestId {
        self.questions += 1;
        let id = RequestId(self.questions);
        self.pending.insert(id, (from, to));
        *self.askers.entry(from).or_default() += 1;
        id
    }

    pub(super) fn answer(&mut self, id: RequestId, answer: S::Answer) {
        let Some((from, to)) = self.pending.remove(&id) else { return };
        if let Some(open) = self.askers.get_mut(&from) {
            *open -= 1;
            if *open == 0 {
                self.askers.remove(&from);
            }
        }
        // Who does not wait any more has gone, and says so himself.
        let _ = to.send(answer);
    }

    /// Somebody has gone; whether he waited for something.
    pub(super) fn gone(&mut self, from: u64) -> bool {
        let waited = self.askers.remove(&from).is_some();
        if waited {
            self.pending.retain(|_, (of, _)| *of != from);
        }
        waited
    }
}
