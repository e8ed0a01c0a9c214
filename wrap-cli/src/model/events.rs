//! Events and their scripts: how the last run went.

use super::Moment;

/// `ETIMEDOUT`.
const TIMED_OUT: i32 = 110;
/// `ENOEXEC`: what the event daemon says of a script that it may not run.
const NOT_EXECUTABLE: i32 = 8;

/// One run of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventRun {
    /// 0, or what the first script that failed ended with.
    pub(crate) summary: i32,
    /// In the order in which they were run; those behind one that failed are missing.
    pub(crate) scripts: Vec<ScriptRun>,
}

/// One run of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptRun {
    pub(crate) name: String,
    pub(crate) began: Moment,
    pub(crate) ended: Moment,
    /// 0, its exit status, or a negative error of the system.
    pub(crate) result: i32,
    pub(crate) output: String,
}

/// The past runs of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastScript {
    pub(crate) name: String,
    /// The oldest first.
    pub(crate) runs: Vec<PastRun>,
}

/// A run of a script some time ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastRun {
    pub(crate) event: String,
    pub(crate) run: ScriptRun,
}

/// How a script went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScriptState {
    Ok,
    /// With its exit status.
    Failed(i32),
    TimedOut,
    Disabled,
    /// With the error of the system.
    CannotRun(i32),
}

impl ScriptRun {
    pub(crate) fn state(&self) -> ScriptState {
        match self.result {
            0 => ScriptState::Ok,
            status if status > 0 => ScriptState::Failed(status),
            error => match error.saturating_neg() {
                TIMED_OUT => ScriptState::TimedOut,
                NOT_EXECUTABLE => ScriptState::Disabled,
                errno => ScriptState::CannotRun(errno),
            },
        }
    }
}

/// How a run of an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunEnd {
    Ok,
    Failed,
    TimedOut,
    Cancelled,
}
