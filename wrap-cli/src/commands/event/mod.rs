//! `event`: events of this node or of another, how they went, and their scripts.

mod history;
mod run;
mod script;
pub(crate) mod status;

use bus::Node;
use protocol::services::event;

use super::row::rows;
use crate::app::note;
use crate::backend::legacy::eventd::Eventd;
use crate::backend::{EventDaemon, native};
use crate::context::Context;
use crate::error::Error;
use crate::host::paths;

rows! {
    "event" "run": One, "Run the scripts of an event now; exit status 1 when they fail", ["event"],
        run::Wanted => run::Ran = run::run;
    "event" "status": One, "Show how an event went the last time, whether it passed or failed: earlier runs are not kept. Exit status 1 when it failed", ["event", "scriptstatus"],
        status::Wanted => status::Status = status::run;
    "event" "history": One, "Show how event scripts went in the past, with what they printed", [],
        history::Wanted => history::History = history::run;
    "event" "script" "list": None, "List event scripts and which of them are run", ["event"],
        script::Component => script::List = script::list;
    "event" "script" "enable": None, "Have an event script run from now on", ["event"],
        script::Wanted => script::Changed = script::enable;
    "event" "script" "disable": None, "Have an event script not run any more", ["event"],
        script::Wanted => script::Changed = script::disable;
}

/// The event daemon that answers: that of the node that `-n` names, over the bus; else that of this node, on the bus when it
/// is there, or at its socket.
async fn daemon(cx: &Context) -> Result<EventDaemon, Error> {
    let settings = &cx.settings;
    let node = native::node(cx).await?;
    if node == Node::LOCAL && !native::is_here(&settings.run_dir, &event::SERVICE) {
        let socket = paths::eventd_socket(&settings.socket);
        note(settings, format_args!("the event daemon at {} is asked", socket.display()));
        return Ok(EventDaemon::Legacy(Eventd::at(&socket, settings.timeout)));
    }
    let whose = if node == Node::LOCAL { "this node".to_owned() } else { format!("node {node}") };
    note(
        settings,
        format_args!("ctdb-eventd of {whose} is asked on the bus in {}", settings.run_dir.display()),
    );
    Ok(EventDaemon::Native(native::Eventd::of(node, cx)?))
}

/// Names of components and events, which become parts of paths and lines.
fn name(text: &str) -> Result<String, &'static str> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('.') || !text.chars().all(good) {
        return Err("write letters, digits, '-', '_' and '.' only");
    }
    Ok(text.to_owned())
}
