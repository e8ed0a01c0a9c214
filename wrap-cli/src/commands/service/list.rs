//! `service list`: the services of a node, a line each.

use protocol::service::ServiceEntry;
use protocol::services::service;
use schemars::JsonSchema;
use serde::Serialize;

use super::health::Health;
use super::{daemon, words};
use crate::backend::native::moment;
use crate::commands::Shown;
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;
use crate::model::Moment;
use crate::render::table::table;

/// The services of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    /// Who starts and stops them: `ctdb`, or `outside`.
    pub(crate) manager: String,
    #[serde(flatten)]
    pub(crate) health: Health,
    /// In the order in which they are started.
    pub(crate) services: Vec<Entry>,
}

/// A service in short.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// `script`, `systemd` or `ocf`.
    pub(crate) kind: String,
    /// `disabled`, `stopped`, `blocked`, `starting`, `up`, `failing`, `failed`, `flapping` or `stopping`.
    pub(crate) state: String,
    pub(crate) since: Moment,
    /// Whether it is wanted.
    pub(crate) enabled: bool,
    /// Whether the node is unhealthy without it.
    pub(crate) counts_for_health: bool,
    /// Why it is not up; empty when there is nothing to say.
    pub(crate) reason: String,
}

impl From<ServiceEntry> for Entry {
    fn from(entry: ServiceEntry) -> Self {
        Self {
            name: entry.service.0,
            kind: words::kind(entry.kind),
            state: words::state(entry.state),
            since: moment(entry.since),
            enabled: entry.enabled,
            counts_for_health: entry.counts,
            reason: entry.reason.0,
        }
    }
}

impl Shown for List {
    fn table(&self) -> String {
        let rows = self.services.iter().map(|entry| {
            let yes = |yes: bool| (if yes { "yes" } else { "no" }).to_owned();
            vec![
                entry.name.clone(),
                entry.kind.clone(),
                entry.state.to_uppercase(),
                entry.since.local(),
                yes(entry.counts_for_health),
                entry.reason.clone(),
            ]
        });
        let columns = ["SERVICE", "KIND", "STATE", "SINCE", "COUNTS", "REASON"].map(|title| (title, false));
        table(&columns, rows)
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<List, Error> {
    let list = daemon(cx).await?.ask::<service::List>(&()).await?;
    Ok(List {
        manager: words::manager(list.manager),
        health: list.health.into(),
        services: list.services.into_iter().map(Entry::from).collect(),
    })
}
