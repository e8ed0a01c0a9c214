//! Numbers about services, for whoever watches over many nodes.

use std::pin::Pin;

use runtime::Observed;
use runtime::http::prometheus_client::metrics::counter::Counter;
use runtime::http::prometheus_client::metrics::family::Family;
use runtime::http::prometheus_client::metrics::gauge::Gauge;
use runtime::http::prometheus_client::registry::{Registry, Unit};
use service::{Phase, State, View};

use super::desk::Desk;

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

/// Whoever knows numbers: asks the loop.
#[derive(Debug)]
pub(crate) struct Numbers(pub(crate) Desk);

impl Observed for Numbers {
    fn observe<'a>(&'a self, registry: &'a mut Registry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let seen = self.0.look(|services| (services.health(), services.phase(), services.views()));
            if let Ok((health, phase, views)) = seen.await {
                enter(registry, health.healthy, phase, &views);
            }
        })
    }
}

type Of<M> = Family<[(&'static str, String); 1], M>;
type OfTwo = Family<[(&'static str, String); 2], Gauge>;

fn enter(registry: &mut Registry, healthy: bool, phase: Phase, views: &[View]) {
    let of_services = registry.sub_registry_with_prefix("services");
    let well: Gauge = Gauge::default();
    well.set(i64::from(healthy));
    of_services.register("node_healthy", "1 when the node may serve clients, as far as services say", well);
    let phases = Of::<Gauge>::default();
    for one in PHASES {
        phases.get_or_create(&[("phase", one.word().to_owned())]).set(i64::from(one == phase));
    }
    of_services.register("phase", "What the daemon does: 1 for one of them", phases);
    let (states, took) = (OfTwo::default(), Of::<Gauge<f64, std::sync::atomic::AtomicU64>>::default());
    let (checks, failed, restarts) =
        (Of::<Counter>::default(), Of::<Counter>::default(), Of::<Gauge>::default());
    for view in views {
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
