//! What follows from what is known: who is wanted, who lacks whom, and how each service is seen. Changes are told.

use std::sync::Arc;

use machine::{Level, Time, Wall};

use crate::course::Course;
use crate::fleet::Fleet;
use crate::io::Notice;
use crate::out::Out;
use crate::presence::Presence;
use crate::service::Service;
use crate::view::{State, Transition};

/// Sees what follows from what is known: who is wanted, who lacks whom, the state of each. Changes are told.
pub(crate) fn observe(
    all: &mut Fleet,
    course: Course,
    (now, at_wall): (Time, Wall),
    keep: usize,
    out: &mut Out,
) {
    let (manager, phase) = (course.manager(), course.phase());
    for at in 0..all.len() {
        want(all, course, at);
        let service = &all[at];
        let lacks = all.needs(service).find(|other| !other.shown.state().is_up());
        let lacks = lacks.map(|other| (other.spec.name.clone(), other.shown.state()));
        let settled = is_settled(all, service);
        let service = &mut all[at];
        (service.place.lacks, service.place.settled) = (lacks, settled);
        service.fresh &= !settled;
        if let Some(well) = service.firm().filter(|_| service.place.wanted) {
            let spec = Arc::clone(&service.spec);
            service.damping.see(now, well, &spec);
        }
        let well = service.firm() == Some(true) && service.judgement.bad() == 0;
        service.restarting.see(now, well, service.spec.flap_window);
        // Until it was looked at it is what it was for the daemon before this one.
        if service.place.wanted && service.is_open() {
            continue;
        }
        let (seen, there) = (service.seen(manager, phase), service.presence.is_there());
        if let Some(transition) = service.shown.show(at_wall, seen, there, keep) {
            let spec = Arc::clone(&service.spec);
            out.log(level(&transition), line(&spec.name, &transition));
            out.tell(Notice::State { spec, transition });
        }
    }
}

fn want(all: &mut Fleet, course: Course, at: usize) {
    let outside = course.is_outside();
    let active = course.is_active();
    let service = &all[at];
    let whole = !service.leaving && service.next_kind.is_none() && !service.presence.is_cycling();
    let needs = outside || all.needs(service).all(|other| other.place.wanted);
    let wanted = active && service.enabled && whole && needs;
    let service = &mut all[at];
    service.place.wanted = wanted;
    service.presence.want(wanted);
    if outside && wanted && service.presence.is_down() {
        service.presence.come();
    } else if outside && !wanted && service.task.is_none() && !service.presence.is_down() {
        service.down();
        service.judgement.forget_report();
    }
}

/// Whether nothing more is to be expected of its start, or of its stop.
fn is_settled(all: &Fleet, service: &Service) -> bool {
    if !service.place.wanted {
        return service.presence.is_over();
    }
    let blocked = || all.needs(service).any(|other| other.place.settled && !other.shown.state().is_up());
    match service.presence {
        Presence::There(_) if service.is_open() => false,
        Presence::There(_) => service.firm().is_some() || blocked(),
        Presence::Down => blocked(),
        Presence::Coming | Presence::Going(_) => false,
    }
}

fn level(transition: &Transition) -> Level {
    match transition.to {
        State::Failed | State::Flapping => Level::Error,
        State::Failing | State::Blocked => Level::Warning,
        State::Up | State::Disabled | State::Stopped => Level::Notice,
        State::Starting | State::Stopping => Level::Info,
    }
}

fn line(name: &str, transition: &Transition) -> String {
    let Transition { from, to, reason, .. } = transition;
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{name}: {from} -> {to}{why}")
}
