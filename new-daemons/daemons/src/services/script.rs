//! A service that is a component's event scripts, run by the event daemon's core.
//!
//! Starting it is the event "startup", stopping it "shutdown", checking it "monitor", and telling it its addresses
//! "ipreallocated": the scripts are those that ctdbd has run so far, unchanged. Each operation has a core of its own, which
//! runs one event and is gone. An operation is over when nothing of it runs any more.

use std::collections::BTreeMap;
use std::time::Duration;

use event::RunResult;
use event::{Answer, Config, Effect, Ended, Errno, EventDaemon, Input, Level, Origin, Report, RequestId};
use machine::Machine;
use runtime::{Alarm, Clock};
use service::{How, Outcome, Printed, Work};
use tokio::sync::mpsc::unbounded_channel;

use super::operation::{GRACE, Operation, add_line, cannot, text};
use super::{MARK, Place};
use crate::scripts::Scripts;

/// The longest time limit that an event may have.
const MOST: Duration = Duration::from_secs(24 * 3600);

fn event_of(work: &Work) -> &'static str {
    match work {
        Work::Start => "startup",
        Work::Stop => "shutdown",
        Work::Check => "monitor",
        Work::Reconfigure(_) => "ipreallocated",
    }
}

/// Does something with a service.
pub(super) async fn run(place: &Place, component: &str, work: &Work, operation: &mut Operation) -> Outcome {
    let (to, mut results) = unbounded_channel();
    let mut scripts = Scripts::new(place.configuration.join("events"), to);
    scripts.set_base(place.configuration.clone());
    scripts.set_output(operation.output());
    scripts.set_env(MARK, operation.mark().to_owned());
    let clock = Clock::default();
    let (mut alarm, mut core) = (Alarm::new(clock), EventDaemon::new(Config { hook: false }));
    let request = event::Request::Run {
        component: component.into(),
        event: event_of(work).into(),
        args: Vec::new(),
        // The operation's own end comes first; this one is for a core whose driver is late.
        limit: operation.limit().saturating_add(GRACE).min(MOST),
        all: false,
    };
    core.handle(clock.now(), Input::Request { id: RequestId(1), origin: Origin(1), request });
    let (mut running, mut answer, mut in_time) = (BTreeMap::new(), None, true);
    loop {
        while let Some(effect) = core.poll_effect(clock.now()) {
            match effect {
                Effect::List { token, component } => scripts.list(token, &component),
                // What was asked to end begins nothing new.
                Effect::Start { token, .. } if !in_time => {
                    core.handle(clock.now(), Input::Ended(token, event::How::Gone, event::Output::default()));
                }
                Effect::Start { token, component, script, args } => {
                    running.insert(token, script.clone());
                    scripts.start(token, &component, &script, &args);
                }
                Effect::Peek(token) => scripts.peek(token),
                Effect::End { token, grace } => scripts.end(token, grace),
                Effect::Answer(_, Answer::Run(result, ended)) => answer = Some((result, ended)),
                Effect::Log(level, line) => log(level, &line),
                Effect::Publish(_)
                | Effect::Answer(..)
                | Effect::Debug { .. }
                | Effect::Enable { .. }
                | Effect::Components(_) => {}
            }
        }
        if running.is_empty()
            && let Some((result, ended)) = answer
        {
            return outcome(component, result, ended, in_time);
        }
        let deadline = core.poll_timeout();
        tokio::select! {
            Some(input) = results.recv() => {
                match &input {
                    Input::Started(_, pid) => operation.started(*pid),
                    Input::Ended(token, ..) => {
                        running.remove(token);
                    }
                    _ => {}
                }
                core.handle(clock.now(), input);
            }
            () = alarm.wait(deadline) => core.tick(clock.now()),
            () = operation.asked_to_end() => {
                in_time = false;
                running.keys().for_each(|token| scripts.end(*token, GRACE));
            }
        }
    }
}

fn log(level: Level, line: &str) {
    match level {
        Level::Error | Level::Warning => tracing::debug!("{line}"),
        Level::Notice | Level::Info | Level::Debug => tracing::trace!("{line}"),
    }
}

/// What came of the event, with what all of its scripts have printed.
fn outcome(component: &str, result: RunResult, ended: Option<Ended>, in_time: bool) -> Outcome {
    let report = ended.and_then(|ended| ended.report);
    let output = report.as_deref().map(printed).unwrap_or_default();
    let how = match result {
        _ if !in_time => How::TimedOut,
        RunResult::Ok => How::Ok,
        RunResult::TimedOut => How::TimedOut,
        RunResult::Error(Errno::NOENT) => return cannot(format!("there is no directory events/{component}")),
        RunResult::Error(errno) => return cannot(format!("events/{component}: {}", words(errno))),
        // Nobody else has events in this core.
        RunResult::Cancelled => How::Failed(0),
        RunResult::Failed => report.as_deref().map_or(How::Failed(0), culprit),
    };
    Outcome { how, output }
}

fn words(Errno(errno): Errno) -> &'static str {
    nix::errno::Errno::from_raw(errno).desc()
}

/// How the script ended that failed.
fn culprit(report: &Report) -> How {
    let last = report.scripts.iter().rfind(|script| !script.outcome.is_fine());
    let name = last.map(|script| script.script.to_string()).unwrap_or_default();
    match report.summary {
        event::Outcome::Failed(status) => How::Failed(status),
        event::Outcome::Killed(signal) => How::Killed(signal),
        event::Outcome::TimedOut => How::TimedOut,
        event::Outcome::Error(errno) => How::CannotRun(format!("{name}.script: {}", words(errno))),
        event::Outcome::Ok | event::Outcome::Disabled => How::Failed(0),
    }
}

fn printed(report: &Report) -> Printed {
    let mut all = Printed::default();
    for script in &report.scripts {
        let Printed { text, omitted } = text(&script.output.bytes, script.output.omitted);
        all.omitted = all.omitted.saturating_add(omitted);
        if let Some(line) = Some(text.trim_end_matches('\n')).filter(|line| !line.is_empty()) {
            add_line(&mut all, line);
        }
    }
    all
}
