//! Reads `.x` files (RFC 4506) and writes the Rust and the Python that are checked in beside them.
//!
//! [`parse()`] reads a file, [`rust`] and [`python`] write one, [`sample`] makes up values for tests, and [`project`]
//! knows the files of this project. Nothing here is part of a running daemon, and nothing here names a message.

pub mod ast;
mod error;
mod lex;
pub mod names;
mod parse;
pub mod project;
pub mod python;
pub mod rust;
pub mod sample;

pub use error::{Error, Problem};
pub use parse::{includes, parse};
