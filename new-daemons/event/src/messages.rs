//! The daemon's requests, answers and notices as messages of the new protocol (`spec/event.x`), and back.
//!
//! Whatever the machine says fits the bounds of the messages: names and outputs are shortened, and bytes that are no text
//! become U+FFFD. Times of the machine become those of a calendar, which whoever asks brings along.

use std::time::Duration;

use machine::{Calendar, Output, Time};
use protocol::Announcement;
use protocol::common::{self, Code, More, Span};
use protocol::event::{
    EVENT_ARGUMENT_MAX, EVENT_NAME_MAX, EVENT_OUTPUT_MAX, EVENT_SCRIPTS_MAX, EVENT_TOLD_MAX, EventArgument,
    EventComponent, EventComponents, EventEnding, EventHistory, EventLast, EventLine, EventNamed,
    EventOutcome, EventOutput, EventPast, EventPastRun, EventPastScript, EventQueue, EventRan, EventReport,
    EventResult, EventRun, EventRunFinished, EventRunStarted, EventScript, EventScriptFinished,
    EventScriptHung, EventScriptRun, EventScripts, EventTold, EventWhich,
};
use protocol::fit;
use protocol::interface::{Refusal, Tell};

use crate::arguments::judge;
use crate::history::{PastRun, Report, ScriptRun};
use crate::input::{Answer, ComponentState, Ended, Entry, Notice, Request, RunResult, What};
use crate::limits::LIMIT;
use crate::outcome::{Errno, ScriptOutcome};
use crate::word::Word;

/// A notice as what the daemon tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publication {
    /// An event begins to run.
    Started(EventRunStarted),
    /// An event has ended.
    Finished(EventRunFinished),
    /// A script has ended.
    Script(EventScriptFinished),
    /// A script takes too long.
    Hung(EventScriptHung),
}

fn time(calendar: Calendar, time: Time) -> common::Time {
    common::Time::since_1970(calendar.wall(time).0)
}

fn word(text: &str) -> Word {
    Word::from(text)
}

/// The arguments of an event whose scripts rely on them: how many, and which. ctdbd counts those of its own events before it
/// asks (EVT-07), so its requests are taken as they come.
fn arguments(event: &str) -> Option<(usize, &'static str)> {
    match event {
        "takeip" | "releaseip" => Some((3, "interface, address, bits of the mask")),
        "updateip" => Some((4, "old interface, new interface, address, bits of the mask")),
        _ => None,
    }
}

/// The question behind a request.
pub fn run(asked: &EventRun) -> Result<Request, Refusal> {
    let limit = Duration::from_micros(asked.limit.0);
    if limit > LIMIT {
        return Err(Refusal::new(Code::BadRequest, "an event takes a day at most"));
    }
    if let Some((count, which)) = arguments(&asked.event)
        && asked.args.len() != count
    {
        let text = format!("{} has {count} arguments: {which}", asked.event);
        return Err(Refusal::new(Code::BadRequest, text));
    }
    judge(asked.args.iter().map(|EventArgument(arg)| arg.len())).map_err(refused)?;
    let args = asked.args.iter().map(|EventArgument(arg)| word(arg)).collect();
    let (component, event) = (word(&asked.component), word(&asked.event));
    Ok(Request::Run { component, event, args, limit, all: asked.all })
}

/// The question behind a request.
#[must_use]
pub fn status(asked: &EventWhich) -> Request {
    Request::Status { component: word(&asked.component), event: word(&asked.event) }
}

/// The question behind a request.
#[must_use]
pub fn history(asked: &EventPast) -> Request {
    let script = asked.script.strip_suffix(".script").unwrap_or(&asked.script);
    Request::History { component: word(&asked.component), script: (!script.is_empty()).then(|| word(script)) }
}

/// The question behind a request.
#[must_use]
pub fn scripts(asked: &EventComponent) -> Request {
    Request::Scripts { component: word(&asked.component) }
}

/// The question behind a request.
#[must_use]
pub fn enable(asked: &EventNamed, on: bool) -> Request {
    Request::Enable { component: word(&asked.component), script: word(&asked.script), on }
}

