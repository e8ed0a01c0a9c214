//! Numbers about events, for whoever watches over many nodes.

use std::collections::BTreeMap;

use event::{ComponentState, EventDaemon};
use runtime::http::numbers::Each;
use runtime::http::prometheus_client::registry::Registry;

/// What there is to be counted.
pub(crate) struct Seen {
    states: Vec<ComponentState>,
    ended: BTreeMap<&'static str, u64>,
}

pub(crate) fn look(core: &EventDaemon) -> Seen {
    Seen { states: core.states(), ended: core.ended().clone() }
}

pub(crate) fn enter(Seen { states, ended }: Seen, registry: &mut Registry) {
    let events = registry.sub_registry_with_prefix("event");
    Each::new(events, "component", states.iter().map(|state| (&state.name, state)))
        .gauge("waiting", "Events that wait, by component", |of| Some(of.waiting))
        .gauge("running", "1 while an event of the component runs", |of| {
            Some(u8::from(of.running.is_some()))
        });
    let runs = "Events that have ended, by their result";
    Each::new(events, "result", ended).counter("runs", runs, |count| *count);
}
