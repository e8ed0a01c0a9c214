//! `event status`: how an event went the last time, script by script; `service status` is that of the event `monitor`.
//!
//! The event daemons of Samba 4.9 and later keep the last run only. The words for results are those of `print_status_one`.

use std::io;

use clap::Args;
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::{name, names};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line, system};
use crate::exit::Exit;
use crate::live;
use crate::model::{EventRun, Moment, ScriptRun, ScriptState};
use crate::render::table::{milliseconds, table};

/// Arguments of `event status`.
#[derive(Args, Clone, Debug)]
pub(crate) struct StatusArgs {
    /// Event
    #[arg(
        value_name = "EVENT",
        default_value = "monitor",
        value_parser = name,
        add = ArgValueCompleter::new(live::events)
    )]
    event: String,

    /// Whose scripts
    #[arg(long, value_name = "NAME", default_value = "legacy", value_parser = name)]
    component: String,
}

/// How an event went.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    pub(crate) component: String,
    pub(crate) event: String,
    /// Whether it was run since the event daemon was started.
    pub(crate) has_run: bool,
    /// Whether it went well; null when it was not run.
    pub(crate) ok: Option<bool>,
    /// In the order in which they were run; those behind one that failed are missing.
    pub(crate) scripts: Vec<Script>,
    /// What is to be said of the event's name: that ctdbd has no such event.
    pub(crate) remark: Option<String>,
}

/// How one script went.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Script {
    pub(crate) name: String,
    /// `ok`, `error`, `timed_out`, `disabled` or `cannot_run`.
    pub(crate) result: &'static str,
    /// What it ended with; null when it did not end by itself.
    pub(crate) exit_status: Option<i32>,
    /// Why it cannot run.
    pub(crate) reason: Option<String>,
    /// Null when it was not run.
    pub(crate) began: Option<Moment>,
    /// Microseconds; null when it was not run.
    pub(crate) time_us: Option<u64>,
    /// What it printed.
    pub(crate) output: String,
}

impl From<ScriptRun> for Script {
    fn from(run: ScriptRun) -> Self {
        let state = run.state();
        let words = |errno| system(&io::Error::from_raw_os_error(errno));
        let (result, exit_status, reason) = match state {
            ScriptState::Ok => ("ok", Some(0), None),
            ScriptState::Failed(status) => ("error", Some(status), None),
            ScriptState::TimedOut => ("timed_out", None, None),
            ScriptState::Disabled => ("disabled", None, None),
            ScriptState::CannotRun(errno) => ("cannot_run", None, Some(words(errno))),
        };
        let was_run = !matches!(state, ScriptState::Disabled | ScriptState::CannotRun(_));
        let time = run.began.until(run.ended).filter(|_| was_run);
        Self {
            name: run.name,
            result,
            exit_status,
            reason,
            began: was_run.then_some(run.began),
            time_us: time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            output: run.output,
        }
    }
}

impl Status {
    fn new(component: String, event: String, run: Option<EventRun>) -> Self {
        let ok = run.as_ref().map(|run| run.summary == 0);
        let scripts = run.into_iter().flat_map(|run| run.scripts).map(Script::from).collect();
        let remark = names::remark(&event);
        Self { component, event, has_run: ok.is_some(), ok, scripts, remark }
    }
}

impl Shown for Status {
    fn table(&self) -> String {
        if !self.has_run {
            let remark = self.remark.as_ref().map(|remark| format!(", and {remark}")).unwrap_or_default();
            return format!("event {} was never run{remark}\n", self.event);
        }
        let rows = self.scripts.iter().map(|script| {
            let result = script.result.to_uppercase().replace('_', " ");
            let time = script.time_us.map_or_else(|| "-".into(), milliseconds);
            let began = script.began.map_or_else(|| "-".into(), Moment::local);
            vec![script.name.clone(), result, time, began]
        });
        let columns = [("SCRIPT", false), ("RESULT", false), ("TIME", true), ("BEGAN", false)];
        let mut text = table(&columns, rows);
        for script in self.scripts.iter().filter(|script| !matches!(script.result, "ok" | "disabled")) {
            let said = script.reason.iter().map(String::as_str).chain(script.output.lines());
            for line in said {
                text += &format!("{}: {}\n", one_line(&script.name), one_line(line));
            }
        }
        text
    }

    fn exit(&self) -> Exit {
        if self.ok == Some(true) { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn run(cx: &Context, wanted: StatusArgs) -> Result<Status, Error> {
    status(cx, wanted.component, wanted.event).await
}

/// How an event went the last time.
pub(crate) async fn status(cx: &Context, component: String, event: String) -> Result<Status, Error> {
    let run = cx.events().await?.last_run(&component, &event).await.map_err(Error::Daemon)?;
    Ok(Status::new(component, event, run))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn every_way_that_a_script_can_go_has_its_words() {
        let at = |micros| Moment { seconds: 1_700_000_000, micros };
        let script = |name: &str, result, output: &str| ScriptRun {
            name: name.into(),
            began: at(0),
            ended: at(12_345),
            result,
            output: output.into(),
        };
        let scripts = vec![
            script("00.ctdb", 0, "all\nwell"),
            script("05.system", -8, ""),
            script("10.interface", -13, ""),
            script("49.winbind", -110, "waiting\x1b[31m"),
            script("50.samba", 1, "smbd is gone\nand so is nmbd"),
        ];
        let run = EventRun { summary: 1, scripts };
        let status = Status::new("legacy".into(), "monitor".into(), Some(run));
        assert_eq!(Shown::exit(&status), Exit::No);
        let table = status.table().replace(&at(0).local(), "(time)");
        assert_snapshot!("event_status_table", table);
        assert_snapshot!("event_status_json", crate::render::json::text(&status));
        let never = Status::new("legacy".into(), "takeip".into(), None);
        assert_eq!((never.table().as_str(), Shown::exit(&never)), ("event takeip was never run\n", Exit::No));
        let misspelt = Status::new("legacy".into(), "takip".into(), None);
        let told = "event takip was never run, and ctdbd has no event 'takip'; is it takeip?\n";
        assert_eq!(misspelt.table(), told);
    }
}
