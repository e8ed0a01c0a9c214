//! `service status`: all about the services, as ctdb-serviced tells it; without one, what the event scripts said last.

use protocol::service::{ServiceCondition, ServiceUnderWay};
use protocol::services::service;
use schemars::JsonSchema;
use serde::Serialize;

use super::addresses::shown;
use super::health::Health;
use super::list::Entry;
use super::words::{self, Done};
use super::{Which, daemon, which};
use crate::backend::native::moment;
use crate::backend::native::service::Serviced;
use crate::commands::Shown;
use crate::commands::event::status::{Status as Scripts, status};
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::model::Moment;
use crate::render::table::facts;

/// How the services are, by whoever knows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Seen {
    /// ctdb-serviced has told it.
    Services(Services),
    /// There is none; the event daemon has told how the scripts went.
    Scripts(Scripts),
}

/// The services of a node in full.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Services {
    #[serde(flatten)]
    pub(crate) health: Health,
    /// In the order in which they are started.
    pub(crate) services: Vec<Service>,
    #[serde(skip)]
    pub(crate) of_one: bool,
}

/// A service in full.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Service {
    #[serde(flatten)]
    pub(crate) entry: Entry,
    /// The component, the unit or the agent.
    pub(crate) made_of: String,
    /// Services that have to be up before it is started.
    pub(crate) requires: Vec<String>,
    /// Services that are started before it.
    pub(crate) after: Vec<String>,
    /// What is done with it now.
    pub(crate) under_way: Option<UnderWay>,
    /// What was done with it last, checks apart.
    pub(crate) last: Option<Done>,
    pub(crate) last_check: Option<Done>,
    pub(crate) next_check: Option<Moment>,
    /// Checks that have failed in a row, and how many make it fail.
    pub(crate) failed_in_a_row: u32,
    pub(crate) fail_after: u32,
    /// Checks that went well in a row since it failed, and how many make it be up again.
    pub(crate) good_in_a_row: u32,
    pub(crate) recover_after: u32,
    /// How often it was started again since it was last well.
    pub(crate) restarts: u32,
    pub(crate) next_start: Option<Moment>,
    /// Until when it counts as failed because it changed too often.
    pub(crate) held_until: Option<Moment>,
    /// Since the daemon was started.
    pub(crate) checks: u64,
    pub(crate) failed_checks: u64,
    /// The addresses of which it was told.
    pub(crate) listen: Vec<String>,
}

/// An operation that goes on.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnderWay {
    /// `start`, `check`, `stop` or `reconfigure`.
    pub(crate) operation: String,
    pub(crate) began: Moment,
    pub(crate) limit_ms: u64,
}

impl From<ServiceUnderWay> for UnderWay {
    fn from(under_way: ServiceUnderWay) -> Self {
        Self {
            operation: words::operation(under_way.operation),
            began: moment(under_way.began),
            limit_ms: under_way.limit.0 / 1000,
        }
    }
}

impl From<ServiceCondition> for Service {
    fn from(it: ServiceCondition) -> Self {
        let names = |names: Vec<protocol::service::ServiceName>| names.into_iter().map(|name| name.0);
        Self {
            entry: it.entry.into(),
            made_of: it.made_of.0,
            requires: names(it.required).collect(),
            after: names(it.later_than).collect(),
            under_way: it.under_way.map(UnderWay::from),
            last: it.last.map(Done::from),
            last_check: it.last_check.map(Done::from),
            next_check: it.next_check.map(moment),
            failed_in_a_row: it.failed_in_a_row,
            fail_after: it.fail_after,
            good_in_a_row: it.good_in_a_row,
            recover_after: it.recover_after,
            restarts: it.restarts,
            next_start: it.next_start.map(moment),
            held_until: it.held_until.map(moment),
            checks: it.checks,
            failed_checks: it.failed_checks,
            listen: it.listen.iter().map(shown).collect(),
        }
    }
}

impl Service {
    fn table(&self) -> String {
        let Self { entry, .. } = self;
        let mut lines = vec![
            ("service", entry.name.clone()),
            ("is", format!("{} {}", entry.kind, self.made_of)),
            ("state", format!("{} since {}", entry.state.to_uppercase(), entry.since.local())),
        ];
        let mut say = |name: &'static str, text: Option<String>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                lines.push((name, text));
            }
        };
        say("reason", Some(entry.reason.clone()));
        say("counts", (!entry.counts_for_health).then(|| "not for the health of the node".into()));
        say("requires", Some(self.requires.join(" ")));
        say("after", Some(self.after.join(" ")));
        say("now", self.under_way.as_ref().map(|it| format!("{} since {}", it.operation, it.began.local())));
        say("last", self.last.as_ref().map(Done::shown));
        say("last check", self.last_check.as_ref().map(Done::shown));
        say("checks", Some(format!("{}, {} of them failed", self.checks, self.failed_checks)));
        let failed = format!("{} in a row, {} make it fail", self.failed_in_a_row, self.fail_after);
        say("failed", (self.failed_in_a_row > 0).then_some(failed));
        let good = format!("{} in a row, {} make it be up again", self.good_in_a_row, self.recover_after);
        say("good", (self.good_in_a_row > 0 && entry.state != "up").then_some(good));
        say("restarts", (self.restarts > 0).then(|| self.restarts.to_string()));
        say("next start", self.next_start.map(Moment::local));
        say("held until", self.held_until.map(Moment::local));
        say("listens on", Some(self.listen.join(" ")));
        let mut text = facts(&lines);
        let done = [&self.last, &self.last_check].into_iter().flatten();
        for done in done.filter(|done| done.ending.result != "ok") {
            for line in done.output.lines() {
                text += &format!("{}: {}\n", done.operation, one_line(line));
            }
        }
        text
    }
}

impl Shown for Seen {
    fn table(&self) -> String {
        match self {
            Self::Scripts(scripts) => scripts.table(),
            Self::Services(Services { health, services, of_one }) => {
                let head = if *of_one { Vec::new() } else { vec![health.lines()] };
                let parts: Vec<_> = head.into_iter().chain(services.iter().map(Service::table)).collect();
                parts.join("\n")
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Scripts(scripts) => Shown::exit(scripts),
            Self::Services(Services { services, of_one: true, .. }) => {
                let unwell = |one: &Service| matches!(&*one.entry.state, "blocked" | "failed" | "flapping");
                if services.iter().any(unwell) { Exit::No } else { Exit::Done }
            }
            Self::Services(Services { health, .. }) => health.status(),
        }
    }
}

pub(crate) async fn run(cx: &Context, wanted: Which) -> Result<Seen, Error> {
    let here = cx.settings.nodes.is_none();
    if here && wanted.service.is_none() && !Serviced::is_here(&cx.settings) {
        return status(cx, "legacy".into(), "monitor".into()).await.map(Seen::Scripts);
    }
    let of_one = wanted.service.is_some();
    let status = daemon(cx).await?.ask::<service::Status>(&which(wanted.service)).await?;
    let services = status.services.into_iter().map(Service::from).collect();
    Ok(Seen::Services(Services { health: status.health.into(), services, of_one }))
}
