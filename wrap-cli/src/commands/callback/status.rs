//! `callback status`: what callbacks do now, and counts of what has become of their events.

use protocol::callback::{CallbackRequest, CallbackRun, CallbackState, CallbackStatus};
use schemars::JsonSchema;
use serde::Serialize;

use super::history::Attempt;
use super::{Answers, Silent, Which, ask, complaints, exit, moment};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::model::Moment;
use crate::render::table::table;

/// What the callbacks of a node do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    /// By their daemons and names.
    pub(crate) callbacks: Vec<State>,
    /// Daemons that did not answer.
    pub(crate) silent: Vec<Silent>,
}

/// What a callback does.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct State {
    /// The daemon that runs it.
    pub(crate) daemon: String,
    pub(crate) name: String,
    /// Its programs that run.
    pub(crate) running: Vec<Run>,
    /// Events that wait.
    pub(crate) waiting: u64,
    /// When it is run again after a failure.
    pub(crate) next_try: Option<Moment>,
    /// Events that it was to be run on since the daemon was started.
    pub(crate) taken: u64,
    /// Events of runs that succeeded.
    pub(crate) delivered: u64,
    /// Events in whose place a later one of the same subject came.
    pub(crate) replaced: u64,
    /// Events that were given up.
    pub(crate) given_up: u64,
    /// Runs that have ended.
    pub(crate) runs: u64,
    /// Those of them that failed.
    pub(crate) failed: u64,
    /// Failures since the last success.
    pub(crate) failed_in_a_row: u64,
    /// The last run that has ended.
    pub(crate) last: Option<Attempt>,
    /// Whether it is removed and only waits for its programs.
    pub(crate) leaving: bool,
}

/// A program that runs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Run {
    pub(crate) run: u64,
    pub(crate) started: Moment,
    /// How many events it was given.
    pub(crate) events: u32,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    /// Whether it was asked to end.
    pub(crate) stopping: bool,
}

impl From<CallbackRun> for Run {
    fn from(run: CallbackRun) -> Self {
        let CallbackRun { run, started, events, attempt, stopping } = run;
        Self { run, started: moment(started), events, attempt, stopping }
    }
}

impl State {
    fn new(daemon: &str, state: CallbackState) -> Self {
        let last = state.last.map(|last| Attempt::new(daemon, &state.name.0, last));
        Self {
            daemon: daemon.to_owned(),
            name: state.name.0,
            running: state.running.into_iter().map(Run::from).collect(),
            waiting: state.waiting,
            next_try: state.next_try.map(moment),
            taken: state.taken,
            delivered: state.delivered,
            replaced: state.replaced,
            given_up: state.given_up,
            runs: state.runs,
            failed: state.failed,
            failed_in_a_row: state.failed_in_a_row,
            last,
            leaving: state.leaving,
        }
    }
}

impl Shown for Status {
    fn table(&self) -> String {
        let rows = self.callbacks.iter().map(|state| {
            let mut row = vec![state.daemon.clone(), state.name.clone()];
            let running = u64::try_from(state.running.len()).unwrap_or(u64::MAX);
            let counts = [
                running,
                state.waiting,
                state.delivered,
                state.replaced,
                state.given_up,
                state.runs,
                state.failed,
            ];
            row.extend(counts.map(|count| count.to_string()));
            row.push(state.last.as_ref().map_or_else(|| "-".into(), |last| last.outcome.clone()));
            row
        });
        let columns = [
            ("DAEMON", false),
            ("CALLBACK", false),
            ("RUNNING", true),
            ("WAITING", true),
            ("DELIVERED", true),
            ("REPLACED", true),
            ("GIVEN UP", true),
            ("RUNS", true),
            ("FAILED", true),
            ("LAST", false),
        ];
        table(&columns, rows) + &complaints(&self.silent)
    }

    fn exit(&self) -> Exit {
        exit(&self.callbacks, &self.silent, self.callbacks.iter().all(|state| state.failed_in_a_row == 0))
    }
}

pub(crate) async fn status(cx: &Context, wanted: Which) -> Result<Status, Error> {
    let (answered, silent): Answers<CallbackStatus> =
        ask(cx, &wanted.whose, CallbackRequest::Status, Some(wanted.name.as_deref())).await?;
    let of_one = |(daemon, status): (String, CallbackStatus)| {
        status.callbacks.into_iter().map(move |state| State::new(&daemon, state))
    };
    Ok(Status { callbacks: answered.into_iter().flat_map(of_one).collect(), silent })
}
