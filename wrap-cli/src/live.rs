//! Words that could come next, for TAB: from the table of commands, and living values from the cluster.
//!
//! A cluster that does not answer at once offers nothing, and is no error. The one place that knows the completion engine.

use std::ffi::{OsStr, OsString};
use std::rc::Rc;
use std::time::Duration;

use bus::Node;
use clap::Command;
use clap_complete::engine::{CompletionCandidate, complete as candidates};

use protocol::services::service::List;

use crate::args::Global;
use crate::backend::native::service::Serviced;
use crate::commands::callback;
use crate::commands::event::names::EVENTS;
use crate::commands::event::script;
use crate::context::Context;

/// A person waits no longer for TAB.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the last of these words could become.
pub(crate) fn complete(command: &Command, words: &[String]) -> Vec<String> {
    let args: Vec<OsString> =
        std::iter::once("ctdbctl".to_owned()).chain(words.iter().cloned()).map(Into::into).collect();
    let last = args.len() - 1;
    let found = candidates(&mut command.clone(), args, last, None).unwrap_or_default();
    // Options are hidden, so that they are offered only where nothing else fits.
    let mut words: Vec<String> =
        found.iter().filter_map(|candidate| candidate.get_value().to_str().map(Into::into)).collect();
    words.dedup();
    words
}

/// Asks the cluster that the environment names.
fn ask<T>(question: impl AsyncFnOnce(Context) -> Option<T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let mut settings = Global::of_environment().settings(String::new());
    settings.timeout = PATIENCE;
    let cx = Context::new(settings, &Rc::default(), false);
    runtime.block_on(async { tokio::time::timeout(PATIENCE, question(cx)).await }).ok()?
}

fn matching(typed: &OsStr, words: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy().to_lowercase();
    let fits = |word: &str| word.to_lowercase().starts_with(&typed);
    words
        .into_iter()
        .filter(|(word, _)| fits(word))
        .map(|(word, help)| CompletionCandidate::new(word).help(Some(help.into())))
        .collect()
}

/// Numbers of nodes, and `all`.
pub(crate) fn nodes(typed: &OsStr) -> Vec<CompletionCandidate> {
    let nodes = ask(async |cx| {
        let it = cx.cluster().await.ok()?;
        it.nodes(it.this_node()).await.ok()
    })
    .unwrap_or_default();
    let known = nodes.iter().filter(|node| !node.flags.deleted);
    let known = known.map(|node| (node.pnn.to_string(), format!("{} {}", node.address(), node.flags.text())));
    matching(typed, known.chain([("all".to_owned(), "every node".to_owned())]))
}

/// Names of tunables.
pub(crate) fn tunables(typed: &OsStr) -> Vec<CompletionCandidate> {
    let names = ask(async |cx| {
        let it = cx.tunables().await.ok()?;
        it.tunable_names(it.this_node()).await.ok()
    })
    .unwrap_or_default();
    matching(typed, names.into_iter().map(|name| (name, String::new())))
}

/// Public addresses.
pub(crate) fn addresses(typed: &OsStr) -> Vec<CompletionCandidate> {
    let known = ask(async |cx| {
        let it = cx.addresses().await.ok()?;
        it.addresses(it.this_node()).await.ok()
    })
    .unwrap_or_default();
    let on = |node: Option<u32>| node.map_or_else(|| "nowhere".into(), |node| format!("on node {node}"));
    matching(typed, known.into_iter().map(|address| (address.ip.to_string(), on(address.node))))
}

/// Interfaces that may carry them.
pub(crate) fn interfaces(typed: &OsStr) -> Vec<CompletionCandidate> {
    let known = ask(async |cx| {
        let it = cx.addresses().await.ok()?;
        it.interfaces(it.this_node()).await.ok()
    })
    .unwrap_or_default();
    matching(typed, known.into_iter().map(|interface| (interface.name.clone(), interface.state().into())))
}

/// Names of databases.
pub(crate) fn databases(typed: &OsStr) -> Vec<CompletionCandidate> {
    let databases = ask(async |cx| {
        let it = cx.databases().await.ok()?;
        it.databases(it.this_node()).await.ok()
    })
    .unwrap_or_default();
    matching(typed, databases.into_iter().map(|db| (db.name, format!("{:#010x}", db.id))))
}

/// Names of events.
pub(crate) fn events(typed: &OsStr) -> Vec<CompletionCandidate> {
    matching(typed, EVENTS.into_iter().map(|event| (event.to_owned(), String::new())))
}

/// Names of the event scripts that ctdbd has, or may have.
pub(crate) fn scripts(typed: &OsStr) -> Vec<CompletionCandidate> {
    let scripts = script::of("legacy").unwrap_or_default();
    let state = |enabled| if enabled { "enabled" } else { "not enabled" };
    matching(typed, scripts.into_iter().map(|script| (script.name, state(script.enabled).to_owned())))
}

/// Names of callbacks of this node's daemons.
pub(crate) fn callbacks(typed: &OsStr) -> Vec<CompletionCandidate> {
    let known = ask(async |cx| callback::names(&cx).await.ok()).unwrap_or_default();
    matching(typed, known)
}

/// Names of the services that this node's service daemon has.
pub(crate) fn services(typed: &OsStr) -> Vec<CompletionCandidate> {
    let list = ask(async |cx| Serviced::of(Node::LOCAL, &cx).ok()?.ask::<List>(&()).await.ok());
    let known = list.map(|list| list.services).unwrap_or_default();
    matching(typed, known.into_iter().map(|entry| (entry.service.0, entry.reason.0)))
}
