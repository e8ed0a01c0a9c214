//! The callbacks' numbers for `/metrics`.

use prometheus_client::registry::Registry;

use super::Callbacks;
use crate::http::numbers::Each;

impl Callbacks {
    /// Enters them, as they are now.
    pub(crate) fn observe(&self, registry: &mut Registry) {
        let state = self.0.state();
        let all = state.machine.iter().map(|one| (&one.row().name, (one, one.counters())));
        Each::new(registry.sub_registry_with_prefix("callback"), "callback", all)
            .counters("events", "Events by their end", "end", |(_, c)| {
                [("delivered", c.delivered), ("replaced", c.replaced), ("given_up", c.given_up)]
            })
            .counters("runs", "Runs that have ended, by their result", "result", |(_, c)| {
                [("ok", c.runs - c.failed), ("failed", c.failed)]
            })
            .gauge("waiting", "Events that wait", |(one, _)| Some(one.waiting()))
            .gauge("running", "Programs that run", |(one, _)| Some(one.runs().count()))
            .gauge("failed_in_a_row", "Failures since the last success", |(_, c)| Some(c.failed_in_a_row));
    }
}
