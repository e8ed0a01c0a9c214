//! What may be asked of an event daemon, and done by it; and the two kinds of event daemons.

use std::time::Duration;

use super::{legacy, native};
use crate::error::Error;
use crate::model::{EventRun, Outcome, PastScript};

/// The events of a node.
pub(crate) trait Events {
    /// Runs the scripts of an event; they may take so long.
    async fn run(&self, component: &str, event: &str, args: &str, limit: Duration) -> Result<Outcome, Error>;

    /// How an event went the last time; none when it was never run.
    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Error>;

    /// The past runs of all scripts, or of one.
    async fn history(&self, component: &str, script: Option<&str>) -> Result<Vec<PastScript>, Error>;
}

/// An event daemon, whichever it is.
pub(crate) enum EventDaemon {
    /// At its socket, as C's.
    Legacy(legacy::eventd::Eventd),
    /// On the bus.
    Native(native::Eventd),
}

impl Events for EventDaemon {
    async fn run(&self, component: &str, event: &str, args: &str, limit: Duration) -> Result<Outcome, Error> {
        match self {
            Self::Legacy(eventd) => eventd.run(component, event, args, limit).await,
            Self::Native(eventd) => eventd.run(component, event, args, limit).await,
        }
    }

    async fn last_run(&self, component: &str, event: &str) -> Result<Option<EventRun>, Error> {
        match self {
            Self::Legacy(eventd) => eventd.last_run(component, event).await,
            Self::Native(eventd) => eventd.last_run(component, event).await,
        }
    }

    async fn history(&self, component: &str, script: Option<&str>) -> Result<Vec<PastScript>, Error> {
        match self {
            Self::Legacy(eventd) => eventd.history(component, script).await,
            Self::Native(eventd) => eventd.history(component, script).await,
        }
    }
}
