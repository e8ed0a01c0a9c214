//! `event`: events of this node or of another, how they went, and their scripts.

mod history;
pub(crate) mod names;
mod run;
pub(crate) mod script;
pub(crate) mod status;

use super::row::rows;

rows! {
    "event" "run": One Changes, "Run the scripts of an event now; exit status 1 when they fail", ["event"],
        run::RunArgs => run::Ran = run::run;
    "event" "status": One Asks, "Show how an event went the last time, whether it passed or failed: earlier runs are not kept. Exit status 1 when it failed", ["event", "scriptstatus"],
        status::StatusArgs => status::Status = status::run;
    "event" "history": One Asks, "Show how event scripts went in the past, with what they printed", [],
        history::HistoryArgs => history::History = history::run;
    "event" "script" "list": None Asks, "List event scripts and which of them are run", ["event"],
        script::Component => script::List = script::list;
    "event" "script" "enable": None Changes, "Have an event script run from now on", ["event"],
        script::ScriptArgs => script::Changed = script::enable;
    "event" "script" "disable": None Changes, "Have an event script not run any more", ["event"],
        script::ScriptArgs => script::Changed = script::disable;
}

/// Names of components and events, which become parts of paths and lines.
fn name(text: &str) -> Result<String, &'static str> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('.') || !text.chars().all(good) {
        return Err("write letters, digits, '-', '_' and '.' only");
    }
    Ok(text.to_owned())
}
