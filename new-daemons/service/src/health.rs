//! The node's health, as its services say: told when it changes, and with a reason for each service that is in the way.

use machine::{Level, Wall};

use crate::course::Course;
use crate::fleet::Fleet;
use crate::io::Notice;
use crate::out::Out;
use crate::service::Service;
use crate::spec::Restart;
use crate::standing::Standing;
use crate::view::{Health, Phase, State};
use crate::words::cut;

/// How well the node is. `held`: the health is that of a daemon before this one, because not all services have been looked at.
pub(crate) fn health(standing: &Standing, all: &Fleet, course: Course, held: bool) -> Health {
    let healthy = standing.healthy().unwrap_or(false);
    let reasons = if held { standing.reasons().to_vec() } else { reasons(all, course) };
    Health { phase: course.phase(), healthy, since: standing.since(), reasons }
}

/// Sees how well the node is, and tells it when that has changed.
pub(crate) fn update(standing: &mut Standing, all: &Fleet, course: Course, at: Wall, out: &mut Out) {
    let healthy = course.phase() == Phase::Running && in_the_way(all).next().is_none();
    if !standing.see(at, healthy) {
        return;
    }
    standing.tell(reasons(all, course));
    let (level, text) = if healthy {
        (Level::Notice, "the node is healthy".to_owned())
    } else {
        (Level::Warning, format!("the node is not healthy: {}", standing.reasons().join("; ")))
    };
    out.log(level, text);
    let (phase, since, reasons) = (course.phase(), standing.since(), standing.reasons().to_vec());
    out.tell(Notice::Health(Health { phase, healthy, since, reasons }));
}

fn in_the_way(all: &Fleet) -> impl Iterator<Item = &Service> {
    let counts =
        |service: &&Service| service.enabled && service.spec.counts && !service.leaving && !service.fresh;
    all.iter().filter(counts).filter(|service| !service.shown.state().is_up())
}

/// Why the node is not well.
fn reasons(all: &Fleet, course: Course) -> Vec<String> {
    let phase = match course.phase() {
        Phase::Waiting => "services have not been started",
        Phase::Starting => "services are being started",
        Phase::Stopping => "services are being stopped",
        Phase::Stopped => "services were stopped",
        Phase::Running => "",
    };
    let reason = |service: &Service| {
        let reason = reason_of(service, course);
        let reason = if reason.is_empty() { service.shown.state().word() } else { &reason };
        cut(&format!("{}: {reason}", service.spec.name))
    };
    let phase = Some(phase.to_owned()).filter(|phase| !phase.is_empty());
    let services =
        in_the_way(all).filter(|service| course.is_active() || service.shown.state() == State::Failed);
    phase.into_iter().chain(services.map(reason)).collect()
}

/// Why a service is not up, as of now.
pub(crate) fn reason_of(service: &Service, course: Course) -> String {
    if service.place.wanted && service.is_open() {
        return service.shown.reason().to_owned();
    }
    let (_, reason) = service.seen(course.manager(), course.phase());
    let spent = service.spec.restart == Restart::OnFailure
        && service.restarting.count >= service.spec.restart_limit
        && service.restarting.at().is_none();
    if spent && service.presence.is_there() && service.shown.state() == State::Failed {
        return cut(&format!("{reason}; not restarted any more"));
    }
    reason
}
