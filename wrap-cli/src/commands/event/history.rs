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
pub(crate) struct HistoryArgs {
    /// One script only, such as 50.samba
    #[arg(value_name = "SCRIPT", value_parser = name)]
    script: Option<String>,

    /// Whose scripts
    #[arg(long, value_name = "NAME", default_value = "legacy", value_parser = name)]
    component: String,

    /// Only runs that failed
    #[arg(long)]
    failed: bool,
}

/// The past runs of scripts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct History {
    pub(crate) component: String,
    /// By name.
    pub(crate) scripts: Vec<ScriptHistory>,
    /// Whether only runs that failed were asked for.
    pub(crate) failed_only: bool,
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
    /// When it was begun, or could not be.
    #[serde(skip)]
    at: Moment,
    #[serde(flatten)]
    pub(crate) script: Script,
}

impl From<PastRun> for Run {
    fn from(past: PastRun) -> Self {
        Self { event: past.event, at: past.run.began, script: past.run.into() }
    }
}

impl Run {
    /// Whether it is one that somebody has to look into.
    fn failed(&self) -> bool {
        self.script.result != "ok"
    }
}

impl History {
    fn new(component: String, scripts: Vec<PastScript>, failed_only: bool) -> Self {
        let script = |one: PastScript| ScriptHistory {
            name: one.name,
            runs: one.runs.into_iter().map(Run::from).filter(|run| !failed_only || run.failed()).collect(),
        };
        let scripts = scripts.into_iter().map(script).filter(|script| !script.runs.is_empty());
        Self { component, scripts: scripts.collect(), failed_only }
    }
}

impl Shown for History {
    /// All runs by time, and below each what it printed.
    fn table(&self) -> String {
        if self.scripts.is_empty() {
            let what = if self.failed_only { "failed" } else { "was run" };
            return format!("no script of {} {what}\n", one_line(&self.component));
        }
        let mut runs: Vec<&Run> = self.scripts.iter().flat_map(|script| &script.runs).collect();
        // Those of a script are in order; what began at the same time keeps it.
        runs.sort_by_key(|run| run.at);
        let rows = runs.iter().map(|Run { event, at, script }| {
            let result = script.result.to_uppercase().replace('_', " ");
            let time = script.time_us.map_or_else(|| "-".into(), milliseconds);
            vec![at.local(), one_line(&script.name), one_line(event), result, time]
        });
        let columns =
            [("BEGAN", false), ("SCRIPT", false), ("EVENT", false), ("RESULT", false), ("TIME", true)];
        let table = table(&columns, rows);
        let mut lines = table.lines();
        let mut text = lines.next().unwrap_or_default().to_owned() + "\n";
        for (line, Run { script, .. }) in lines.zip(runs) {
            text.extend([line, "\n"]);
            for said in script.reason.iter().map(String::as_str).chain(script.output.lines()) {
                text.extend(["    ", &one_line(said), "\n"]);
            }
        }
        text
    }
}

pub(crate) async fn run(cx: &Context, wanted: HistoryArgs) -> Result<History, Error> {
    let script = wanted.script.as_deref().map(|script| script.strip_suffix(".script").unwrap_or(script));
    let scripts = cx.events().await?.history(&wanted.component, script).await.map_err(Error::Daemon)?;
    Ok(History::new(wanted.component, scripts, wanted.failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScriptRun;
    use insta::assert_snapshot;

    fn scripts() -> (Moment, Vec<PastScript>) {
        let at = |second: i64, micros| Moment { seconds: 1_700_000_000 + second, micros };
        let run = |event: &str, name: &str, second: i64, result, output: &str| PastRun {
            event: event.into(),
            run: ScriptRun {
                name: name.into(),
                began: at(second, 0),
                ended: at(second, 1500),
                result,
                output: output.into(),
            },
        };
        let scripts = vec![
            PastScript {
                name: "10.interface".into(),
                runs: vec![
                    run("monitor", "10.interface", 0, 0, ""),
                    run("takeip", "10.interface", 2, -4, "gone\x1b[1m"),
                ],
            },
            PastScript {
                name: "50.samba".into(),
                runs: vec![run("monitor", "50.samba", 1, 1, "no smbd\nno nmbd")],
            },
        ];
        (at(0, 0), scripts)
    }

    fn lines(history: &History, start: Moment) -> String {
        let named = |text: String, second| {
            let moment = Moment { seconds: start.seconds + second, ..start };
            text.replace(&moment.local(), &format!("(time {second})"))
        };
        (0..3).fold(history.table(), named)
    }

    #[test]
    fn runs_are_shown_by_time_and_what_each_printed_stands_below_it() {
        let (start, scripts) = scripts();
        let history = History::new("legacy".into(), scripts, false);
        assert_snapshot!("event_history_table", lines(&history, start));
        assert_snapshot!("event_history_json", crate::render::json::text(&history));
        assert_eq!(History::new("ip".into(), Vec::new(), false).table(), "no script of ip was run\n");
    }

    #[test]
    fn only_what_failed_is_shown_when_that_is_asked_for() {
        let (start, scripts) = scripts();
        let history = History::new("legacy".into(), scripts.clone(), true);
        let shown = lines(&history, start);
        assert!(
            !shown.contains("(time 0)") && shown.contains("(time 1)") && shown.contains("(time 2)"),
            "{shown}"
        );
        assert_eq!(history.scripts.iter().map(|script| script.runs.len()).sum::<usize>(), 2);
        let well = vec![PastScript { name: "10.interface".into(), runs: scripts[0].runs[..1].to_vec() }];
        assert_eq!(History::new("ip".into(), well, true).table(), "no script of ip failed\n");
    }
}
