//! All tests beside the sources, as one program: each further one would be linked on its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod bus;
mod callbacks;
mod callbacks_bus;
mod callbacks_documented;
mod door;
mod drivers;
mod process;
