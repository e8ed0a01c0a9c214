//! A machine that panics is replaced by a fresh one, and the daemon lives on.
//!
//! For daemons whose end is worse than a forgotten past: without its event daemon ctdbd ends. Whoever waits for an answer of
//! the machine that broke is told so by the driver, which learns of it here. In tests of cores nothing is caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use machine::{Machine, Time};

/// A machine that broke while it dealt with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broke;

/// A machine and how to make it anew.
#[derive(Debug)]
pub struct Guarded<M, F> {
    machine: M,
    make: F,
}

impl<M: Machine, F: Fn() -> M> Guarded<M, F> {
    /// Makes the first one.
    pub fn new(make: F) -> Self {
        Self { machine: make(), make }
    }

    fn attempt<T>(&mut self, act: impl FnOnce(&mut M) -> T) -> Result<T, Broke> {
        // What the closure leaves half done is thrown away.
        catch_unwind(AssertUnwindSafe(|| act(&mut self.machine))).map_err(|_| {
            self.machine = (self.make)();
            Broke
        })
    }

    /// As the machine's own.
    ///
    /// # Errors
    /// [`Broke`] when the machine is a fresh one now, and everything that the old one knew is lost.
    pub fn handle(&mut self, now: Time, input: M::Input) -> Result<(), Broke> {
        self.attempt(|machine| machine.handle(now, input))
    }

    /// As the machine's own.
    ///
    /// # Errors
    /// As for [`Self::handle`].
    pub fn tick(&mut self, now: Time) -> Result<(), Broke> {
        self.attempt(|machine| machine.tick(now))
    }

    /// Looks at the machine.
    ///
    /// # Errors
    /// As for [`Self::handle`].
    pub fn look<T>(&mut self, look: impl FnOnce(&M) -> T) -> Result<T, Broke> {
        self.attempt(|machine| look(machine))
    }

    /// As the machine's own.
    pub fn poll_effect(&mut self, now: Time) -> Option<M::Effect> {
        self.attempt(|machine| machine.poll_effect(now)).unwrap_or_default()
    }

    /// As the machine's own.
    pub fn poll_timeout(&mut self) -> Option<Time> {
        self.attempt(|machine| machine.poll_timeout()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts, and breaks at 3.
    struct Counter(u8);

    impl Machine for Counter {
        type Input = u8;
        type Effect = u8;
        fn handle(&mut self, _: Time, input: u8) {
            self.0 += input;
            assert!(self.0 != 3, "broken on purpose");
        }
        fn tick(&mut self, _: Time) {}
        fn poll_effect(&mut self, _: Time) -> Option<u8> {
            Some(self.0)
        }
        fn poll_timeout(&self) -> Option<Time> {
            None
        }
    }

    #[test]
    fn a_machine_that_breaks_is_replaced_and_its_driver_is_told() {
        let mut guarded = Guarded::new(|| Counter(0));
        assert_eq!(guarded.handle(Time::ZERO, 2), Ok(()));
        assert_eq!(guarded.handle(Time::ZERO, 1), Err(Broke));
        assert_eq!(guarded.poll_effect(Time::ZERO), Some(0));
        assert_eq!(guarded.handle(Time::ZERO, 4), Ok(()));
        assert_eq!(guarded.poll_effect(Time::ZERO), Some(4));
    }
}
