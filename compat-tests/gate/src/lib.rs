//! Hot paths in small pieces that can be repeated: what `make gate` counts and what `bench-codec` times.
//!
//! `codec` has packets of the legacy wire, `tunnel` a message's way through two tunnelds without sockets. Nothing here
//! measures; `main.rs` counts under valgrind, `bench-codec` in compat-tests looks at a clock.

pub mod codec;
pub mod tunnel;
mod views;

/// A piece of work that can be repeated, and how often it is for a count: a few times, and many times.
pub struct Work {
    /// In the table of counts.
    pub name: String,
    /// The difference of both is what is counted.
    pub times: (u32, u32),
    /// Prepares for the larger number and gives back one step.
    pub prepare: Box<dyn Fn() -> Box<dyn FnMut()>>,
}

/// All that is counted.
#[must_use]
pub fn all() -> Vec<Work> {
    codec::works().into_iter().chain(tunnel::works()).collect()
}
