//! A machine on a node that may die and be started again, with a number for each of its runs.

use machine::{Machine, Time};

/// A machine, or the place where one was.
#[derive(Debug)]
pub(crate) struct Hosted<M> {
    machine: Option<M>,
    run: u64,
}

impl<M> Default for Hosted<M> {
    fn default() -> Self {
        Self { machine: None, run: 0 }
    }
}

impl<M: Machine> Hosted<M> {
    /// Starts it, in the place of one that ran.
    pub(crate) fn start(&mut self, machine: M) {
        self.machine = Some(machine);
        self.run += 1;
    }

    /// It ends, and takes its state along. Whether it ran.
    pub(crate) fn die(&mut self) -> bool {
        self.machine.take().is_some()
    }

    /// Its runs so far: what comes for an earlier one means nothing to this.
    pub(crate) const fn run(&self) -> u64 {
        self.run
    }

    pub(crate) const fn is_up(&self) -> bool {
        self.machine.is_some()
    }

    pub(crate) const fn get(&self) -> Option<&M> {
        self.machine.as_ref()
    }

    /// It is told something, when it runs.
    pub(crate) fn handle(&mut self, now: Time, input: M::Input) {
        if let Some(machine) = &mut self.machine {
            machine.handle(now, input);
        }
    }

    /// Lets it do what is due.
    pub(crate) fn tick(&mut self, now: Time) {
        if let Some(machine) = &mut self.machine {
            machine.tick(now);
        }
    }

    pub(crate) fn poll_effect(&mut self, now: Time) -> Option<M::Effect> {
        self.machine.as_mut()?.poll_effect(now)
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.machine.as_ref()?.poll_timeout()
    }

    pub(crate) fn check(&self) {
        if let Some(machine) = &self.machine {
            machine.check();
        }
    }
}
