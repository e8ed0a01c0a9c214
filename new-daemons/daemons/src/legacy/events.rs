//! The event daemon's own protocol, turned into questions for the core, and the core's answers into replies.
//!
//! Nothing else in this program knows the wire. The truth: `event_request.c`, `event_cmd.c`, `run_event_script_status`.

use std::time::Duration;

use bytes::Bytes;
use event::{Answer, Errno, Output, Report, Request, RunResult, ScriptOutcome, ScriptRun, Word};
use legacy_codec::event::{
    Answer as Body, Command, EventReply, EventRequest, Request as Asked, ScriptResult, StatusReply,
};
use legacy_codec::{Abi, CLong, Text, Timeval};
use machine::{Calendar, Wall};
use nix::libc;

/// Bit of a run request: go on behind a script that fails.
const RUN_ALL: u32 = 1;
const DISABLE: u32 = 0;
const ENABLE: u32 = 1;

/// What a packet asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Of the core.
    Core(Request),
    /// Of nobody: this is the answer.
    Refused(i32),
}

/// Who asked what: all that a reply needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) command: Command,
    pub(crate) reqid: u32,
}

fn word(text: &Text) -> Option<Word> {
    (!text.is_null()).then(|| Word::from(text.as_bytes()))
}

/// Reads a packet. `None`: it is not one, and nothing more can be understood from there (C closes the connection too).
pub(crate) fn question(frame: &Bytes) -> Option<(Asker, Question)> {
    let EventRequest { reqid, request, .. } = EventRequest::decode(frame, Abi::NATIVE).ok()?;
    let command = request.command();
    let wanted = match request {
        Asked::Run(run) => match word(&run.component.0).zip(word(&run.event.0)) {
            Some((component, event)) => match event::arguments(run.args.0.as_bytes()) {
                Ok(args) => {
                    let limit = Duration::from_secs(run.timeout.into());
                    Some(Request::Run { component, event, args, limit, all: run.flags & RUN_ALL != 0 })
                }
                Err(Errno(errno)) => return Some((Asker { command, reqid }, Question::Refused(errno))),
            },
            None => None,
        },
        Asked::Status(status) => word(&status.component.0)
            .zip(word(&status.event.0))
            .map(|(component, event)| Request::Status { component, event }),
        Asked::Script(script) => match script.action {
            DISABLE | ENABLE => {
                word(&script.component.0).zip(word(&script.script.0)).map(|(component, name)| {
                    Request::Enable { component, script: name, on: script.action == ENABLE }
                })
            }
            // C cannot read it.
            _ => return None,
        },
        // Nor this.
        _ => return None,
    };
    let question = wanted.map_or(Question::Refused(libc::EINVAL), Question::Core);
    Some((Asker { command, reqid }, question))
}

/// The reply that carries an error and nothing else, or success without more.
pub(crate) fn plain(asker: Asker, result: i32) -> Option<Bytes> {
    encode(asker, result, Body::None)
}

fn encode(asker: Asker, result: i32, answer: Body) -> Option<Bytes> {
    let Asker { command, reqid } = asker;
    EventReply { version: 0, reqid, command, result, answer }.encode(Abi::NATIVE).ok()
}

/// The reply to a question. Times of the machine become those of the calendar.
pub(crate) fn reply(asker: Asker, answer: Answer, calendar: Calendar) -> Option<Bytes> {
    match answer {
        Answer::Run(result, _) => plain(
            asker,
            match result {
                RunResult::Ok => 0,
                RunResult::Failed => libc::ENOEXEC,
                RunResult::TimedOut => libc::ETIMEDOUT,
                RunResult::Cancelled => libc::ECANCELED,
                RunResult::Error(Errno(errno)) => errno,
            },
        ),
        Answer::Enable(result) => plain(asker, result.map_or_else(|Errno(errno)| errno, |()| 0)),
        Answer::Status(Err(Errno(errno))) => plain(asker, errno),
        Answer::Status(Ok(report)) => encode(asker, 0, Body::Status(status(report, calendar))),
        // Nobody can ask for it here.
        Answer::History(_) | Answer::Scripts(_) | Answer::Components(_) => plain(asker, libc::EPROTO),
    }
}

fn status(report: Report, calendar: Calendar) -> StatusReply {
    let scripts = report.scripts.into_iter().map(|run| script(run, calendar)).collect();
    StatusReply { summary: result(report.summary), scripts }
}

/// As `run_event_script_status` numbers what became of a script.
fn result(outcome: ScriptOutcome) -> i32 {
    match outcome {
        ScriptOutcome::Ok => 0,
        ScriptOutcome::Failed(status) => status.into(),
        ScriptOutcome::Disabled => -libc::ENOEXEC,
        ScriptOutcome::TimedOut => -libc::ETIMEDOUT,
        ScriptOutcome::Killed(_) => -libc::EINTR,
        ScriptOutcome::Error(Errno(errno)) => -errno,
    }
}

fn script(run: ScriptRun, calendar: Calendar) -> ScriptResult {
    ScriptResult {
        name: text(run.script.as_bytes()).into(),
        begin: timeval(calendar.wall(run.began)),
        end: timeval(calendar.wall(run.ended)),
        result: result(run.outcome),
        output: output(&run.output).into(),
    }
}

/// What was printed, with a word about what is missing. A script that printed nothing has no text at all.
fn output(output: &Output) -> Text {
    match output {
        Output { bytes, omitted: 0 } if bytes.is_empty() => Text::NULL,
        Output { bytes, omitted: 0 } => text(bytes),
        Output { bytes, omitted } => {
            let head = format!("[{omitted} bytes before are left out]\n");
            text(&[head.as_bytes(), bytes].concat())
        }
    }
}

/// A text of C: without zeros, which would end it.
fn text(bytes: &[u8]) -> Text {
    Text::from(bytes.iter().copied().filter(|byte| *byte != 0).chain([0]).collect::<Bytes>())
}

fn timeval(Wall(micros): Wall) -> Timeval {
    let long = |n: u64| CLong(i64::try_from(n).unwrap_or(i64::MAX));
    Timeval { sec: long(micros / 1_000_000), usec: long(micros % 1_000_000) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use legacy_codec::event::RunRequest;

    fn asked(args: &str) -> Option<(Asker, Question)> {
        let of = |word: &str| text(word.as_bytes()).into();
        let (component, event, args) = (of("legacy"), of("monitor"), of(args));
        let request = Asked::Run(RunRequest { component, event, args, timeout: 30, flags: 0 });
        question(&EventRequest { version: 0, reqid: 7, request }.encode(Abi::NATIVE).unwrap())
    }

    #[test]
    fn half_a_million_arguments_are_refused_before_they_are_parted() {
        let asker = Asker { command: Command::RUN, reqid: 7 };
        assert_eq!(asked(&"a ".repeat(520_000)), Some((asker, Question::Refused(libc::E2BIG))));
        match asked("eth0  10.0.0.1 24") {
            Some((_, Question::Core(Request::Run { args, .. }))) => {
                assert_eq!(args, ["eth0", "10.0.0.1", "24"].map(Word::from));
            }
            other => panic!("{other:?}"),
        }
    }
}
