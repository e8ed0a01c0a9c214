//! The core's answers and notices as messages of the new protocol (`spec/service.x`), and requests as commands.
//!
//! Whatever the core says fits the bounds of the messages: reasons and outputs are shortened.

use std::net::IpAddr;

use machine::{Printed, Wall};
use protocol::Announcement;
use protocol::common::{Code, More, Span, Time};
use protocol::fit;
use protocol::interface::Refusal as No;
use protocol::service::{
    SERVICE_OUTPUT_MAX, SERVICE_TEXT_MAX, SERVICE_TOLD_MAX, ServiceAddress, ServiceAddresses, ServiceCheck,
    ServiceChecked, ServiceCondition, ServiceDone, ServiceEnding, ServiceEntry, ServiceHealth,
    ServiceHealthChanged, ServiceHistory, ServiceKind, ServiceList, ServiceManager, ServiceName,
    ServiceOperation, ServiceOutcome, ServiceOutput, ServicePast, ServicePhase, ServiceReconfigured,
    ServiceSettled, ServiceState, ServiceStateChanged, ServiceStatus, ServiceText, ServiceTransition,
    ServiceUnderWay, ServiceWhich,
};

use crate::io::{Address, Answer, Change, Checked, Notice, Refusal};
use crate::outcome::{Done, How, Operation};
use crate::services::Services;
use crate::spec::{Kind, Manager, Spec};
use crate::view::{Health, Phase, State, Transition, View};

/// Reasons among the arguments of a program that is run on an event; all of them are in what it reads.
const REASONS: usize = 32;

fn time(Wall(us): Wall) -> Time {
    Time::since_1970(us)
}

fn name(name: &str) -> ServiceName {
    ServiceName(name.to_owned())
}

/// One line.
fn text(text: &str) -> ServiceText {
    ServiceText(fit::text(text, SERVICE_TEXT_MAX))
}

/// The end of what was printed.
fn output(output: &Printed, max: u32) -> ServiceOutput {
    let (text, omitted) = fit::tail(&output.text, output.omitted, max);
    ServiceOutput { text, omitted }
}

const fn kind(kind: &Kind) -> ServiceKind {
    match kind {
        Kind::Script { .. } => ServiceKind::Script,
        Kind::Systemd { .. } => ServiceKind::Systemd,
        Kind::Ocf { .. } => ServiceKind::Ocf,
    }
}

const fn state(state: State) -> ServiceState {
    match state {
        State::Disabled => ServiceState::Disabled,
        State::Stopped => ServiceState::Stopped,
        State::Blocked => ServiceState::Blocked,
        State::Starting => ServiceState::Starting,
        State::Up => ServiceState::Up,
        State::Failing => ServiceState::Failing,
        State::Failed => ServiceState::Failed,
        State::Flapping => ServiceState::Flapping,
        State::Stopping => ServiceState::Stopping,
    }
}

const fn phase(phase: Phase) -> ServicePhase {
    match phase {
        Phase::Waiting => ServicePhase::Waiting,
        Phase::Starting => ServicePhase::Starting,
        Phase::Running => ServicePhase::Running,
        Phase::Stopping => ServicePhase::Stopping,
        Phase::Stopped => ServicePhase::Stopped,
    }
}

const fn operation(operation: Operation) -> ServiceOperation {
    match operation {
        Operation::Start => ServiceOperation::Start,
        Operation::Check => ServiceOperation::Check,
        Operation::Stop => ServiceOperation::Stop,
        Operation::Reconfigure => ServiceOperation::Reconfigure,
        Operation::Report => ServiceOperation::Report,
        Operation::Command => ServiceOperation::Command,
        Operation::Required => ServiceOperation::Required,
        Operation::Configuration => ServiceOperation::Configuration,
        Operation::Damping => ServiceOperation::Damping,
        Operation::Adoption => ServiceOperation::Adoption,
    }
}

fn ending(how: &How) -> ServiceEnding {
    let (outcome, code) = match how {
        How::Ok => (ServiceOutcome::Ok, 0),
        How::Failed(status) => (ServiceOutcome::Failed, i32::from(*status)),
        How::NotRunning => (ServiceOutcome::NotRunning, 0),
        How::TimedOut => (ServiceOutcome::TimedOut, 0),
        How::CannotRun(_) => (ServiceOutcome::CannotRun, 0),
        How::Killed(signal) => (ServiceOutcome::Killed, *signal),
        How::Unknown => (ServiceOutcome::Unseen, 0),
    };
    ServiceEnding { outcome, code }
}

fn done(done: &Done, max: u32) -> ServiceDone {
    ServiceDone {
        operation: operation(done.operation),
        ending: ending(&done.how),
        reason: text(&done.reason),
        began: time(done.began),
        took: Span::from(done.took),
        output: output(&done.output, max),
    }
}

