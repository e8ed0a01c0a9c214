//! The words for what a service daemon tells in numbers, and the parts that several answers have.

use protocol::service::{
    ServiceDone, ServiceEnding, ServiceKind, ServiceManager, ServiceOperation, ServiceOutcome, ServiceOutput,
    ServicePhase, ServiceState,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::backend::native::moment;
use crate::model::Moment;
use crate::render::table::milliseconds;

pub(crate) fn kind(kind: ServiceKind) -> String {
    match kind {
        ServiceKind::Script => "script".into(),
        ServiceKind::Systemd => "systemd".into(),
        ServiceKind::Ocf => "ocf".into(),
        ServiceKind::Unknown(number) => number.to_string(),
    }
}

pub(crate) fn state(state: ServiceState) -> String {
    match state {
        ServiceState::Disabled => "disabled".into(),
        ServiceState::Stopped => "stopped".into(),
        ServiceState::Blocked => "blocked".into(),
        ServiceState::Starting => "starting".into(),
        ServiceState::Up => "up".into(),
        ServiceState::Failing => "failing".into(),
        ServiceState::Failed => "failed".into(),
        ServiceState::Flapping => "flapping".into(),
        ServiceState::Stopping => "stopping".into(),
        ServiceState::Unknown(number) => number.to_string(),
    }
}

pub(crate) fn phase(phase: ServicePhase) -> String {
    match phase {
        ServicePhase::Waiting => "waiting".into(),
        ServicePhase::Starting => "starting".into(),
        ServicePhase::Running => "running".into(),
        ServicePhase::Stopping => "stopping".into(),
        ServicePhase::Stopped => "stopped".into(),
        ServicePhase::Unknown(number) => number.to_string(),
    }
}

pub(crate) fn manager(manager: ServiceManager) -> String {
    match manager {
        ServiceManager::Ctdb => "ctdb".into(),
        ServiceManager::Outside => "outside".into(),
        ServiceManager::Unknown(number) => number.to_string(),
    }
}

pub(crate) fn operation(operation: ServiceOperation) -> String {
    match operation {
        ServiceOperation::Start => "start".into(),
        ServiceOperation::Check => "check".into(),
        ServiceOperation::Stop => "stop".into(),
        ServiceOperation::Reconfigure => "reconfigure".into(),
        ServiceOperation::Report => "report".into(),
        ServiceOperation::Command => "command".into(),
        ServiceOperation::Required => "required".into(),
        ServiceOperation::Configuration => "configuration".into(),
        ServiceOperation::Damping => "damping".into(),
        ServiceOperation::Adoption => "adoption".into(),
        ServiceOperation::Unknown(number) => number.to_string(),
    }
}

fn outcome(outcome: ServiceOutcome) -> String {
    match outcome {
        ServiceOutcome::Ok => "ok".into(),
        ServiceOutcome::Failed => "failed".into(),
        ServiceOutcome::NotRunning => "not_running".into(),
        ServiceOutcome::TimedOut => "timed_out".into(),
        ServiceOutcome::Killed => "killed".into(),
        ServiceOutcome::CannotRun => "cannot_run".into(),
        ServiceOutcome::Unseen => "unseen".into(),
        ServiceOutcome::Unknown(number) => number.to_string(),
    }
}

/// How an operation ended.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Ending {
    /// `ok`, `failed`, `not_running`, `timed_out`, `killed`, `cannot_run` or `unseen`.
    pub(crate) result: String,
    /// The exit status, or the signal; 0 when there is none.
    pub(crate) code: i32,
}

impl From<ServiceEnding> for Ending {
    fn from(ending: ServiceEnding) -> Self {
        Self { result: outcome(ending.outcome), code: ending.code }
    }
}

impl Ending {
    /// For people: `FAILED 1`.
    pub(crate) fn shown(&self) -> String {
        let word = self.result.to_uppercase().replace('_', " ");
        if self.code == 0 { word } else { format!("{word} {}", self.code) }
    }
}

/// What was printed, with a word about what is missing.
pub(crate) fn output(output: ServiceOutput) -> String {
    match output {
        ServiceOutput { text, omitted: 0 } => text,
        ServiceOutput { text, omitted } => format!("[{omitted} bytes before are left out]\n{text}"),
    }
}

/// An operation that has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Done {
    /// `start`, `check`, `stop` or `reconfigure`.
    pub(crate) operation: String,
    #[serde(flatten)]
    pub(crate) ending: Ending,
    /// Why it did not go well; empty when it did.
    pub(crate) reason: String,
    pub(crate) began: Moment,
    pub(crate) time_us: u64,
    /// The end of what it printed.
    pub(crate) output: String,
}

impl From<ServiceDone> for Done {
    fn from(done: ServiceDone) -> Self {
        Self {
            operation: operation(done.operation),
            ending: done.ending.into(),
            reason: done.reason.0,
            began: moment(done.began),
            time_us: done.took.0,
            output: output(done.output),
        }
    }
}

impl Done {
    /// For people: `check OK, 12.345 ms`.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}, {}", self.operation, self.ending.shown(), milliseconds(self.time_us))
    }
}
