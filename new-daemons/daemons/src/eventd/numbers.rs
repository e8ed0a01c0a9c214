//! Numbers about events, for whoever watches over many nodes.

use std::collections::BTreeMap;

use event::{ComponentState, EventDaemon};
use runtime::http::numbers::{Of, signed};
use runtime::http::prometheus_client::metrics::counter::Counter;
use runtime::http::prometheus_client::metrics::gauge::Gauge;
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
    let (waiting, running) = (Of::<String, Gauge>::default(), Of::<String, Gauge>::default());
    for state in states {
        let of = [("component", state.name.to_string())];
        waiting.get_or_create(&of).set(signed(state.waiting));
        running.get_or_create(&of).set(i64::from(state.running.is_some()));
    }
    let runs = Of::<&str, Counter>::default();
    for (result, count) in ended {
        runs.get_or_create(&[("result", result)]).inc_by(count);
    }
    let events = registry.sub_registry_with_prefix("event");
    events.register("waiting", "Events that wait, by component", waiting);
    events.register("running", "1 while an event of the component runs", running);
    events.register("runs", "Events that have ended, by their result", runs);
}