fn transition(transition: &Transition) -> ServiceTransition {
    ServiceTransition {
        before: state(transition.from),
        now: state(transition.to),
        at: time(transition.at),
        operation: operation(transition.operation),
        ending: transition.how.as_ref().map(ending),
        reason: text(&transition.reason),
        output: output(&transition.output, SERVICE_TOLD_MAX),
    }
}

fn address(address: &Address) -> ServiceAddress {
    ServiceAddress {
        address: address.address.to_string(),
        bits: u32::from(address.bits),
        interface: address.interface.clone(),
    }
}

fn entry(view: &View) -> ServiceEntry {
    ServiceEntry {
        service: name(&view.spec.name),
        kind: kind(&view.spec.kind),
        state: state(view.state),
        since: time(view.since),
        enabled: view.enabled,
        counts: view.spec.counts,
        reason: text(&view.reason),
    }
}

fn condition(view: &View) -> ServiceCondition {
    let spec = &view.spec;
    let names = |all: &[String]| all.iter().map(|one| name(one)).collect();
    let full = |of: &Done| done(of, SERVICE_OUTPUT_MAX);
    ServiceCondition {
        entry: entry(view),
        made_of: text(spec.kind.made_of()),
        required: names(&spec.requires),
        later_than: names(&spec.after),
        under_way: view.under_way.map(|going| ServiceUnderWay {
            operation: operation(going.operation),
            began: time(going.began),
            limit: Span(going.until.0.saturating_sub(going.began.0)),
        }),
        last: view.last.as_deref().map(full),
        last_check: view.last_check.as_deref().map(full),
        next_check: view.next_check.map(time),
        failed_in_a_row: view.failed_in_a_row,
        fail_after: spec.fail_after,
        good_in_a_row: view.good_in_a_row,
        recover_after: spec.recover_after,
        restarts: view.restarts,
        next_start: view.next_restart.map(time),
        held_until: view.held_until.map(time),
        checks: view.checks,
        failed_checks: view.failed_checks,
        listen: view.listen.iter().map(address).collect(),
        more: More::none(),
    }
}

/// How well the node is.
#[must_use]
pub fn health(health: &Health) -> ServiceHealth {
    ServiceHealth {
        phase: phase(health.phase),
        healthy: health.healthy,
        since: time(health.since),
        reasons: health.reasons.iter().map(|reason| text(reason)).collect(),
        more: More::none(),
    }
}

/// All services in short.
#[must_use]
pub fn list(services: &Services) -> ServiceList {
    ServiceList {
        manager: match services.manager() {
            Manager::Ctdb => ServiceManager::Ctdb,
            Manager::Outside => ServiceManager::Outside,
        },
        health: health(&services.health()),
        services: services.views().iter().map(entry).collect(),
        more: More::none(),
    }
}

/// The name that somebody asks for; none for all.
#[must_use]
pub fn which(ServiceWhich { service }: ServiceWhich) -> Option<String> {
    Some(service.0).filter(|name| !name.is_empty())
}

/// The one service that somebody asks for.
pub fn one(asked: ServiceWhich) -> Result<String, No> {
    which(asked).ok_or_else(|| No::new(Code::BadRequest, "which service?"))
}

fn views(services: &Services, which: Option<&str>) -> Result<Vec<View>, No> {
    let Some(wanted) = which else { return Ok(services.views()) };
    let view = services.view(wanted);
    view.map(|view| vec![view]).ok_or_else(|| refused(&Refusal::Unknown(wanted.to_owned())))
}

/// Services in full.
pub fn status(services: &Services, which: Option<&str>) -> Result<ServiceStatus, No> {
    let conditions = views(services, which)?.iter().map(condition).collect();
    Ok(ServiceStatus { health: health(&services.health()), services: conditions, more: More::none() })
}

/// What became of services.
pub fn history(services: &Services, which: Option<&str>) -> Result<ServiceHistory, No> {
    let past = |view: View| {
        let transitions = services.history(&view.spec.name).unwrap_or_default();
        let transitions = transitions.iter().map(|one| transition(one)).collect();
        ServicePast { service: name(&view.spec.name), transitions }
    };
    let services = views(services, which)?.into_iter().map(past).collect();
    Ok(ServiceHistory { services, more: More::none() })
}

/// The addresses that somebody names.
pub fn addresses(asked: ServiceAddresses) -> Result<Vec<Address>, No> {
    let wrong = |text: &str| No::new(Code::BadRequest, format!("'{text}' is no address"));
    let one = |ServiceAddress { address, bits, interface }: ServiceAddress| {
        let parsed: IpAddr = address.parse().map_err(|_| wrong(&address))?;
        let bits = u8::try_from(bits).map_err(|_| wrong(&format!("{address}/{bits}")))?;
        Ok(Address { address: parsed, bits, interface })
    };
    asked.addresses.into_iter().map(one).collect()
}

