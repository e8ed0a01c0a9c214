//! `callback history`: the last runs of callbacks with what they printed, and the events that were given up.

use protocol::callback::{
    CallbackAttempt, CallbackEnding, CallbackGivenUp, CallbackHistory, CallbackReason, CallbackRequest,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Answers, Silent, Which, ask, complaints, exit, moment};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::model::Moment;
use crate::render::table::{milliseconds, table};

/// What callbacks have done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct History {
    /// The last runs, for each callback from the oldest to the latest.
    pub(crate) runs: Vec<Attempt>,
    /// The last events that were given up.
    pub(crate) given_up: Vec<GivenUp>,
    /// Daemons that did not answer.
    pub(crate) silent: Vec<Silent>,
}

/// A run that has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Attempt {
    /// The daemon.
    pub(crate) daemon: String,
    /// The callback.
    pub(crate) callback: String,
    /// The number of the run.
    pub(crate) run: u64,
    pub(crate) started: Moment,
    pub(crate) time_us: u64,
    /// The topic of the last event.
    pub(crate) topic: String,
    /// How many events it was given.
    pub(crate) events: u32,
    /// The number of the first event.
    pub(crate) first_event: u64,
    /// The number of the last event.
    pub(crate) last_event: u64,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    /// `ok`, `exit`, `signal`, `timed_out`, `stopped`, `not_started` or `unknown`.
    pub(crate) result: &'static str,
    /// The exit status or the number of the signal; null when there is none.
    pub(crate) status: Option<u32>,
    /// The result in words.
    pub(crate) outcome: String,
    /// The end of what it printed.
    pub(crate) output: String,
    /// Bytes that it printed before that.
    pub(crate) omitted: u64,
}

/// An event that was given up.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GivenUp {
    /// The daemon.
    pub(crate) daemon: String,
    /// The callback.
    pub(crate) callback: String,
    /// The number of the event.
    pub(crate) event: u64,
    pub(crate) topic: String,
    pub(crate) subject: String,
    /// Runs that it was in.
    pub(crate) attempts: u32,
    /// `failed`, `full`, `removed`, `stopping` or `unknown`.
    pub(crate) reason: &'static str,
    pub(crate) at: Moment,
}

impl Attempt {
    pub(super) fn new(daemon: &str, callback: &str, attempt: CallbackAttempt) -> Self {
        let (result, has_status) = match attempt.ending {
            CallbackEnding::Done => ("ok", true),
            CallbackEnding::Exit => ("exit", true),
            CallbackEnding::Signal => ("signal", true),
            CallbackEnding::TimeLimit => ("timed_out", false),
            CallbackEnding::Stopped => ("stopped", false),
            CallbackEnding::NotStarted => ("not_started", false),
            CallbackEnding::Unknown(_) => ("unknown", false),
        };
        Self {
            daemon: daemon.to_owned(),
            callback: callback.to_owned(),
            run: attempt.run,
            started: moment(attempt.started),
            time_us: attempt.took.0,
            topic: attempt.topic.0,
            events: attempt.events,
            first_event: attempt.first_event,
            last_event: attempt.last_event,
            attempt: attempt.attempt,
            result,
            status: has_status.then_some(attempt.status),
            outcome: attempt.outcome.0,
            output: attempt.output,
            omitted: attempt.omitted,
        }
    }
}

impl GivenUp {
    fn new(daemon: &str, callback: &str, what: CallbackGivenUp) -> Self {
        let reason = match what.reason {
            CallbackReason::Failed => "failed",
            CallbackReason::Full => "full",
            CallbackReason::Removed => "removed",
            CallbackReason::Stopping => "stopping",
            CallbackReason::Unknown(_) => "unknown",
        };
        Self {
            daemon: daemon.to_owned(),
            callback: callback.to_owned(),
            event: what.event,
            topic: what.topic.0,
            subject: what.subject.0,
            attempts: what.attempts,
            reason,
            at: moment(what.at),
        }
    }
}

impl Shown for History {
    fn table(&self) -> String {
        let rows = self.runs.iter().map(|run| {
            let events = match run.events {
                1 => run.last_event.to_string(),
                _ => format!("{}-{} ({})", run.first_event, run.last_event, run.events),
            };
            vec![
                run.started.local(),
                run.daemon.clone(),
                run.callback.clone(),
                run.topic.clone(),
                events,
                run.attempt.to_string(),
                milliseconds(run.time_us),
                run.outcome.clone(),
            ]
        });
        let columns = [
            ("STARTED", false),
            ("DAEMON", false),
            ("CALLBACK", false),
            ("EVENT", false),
            ("NUMBER", true),
            ("ATTEMPT", true),
            ("TIME", true),
            ("OUTCOME", false),
        ];
        let mut text = table(&columns, rows);
        for run in self.runs.iter().filter(|run| run.result != "ok") {
            for line in run.output.lines() {
                text += &format!("{}, run {}: {}\n", one_line(&run.callback), run.run, one_line(line));
            }
        }
        if !self.given_up.is_empty() {
            let rows = self.given_up.iter().map(|what| {
                vec![
                    what.at.local(),
                    what.daemon.clone(),
                    what.callback.clone(),
                    what.topic.clone(),
                    what.event.to_string(),
                    what.attempts.to_string(),
                    what.reason.to_owned(),
                ]
            });
            let columns = [
                ("GIVEN UP", false),
                ("DAEMON", false),
                ("CALLBACK", false),
                ("EVENT", false),
                ("NUMBER", true),
                ("ATTEMPTS", true),
                ("REASON", false),
            ];
            text += &format!("\n{}", table(&columns, rows));
        }
        text + &complaints(&self.silent)
    }

    fn exit(&self) -> Exit {
        exit(&self.runs, &self.silent, true)
    }
}

pub(crate) async fn history(cx: &Context, wanted: Which) -> Result<History, Error> {
    let (answered, silent): Answers<CallbackHistory> =
        ask(cx, &wanted.whose, CallbackRequest::History, Some(wanted.name.as_deref())).await?;
    let (mut runs, mut given_up) = (Vec::new(), Vec::new());
    for (daemon, history) in answered {
        for past in history.callbacks {
            runs.extend(past.attempts.into_iter().map(|it| Attempt::new(&daemon, &past.name.0, it)));
            given_up.extend(past.given_up.into_iter().map(|it| GivenUp::new(&daemon, &past.name.0, it)));
        }
    }
    Ok(History { runs, given_up, silent })
}
