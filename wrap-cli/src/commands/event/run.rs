//! `event run`: has the event daemon run the scripts of an event.

use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::{name, names};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::live;
use crate::model::RunEnd;

/// Arguments of `event run`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// Event, such as monitor
    #[arg(value_name = "EVENT", value_parser = name, add = ArgValueCompleter::new(live::events))]
    event: String,

    /// Arguments for its scripts
    #[arg(value_name = "ARG", value_parser = argument)]
    args: Vec<String>,

    /// Seconds that all its scripts together may take
    #[arg(long, value_name = "SEC", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// Whose scripts
    #[arg(long, value_name = "NAME", default_value = "legacy", value_parser = name)]
    component: String,
}

/// The scripts get them with blanks between them.
fn argument(text: &str) -> Result<String, &'static str> {
    let odd = |c: char| c.is_whitespace() || c == '\0';
    if text.is_empty() || text.contains(odd) {
        return Err("an argument of an event has no blanks in it");
    }
    Ok(text.to_owned())
}

/// How it went.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ran {
    pub(crate) component: String,
    pub(crate) event: String,
    /// `ok`, `failed`, `timed_out`, or `cancelled`: a monitor event gives way to any other.
    pub(crate) result: &'static str,
    /// What is to be said of the event's name: that ctdbd has no such event.
    pub(crate) remark: Option<String>,
}

impl Shown for Ran {
    fn table(&self) -> String {
        let said = match self.result {
            "ok" => "went well",
            "failed" => "failed; 'event status' says which script",
            "timed_out" => "took too long",
            _ => "was cancelled, because another event has to run",
        };
        let remark = self.remark.as_ref().map(|remark| format!(", but {remark}")).unwrap_or_default();
        format!("event {} {said}{remark}\n", self.event)
    }

    fn exit(&self) -> Exit {
        if self.result == "ok" { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn run(cx: &Context, wanted: RunArgs) -> Result<Ran, Error> {
    let eventd = cx.events().await?;
    let limit = Duration::from_secs(wanted.limit.into());
    let outcome = eventd.run(&wanted.component, &wanted.event, &wanted.args.join(" "), limit).await;
    let outcome = outcome.map_err(Error::Daemon)?;
    let result = match outcome {
        RunEnd::Ok => "ok",
        RunEnd::Failed => "failed",
        RunEnd::TimedOut => "timed_out",
        RunEnd::Cancelled => "cancelled",
    };
    let remark = names::remark(&wanted.event);
    Ok(Ran { component: wanted.component, event: wanted.event, result, remark })
}
