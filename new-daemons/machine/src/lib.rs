//! The contract that every core of Tablecloth keeps: a state machine without sockets, clocks or chance.
//!
//! A driver feeds inputs and the time, carries out the effects, and wakes the machine at its deadline.
//! Three drivers run the same machines: the tokio runtime, the reactor and the seeded simulation. What a machine does
//! follows from its inputs alone, so that a failing run can be replayed.

mod calendar;
mod line;
mod output;
mod said;
mod time;

pub use calendar::{Calendar, Wall, micros};
pub use line::OneLine;
pub use output::{Output, Printed};
pub use said::{Level, RequestId};
pub use time::Time;

/// A daemon, or a part of one, without its sockets.
pub trait Machine {
    /// Packets, results of effects, commands of an operator.
    type Input;
    /// What the driver has to do: send, connect, log, answer.
    type Effect;

    /// Takes one input. Never fails: a bad input is an event, not an error.
    fn handle(&mut self, now: Time, input: Self::Input);

    /// Does what is due. Called at or after [`Machine::poll_timeout`].
    fn tick(&mut self, now: Time);

    /// The next thing to do, oldest first. What is made only now, because its turn has come, is made at `now`.
    fn poll_effect(&mut self, now: Time) -> Option<Self::Effect>;

    /// The one moment at which [`Machine::tick`] has work to do.
    fn poll_timeout(&self) -> Option<Time>;

    /// Panics when an invariant is broken. Drivers of tests call it after each step.
    fn check(&self) {}
}

/// The earlier of two optional deadlines.
#[must_use]
pub fn earliest(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
