//! The event daemon as a machine: which scripts run for an event, in which order, for how long, and what came of it.
//!
//! Each component has a directory of scripts, a queue of events and a history. This crate starts nothing and reads no
//! directory: it asks its driver to, by effects with a token. It names no type of a wire; who asks is an opaque origin.
//! The rules are those of C's event daemon: `run_event_send`, `run_event_next_script`, `event_cmd_run_done`.

mod arguments;
mod component;
mod daemon;
mod history;
mod hung;
mod input;
mod limits;
pub mod messages;
mod outcome;
mod queue;
mod run;
mod scripts;
mod word;

pub use arguments::split as arguments;
pub use daemon::{Config, EventDaemon};
pub use history::{PastRun, Report, ScriptRun};
pub use input::{
    Answer, ComponentState, Effect, Ended, Entry, How, Input, Notice, Origin, Request, RunResult, Token, What,
};
pub use limits::{DEBUG, DIRECTORIES, GRACE, NAME, OUTPUT, PEEK, QUEUE, SCRIPTS};
pub use machine::{Level, Output, RequestId};
pub use outcome::{Errno, ScriptOutcome};
pub use scripts::is_script;
pub use word::Word;

/// The event that any other one cancels.
pub const MONITOR: &str = "monitor";