/// Why the daemon did not do what it was asked.
fn refused(errno: Errno) -> Refusal {
    let (code, text) = match errno {
        Errno::NOENT => (Code::NotFound, "there is no such component or script".to_owned()),
        Errno::INVAL => (Code::BadRequest, "there cannot be such a name".to_owned()),
        Errno::NAMETOOLONG => (Code::TooLarge, "a name is too long".to_owned()),
        Errno::TOOBIG => (Code::TooLarge, "too many arguments or scripts".to_owned()),
        Errno::AGAIN => (Code::Busy, "too much waits here already".to_owned()),
        Errno::ACCES => (Code::Denied, "the event daemon may not do that here".to_owned()),
        Errno(errno) => (Code::Failed, format!("the event daemon was refused it, error {errno}")),
    };
    Refusal::new(code, text)
}

/// The answer belongs to another question: the driver has mixed them up.
fn mixed_up() -> Refusal {
    Refusal::new(Code::Failed, "the event daemon gave the answer to another question")
}

/// The answer to [`run`].
pub fn ran(answer: Answer, calendar: Calendar) -> Result<EventRan, Refusal> {
    let Answer::Run(result, ended) = answer else { return Err(mixed_up()) };
    if let RunResult::Error(errno) = result {
        return Err(refused(errno));
    }
    let (run, kept) = ended.map_or((0, None), |Ended { run, report }| (run, report));
    let report = kept.map(|kept| report(&kept, calendar));
    Ok(EventRan { result: self::result(result), run, report, more: More::none() })
}

/// The answer to [`status`].
pub fn last(answer: Answer, calendar: Calendar) -> Result<EventLast, Refusal> {
    let report = match answer {
        Answer::Status(Ok(kept)) => Some(report(&kept, calendar)),
        Answer::Status(Err(Errno::INVAL)) => None,
        Answer::Status(Err(errno)) => return Err(refused(errno)),
        _ => return Err(mixed_up()),
    };
    Ok(EventLast { report, more: More::none() })
}

/// The answer to [`history`].
pub fn past(answer: Answer, calendar: Calendar) -> Result<EventHistory, Refusal> {
    let Answer::History(past) = answer else { return Err(mixed_up()) };
    let run = |run: &PastRun| EventPastRun {
        event: name(&run.event),
        ending: ending(run.outcome),
        began: time(calendar, run.began),
        took: Span::from(run.ended - run.began),
        output: output(&run.output, EVENT_OUTPUT_MAX),
    };
    let scripts = past.map_err(refused)?.into_iter().take(fit::bound(EVENT_SCRIPTS_MAX));
    let scripts = scripts.map(|(script, runs)| EventPastScript {
        script: name(&script),
        runs: runs.iter().map(run).collect(),
    });
    Ok(EventHistory { scripts: scripts.collect(), more: More::none() })
}

/// The answer to [`scripts`].
pub fn listed(answer: Answer) -> Result<EventScripts, Refusal> {
    let Answer::Scripts(scripts) = answer else { return Err(mixed_up()) };
    let script = |entry: Entry| EventScript { script: name(&entry.name), enabled: entry.enabled };
    let scripts = scripts.map_err(refused)?.into_iter().map(script).collect();
    Ok(EventScripts { scripts, more: More::none() })
}

/// The answer to [`enable`].
pub fn enabled(answer: Answer) -> Result<(), Refusal> {
    let Answer::Enable(enabled) = answer else { return Err(mixed_up()) };
    enabled.map_err(refused)
}

/// The answer to [`Request::Components`].
pub fn components(answer: Answer) -> Result<EventComponents, Refusal> {
    let Answer::Components(components) = answer else { return Err(mixed_up()) };
    let queue = |state: ComponentState| EventQueue {
        component: name(&state.name),
        running: state.running.as_ref().map(name).unwrap_or_default(),
        waiting: fit::count(state.waiting),
    };
    let components = components.map_err(refused)?.into_iter().map(queue).collect();
    Ok(EventComponents { components, more: More::none() })
}

