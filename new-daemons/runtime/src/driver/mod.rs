//! Drives a machine on tokio: the loop that every daemon has, once.
//!
//! It feeds what programs bring ([`Inputs`]), what others ask ([`Desk`]) and the time, has the effects carried out, and wakes
//! at the machine's deadline. A daemon is a [`Shell`]: it carries out effects, and that is all. A machine that panics is
//! replaced by a fresh one, and the daemon lives on; whoever waited for an answer is told so. [`Resident`] adds what a daemon
//! in the frame has: it stops, reloads and says how it is; [`live`] is all of its life.

mod core;
mod desk;
mod resident;
#[cfg(test)]
mod tests;

use machine::{Calendar, Machine, Time};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::core::Core;
use crate::clock::{Alarm, Clock, today};
use desk::Wish;
pub use desk::{Asker, Desk, Wishes, desk};
pub use machine::RequestId;
pub use resident::{Resident, live};

/// Where what comes of effects goes.
// Not bounded here: a machine bounds what it has under way.
pub type Inputs<S> = UnboundedSender<<<S as Shell>::Machine as Machine>::Input>;

/// What a daemon does for its machine: it carries out effects, and nothing else.
pub trait Shell: Sized + 'static {
    /// The machine.
    type Machine: Machine;
    /// What others ask of it.
    type Question: Send + 'static;
    /// What they are answered.
    type Answer: Send + 'static;

    /// Who it is, for those who wait in vain, such as `the event daemon`.
    const WHO: &'static str;

    /// A fresh machine.
    fn machine(&self) -> Self::Machine;

    /// What a fresh machine is told first. The results of its effects are to go to `inputs`, and those of the machine before
    /// it to nobody.
    fn begin(&mut self, _inputs: Inputs<Self>) -> Vec<<Self::Machine as Machine>::Input> {
        Vec::new()
    }

    /// A question of somebody, as an input.
    fn question(id: RequestId, from: u64, question: Self::Question) -> <Self::Machine as Machine>::Input;

    /// Somebody has gone who waits for an answer, as an input.
    fn gone(_from: u64) -> Option<<Self::Machine as Machine>::Input> {
        None
    }

    /// Something came of an effect, and the machine is about to be told.
    fn came(&mut self, _input: &<Self::Machine as Machine>::Input) {}

    /// Carries out an effect.
    fn effect(&mut self, effect: <Self::Machine as Machine>::Effect, hands: &mut Hands<'_, Self>);

    /// A machine had a mistake, and a fresh one is about to begin.
    fn broke(&mut self) {
        tracing::error!("internal error, beginning anew");
    }
}

/// What the shell has at hand while it carries out an effect.
pub struct Hands<'a, S: Shell> {
    core: &'a mut Core<S>,
    /// The time of the machine.
    pub now: Time,
}

impl<S: Shell> Hands<'_, S> {
    /// The machine's time as the time of day.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        Calendar::at(self.now, today())
    }

    /// Answers a question, if somebody still waits.
    pub fn answer(&mut self, id: RequestId, answer: S::Answer) {
        self.core.answer(id, answer);
    }

    /// Looks at the machine; nothing when it breaks over it.
    pub fn look<T>(&mut self, look: impl FnOnce(&S::Machine) -> T) -> Option<T> {
        self.core.look(look)
    }
}

/// A machine, its shell, and what comes to them.
pub struct Driver<S: Shell> {
    shell: S,
    core: Core<S>,
    clock: Clock,
    alarm: Alarm,
    inputs: UnboundedReceiver<<S::Machine as Machine>::Input>,
    wishes: Wishes<S>,
}

impl<S: Shell> Driver<S> {
    /// Begins. What others wish comes from the other end of a [`desk`].
    pub fn new(shell: S, wishes: Wishes<S>) -> Self {
        let (to, inputs) = unbounded_channel();
        let (clock, core) = (Clock::default(), Core::new(shell.machine()));
        let mut driver = Self { shell, core, clock, alarm: Alarm::new(clock), inputs, wishes };
        driver.begin(to);
        driver.carry_out();
        driver
    }

    /// The shell.
    pub const fn shell(&mut self) -> &mut S {
        &mut self.shell
    }

    /// One turn: waits for something, and does what follows from it. Nothing is lost when this is dropped.
    pub async fn turn(&mut self) {
        self.carry_out();
        let deadline = self.core.deadline();
        tokio::select! {
            Some(input) = self.inputs.recv() => {
                self.shell.came(&input);
                self.feed(input);
            }
            Some(wish) = self.wishes.next() => self.wished(wish),
            () = self.alarm.wait(deadline) => {
                let now = self.clock.now();
                self.core.with(|machine| machine.tick(now));
            }
        }
        self.carry_out();
    }

    /// Feeds an input.
    pub fn feed(&mut self, input: <S::Machine as Machine>::Input) {
        let now = self.clock.now();
        self.core.with(|machine| machine.handle(now, input));
    }

    fn wished(&mut self, wish: Wish<S>) {
        match wish {
            Wish::Ask { from, question, to } => {
                // Who asks and goes at once has asked: what was said to C's daemons so is done, too.
                let gone = to.is_closed();
                let id = self.core.asked(from, to);
                self.feed(S::question(id, from, question));
                if gone {
                    self.gone(from);
                }
            }
            Wish::Look(look) => {
                let _ = self.core.look(look);
            }
            Wish::Gone(from) => self.gone(from),
        }
    }

    fn gone(&mut self, from: u64) {
        if self.core.gone(from)
            && let Some(input) = S::gone(from)
        {
            self.feed(input);
        }
    }

    /// Carries out all there is to do.
    pub fn carry_out(&mut self) {
        loop {
            let now = self.clock.now();
            while let Some(effect) = self.core.with(|machine| machine.poll_effect(now)).flatten() {
                self.shell.effect(effect, &mut Hands { core: &mut self.core, now });
            }
            if !self.core.is_broken() {
                return;
            }
            self.shell.broke();
            // With a channel of their own, so that late results of the old ones reach nobody.
            let (to, inputs) = unbounded_channel();
            self.inputs = inputs;
            self.core.renew(self.shell.machine());
            self.begin(to);
        }
    }

    fn begin(&mut self, to: Inputs<S>) {
        for input in self.shell.begin(to) {
            self.feed(input);
            if self.core.is_broken() {
                // What it breaks over at its beginning would break every one after it, too.
                self.shell.broke();
                return self.core.renew(self.shell.machine());
            }
        }
    }
}
