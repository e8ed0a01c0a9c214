//! The new event daemon, of this node or of another.
//!
//! Results are numbered as C's event daemon numbers them, so that an answer looks the same whoever gave it. Who is asked
//! is decided elsewhere.

use std::time::Duration;

use async_trait::async_trait;
use bus::Node;
use protocol::common::{Code, Span, Time};
use protocol::event::{
    EventAbout, EventArgument, EventEnding, EventOutcome, EventOutput, EventPast, EventResult,
    EventRun as Run, EventWhich,
};
use protocol::interface::Ask;
use protocol::services::event as service;

use super::{Kind, Peer, moment};
use crate::backend::Events;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::exit::Exit;
use crate::model::{EventRun, Moment, PastRun, PastScript, RunEnd, ScriptRun};

const EINTR: i32 = 4;
const ENOEXEC: i32 = 8;
const ETIMEDOUT: i32 = 110;

static KIND: Kind = Kind { daemon: protocol::daemons::EVENT, missing: "no_eventd" };

/// An event daemon on the bus.
pub(crate) struct Eventd(Peer);

impl Eventd {
    /// That of a node. Nothing is asked yet.
    pub(crate) fn of(node: Node, cx: &Context) -> Result<Self, Error> {
        Peer::of(cx.bus()?, node, &KIND, &cx.settings).map(Self)
    }

    /// What it is.
    pub(crate) async fn about(&self) -> Result<EventAbout, Failure> {
        self.ask::<service::About>(&(), "legacy", self.0.timeout).await
    }

    async fn ask<A: Ask>(
        &self,
        argument: &A::Argument,
        component: &str,
        limit: Duration,
    ) -> Result<A::Answer, Failure> {
        let words = |why: &protocol::interface::Refusal| match why.code {
            Code::NotFound => format!("there is no directory for scripts of '{component}'"),
            _ => why.text.clone(),
        };
        self.0.ask::<A>(argument, limit, words).await
    }
}

fn ended(began: Time, took: Span) -> Moment {
    moment(Time(began.0.saturating_add(i64::try_from(took.0).unwrap_or(i64::MAX))))
}

fn result(ending: EventEnding) -> i32 {
    match ending.outcome {
        EventOutcome::Ok => 0,
        EventOutcome::Failed => ending.code,
        EventOutcome::Disabled => -ENOEXEC,
        EventOutcome::TimedOut => -ETIMEDOUT,
        EventOutcome::Killed => -EINTR,
        EventOutcome::CannotRun | EventOutcome::Unknown(_) => {
            ending.code.saturating_abs().max(1).saturating_neg()
        }
    }
}

fn output(output: EventOutput) -> String {
    match output {
        EventOutput { text, omitted: 0 } => text,
        EventOutput { text, omitted } => format!("[{omitted} bytes before are left out]\n{text}"),
    }
}

#[async_trait(?Send)]
impl Events for Eventd {
    async fn run(
        &self,
        component: &str,
        event: &str,
        args: &str,
        limit: Duration,
    ) -> Result<RunEnd, Failure> {
        let words = args.split(' ').filter(|arg| !arg.is_empty());
        let asked = Run {
            component: component.into(),
            event: event.into(),
            args: words.map(|arg| EventArgument(arg.into())).collect(),
            limit: Span(u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)),
            all: false,
        };
        // What runs already comes first.
        let patience = limit.saturating_mul(2).saturating_add(self.0.timeout);
        match self.ask::<service::Run>(&asked, component, patience).await?.result {
            EventResult::Ok => Ok(RunEnd::Ok),
            EventResult::Failed => Ok(RunEnd::Failed),
            EventResult::TimedOut => Ok(RunEnd::TimedOut),
            EventResult::Cancelled => Ok(RunEnd::Cancelled),
            EventResult::NotRun | EventResult::Unknown(_) => {
                Err(self.0.error("refused", "the event could not be run", Exit::Refused))
            }
        }
    }

    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Failure> {
        let which = EventWhich { component: component.into(), event: event.into() };
        let last = self.ask::<service::Status>(&which, component, self.0.timeout).await?;
        Ok(last.report.map(|report| EventRun {
            summary: result(report.ending),
            scripts: report
                .scripts
                .into_iter()
                .map(|run| ScriptRun {
                    name: run.script,
                    began: moment(run.began),
                    ended: ended(run.began, run.took),
                    result: result(run.ending),
                    output: output(run.output),
                })
                .collect(),
        }))
    }

    async fn history(&self, component: &str, script: Option<&str>) -> Result<Vec<PastScript>, Failure> {
        let asked = EventPast { component: component.into(), script: script.unwrap_or_default().into() };
        let past = self.ask::<service::History>(&asked, component, self.0.timeout).await?;
        let runs = |name: &str, runs: Vec<protocol::event::EventPastRun>| -> Vec<PastRun> {
            let run = |run: protocol::event::EventPastRun| PastRun {
                event: run.event,
                run: ScriptRun {
                    name: name.to_owned(),
                    began: moment(run.began),
                    ended: ended(run.began, run.took),
                    result: result(run.ending),
                    output: output(run.output),
                },
            };
            runs.into_iter().map(run).collect()
        };
        let script = |one: protocol::event::EventPastScript| PastScript {
            runs: runs(&one.script, one.runs),
            name: one.script,
        };
        Ok(past.scripts.into_iter().map(script).collect())
    }
}
