//! What others ask, and what they are told.

use protocol::common::Code;
use protocol::service::{
    ServiceAddress, ServiceAddresses, ServiceHealthChanged, ServiceReconfigured, ServiceReport,
    ServiceStateChanged,
};

use super::*;

const TWO: &str = "[service web]\nkind = script\nrequires = db\ncheck interval = 200ms\n\
    [service db]\nkind = script\ncheck interval = 200ms\n[serviced]\nsettle = 100ms\n";

fn two(dir: &Path) {
    script(dir, "web", FILE);
    script(dir, "db", FILE);
}

fn subscription(place: &Place, topics: &str) -> Subscription {
    let to = Address { node: Node::LOCAL, daemon: Daemon { name: "service".parse().unwrap(), instance: 0 } };
    place.bus.subscribe(to, topics).unwrap()
}

async fn begin(events: &mut Subscription) {
    let up = async { while !matches!(events.next().await, News::Up) {} };
    tokio::time::timeout(SOON, up).await.expect("the subscription does not begin");
}

#[tokio::test]
async fn services_start_in_order_when_somebody_asks_and_stop_in_reverse() {
    let place = Place::new(TWO, two).await;
    assert_eq!(place.health().await.phase, ServicePhase::Waiting);
    assert_eq!(place.count("web startup") + place.count("db startup"), 0);
    let settled = place.startup().await;
    assert!(settled.done && settled.reasons.is_empty(), "{settled:?}\n{}", place.log());
    assert_eq!(settled.phase, ServicePhase::Running);
    let starts: Vec<_> = place.done().into_iter().filter(|line| line.ends_with("startup")).collect();
    assert_eq!(starts, ["db startup", "web startup"]);
    let health = place.health().await;
    assert!(health.healthy && health.reasons.is_empty(), "{health:?}");
    let list = place.ask::<service::List>(()).await.unwrap();
    let names: Vec<_> = list.services.iter().map(|entry| (entry.service.0.as_str(), entry.state)).collect();
    assert_eq!(names, [("db", ServiceState::Up), ("web", ServiceState::Up)]);
    let settled = place.ask::<service::Shutdown>(()).await.unwrap();
    assert!(settled.done && settled.phase == ServicePhase::Stopped, "{settled:?}");
    let stops: Vec<_> = place.done().into_iter().filter(|line| line.ends_with("shutdown")).collect();
    assert_eq!(stops, ["web shutdown", "db shutdown"]);
    assert!(!place.health().await.healthy);
}

#[tokio::test]
async fn a_service_that_fails_makes_the_node_unhealthy_with_its_last_words_and_well_again_when_repaired() {
    let place = Place::new(TWO, two).await;
    let mut events = subscription(&place, "service.");
    begin(&mut events).await;
    assert!(place.startup().await.done);
    let health: ServiceHealthChanged = told(&mut events).await;
    assert!(health.health.healthy);
    fs::remove_file(place.path("web.runs")).unwrap();
    let changed: ServiceStateChanged = told(&mut events).await;
    assert_eq!((changed.service.0.as_str(), changed.transition.now), ("web", ServiceState::Failed));
    assert_eq!(changed.transition.output.text, "web does not run\n");
    assert_eq!(changed.transition.ending.as_ref().unwrap().code, 1);
    let health = told::<ServiceHealthChanged>(&mut events).await.health;
    assert!(!health.healthy);
    let [reason] = &health.reasons[..] else { panic!("{health:?}") };
    assert!(reason.0.starts_with("web: ") && reason.0.ends_with("web does not run"), "{}", reason.0);
    let web = place.service("web").await;
    assert_eq!(web.last_check.as_ref().unwrap().ending.code, 1);
    let history = place.ask::<service::History>(which("web")).await.unwrap();
    let last = history.services[0].transitions.last().unwrap();
    assert_eq!((last.before, last.now), (ServiceState::Up, ServiceState::Failed));
    fs::write(place.path("web.runs"), "").unwrap();
    assert!(told::<ServiceHealthChanged>(&mut events).await.health.healthy);
    place.wait_for("web", ServiceState::Up).await;
}

