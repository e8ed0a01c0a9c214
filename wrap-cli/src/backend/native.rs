//! The new event daemon, of this node or of another: each question is a request on the bus.
//!
//! Results are numbered as C's event daemon numbers them, so that an answer looks the same whoever gave it. Who is asked
//! is decided elsewhere.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bus::calls::CallError;
use bus::{Address, Daemon, Node};
use protocol::common::{Code, Span, Time};
use protocol::event::{
    EventAbout, EventArgument, EventEnding, EventOutcome, EventOutput, EventPast, EventResult,
    EventRun as Run, EventWhich,
};
use protocol::service::Ask;
use protocol::services::event as service;
use protocol::xdr::Xdr;
use runtime::datagram::socket_of;
use runtime::{Bus, Joining};

use super::Events;
use crate::args::Settings;
use crate::commands::tunnel::judge;
use crate::error::{Error, seconds};
use crate::exit::Exit;
use crate::model::{EventRun, Moment, Outcome, PastRun, PastScript, ScriptRun};

const EINTR: i32 = 4;
const ENOEXEC: i32 = 8;
const ETIMEDOUT: i32 = 110;

/// An event daemon on the bus.
pub(crate) struct Eventd {
    bus: Bus,
    address: Address,
    /// For an answer that needs no script.
    timeout: Duration,
    /// What stands before an error.
    what: PathBuf,
}

fn daemon(name: &str, instance: u32) -> Result<Daemon, Error> {
    let name = name.parse().map_err(|error| Error::Words(format!("{name}: {error}")))?;
    Ok(Daemon { name, instance })
}

/// Whether the event daemon of this node can be asked on its bus.
pub(crate) fn is_here(dir: &Path) -> bool {
    has(dir, service::SERVICE.name)
}

/// Whether a daemon of this name is on the bus of this node.
pub(crate) fn has(dir: &Path, name: &str) -> bool {
    let Ok(daemon) = daemon(name, 0) else { return false };
    UnixDatagram::unbound().and_then(|socket| socket.connect(socket_of(dir, daemon))).is_ok()
}

impl Eventd {
    /// That of a node. Nothing is asked yet.
    pub(crate) fn of(node: Node, settings: &Settings) -> Result<Self, Error> {
        let dir = settings.run_dir.clone();
        let local = |message: String| Error::Local {
            what: dir.clone(),
            message,
            code: "no_bus",
            exit: Exit::NoDaemon,
        };
        // Nobody has a bus because somebody asks a question.
        if !dir.is_dir() {
            return Err(local(
                "there is no bus; is ctdb-tunneld started, or name its directory with --run-dir".into(),
            ));
        }
        let me = daemon("ctdbctl", std::process::id())?;
        let joining =
            Joining { dir: dir.clone(), daemon: me, release: env!("CARGO_PKG_VERSION").into(), features: 0 };
        let bus = Bus::join(joining).map_err(|error| local(error.to_string()))?;
        let daemon = daemon(service::SERVICE.name, 0)?;
        let what = if node == Node::LOCAL {
            socket_of(&dir, daemon)
        } else {
            PathBuf::from(format!("event daemon of node {node}"))
        };
        Ok(Self { bus, address: Address { node, daemon }, timeout: settings.timeout, what })
    }

    /// What it is.
    pub(crate) async fn about(&self) -> Result<EventAbout, Error> {
        self.ask::<service::About>(&(), "legacy", self.timeout).await
    }

    fn error(&self, code: &'static str, message: impl Into<String>, exit: Exit) -> Error {
        Error::Local { what: self.what.clone(), message: message.into(), code, exit }
    }

    async fn ask<A: Ask>(
        &self,
        argument: &A::Argument,
        component: &str,
        limit: Duration,
    ) -> Result<A::Answer, Error> {
        let body = argument.to_bytes().map_err(|error| Error::Words(error.to_string()))?;
        let answer = self.bus.call(self.address, A::NUMBER, body, limit).await;
        let answer = answer.map_err(|error| self.refused(error, component, limit))?;
        A::Answer::from_bytes(&answer).map_err(|error| {
            self.error("malformed_answer", format!("malformed answer: {error}"), Exit::Refused)
        })
    }

    fn refused(&self, error: CallError, component: &str, limit: Duration) -> Error {
        match &error {
            CallError::NoSuchDaemon => {
                self.error("no_eventd", "no ctdb-eventd answers on the bus of that node", Exit::NoDaemon)
            }
            CallError::Refused(why) if why.code == Code::NotFound => self.error(
                "refused",
                format!("there is no directory for scripts of '{component}'"),
                Exit::Refused,
            ),
            CallError::Refused(why) => self.error("refused", why.text.clone(), Exit::Refused),
            CallError::Timeout => {
                let message = format!("the event daemon did not answer within {}", seconds(limit));
                self.error("no_answer", message, Exit::NoAnswer)
            }
            CallError::PeerGone => {
                self.error("connection_lost", "the event daemon went away before it answered", Exit::NoDaemon)
            }
            CallError::Undelivered(why) => {
                let (code, exit) = judge(why.reason);
                self.error(code, why.to_string(), exit)
            }
            _ => self.error("undelivered", error.to_string(), Exit::Refused),
        }
    }
}

fn moment(time: Time) -> Moment {
    Moment { seconds: time.0.div_euclid(1_000_000), micros: time.0.rem_euclid(1_000_000) }
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

impl Events for Eventd {
    async fn run(&self, component: &str, event: &str, args: &str, limit: Duration) -> Result<Outcome, Error> {
        let words = args.split(' ').filter(|arg| !arg.is_empty());
        let asked = Run {
            component: component.into(),
            event: event.into(),
            args: words.map(|arg| EventArgument(arg.into())).collect(),
            limit: Span(u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)),
            all: false,
        };
        // What runs already comes first.
        let patience = limit.saturating_mul(2).saturating_add(self.timeout);
        match self.ask::<service::Run>(&asked, component, patience).await?.result {
            EventResult::Ok => Ok(Outcome::Ok),
            EventResult::Failed => Ok(Outcome::Failed),
            EventResult::TimedOut => Ok(Outcome::TimedOut),
            EventResult::Cancelled => Ok(Outcome::Cancelled),
            EventResult::NotRun | EventResult::Unknown(_) => {
                Err(self.error("refused", "the event could not be run", Exit::Refused))
            }
        }
    }

    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Error> {
        let which = EventWhich { component: component.into(), event: event.into() };
        let last = self.ask::<service::Status>(&which, component, self.timeout).await?;
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

    async fn history(&self, component: &str, script: Option<&str>) -> Result<Vec<PastScript>, Error> {
        let asked = EventPast { component: component.into(), script: script.unwrap_or_default().into() };
        let past = self.ask::<service::History>(&asked, component, self.timeout).await?;
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
