//! The checkers are right about good histories, and each is red about its own kind of wrong one.

#![allow(clippy::unwrap_used)] // A test's helpers, which clippy does not see as tests.

mod linear;
mod measure;
mod mutations;
mod plan;
mod story;
mod text;
mod work;
