//! `service health`: whether the node may serve clients, and why not. What a monitor event of ctdbd asks.

use protocol::service::ServiceHealth;
use protocol::services::service;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Patience, asked, words};
use crate::backend::native::moment;
use crate::backend::native::service::ask_patiently;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::model::Moment;

/// How well a node is, as far as its services say.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// What the daemon does: `waiting`, `starting`, `running`, `stopping` or `stopped`.
    pub(crate) phase: String,
    pub(crate) healthy: bool,
    pub(crate) since: Moment,
    /// Why it is not healthy.
    pub(crate) reasons: Vec<String>,
}

impl From<ServiceHealth> for Health {
    fn from(health: ServiceHealth) -> Self {
        Self {
            phase: words::phase(health.phase),
            healthy: health.healthy,
            since: moment(health.since),
            reasons: health.reasons.into_iter().map(|reason| reason.0).collect(),
        }
    }
}

impl Health {
    /// A line, and one for each reason.
    pub(crate) fn lines(&self) -> String {
        let word = if self.healthy { "healthy" } else { "unhealthy" };
        let mut text = format!("{word} since {}; services: {}\n", self.since.local(), one_line(&self.phase));
        for reason in &self.reasons {
            text += &(one_line(reason) + "\n");
        }
        text
    }

    /// 1 for a node that may not serve clients.
    pub(crate) fn status(&self) -> Exit {
        if self.healthy { Exit::Done } else { Exit::No }
    }
}

impl Shown for Health {
    fn table(&self) -> String {
        self.lines()
    }

    fn exit(&self) -> Exit {
        self.status()
    }
}

pub(crate) async fn run(cx: &Context, patience: Patience) -> Result<Health, Error> {
    let (node, limit) = (asked(cx).await?, cx.settings.timeout);
    let health = ask_patiently::<service::Health>(node, cx, &(), limit, patience.time()).await?;
    Ok(health.into())
}
