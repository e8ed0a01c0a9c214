//! What may be asked of the event daemon of this node, and done by it.

use std::time::Duration;

use crate::error::Error;
use crate::model::{EventRun, Outcome};

/// The events of this node.
pub(crate) trait Events {
    /// Runs the scripts of an event; they may take so long.
    async fn run(&self, component: &str, event: &str, args: &str, limit: Duration) -> Result<Outcome, Error>;

    /// How an event went the last time; none when it was never run.
    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Error>;
}
