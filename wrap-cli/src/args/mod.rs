//! From the words of the command line to a row of the table and its settings.
//!
//! The parser is made from the table of commands. Errors become one line; nothing is asked of a daemon yet.

mod global;
mod help;
mod meant;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use global::{Global, Output, Settings};
pub(crate) use help::for_tab;
pub(crate) use parser::{Parser, Request, command, is_command, wants_json};
