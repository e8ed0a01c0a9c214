//! The service daemon as a machine: which services are started, checked and stopped when, and how well the node is.
//!
//! It starts nothing, looks at no file and knows no clock; a driver carries out its effects. Of each service it knows what
//! it was told: how starts, checks and stops ended. Nothing runs twice for one service, not even after the daemon was
//! killed: what a daemon leaves in [`Saved`] is adopted by the next one.

mod addresses;
mod adopt;
mod answers;
mod checking;
mod commands;
mod course;
mod damping;
mod fleet;
mod graph;
mod health;
mod history;
mod io;
mod judgement;
mod limits;
mod listening;
pub mod messages;
mod operations;
mod order;
mod out;
mod outcome;
mod presence;
mod reload;
mod restarting;
mod rows;
mod saved;
mod seeing;
mod service;
mod services;
mod shown;
mod spec;
mod standing;
mod task;
mod tokens;
mod view;
mod words;

pub use graph::Problem;
pub use io::{Address, Answer, Change, Checked, Command, Effect, Input, Notice, Refusal, Token, Work};
pub use limits::*;
pub use machine::{Level, Printed, RequestId, Wall};
pub use outcome::{Done, How, Operation, OperationOutcome};
pub use saved::{Life, Process, Reported, Saved, SavedService, UnderWay};
pub use services::Services;
pub use spec::{Begin, Config, Kind, Manager, Program, Restart, Spec};
pub use view::{Going, Health, Phase, State, Transition, View};
