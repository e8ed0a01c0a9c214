//! One operation: its token, its time, how it is ended, and what is told of it.
//!
//! What is common to operations that are programs is here too: a program is started with the mark of the operation, and
//! ends with it. Its output is text for people: bytes that are none are shown as U+FFFD.

use std::time::Duration;

use runtime::process::{self, Program, Running, StartError};
use service::{How, Input, OperationOutcome, Printed, Process, Token};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::{MARK, adopt};

/// What a process group has between being asked to end and being killed.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// An operation that goes on.
#[derive(Debug)]
pub(super) struct Operation {
    token: Token,
    limit: Duration,
    output: usize,
    mark: String,
    /// None once it was asked to end.
    ended: Option<oneshot::Receiver<()>>,
    inputs: UnboundedSender<Input>,
}

impl Operation {
    pub(super) fn new(
        token: Token,
        limit: Duration,
        output: usize,
        mark: String,
        ended: oneshot::Receiver<()>,
        inputs: UnboundedSender<Input>,
    ) -> Self {
        Self { token, limit, output, mark, ended: Some(ended), inputs }
    }

    /// How long it may take. The core ends it then.
    pub(super) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Bytes of output that are kept.
    pub(super) const fn output(&self) -> usize {
        self.output
    }

    /// What its processes carry in the variable [`MARK`].
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// Waits until it is to end; once. Nothing is lost when this is dropped. When nobody can ask any more, for ever: then
    /// the daemon ends, and all of this with it.
    pub(super) async fn asked_to_end(&mut self) {
        if let Some(ended) = &mut self.ended
            && ended.await.is_ok()
        {
            self.ended = None;
            return;
        }
        std::future::pending().await
    }

    /// A process does it.
    pub(super) fn started(&self, pid: i32) {
        // One that has ended already needs no finding.
        if let Some(started) = adopt::started(pid) {
            let process = Process { pid, started };
            let _ = self.inputs.send(Input::Started { token: self.token, process });
        }
    }

    /// It is over.
    pub(super) fn done(self, outcome: OperationOutcome) {
        // Nobody listens any more when the daemon ends.
        let _ = self.inputs.send(Input::Done { token: self.token, outcome });
    }

    /// Runs a program to its end, or until the operation is to end.
    pub(super) async fn program(&mut self, program: Program) -> OperationOutcome {
        let program = program.output_limit(self.output).env(MARK, &self.mark);
        let mut running: Running = match program.start() {
            Ok(running) => running,
            Err(error) => return cannot(format!("{}: {}", program.path().display(), words(error))),
        };
        self.started(running.pid());
        let (ended, in_time) = tokio::select! {
            ended = running.wait() => (ended, true),
            () = self.asked_to_end() => (running.terminate(GRACE).await, false),
        };
        let how = match ended.how {
            _ if !in_time => How::TimedOut,
            process::How::Exit(0) => How::Ok,
            process::How::Exit(status) => How::Failed(status),
            process::How::Signal(signal) => How::Killed(signal),
        };
        OperationOutcome { how, output: text(&ended.output.bytes, ended.output.omitted) }
    }
}

fn words(error: StartError) -> String {
    error.to_string()
}

/// It could not be begun.
pub(super) fn cannot(why: impl Into<String>) -> OperationOutcome {
    OperationOutcome { how: How::CannotRun(why.into()), output: Printed::default() }
}

/// The same, and what there is to be said about it.
pub(super) fn said(how: How, text: impl Into<String>) -> OperationOutcome {
    OperationOutcome { how, output: Printed { text: text.into(), omitted: 0 } }
}

/// What a program has printed, for people.
pub(super) fn text(bytes: &[u8], omitted: u64) -> Printed {
    Printed { text: String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}"), omitted }
}

/// A further line, for people.
pub(super) fn add_line(output: &mut Printed, line: &str) {
    if !output.text.is_empty() && !output.text.ends_with('\n') {
        output.text.push('\n');
    }
    output.text.push_str(line);
    output.text.push('\n');
}