#[tokio::test]
async fn a_check_is_run_now_and_answered_with_its_result() {
    let slow = "[service db]\nkind = script\ncheck interval = 1h\n";
    let place = Place::new(slow, two).await;
    assert!(place.startup().await.done);
    fs::remove_file(place.path("db.runs")).unwrap();
    let checked = place.ask::<service::Check>(which("")).await.unwrap();
    let [db] = &checked.services[..] else { panic!("{checked:?}") };
    assert_eq!((db.state, db.done.output.text.as_str()), (ServiceState::Failed, "db does not run\n"));
    let error = place.ask::<service::Check>(which("web")).await.unwrap_err();
    let CallError::Refused(why) = &error else { panic!("{error:?}") };
    assert_eq!((why.code, why.text.as_str()), (Code::NotFound, "there is no service 'web'"));
    let error = place.ask::<service::Restart>(which("")).await.unwrap_err();
    assert!(matches!(error, CallError::Refused(ref why) if why.code == Code::BadRequest), "{error:?}");
}

#[tokio::test]
async fn what_was_disabled_by_command_stays_so_when_the_daemon_is_started_again() {
    let mut place = Place::new(TWO, two).await;
    assert!(place.startup().await.done);
    place.ask::<service::Disable>(which("web")).await.unwrap();
    place.wait_for("web", ServiceState::Disabled).await;
    assert_eq!(place.count("web shutdown"), 1);
    assert!(place.health().await.healthy);
    place.kill_and_start().await;
    place.wait_for("db", ServiceState::Up).await;
    assert_eq!(place.service("web").await.entry.state, ServiceState::Disabled);
    place.ask::<service::Enable>(which("web")).await.unwrap();
    place.wait_for("web", ServiceState::Up).await;
    assert_eq!((place.count("web startup"), place.count("db startup")), (2, 1));
}

