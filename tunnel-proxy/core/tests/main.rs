//! All tests beside the sources, as one program: each further one would be linked on its own.

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod bench;
mod bounds;
mod hostile;
mod layout;
mod peers;
mod seals;
