//! The callbacks' numbers for `/metrics`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Callbacks;

type Events = Family<[(&'static str, String); 2], Counter>;
type Numbers = Family<[(&'static str, String); 1], Gauge>;

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Callbacks {
    /// Enters them, as they are now.
    pub(crate) fn observe(&self, registry: &mut Registry) {
        let (events, runs) = (Events::default(), Events::default());
        let (waiting, running, failing) = (Numbers::default(), Numbers::default(), Numbers::default());
        let state = self.0.state();
        for callback in state.machine.iter() {
            let name = &callback.row().name;
            let c = callback.counters();
            for (end, count) in
                [("delivered", c.delivered), ("replaced", c.replaced), ("given_up", c.given_up)]
            {
                let labels = [("callback", name.clone()), ("end", end.to_owned())];
                events.get_or_create(&labels).inc_by(count);
            }
            for (result, count) in [("ok", c.runs - c.failed), ("failed", c.failed)] {
                let labels = [("callback", name.clone()), ("result", result.to_owned())];
                runs.get_or_create(&labels).inc_by(count);
            }
            let label = [("callback", name.clone())];
            waiting.get_or_create(&label).set(signed(callback.waiting()));
            running.get_or_create(&label).set(signed(callback.runs().count()));
            failing.get_or_create(&label).set(i64::try_from(c.failed_in_a_row).unwrap_or(i64::MAX));
        }
        let callbacks = registry.sub_registry_with_prefix("callback");
        callbacks.register("events", "Events by their end", events);
        callbacks.register("runs", "Runs that have ended, by their result", runs);
        callbacks.register("waiting", "Events that wait", waiting);
        callbacks.register("running", "Programs that run", running);
        callbacks.register("failed_in_a_row", "Failures since the last success", failing);
    }
}
