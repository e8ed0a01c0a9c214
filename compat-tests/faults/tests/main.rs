//! All tests beside the sources, as one program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod files;
mod network;
mod processes;
mod runs;
mod scene;
