//! `event history`: how scripts went in the past, as far as the event daemon remembers it.
//!
//! C's event daemon keeps the last run of each event only, and says nothing about those before.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::name;
use super::status::Script;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::model::{Moment, PastRun, PastScript};
use crate::render::table::{milliseconds, table};

/// Arguments of `event history`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Wanted {
    /// One script only, such as 50.samba
    #[arg(value_name = "SCRIPT", value_parser = name)]
    script: Option<String>,

    /// Whose scripts
    #[arg(long, value_name = "NAME", default_value = "legacy", value_parser = name)]
    component: String,
}

/// The past runs of scripts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct History {
    pub(crate) component: String,
    /// By name.
    pub(crate) scripts: Vec<ScriptHistory>,
}

/// The past runs of one script.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScriptHistory {
    pub(crate) name: String,
    /// The oldest first.
    pub(crate) runs: Vec<Run>,
}

/// A run of a script.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Run {
    /// The event that it ran for.
    pub(crate) event: String,
    #[serde(flatten)]
    pub(crate) script: Script,
}

impl From<PastRun> for Run {
    fn from(past: PastRun) -> Self {
        Self { event: past.event, script: past.run.into() }
    }
}

impl History {
    fn new(component: String, scripts: Vec<PastScript>) -> Self {
        let script = |one: PastScript| ScriptHistory {
            name: one.name,
            runs: one.runs.into_iter().map(Run::from).collect(),
        };
        Self { component, scripts: scripts.into_iter().map(script).collect() }
    }
}

impl Shown for History {
    fn table(&self) -> String {
        if self.scripts.is_empty() {
            return format!("no script of {} was run\n", one_line(&self.component));
        }
        let runs = || self.scripts.iter().flat_map(|script| &script.runs);
        let rows = runs().map(|Run { event, script }| {
            let result = script.result.to_uppercase().replace('_', " ");
            let time = script.time_us.map_or_else(|| "-".into(), milliseconds);
            let began = script.began.map_or_else(|| "-".into(), Moment::local);
            vec![one_line(&script.name), one_line(event), result, time, began]
        });
        let columns =
            [("SCRIPT", false), ("EVENT", false), ("RESULT", false), ("TIME", true), ("BEGAN", false)];
        let mut text = table(&columns, rows);
        for Run { event, script } in runs() {
            for line in script.reason.iter().map(String::as_str).chain(script.output.lines()) {
                text += &format!("{} {}: {}\n", one_line(&script.name), one_line(event), one_line(line));
            }
        }
        text
    }
}

pub(crate) async fn run(cx: &Context, wanted: Wanted) -> Result<History, Error> {
    let script = wanted.script.as_deref().map(|script| script.strip_suffix(".script").unwrap_or(script));
    let scripts = cx.events().await?.history(&wanted.component, script).await.map_err(Error::Daemon)?;
    Ok(History::new(wanted.component, scripts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScriptRun;
    use insta::assert_snapshot;

    #[test]
    fn every_run_of_a_script_is_a_row_and_what_it_printed_stands_below() {
        let at = |micros| Moment { seconds: 1_700_000_000, micros };
        let run = |event: &str, name: &str, result, output: &str| PastRun {
            event: event.into(),
            run: ScriptRun {
                name: name.into(),
                began: at(0),
                ended: at(1500),
                result,
                output: output.into(),
            },
        };
        let scripts = vec![
            PastScript {
                name: "10.interface".into(),
                runs: vec![
                    run("monitor", "10.interface", 0, ""),
                    run("takeip", "10.interface", -4, "gone\x1b[1m"),
                ],
            },
            PastScript {
                name: "50.samba".into(),
                runs: vec![run("monitor", "50.samba", 1, "no smbd\nno nmbd")],
            },
        ];
        let history = History::new("legacy".into(), scripts);
        assert_snapshot!("event_history_table", history.table().replace(&at(0).local(), "(time)"));
        assert_snapshot!("event_history_json", crate::render::json::text(&history));
        assert_eq!(History::new("ip".into(), Vec::new()).table(), "no script of ip was run\n");
    }
}
