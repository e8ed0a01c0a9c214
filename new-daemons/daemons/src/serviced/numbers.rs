//! Numbers about services, for whoever watches over many nodes.

use runtime::http::numbers::{Of, gauge};
use runtime::http::prometheus_client::metrics::counter::Counter;
use runtime::http::prometheus_client::metrics::family::Family;
use runtime::http::prometheus_client::metrics::gauge::Gauge;
use runtime::http::prometheus_client::registry::{Registry, Unit};
use service::{Phase, Services, State, View};

const STATES: [State; 9] = [
    State::Disabled,
    State::Stopped,
    State::Blocked,
    State::Starting,
    State::Up,
    State::Failing,
    State::Failed,
    State::Flapping,
    State::Stopping,
];

const PHASES: [Phase; 5] = [Phase::Waiting, Phase::Starting, Phase::Running, Phase::Stopping, Phase::Stopped];

/// What there is to be counted.
pub(crate) struct Seen {
    healthy: bool,
    phase: Phase,
    views: Vec<View>,
}

pub(crate) fn look(core: &Services) -> Seen {
    Seen { healthy: core.health().healthy, phase: core.phase(), views: core.views() }
}

type OfTwo = Family<[(&'static str, String); 2], Gauge>;

pub(crate) fn enter(Seen { healthy, phase, views }: Seen, registry: &mut Registry) {
    let of_services = registry.sub_registry_with_prefix("services");
    let well = gauge(i64::from(healthy));
    of_services.register("node_healthy", "1 when the node may serve clients, as far as services say", well);
    let phases = Of::<String, Gauge>::default();
    for one in PHASES {
        phases.get_or_create(&[("phase", one.word().to_owned())]).set(i64::from(one == phase));
    }
    of_services.register("phase", "What the daemon does: 1 for one of them", phases);
    let (states, took) =
        (OfTwo::default(), Of::<String, Gauge<f64, std::sync::atomic::AtomicU64>>::default());
    let (checks, failed, restarts) =
        (Of::<String, Counter>::default(), Of::<String, Counter>::default(), Of::<String, Gauge>::default());
    for view in &views {
        let name = view.spec.name.clone();
        for state in STATES {
            let of = [("service", name.clone()), ("state", state.word().to_owned())];
            states.get_or_create(&of).set(i64::from(state == view.state));
        }
        let of = [("service", name)];
        checks.get_or_create(&of).inc_by(view.checks);
        failed.get_or_create(&of).inc_by(view.failed_checks);
        restarts.get_or_create(&of).set(i64::from(view.restarts));
        if let Some(last) = &view.last_check {
            took.get_or_create(&of).set(last.took.as_secs_f64());
        }
    }
    of_services.register("state", "How a service is: 1 for one of the states", states);
    of_services.register("checks", "Checks since the daemon was started", checks);
    of_services.register("failed_checks", "Those of them that failed", failed);
    of_services.register("restarts", "Restarts since the service was last well", restarts);
    of_services.register_with_unit("last_check", "How long the last check took", Unit::Seconds, took);
}