/// Why the daemon does not do what it was asked.
#[must_use]
pub fn refused(refusal: &Refusal) -> No {
    let code = match refusal {
        Refusal::Unknown(_) => Code::NotFound,
        Refusal::Busy => Code::Busy,
        Refusal::Addresses => Code::BadRequest,
        Refusal::Outside | Refusal::NotOutside => Code::Denied,
        _ => Code::Failed,
    };
    No::new(code, refusal.to_string())
}

/// The answer belongs to another question: the driver has mixed them up.
fn mixed_up() -> No {
    No::new(Code::Failed, "the service daemon gave the answer to another question")
}

/// The answer to what takes its time.
pub fn settled(answer: Answer) -> Result<ServiceSettled, No> {
    let Answer::Settled(now, reasons) = answer else { return Err(mixed_up()) };
    Ok(ServiceSettled {
        phase: phase(now),
        done: reasons.is_empty(),
        reasons: reasons.iter().map(|reason| text(reason)).collect(),
        more: More::none(),
    })
}

/// The answer to checks.
pub fn checked(answer: Answer) -> Result<ServiceChecked, No> {
    let Answer::Checked(all) = answer else { return Err(mixed_up()) };
    let one = |checked: Checked| ServiceCheck {
        service: name(&checked.service),
        state: state(checked.state),
        done: done(&checked.done, SERVICE_OUTPUT_MAX),
    };
    Ok(ServiceChecked { services: all.into_iter().map(one).collect(), more: More::none() })
}

/// What is told of a notice to all who want to hear it. Of two events with the same subject the later one says all that still
/// holds.
#[must_use]
pub fn announce(notice: &Notice) -> Announcement {
    match notice {
        Notice::State { spec, transition } => {
            let words = [spec.name.as_str(), transition.from.word(), transition.to.word()];
            Announcement::new(spec.name.as_str(), &words, state_changed(spec, transition))
        }
        Notice::Health(now) => {
            let mut words = vec![if now.healthy { "healthy" } else { "unhealthy" }];
            words.extend(now.reasons.iter().take(REASONS).map(String::as_str));
            Announcement::new("", &words, health_changed(now))
        }
        Notice::Reconfigured { service, change, done } => {
            let event = reconfigured(service, change, done);
            let words = [service.as_str(), &event.done.ending.outcome.to_string()];
            Announcement::new(service.as_str(), &words, event)
        }
    }
}

/// What is told of a change of state.
fn state_changed(spec: &Spec, changed: &Transition) -> ServiceStateChanged {
    ServiceStateChanged {
        service: name(&spec.name),
        kind: kind(&spec.kind),
        counts: spec.counts,
        transition: transition(changed),
        more: More::none(),
    }
}

/// What is told of the node's health.
fn health_changed(now: &Health) -> ServiceHealthChanged {
    ServiceHealthChanged { health: health(now), more: More::none() }
}

/// What is told of a service that was told its addresses.
fn reconfigured(service: &str, change: &Change, of: &Done) -> ServiceReconfigured {
    ServiceReconfigured {
        service: name(service),
        listen: change.listen.iter().map(address).collect(),
        release: change.release.iter().map(address).collect(),
        done: done(of, SERVICE_TOLD_MAX),
        more: More::none(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use protocol::xdr::Xdr;

    fn long(text: &str) -> Done {
        Done {
            operation: Operation::Check,
            how: How::Failed(3),
            reason: text.to_owned(),
            began: Wall(1),
            took: Duration::from_secs(1),
            output: Printed { text: text.to_owned(), omitted: 5 },
        }
    }

    #[test]
    fn whatever_is_printed_fits_into_a_message_and_what_is_left_out_is_counted() {
        for words in ["\u{e9}".repeat(600_000), "x\0".repeat(700_000), String::new()] {
            for max in [SERVICE_TOLD_MAX, SERVICE_OUTPUT_MAX] {
                let message = done(&long(&words), max);
                assert!(message.to_bytes().is_ok());
                let whole = words.replace('\0', "\u{fffd}").len();
                let kept = usize::try_from(message.output.omitted).unwrap() - 5 + message.output.text.len();
                assert_eq!(kept, whole);
            }
        }
    }

    #[test]
    fn addresses_that_are_none_are_refused_in_a_line() {
        let asked = |address: &str, bits| ServiceAddresses {
            addresses: vec![ServiceAddress { address: address.into(), bits, interface: "eth0".into() }],
        };
        assert_eq!(addresses(asked("10.0.0.1", 24)).unwrap()[0].bits, 24);
        assert_eq!(addresses(asked("10.0.0", 24)).unwrap_err().text, "'10.0.0' is no address");
        assert_eq!(addresses(asked("10.0.0.1", 300)).unwrap_err().text, "'10.0.0.1/300' is no address");
    }
}
