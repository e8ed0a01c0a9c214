//! The event daemon of C CTDB, on its own socket: one connection and one question for each command.
//!
//! Lengths are compared with a limit before anything is kept, and the whole exchange has a deadline. The truth about
//! results is `ctdb/event/event_tool.c` (EVT-08, EVT-10).

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use legacy_codec::Abi;
use legacy_codec::event::{
    Answer, EventFrames, EventReply, EventRequest, Request, RunRequest, ScriptResult, StatusRequest,
};
use legacy_codec::{Text, Timeval};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::backend::Events;
use crate::error::{Failure, seconds, system};
use crate::exit::Exit;
use crate::model::{EventRun, Moment, PastScript, RunEnd, ScriptRun};

/// Bytes of the largest reply: what all scripts of an event have printed is in it.
const LIMIT: usize = 64 << 20;
/// Bytes of one read.
const CHUNK: usize = 16 << 10;

const ENOENT: i32 = 2;
const ENOEXEC: i32 = 8;
const EINVAL: i32 = 22;
const ETIMEDOUT: i32 = 110;
const ECANCELED: i32 = 125;

/// The event daemon at a socket.
pub(crate) struct Eventd {
    socket: PathBuf,
    /// For an answer that needs no script.
    timeout: Duration,
}

impl Eventd {
    pub(crate) fn at(socket: &Path, timeout: Duration) -> Self {
        Self { socket: socket.into(), timeout }
    }

    fn error(&self, code: &'static str, message: impl Into<String>, exit: Exit) -> Failure {
        Failure::Daemon { what: self.socket.clone(), message: message.into(), code, exit }
    }

    fn refused(&self, message: String) -> Failure {
        self.error("refused", message, Exit::Refused)
    }

    async fn ask(&self, request: Request, limit: Duration) -> Result<EventReply, Failure> {
        let within = timeout(limit, self.exchange(request)).await;
        within.unwrap_or_else(|_| {
            let message = format!("the event daemon did not answer within {}", seconds(limit));
            Err(self.error("no_answer", message, Exit::NoAnswer))
        })
    }

    async fn exchange(&self, request: Request) -> Result<EventReply, Failure> {
        const REQID: u32 = 1;
        let command = request.command();
        let malformed = |e: &dyn std::fmt::Display| {
            self.error("malformed_answer", format!("malformed answer: {e}"), Exit::Refused)
        };
        let lost = |e: &io::Error| {
            self.error(
                "connection_lost",
                format!("the event daemon went away: {}", system(e)),
                Exit::NoDaemon,
            )
        };
        let packet = EventRequest { version: 0, reqid: REQID, request }.encode(Abi::NATIVE);
        let packet = packet.map_err(|e| Failure::Misuse(e.to_string()))?;
        let mut stream = UnixStream::connect(&self.socket).await.map_err(|e| self.absent(&e))?;
        stream.write_all(&packet).await.map_err(|e| lost(&e))?;
        let mut frames = EventFrames::new(Abi::NATIVE, LIMIT);
        let mut chunk = [0; CHUNK];
        loop {
            if let Some(frame) = frames.pop().map_err(|e| malformed(&e))? {
                let reply = EventReply::decode(&frame, Abi::NATIVE).map_err(|e| malformed(&e))?;
                if reply.reqid != REQID || reply.command != command {
                    return Err(malformed(&"the answer to another question"));
                }
                return Ok(reply);
            }
            match stream.read(&mut chunk).await {
                Ok(0) => return Err(lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(len) => frames.push(&chunk[..len]),
                Err(e) => return Err(lost(&e)),
            }
        }
    }

    fn absent(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::PermissionDenied {
            return self.error(
                "no_permission",
                "no permission to ask the event daemon, if there is one; try as root",
                Exit::NoDaemon,
            );
        }
        self.error(
            "no_eventd",
            format!("no event daemon: {}; does ctdbd run here?", system(error)),
            Exit::NoDaemon,
        )
    }

    fn no_component(&self, component: &str) -> Failure {
        self.refused(format!("there is no directory for scripts of '{component}'"))
    }
}

fn moment(time: &Timeval) -> Moment {
    Moment { seconds: time.sec.0, micros: time.usec.0 }
}

fn text(text: &Text) -> String {
    String::from_utf8_lossy(text.as_bytes()).into_owned()
}

fn script(result: &ScriptResult) -> ScriptRun {
    ScriptRun {
        name: text(&result.name.0),
        began: moment(&result.begin),
        ended: moment(&result.end),
        result: result.result,
        output: text(&result.output.0),
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
        let request = RunRequest {
            component: Text::from(component).into(),
            event: Text::from(event).into(),
            args: (if args.is_empty() { Text::NULL } else { Text::from(args) }).into(),
            timeout: u32::try_from(limit.as_secs()).unwrap_or(u32::MAX).max(1),
            flags: 0,
        };
        // What runs already comes first.
        let patience = limit.saturating_mul(2).saturating_add(self.timeout);
        match self.ask(Request::Run(request), patience).await?.result {
            0 => Ok(RunEnd::Ok),
            ENOEXEC => Ok(RunEnd::Failed),
            ETIMEDOUT => Ok(RunEnd::TimedOut),
            ECANCELED => Ok(RunEnd::Cancelled),
            ENOENT => Err(self.no_component(component)),
            result => Err(self.refused(format!(
                "the event could not be run: {}",
                system(&io::Error::from_raw_os_error(result))
            ))),
        }
    }

    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Failure> {
        let request =
            StatusRequest { component: Text::from(component).into(), event: Text::from(event).into() };
        let reply = self.ask(Request::Status(request), self.timeout).await?;
        match (reply.result, reply.answer) {
            (0, Answer::Status(status)) => Ok(Some(EventRun {
                summary: status.summary,
                scripts: status.scripts.iter().map(script).collect(),
            })),
            (EINVAL, _) => Ok(None),
            (ENOENT, _) => Err(self.no_component(component)),
            (result, _) => Err(self.refused(format!(
                "its state is not told: {}",
                system(&io::Error::from_raw_os_error(result))
            ))),
        }
    }

    async fn history(&self, _: &str, _: Option<&str>) -> Result<Vec<PastScript>, Failure> {
        let message = "this event daemon remembers the last run of each event only, and 'event status' shows it; \
            ctdb-eventd of Tablecloth has a history";
        Err(self.error("no_history", message, Exit::Refused))
    }
}
