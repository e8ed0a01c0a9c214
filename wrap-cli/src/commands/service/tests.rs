//! How the answers of a service daemon are shown: made of what it tells, in table and in JSON form.

use insta::assert_snapshot;
use protocol::common::{More, Span, Time};
use protocol::service::{
    ServiceAddress, ServiceCheck, ServiceChecked, ServiceCondition, ServiceDone, ServiceEnding, ServiceEntry,
    ServiceHealth, ServiceKind, ServiceName, ServiceOperation, ServiceOutcome, ServiceOutput, ServicePast,
    ServicePhase, ServiceSettled, ServiceState, ServiceText, ServiceTransition, ServiceUnderWay,
};

use super::act::{Checked, Settled};
use super::health::Health;
use super::history::{History, Past};
use super::list::{Entry, List};
use super::status::{Seen, Service, Services};
use crate::commands::Shown;
use crate::exit::Exit;
use crate::model::Moment;
use crate::render::json;

const BEGAN: i64 = 1_700_000_000_000_000;

fn text(text: &str) -> ServiceText {
    ServiceText(text.into())
}

fn name(name: &str) -> ServiceName {
    ServiceName(name.into())
}

fn output(text: &str, omitted: u64) -> ServiceOutput {
    ServiceOutput { text: text.into(), omitted }
}

fn health(healthy: bool, reasons: &[&str]) -> ServiceHealth {
    let reasons = reasons.iter().map(|reason| text(reason)).collect();
    ServiceHealth {
        phase: ServicePhase::Running,
        healthy,
        since: Time(BEGAN),
        reasons,
        more: More(Vec::new()),
    }
}

fn entry(service: &str, kind: ServiceKind, state: ServiceState, reason: &str) -> ServiceEntry {
    ServiceEntry {
        service: name(service),
        kind,
        state,
        since: Time(BEGAN),
        enabled: state != ServiceState::Disabled,
        counts: service != "extra",
        reason: text(reason),
    }
}

fn done(operation: ServiceOperation, outcome: ServiceOutcome, code: i32, said: &str) -> ServiceDone {
    ServiceDone {
        operation,
        ending: ServiceEnding { outcome, code },
        reason: text(said),
        began: Time(BEGAN),
        took: Span(12_345),
        output: output(said, 0),
    }
}

fn condition(entry: ServiceEntry) -> ServiceCondition {
    ServiceCondition {
        entry,
        made_of: text("web"),
        required: Vec::new(),
        later_than: Vec::new(),
        under_way: None,
        last: Some(done(ServiceOperation::Start, ServiceOutcome::Ok, 0, "started")),
        last_check: Some(done(ServiceOperation::Check, ServiceOutcome::Ok, 0, "")),
        next_check: Some(Time(BEGAN + 1_000_000)),
        failed_in_a_row: 0,
        fail_after: 3,
        good_in_a_row: 2,
        recover_after: 1,
        restarts: 0,
        next_start: None,
        held_until: None,
        checks: 40,
        failed_checks: 4,
        listen: Vec::new(),
        more: More(Vec::new()),
    }
}

/// Local times are not the same everywhere, nor as long.
fn table(shown: &impl Shown) -> String {
    let local = |micros: i64| Moment { seconds: micros / 1_000_000, micros: 0 }.local();
    let named = (0..10)
        .fold(shown.table(), |text, s| text.replace(&local(BEGAN + s * 1_000_000), &format!("(time {s})")));
    let lines = named.lines().map(|line| {
        let cells: Vec<_> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        cells.join(" | ") + "\n"
    });
    lines.collect()
}

#[test]
fn services_are_listed_with_their_states_and_why() {
    let entries = [
        entry("disk", ServiceKind::Systemd, ServiceState::Up, ""),
        entry("web", ServiceKind::Script, ServiceState::Failed, "check failed 3 times: no answer\x1b[1m"),
        entry("site", ServiceKind::Ocf, ServiceState::Blocked, "web is failed"),
        entry("extra", ServiceKind::Unknown(9), ServiceState::Disabled, ""),
    ];
    let health = health(false, &["web: check failed 3 times: no answer"]);
    let list = List {
        manager: "ctdb".into(),
        health: health.into(),
        services: entries.into_iter().map(Entry::from).collect(),
    };
    assert_snapshot!("service_list_table", table(&list));
    assert_snapshot!("service_list_json", json::text(&list));
    assert_eq!(Shown::exit(&list), Exit::Done);
}

#[test]
fn health_is_a_line_and_the_reasons_and_an_exit_status() {
    let bad = Health::from(health(false, &["web: check failed 3 times: no answer", "phase\nstarting"]));
    assert_snapshot!("service_health_table", table(&bad));
    assert_eq!(Shown::exit(&bad), Exit::No);
    let good = Health::from(health(true, &[]));
    assert_snapshot!("service_health_json", json::text(&good));
    assert_eq!(Shown::exit(&good), Exit::Done);
}

