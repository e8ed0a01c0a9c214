//! A service that is a component's event scripts, run by the event daemon's core.
//!
//! Starting it is the event "startup", stopping it "shutdown", checking it "monitor", and telling it its addresses
//! "ipreallocated": the scripts are those that ctdbd has run so far, unchanged. Each operation has a core of its own, which
//! runs one event and is gone. An operation is over when nothing of it runs any more.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use event::{
    Answer, Config, Effect, Ended, Errno, EventDaemon, Input, Level, Origin, Report, RequestId, RunResult,
    Token,
};
use runtime::driver::{Driver, Hands, Inputs, Shell, desk};
use service::{How, OperationOutcome, Printed, Work};
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

/// The one event of a core.
struct Once {
    scripts: Scripts,
    inputs: Inputs<Self>,
    request: Option<event::Request>,
    running: BTreeSet<Token>,
    /// Processes of which the operation is to know.
    started: Vec<i32>,
    answer: Option<(RunResult, Option<Ended>)>,
    in_time: bool,
}

impl Once {
    fn end(&mut self) {
        self.in_time = false;
        self.running.iter().for_each(|token| self.scripts.end(*token, GRACE));
    }
}

impl Shell for Once {
    type Machine = EventDaemon;
    type Question = Infallible;
    type Answer = Infallible;

    const WHO: &'static str = "an operation";

    fn machine(&self) -> EventDaemon {
        EventDaemon::new(Config { hook: false })
    }

    fn begin(&mut self, inputs: Inputs<Self>) -> Vec<Input> {
        self.scripts = self.scripts.anew(inputs.clone());
        self.inputs = inputs;
        let request = self.request.take().into_iter();
        request.map(|request| Input::Request { id: RequestId(1), origin: Origin(1), request }).collect()
    }

    fn question(_: RequestId, _: u64, question: Infallible) -> Input {
        match question {}
    }

    fn came(&mut self, input: &Input) {
        match input {
            Input::Started(_, pid) => self.started.push(*pid),
            Input::Ended(token, ..) => drop(self.running.remove(token)),
            _ => {}
        }
    }

    fn effect(&mut self, effect: Effect, _: &mut Hands<'_, Self>) {
        match effect {
            // What was asked to end begins nothing new.
            Effect::Start { token, .. } if !self.in_time => {
                let gone = Input::Ended(token, event::How::Gone, event::Output::default());
                let _ = self.inputs.send(gone);
            }
            Effect::Answer(_, Answer::Run(result, ended)) => self.answer = Some((result, ended)),
            Effect::Log(level, line) => log(level, &line),
            effect => {
                self.running.extend(if let Effect::Start { token, .. } = &effect {
                    Some(*token)
                } else {
                    None
                });
                self.scripts.carry_out(effect);
            }
        }
    }

    fn broke(&mut self) {
        self.running.clear();
        self.answer = Some((RunResult::Error(Errno(nix::libc::EIO)), None));
    }
}

/// Does something with a service.
pub(super) async fn run(
    place: &Place,
    component: &str,
    work: &Work,
    operation: &mut Operation,
) -> OperationOutcome {
    let (inputs, _) = unbounded_channel();
    let mut scripts = Scripts::new(place.configuration.join("events"), inputs.clone());
    scripts.set_base(place.configuration.clone());
    scripts.set_output(operation.output());
    scripts.set_env(MARK, operation.mark().to_owned());
    let request = event::Request::Run {
        component: component.into(),
        event: event_of(work).into(),
        args: Vec::new(),
        // The operation's own end comes first; this one is for a core whose driver is late.
        limit: operation.limit().saturating_add(GRACE).min(MOST),
        all: false,
    };
    let (request, running, started) = (Some(request), BTreeSet::new(), Vec::new());
    let once = Once { scripts, inputs, request, running, started, answer: None, in_time: true };
    let mut driver = Driver::new(once, desk().1);
    loop {
        let once = driver.shell();
        once.started.drain(..).for_each(|pid| operation.started(pid));
        if once.running.is_empty()
            && let Some((result, ended)) = once.answer.take()
        {
            return outcome(component, work, result, ended, once.in_time);
        }
        tokio::select! {
            () = driver.turn() => {}
            () = operation.asked_to_end() => driver.shell().end(),
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
fn outcome(
    component: &str,
    work: &Work,
    result: RunResult,
    ended: Option<Ended>,
    in_time: bool,
) -> OperationOutcome {
    let report = ended.and_then(|ended| ended.report);
    let output = report.as_deref().map(printed).unwrap_or_default();
    let how = match result {
        _ if !in_time => How::TimedOut,
        RunResult::Ok if must_run(work) && !report.as_deref().is_some_and(ran) => {
            return cannot(format!("no script was run: none of events/{component} can be executed"));
        }
        RunResult::Ok => How::Ok,
        RunResult::TimedOut => How::TimedOut,
        RunResult::Error(Errno::NOENT) => return cannot(format!("there is no directory events/{component}")),
        RunResult::Error(errno) => return cannot(format!("events/{component}: {}", words(errno))),
        // Nobody else has events in this core.
        RunResult::Cancelled => How::Failed(0),
        RunResult::Failed => report.as_deref().map_or(How::Failed(0), culprit),
    };
    OperationOutcome { how, output }
}

/// Whether it says something of a service only when a script was run: nobody knows how one is that nobody has started or
/// looked at. One without scripts may be stopped.
const fn must_run(work: &Work) -> bool {
    matches!(work, Work::Start | Work::Check)
}

fn ran(report: &Report) -> bool {
    report.scripts.iter().any(|script| script.outcome != event::ScriptOutcome::Disabled)
}

fn words(Errno(errno): Errno) -> &'static str {
    nix::errno::Errno::from_raw(errno).desc()
}

/// How the script ended that failed.
fn culprit(report: &Report) -> How {
    let last = report.scripts.iter().rfind(|script| !script.outcome.is_fine());
    let name = last.map(|script| script.script.to_string()).unwrap_or_default();
    match report.summary {
        event::ScriptOutcome::Failed(status) => How::Failed(status),
        event::ScriptOutcome::Killed(signal) => How::Killed(signal),
        event::ScriptOutcome::TimedOut => How::TimedOut,
        event::ScriptOutcome::Error(errno) => How::CannotRun(format!("{name}.script: {}", words(errno))),
        event::ScriptOutcome::Ok | event::ScriptOutcome::Disabled => How::Failed(0),
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
