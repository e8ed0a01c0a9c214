//! Where seeds come from, and what is said when one of them fails: the seed, how far it came, and the command that repeats it.
//!
//! `SIM_SEED=n` repeats one seed and prints each step; `SIM_SEEDS=n` runs that many instead of [`USUAL`]. Nothing else in
//! this crate reads the environment.

use std::cell::Cell;

use machine::Time;

/// Seeds of a test, when nobody says how many.
pub const USUAL: u64 = 64;

thread_local! {
    /// Steps of the run that goes on, and its time.
    static AT: Cell<(u64, Time)> = const { Cell::new((0, Time::ZERO)) };
    static TRACED: Cell<bool> = const { Cell::new(false) };
}

/// The seeds that a test is to run.
#[derive(Clone, Debug)]
pub struct Seeds {
    seeds: Vec<u64>,
    one: bool,
}

#[allow(clippy::disallowed_methods)] // How somebody repeats a seed; the run itself reads no environment.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not '{text}'")))
}

impl Seeds {
    /// As the environment says.
    #[must_use]
    pub fn wanted() -> Self {
        match number("SIM_SEED") {
            Some(seed) => Self { seeds: vec![seed], one: true },
            None => Self { seeds: (0..number("SIM_SEEDS").unwrap_or(USUAL)).collect(), one: false },
        }
    }

    /// One of several parts, so that they can run side by side.
    #[must_use]
    pub fn part(mut self, part: u64, parts: u64) -> Self {
        self.seeds.retain(|seed| seed % parts == part);
        self
    }

    /// Runs each of them.
    pub fn each(&self, mut run: impl FnMut(u64)) {
        for seed in &self.seeds {
            TRACED.set(self.one);
            play(*seed, || run(*seed));
            TRACED.set(false);
        }
    }

    /// How many there are of whom something can be said together; none when one is repeated to be looked at.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        (!self.one).then(|| u64::try_from(self.seeds.len()).unwrap_or(u64::MAX))
    }
}

/// Runs a seed; a panic tells which it was.
pub fn play<T>(seed: u64, run: impl FnOnce() -> T) -> T {
    AT.set((0, Time::ZERO));
    let _told = TellsSeed(seed);
    run()
}

/// Whether steps are printed.
pub(crate) fn is_traced() -> bool {
    TRACED.get()
}

/// A run has come to this step.
pub(crate) fn at(step: u64, now: Time) {
    AT.set((step, now));
}

struct TellsSeed(u64);

impl Drop for TellsSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (step, now) = AT.get();
            let thread = std::thread::current();
            let test = thread.name().filter(|name| *name != "main").unwrap_or_default();
            eprintln!(
                "seed {}, step {step} at {now}; again: SIM_SEED={} cargo test -p simulation --test all -- {test} --exact --nocapture",
                self.0, self.0
            );
        }
    }
}