#[test]
fn a_service_in_full_says_what_is_done_and_what_its_last_check_printed() {
    let mut bad = condition(entry("web", ServiceKind::Script, ServiceState::Flapping, "6 changes in 5 min"));
    bad.required = vec![name("disk"), name("net")];
    bad.later_than = vec![name("log")];
    bad.last_check = Some(done(ServiceOperation::Check, ServiceOutcome::Failed, 7, "no answer\nport 80\x1b"));
    bad.under_way = Some(ServiceUnderWay {
        operation: ServiceOperation::Reconfigure,
        began: Time(BEGAN + 1_000_000),
        limit: Span(30_000_000),
    });
    (bad.failed_in_a_row, bad.restarts) = (4, 2);
    bad.next_start = Some(Time(BEGAN + 2_000_000));
    bad.held_until = Some(Time(BEGAN + 3_000_000));
    bad.listen = vec![ServiceAddress { address: "10.0.0.1".into(), bits: 24, interface: "eth0".into() }];
    let good = condition(entry("extra", ServiceKind::Ocf, ServiceState::Up, ""));
    let services = |all: Vec<ServiceCondition>, of_one| {
        let services = all.into_iter().map(Service::from).collect();
        Seen::Services(Services { health: health(false, &["web: flaps"]).into(), services, of_one })
    };
    let all = services(vec![bad.clone(), good.clone()], false);
    assert_snapshot!("service_status_table", table(&all));
    assert_snapshot!("service_status_json", json::text(&all));
    assert_eq!(Shown::exit(&all), Exit::No);
    assert_eq!(Shown::exit(&services(vec![bad], true)), Exit::No);
    assert_eq!(Shown::exit(&services(vec![good], true)), Exit::Done, "the node is not asked about");
}

#[test]
fn history_is_told_in_the_order_of_time_over_all_services() {
    let transition = |at: i64, before, now, ending: Option<ServiceEnding>, said: &str| ServiceTransition {
        before,
        now,
        at: Time(BEGAN + at * 1_000_000),
        operation: if ending.is_some() { ServiceOperation::Check } else { ServiceOperation::Required },
        ending,
        reason: text(said),
        output: output(said, if said.is_empty() { 0 } else { 5 }),
    };
    let failed = Some(ServiceEnding { outcome: ServiceOutcome::TimedOut, code: 0 });
    let good = Some(ServiceEnding { outcome: ServiceOutcome::Ok, code: 0 });
    let past = |service: &str, transitions| Past::from(ServicePast { service: name(service), transitions });
    let history = History {
        services: vec![
            past(
                "web",
                vec![
                    transition(1, ServiceState::Up, ServiceState::Failed, failed, "too slow"),
                    transition(3, ServiceState::Failed, ServiceState::Up, good, ""),
                ],
            ),
            past("site", vec![transition(2, ServiceState::Up, ServiceState::Blocked, None, "web is failed")]),
        ],
    };
    assert_snapshot!("service_history_table", table(&history));
    assert_snapshot!("service_history_json", json::text(&history));
    assert_eq!(History { services: Vec::new() }.table(), "no service has changed its state\n");
}

#[test]
fn checks_and_commands_that_take_their_time_end_with_1_when_something_is_not_well() {
    let check = |outcome, code, said: &str| ServiceCheck {
        service: name("web"),
        state: ServiceState::Failing,
        done: done(ServiceOperation::Check, outcome, code, said),
    };
    let checked = |services| Checked::from(ServiceChecked { services, more: More(Vec::new()) });
    let bad = checked(vec![
        check(ServiceOutcome::Ok, 0, "all well"),
        check(ServiceOutcome::NotRunning, 7, "no process\nat all"),
        check(ServiceOutcome::Killed, 9, ""),
        check(ServiceOutcome::CannotRun, 0, "no such file"),
    ]);
    assert_snapshot!("service_check_table", table(&bad));
    assert_snapshot!("service_check_json", json::text(&bad));
    assert_eq!(Shown::exit(&bad), Exit::No);
    assert_eq!(Shown::exit(&checked(vec![check(ServiceOutcome::Ok, 0, "")])), Exit::Done);

    let settled = |phase, done, reasons: &[&str]| {
        let reasons = reasons.iter().map(|reason| text(reason)).collect();
        Settled::from(ServiceSettled { phase, done, reasons, more: More(Vec::new()) })
    };
    let bad = settled(ServicePhase::Starting, false, &["web: start failed: port 80 is in use"]);
    assert_eq!(bad.table(), "not done; services: starting\nweb: start failed: port 80 is in use\n");
    assert_eq!(Shown::exit(&bad), Exit::No);
    let good = settled(ServicePhase::Running, true, &[]);
    assert_eq!((&*good.table(), Shown::exit(&good)), ("done; services: running\n", Exit::Done));
}