#[tokio::test]
async fn many_changes_of_addresses_are_told_to_a_service_once() {
    let program = "#!/bin/sh\necho \"$*\" >>$CTDB_BASE/told\ncat >$CTDB_BASE/json\n";
    let configuration = "[service db]\nkind = script\nreconfigure = listen\n[serviced]\nsettle = 300ms\n";
    let place = Place::new(configuration, |dir| {
        script(dir, "db", FILE);
        fs::create_dir(dir.join("callbacks")).unwrap();
        fs::write(dir.join("callbacks/listen"), program).unwrap();
        fs::set_permissions(dir.join("callbacks/listen"), fs::Permissions::from_mode(0o755)).unwrap();
    })
    .await;
    let mut events = subscription(&place, "service.reconfigured");
    begin(&mut events).await;
    assert!(place.startup().await.done);
    for last in [&[1][..], &[1, 2], &[2, 3]] {
        let addresses = last.iter().map(|number| ServiceAddress {
            address: format!("10.0.0.{number}"),
            bits: 24,
            interface: "eth0".into(),
        });
        let addresses = ServiceAddresses { addresses: addresses.collect() };
        place.ask::<service::Addresses>(addresses).await.unwrap();
    }
    let event: ServiceReconfigured = told(&mut events).await;
    let listen: Vec<_> = event.listen.iter().map(|address| address.address.as_str()).collect();
    assert_eq!(listen, ["10.0.0.2", "10.0.0.3"]);
    let arguments = "listen 10.0.0.2/24@eth0 10.0.0.3/24@eth0 release\n";
    assert_eq!(fs::read_to_string(place.path("told")).unwrap(), arguments);
    place.ask::<service::Addresses>(ServiceAddresses { addresses: Vec::new() }).await.unwrap();
    let event: ServiceReconfigured = told(&mut events).await;
    assert_eq!((event.listen.len(), event.release.len()), (0, 2));
    let json = fs::read_to_string(place.path("json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["service"].as_str(), json["all"].as_array().map(Vec::len)), (Some("db"), Some(0)));
}

#[tokio::test]
async fn a_manager_outside_is_heard_and_nothing_is_started_or_stopped() {
    let configuration = "[serviced]\nmanager = outside\n[service db]\nkind = script\nchecked = no\n\
        [service web]\nkind = script\ncheck interval = 100ms\n";
    let place = Place::new(configuration, two).await;
    assert!(place.startup().await.done);
    place.wait_for("web", ServiceState::Failed).await;
    fs::write(place.path("web.runs"), "").unwrap();
    place.wait_for("web", ServiceState::Up).await;
    let report = |healthy, reason: &str| ServiceReport {
        service: ServiceName("db".into()),
        healthy,
        reason: protocol::service::ServiceText(reason.into()),
        more: protocol::common::More(Vec::new()),
    };
    place.ask::<service::Report>(report(true, "")).await.unwrap();
    place.wait_for("db", ServiceState::Up).await;
    assert!(place.health().await.healthy);
    place.ask::<service::Report>(report(false, "the disk is full")).await.unwrap();
    let db = place.wait_for("db", ServiceState::Failed).await;
    assert!(db.entry.reason.0.contains("the disk is full"), "{:?}", db.entry);
    let error = place.ask::<service::Restart>(which("web")).await.unwrap_err();
    assert!(matches!(error, CallError::Refused(ref why) if why.code == Code::Denied), "{error:?}");
    let other: Vec<_> = place.done().into_iter().filter(|line| !line.ends_with("monitor")).collect();
    assert_eq!(other, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_of_health_runs_the_callbacks_with_the_reasons() {
    let configuration = "[service db]\nkind = script\ncheck interval = 100ms\n\
        [callback note]\nevents = service.health.changed\nprogram = note\n";
    let note = "#!/bin/sh\necho \"$*\" >>$CTDB_BASE/notes\ncat >$CTDB_BASE/json\n";
    let place = Place::new(configuration, |dir| {
        script(dir, "db", FILE);
        fs::create_dir(dir.join("callbacks")).unwrap();
        fs::write(dir.join("callbacks/note"), note).unwrap();
        fs::set_permissions(dir.join("callbacks/note"), fs::Permissions::from_mode(0o755)).unwrap();
    })
    .await;
    assert!(place.startup().await.done);
    let notes = |place: &Place| fs::read_to_string(place.path("notes")).unwrap_or_default();
    place.until("it is told healthy", |place| notes(place).contains("changed healthy\n")).await;
    fs::remove_file(place.path("db.runs")).unwrap();
    place.until("it is told unhealthy", |place| notes(place).contains("changed unhealthy db: ")).await;
    assert!(notes(&place).ends_with("db does not run\n"), "{}", notes(&place));
    place
        .until("it is read", |place| {
            let json = fs::read_to_string(place.path("json")).unwrap_or_default();
            let json: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
            let health = &json["events"][0]["data"]["health"];
            json["daemon"] == "service/0" && health["healthy"] == false && health["phase"] == "running"
        })
        .await;
    let times = notes(&place).lines().filter(|line| line.contains("unhealthy db")).count();
    assert_eq!(times, 1, "each change is told once:\n{}", notes(&place));
}

#[tokio::test]
async fn the_door_has_the_same_as_json_and_numbers() {
    use std::io::{Read, Write};
    let place = Place::new(TWO, two).await;
    assert!(place.startup().await.done);
    let socket = place.path("run/bus/service.0.http");
    let get = async |line: &str| -> String {
        let (socket, line) = (socket.clone(), line.to_owned());
        let asking = tokio::task::spawn_blocking(move || {
            let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
            write!(
                stream,
                "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        asking.await.unwrap()
    };
    let list = get("POST /v1/service/list").await;
    assert!(list.contains("\"service\":\"db\"") && list.contains("\"state\":\"up\""), "{list}");
    let numbers = get("GET /metrics").await;
    for line in [
        "tablecloth_services_node_healthy 1",
        "tablecloth_services_phase{phase=\"running\"} 1",
        "tablecloth_services_state{service=\"web\",state=\"up\"} 1",
        "tablecloth_services_state{service=\"web\",state=\"failed\"} 0",
        "tablecloth_services_failed_checks_total{service=\"db\"} 0",
    ] {
        assert!(numbers.lines().any(|l| l == line), "{line} is not in\n{numbers}");
    }
}
