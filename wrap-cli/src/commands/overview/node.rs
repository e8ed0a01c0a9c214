//! What one node adds to the overview: its times, its services, and the scripts that failed the last time they ran.
//!
//! New daemons of any node are asked on the bus. C's event daemon answers on its own node only.

use bus::Node;
use protocol::services::service;
use schemars::JsonSchema;
use serde::Serialize;

use crate::backend::native::service::Serviced;
use crate::backend::{Events, Nodes};
use crate::commands::event::names::EVENTS;
use crate::commands::event::status::Script;
use crate::commands::service::list::Entry;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::model::{Moment, PastRun, ScriptState};

/// When a daemon was started and last recovered, by its own clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Times {
    pub(crate) up_since: Moment,
    pub(crate) last_recovery: Moment,
    /// Null while it goes on.
    pub(crate) last_recovery_ms: Option<u64>,
}

pub(super) async fn times(cluster: &dyn Nodes, pnn: u32, there: bool) -> Option<Times> {
    if !there {
        return None;
    }
    let seen = cluster.uptime(pnn).await.ok()?;
    let took = seen.recovery_started.until(seen.recovery_finished);
    Some(Times {
        up_since: seen.started,
        last_recovery: seen.recovery_finished,
        last_recovery_ms: took.and_then(|took| u64::try_from(took.as_millis()).ok()),
    })
}

/// The services of a node.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Services {
    /// Null when nobody answers for them.
    pub(crate) services: Option<Vec<Entry>>,
    /// Why they are not known; null as well where the node has no service daemon.
    pub(crate) error: Option<String>,
}

pub(super) async fn services(cx: &Context, pnn: u32, this_node: bool, there: bool) -> Services {
    if !there || (this_node && !Serviced::is_here(&cx.settings)) {
        return Services::default();
    }
    let node = if this_node { Node::LOCAL } else { Node(pnn) };
    let list = async { Serviced::of(node, cx)?.ask::<service::List>(&()).await };
    match list.await {
        Ok(list) => {
            let services = Some(list.services.into_iter().map(Entry::from).collect());
            Services { services, error: None }
        }
        Err(error) => Services { services: None, error: Some(error.to_string()) },
    }
}

/// The scripts of a node that failed when their event ran last.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Scripts {
    /// Null when nobody answers for them.
    pub(crate) failed: Option<Vec<FailedScript>>,
    /// Why they are not known.
    pub(crate) error: Option<String>,
}

/// A script that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FailedScript {
    pub(crate) event: String,
    /// When it failed first since it went well, as far as the event daemon remembers it.
    pub(crate) since: Option<Moment>,
    #[serde(flatten)]
    pub(crate) script: Script,
}

pub(super) async fn scripts(cx: &Context, there: bool) -> Scripts {
    if !there {
        return Scripts::default();
    }
    let failed = async {
        let events = cx.events().await?;
        failed(&*events).await.map_err(Error::Daemon)
    };
    match failed.await {
        Ok(failed) => Scripts { failed: Some(failed), error: None },
        Err(error) => Scripts { failed: None, error: Some(error.to_string()) },
    }
}

async fn failed(events: &dyn Events) -> Result<Vec<FailedScript>, Failure> {
    let mut all = Vec::new();
    for event in EVENTS {
        let Some(run) = events.last_run("legacy", event).await? else { continue };
        for script in run.scripts {
            if matches!(script.state(), ScriptState::Ok | ScriptState::Disabled) {
                continue;
            }
            // C's event daemon has no past.
            let past = events.history("legacy", Some(&script.name)).await.unwrap_or_default();
            let past = past.into_iter().flat_map(|past| past.runs).filter(|run| run.event == event);
            let since = first_failure(past.collect()).unwrap_or(script.began);
            all.push(FailedScript { event: event.into(), since: Some(since), script: script.into() });
        }
    }
    Ok(all)
}

/// The first of the failures in a row with which these runs end.
fn first_failure(mut runs: Vec<PastRun>) -> Option<Moment> {
    runs.sort_by_key(|past| past.run.began);
    let failures = runs.iter().rev().take_while(|past| past.run.state() != ScriptState::Ok);
    failures.last().map(|past| past.run.began)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use async_trait::async_trait;

    use super::*;
    use crate::model::{EventRun, PastScript, RunEnd, ScriptRun};

    pub(crate) fn at(seconds: i64) -> Moment {
        Moment { seconds: 1_700_000_000 + seconds, micros: 0 }
    }

    fn run(name: &str, second: i64, result: i32) -> ScriptRun {
        let output = format!("said at {second}\nand more");
        ScriptRun { name: name.into(), began: at(second), ended: at(second + 1), result, output }
    }

    /// An event daemon in which `50.samba` fails, with or without a past.
    pub(crate) struct Daemon {
        pub(crate) past: bool,
    }

    #[async_trait(?Send)]
    impl Events for Daemon {
        async fn run(&self, _: &str, _: &str, _: &str, _: Duration) -> Result<RunEnd, Failure> {
            Err(Failure::Refused("only looked at".into()))
        }

        async fn last_run(&self, _: &str, event: &str) -> Result<Option<EventRun>, Failure> {
            let scripts = vec![run("00.ctdb", 30, 0), run("05.system", 30, -8), run("50.samba", 31, 1)];
            Ok((event == "monitor").then_some(EventRun { summary: 1, scripts }))
        }

        async fn history(&self, _: &str, script: Option<&str>) -> Result<Vec<PastScript>, Failure> {
            let name = script.unwrap_or_default();
            if !self.past {
                return Err(Failure::Refused("it has none".into()));
            }
            let of =
                |event: &str, second, result| PastRun { event: event.into(), run: run(name, second, result) };
            let runs = vec![
                of("monitor", 1, 1),
                of("monitor", 11, 0),
                of("monitor", 16, 1),
                of("startup", 20, 0),
                of("monitor", 31, 1),
            ];
            Ok(vec![PastScript { name: name.into(), runs }])
        }
    }

    #[tokio::test]
    async fn a_script_that_failed_is_told_with_the_time_since_when_it_fails() {
        for (past, since) in [(true, 16), (false, 31)] {
            let failed = failed(&Daemon { past }).await.unwrap();
            let [one] = &failed[..] else { panic!("{failed:?}") };
            assert_eq!((one.event.as_str(), one.script.name.as_str()), ("monitor", "50.samba"));
            assert_eq!((one.since, one.script.exit_status), (Some(at(since)), Some(1)));
        }
    }
}
