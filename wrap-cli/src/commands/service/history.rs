//! `service history`: how services came into their states, as far as ctdb-serviced remembers it.

use protocol::service::{ServicePast, ServiceTransition};
use protocol::services::service;
use schemars::JsonSchema;
use serde::Serialize;

use super::words::{self, Ending};
use super::{Which, daemon, which};
use crate::backend::native::moment;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::model::Moment;
use crate::render::table::{or_dash, table};

/// What became of services.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct History {
    /// In the order in which they are started.
    pub(crate) services: Vec<Past>,
}

/// What became of one.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Past {
    pub(crate) name: String,
    /// The oldest first.
    pub(crate) transitions: Vec<Transition>,
}

/// It came from one state into another.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Transition {
    pub(crate) at: Moment,
    pub(crate) from: String,
    pub(crate) to: String,
    /// `start`, `check`, `stop`, `report`, `command`, `required`, `configuration`, `damping` or `adoption`.
    pub(crate) by: String,
    /// How that ended, when it was an operation.
    pub(crate) ending: Option<Ending>,
    pub(crate) reason: String,
    /// The end of what it printed.
    pub(crate) output: String,
}

impl From<ServiceTransition> for Transition {
    fn from(it: ServiceTransition) -> Self {
        Self {
            at: moment(it.at),
            from: words::state(it.before),
            to: words::state(it.now),
            by: words::operation(it.operation),
            ending: it.ending.map(Ending::from),
            reason: it.reason.0,
            output: words::output(it.output),
        }
    }
}

impl From<ServicePast> for Past {
    fn from(past: ServicePast) -> Self {
        let transitions = past.transitions.into_iter().map(Transition::from).collect();
        Self { name: past.service.0, transitions }
    }
}

impl Shown for History {
    fn table(&self) -> String {
        // All in the order in which they happened.
        let each = |past: &Past| past.transitions.iter().map(|it| it.at).collect::<Vec<_>>();
        let mut all: Vec<(Moment, &str, &Transition)> = self
            .services
            .iter()
            .flat_map(|past| {
                each(past).into_iter().zip(&past.transitions).map(|(at, it)| (at, &*past.name, it))
            })
            .collect();
        all.sort_by_key(|(at, ..)| *at);
        if all.is_empty() {
            return "no service has changed its state\n".into();
        }
        let rows = all.iter().map(|(at, name, it)| {
            vec![
                at.local(),
                (*name).to_owned(),
                it.from.to_uppercase(),
                it.to.to_uppercase(),
                it.by.clone(),
                or_dash(it.ending.as_ref().map(Ending::shown)),
                it.reason.clone(),
            ]
        });
        let columns = ["AT", "SERVICE", "FROM", "TO", "BY", "RESULT", "REASON"].map(|title| (title, false));
        let mut text = table(&columns, rows);
        for (_, name, it) in
            all.iter().filter(|(_, _, it)| it.ending.as_ref().is_some_and(|e| e.result != "ok"))
        {
            for line in it.output.lines() {
                text += &format!("{} {}: {}\n", one_line(name), it.by, one_line(line));
            }
        }
        text
    }
}

pub(crate) async fn run(cx: &Context, wanted: Which) -> Result<History, Error> {
    let history = daemon(cx).await?.ask::<service::History>(&which(wanted.service)).await?;
    Ok(History { services: history.services.into_iter().map(Past::from).collect() })
}