/// What is told of a notice to all who want to hear it. Of two events with the same subject the later one says all that still
/// holds; the last of a program's arguments is what came of it.
#[must_use]
pub fn announce(notice: Notice, now: Time, calendar: Calendar) -> Announcement {
    match told(notice, now, calendar) {
        Publication::Started(event) => about(&event.told.clone(), "", None, event),
        Publication::Finished(event) => about(&event.told.clone(), "", Some(event.result.to_string()), event),
        Publication::Script(event) => {
            let (script, outcome) = (event.line.script.clone(), event.line.ending.outcome.to_string());
            about(&event.told.clone(), &script, Some(outcome), event)
        }
        Publication::Hung(event) => about(&event.told.clone(), &event.script.clone(), None, event),
    }
}

fn about<E: Tell + Send + 'static>(
    EventTold { component, event, .. }: &EventTold,
    script: &str,
    outcome: Option<String>,
    told: E,
) -> Announcement {
    let mut words = vec![component.as_str(), event.as_str()];
    words.extend((!script.is_empty()).then_some(script));
    let subject = words.join(" ");
    words.extend(outcome.as_deref());
    Announcement::new(subject, &words, told)
}

/// What is told of a notice; `now` is when it came.
#[must_use]
pub fn told(notice: Notice, now: Time, calendar: Calendar) -> Publication {
    let Notice { run, component, event, args, began, what } = notice;
    let args = args.iter().map(|arg| EventArgument(fit::bytes(arg.as_bytes(), EVENT_ARGUMENT_MAX))).collect();
    let told = EventTold {
        run,
        component: name(&component),
        event: name(&event),
        args,
        began: time(calendar, began),
    };
    let more = More::none();
    match what {
        What::Began => Publication::Started(EventRunStarted { told, more }),
        What::Script(run) => {
            let output = output(&run.output, EVENT_TOLD_MAX);
            Publication::Script(EventScriptFinished { told, line: line(&run), output, more })
        }
        What::Hung { script, pid, began } => {
            let took = Span::from(now - began);
            Publication::Hung(EventScriptHung { told, script: name(&script), pid, took, more })
        }
        What::Ended { result, culprit, report } => Publication::Finished(EventRunFinished {
            told,
            result: self::result(result),
            code: if let RunResult::Error(Errno(errno)) = result { errno } else { 0 },
            took: Span::from(now - began),
            culprit: culprit.as_ref().map(name).unwrap_or_default(),
            scripts: report.map(|report| report.scripts.iter().map(line).collect()).unwrap_or_default(),
            more,
        }),
    }
}

fn result(result: RunResult) -> EventResult {
    match result {
        RunResult::Ok => EventResult::Ok,
        RunResult::Failed => EventResult::Failed,
        RunResult::TimedOut => EventResult::TimedOut,
        RunResult::Cancelled => EventResult::Cancelled,
        RunResult::Error(_) => EventResult::NotRun,
    }
}

fn ending(outcome: ScriptOutcome) -> EventEnding {
    let (outcome, code) = match outcome {
        ScriptOutcome::Ok => (EventOutcome::Ok, 0),
        ScriptOutcome::Failed(status) => (EventOutcome::Failed, status.into()),
        ScriptOutcome::Disabled => (EventOutcome::Disabled, 0),
        ScriptOutcome::TimedOut => (EventOutcome::TimedOut, 0),
        ScriptOutcome::Killed(signal) => (EventOutcome::Killed, signal),
        ScriptOutcome::Error(Errno(errno)) => (EventOutcome::CannotRun, errno),
    };
    EventEnding { outcome, code }
}

fn report(report: &Report, calendar: Calendar) -> EventReport {
    let script = |run: &ScriptRun| EventScriptRun {
        script: name(&run.script),
        ending: ending(run.outcome),
        began: time(calendar, run.began),
        took: Span::from(run.ended - run.began),
        output: output(&run.output, EVENT_OUTPUT_MAX),
    };
    EventReport { ending: ending(report.summary), scripts: report.scripts.iter().map(script).collect() }
}

fn line(run: &ScriptRun) -> EventLine {
    EventLine {
        script: name(&run.script),
        ending: ending(run.outcome),
        took: Span::from(run.ended - run.began),
    }
}

fn name(word: &Word) -> String {
    fit::bytes(word.as_bytes(), EVENT_NAME_MAX)
}

/// The end of an output, as a text of at most `max` bytes.
fn output(output: &Output, max: u32) -> EventOutput {
    let (text, omitted) = fit::tail_of_bytes(&output.bytes, output.omitted, max);
    EventOutput { text, omitted }
}
