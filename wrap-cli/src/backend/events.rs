//! What may be asked of an event daemon, and done by it.

use std::time::Duration;

use crate::error::Failure;
use crate::model::{EventRun, PastScript, RunEnd};
use async_trait::async_trait;

/// The events of a node.
#[async_trait(?Send)]
pub(crate) trait Events {
    /// Runs the scripts of an event; they may take so long.
    async fn run(&self, component: &str, event: &str, args: &str, limit: Duration)
    -> Result<RunEnd, Failure>;

    /// How an event went the last time; none when it was never run.
    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Failure>;

    /// The past runs of all scripts, or of one.
    async fn history(&self, component: &str, script: Option<&str>) -> Result<Vec<PastScript>, Failure>;
}
