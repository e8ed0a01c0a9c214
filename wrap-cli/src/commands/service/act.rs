//! What is done with services: checked, enabled, disabled, started, stopped, restarted, reported on.
//!
//! What takes its time is waited for as long as `--limit` says; it goes on when nobody waits any more.

use std::time::Duration;

use clap::{Args, ValueEnum};
use protocol::common::More;
use protocol::interface::Ask;
use protocol::service::{ServiceChecked, ServiceName, ServiceReport, ServiceSettled, ServiceText};
use protocol::services::service;
use schemars::JsonSchema;
use serde::Serialize;

use super::words::{self, Done};
use super::{Named, Patience, Which, asked, daemon, which};
use crate::backend::native::service::ask_patiently;
use crate::commands::Shown;
use crate::commands::said::Said;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::render::table::{milliseconds, table};

/// How long something may take.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Seconds to wait until it is done; it goes on when they are over
    #[arg(long, value_name = "SEC", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    limit: u32,
}

impl Limit {
    fn time(self) -> Duration {
        Duration::from_secs(self.limit.into())
    }
}

/// One service, or all.
#[derive(Args, Clone, Debug)]
pub(crate) struct Work {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    limit: Limit,
}

/// One service.
#[derive(Args, Clone, Debug)]
pub(crate) struct OneWork {
    #[command(flatten)]
    named: Named,

    #[command(flatten)]
    limit: Limit,
}

/// All services.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct AllWork {
    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    patience: Patience,
}

/// Arguments of `service report`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Report {
    #[command(flatten)]
    named: Named,

    /// How it is
    #[arg(value_name = "STATE", value_enum)]
    state: Reported,

    /// Why it is not well
    #[arg(value_name = "WORD")]
    reason: Vec<String>,
}

/// What may be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reported {
    Healthy,
    Unhealthy,
}

/// Services that were checked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// In the order in which they are started.
    pub(crate) services: Vec<Check>,
}

/// A service that was checked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Check {
    pub(crate) name: String,
    /// After the check.
    pub(crate) state: String,
    #[serde(flatten)]
    pub(crate) done: Done,
}

impl From<ServiceChecked> for Checked {
    fn from(checked: ServiceChecked) -> Self {
        let check = |one: protocol::service::ServiceCheck| Check {
            name: one.service.0,
            state: words::state(one.state),
            done: one.done.into(),
        };
        Self { services: checked.services.into_iter().map(check).collect() }
    }
}

impl Shown for Checked {
    fn table(&self) -> String {
        let rows = self.services.iter().map(|check| {
            let (name, state) = (check.name.clone(), check.state.to_uppercase());
            vec![name, state, check.done.ending.shown(), milliseconds(check.done.time_us)]
        });
        let columns = [("SERVICE", false), ("STATE", false), ("CHECK", false), ("TIME", true)];
        let mut text = table(&columns, rows);
        for check in self.services.iter().filter(|check| check.done.ending.result != "ok") {
            for line in check.done.output.lines() {
                text += &format!("{}: {}\n", one_line(&check.name), one_line(line));
            }
        }
        text
    }

    fn exit(&self) -> Exit {
        let well = self.services.iter().all(|check| check.done.ending.result == "ok");
        if well { Exit::Done } else { Exit::No }
    }
}

/// What came of something that takes its time.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Settled {
    /// What the daemon does now: `waiting`, `starting`, `running`, `stopping` or `stopped`.
    pub(crate) phase: String,
    pub(crate) done: bool,
    /// What was not done, and why.
    pub(crate) reasons: Vec<String>,
}

impl From<ServiceSettled> for Settled {
    fn from(settled: ServiceSettled) -> Self {
        Self {
            phase: words::phase(settled.phase),
            done: settled.done,
            reasons: settled.reasons.into_iter().map(|reason| reason.0).collect(),
        }
    }
}

impl Shown for Settled {
    fn table(&self) -> String {
        let word = if self.done { "done" } else { "not done" };
        let mut text = format!("{word}; services: {}\n", one_line(&self.phase));
        for reason in &self.reasons {
            text += &(one_line(reason) + "\n");
        }
        text
    }

    fn exit(&self) -> Exit {
        if self.done { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn check(cx: &Context, work: Work) -> Result<Checked, Error> {
    let (which, limit) = (which(work.which.service), work.limit.time());
    Ok(daemon(cx).await?.ask_within::<service::Check>(&which, limit).await?.into())
}

pub(crate) async fn enable(cx: &Context, named: Named) -> Result<Said, Error> {
    daemon(cx).await?.ask::<service::Enable>(&which(Some(named.service.clone()))).await?;
    Ok(Said::new(format!("{} is wanted", named.service)))
}

pub(crate) async fn disable(cx: &Context, named: Named) -> Result<Said, Error> {
    daemon(cx).await?.ask::<service::Disable>(&which(Some(named.service.clone()))).await?;
    Ok(Said::new(format!("{} is not wanted any more", named.service)))
}

pub(crate) async fn restart(cx: &Context, work: OneWork) -> Result<Settled, Error> {
    let (which, limit) = (which(Some(work.named.service)), work.limit.time());
    Ok(daemon(cx).await?.ask_within::<service::Restart>(&which, limit).await?.into())
}

async fn all<A>(cx: &Context, work: AllWork) -> Result<Settled, Error>
where
    A: Ask<Argument = (), Answer = ServiceSettled>,
{
    let (node, limit, patience) = (asked(cx).await?, work.limit.time(), work.patience.time());
    Ok(ask_patiently::<A>(node, cx, &(), limit, patience).await?.into())
}

pub(crate) async fn startup(cx: &Context, work: AllWork) -> Result<Settled, Error> {
    all::<service::Startup>(cx, work).await
}

pub(crate) async fn shutdown(cx: &Context, work: AllWork) -> Result<Settled, Error> {
    all::<service::Shutdown>(cx, work).await
}

pub(crate) async fn report(cx: &Context, report: Report) -> Result<Said, Error> {
    let (name, healthy) = (report.named.service, report.state == Reported::Healthy);
    let asked = ServiceReport {
        service: ServiceName(name.clone()),
        healthy,
        reason: ServiceText(report.reason.join(" ")),
        more: More(Vec::new()),
    };
    daemon(cx).await?.ask::<service::Report>(&asked).await?;
    Ok(Said::new(format!("{name} is reported {}", if healthy { "healthy" } else { "unhealthy" })))
}
