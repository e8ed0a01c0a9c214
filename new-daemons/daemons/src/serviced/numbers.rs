//! Numbers about services, for whoever watches over many nodes.

use runtime::http::numbers::{Each, gauge, one_of};
use runtime::http::prometheus_client::registry::Registry;
use service::{Phase, Services, State, View};

/// What there is to be counted.
pub(crate) struct Seen {
    healthy: bool,
    phase: Phase,
    views: Vec<View>,
}

pub(crate) fn look(core: &Services) -> Seen {
    Seen { healthy: core.health().healthy, phase: core.phase(), views: core.views() }
}

pub(crate) fn enter(Seen { healthy, phase, views }: Seen, registry: &mut Registry) {
    let of_services = registry.sub_registry_with_prefix("services");
    let well = gauge(u8::from(healthy));
    of_services.register("node_healthy", "1 when the node may serve clients, as far as services say", well);
    let phases = one_of("phase", &Phase::ALL.map(Phase::word), phase.word());
    of_services.register("phase", "What the daemon does: 1 for one of them", phases);
    let (states, help) = (State::ALL.map(State::word), "How a service is: 1 for one of the states");
    Each::new(of_services, "service", views.iter().map(|view| (&view.spec.name, view)))
        .one_of(("state", help), "state", &states, |view| view.state.word())
        .counter("checks", "Checks since the daemon was started", |view| view.checks)
        .counter("failed_checks", "Those of them that failed", |view| view.failed_checks)
        .gauge("restarts", "Restarts since the service was last well", |view| Some(view.restarts))
        .seconds("last_check", "How long the last check took", |view| Some(view.last_check.as_ref()?.took));
}
