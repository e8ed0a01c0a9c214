//! The units that come with the daemons, started, killed and stopped by a real systemd.

use bus::{Address, Daemon, Node};
use protocol::interface::Ask;
use protocol::service::{ServiceHealth, ServiceState};
use protocol::services::{event, service as serviced};
use protocol::xdr::Xdr;
use runtime::{Bus, Joining};
use service::{How, Work};

use super::systemd::{MANAGER, Systemd, unit};
use super::*;

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd");

/// A service with a process that stays.
const STAYS: &str = r#"#!/bin/sh
echo "$1" >>/run/done
case $1 in
startup) sleep 1000 >/dev/null 2>&1 & echo $! >/run/stays.pid ;;
monitor) kill -0 "$(cat /run/stays.pid)" ;;
esac
"#;

const SCRIPT: &str = "[service stays]\nkind = script\ncheck interval = 200ms\n";

/// A unit as it is delivered, with the program of this test and the test's directories.
fn deliver(dir: &Path, name: &str, start: &str) {
    let unit = format!("{name}.service");
    fs::copy(Path::new(UNITS).join(&unit), dir.join("units").join(&unit)).unwrap();
    let part = dir.join("units").join(format!("{unit}.d"));
    fs::create_dir(&part).unwrap();
    let config = dir.join("etc");
    let text = format!(
        "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=\nExecStart={start} --log-location file:/run/{name}.log\n\
         Environment=CTDB_CONFIG_DIR={}\n",
        config.display()
    );
    fs::write(part.join("test.conf"), text).unwrap();
}

async fn boot(services: &str) -> (Systemd, Bus) {
    let systemd = Systemd::boot_with(|dir| {
        fs::create_dir_all(dir.join("etc/events/stays")).unwrap();
        fs::create_dir(dir.join("etc/conf.d")).unwrap();
        fs::write(dir.join("etc/conf.d/services.conf"), services).unwrap();
        let script = dir.join("etc/events/stays/10.stays.script");
        fs::write(&script, STAYS).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        let start = format!("{} --state-dir /run/state", env!("CARGO_BIN_EXE_ctdb-serviced"));
        deliver(dir, "ctdb-serviced", &start);
        deliver(dir, "ctdb-eventd", &format!("{} --bus-only", env!("CARGO_BIN_EXE_ctdb-eventd")));
    })
    .await;
    let dir = systemd.dir.path().join("run/ctdb/bus");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    let daemon = Daemon { name: "test".parse().unwrap(), instance: 0 };
    let bus = Bus::join(Joining { dir, daemon, release: "test".to_owned(), features: 0 }).unwrap();
    (systemd, bus)
}

/// Asks until there is an answer.
async fn ask<A: Ask>(bus: &Bus, argument: A::Argument) -> A::Answer {
    let daemon = Daemon { name: A::SERVICE.name.parse().unwrap(), instance: 0 };
    let (to, body) = (Address { node: Node::LOCAL, daemon }, argument.to_bytes().unwrap());
    let asking = async {
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        loop {
            if let Ok(answer) = bus.call(to, A::NUMBER, body.clone(), LONG).await {
                return A::Answer::from_bytes(&answer).unwrap();
            }
            turn.tick().await;
        }
    };
    timeout(LONG, asking).await.expect("nobody answers")
}

/// Kills processes of a unit.
async fn kill(systemd: &Systemd, unit: &str, who: &str) {
    let connection = systemd.connection().await;
    let path = "/org/freedesktop/systemd1";
    let manager =
        zbus::Proxy::new(&connection, MANAGER, path, "org.freedesktop.systemd1.Manager").await.unwrap();
    manager.call::<_, _, ()>("KillUnit", &(unit, who, 9_i32)).await.unwrap();
}

async fn healthy(bus: &Bus) -> ServiceHealth {
    ask::<serviced::Health>(bus, ()).await
}

#[tokio::test]
async fn services_go_on_while_systemd_stops_starts_and_kills_the_daemon() {
    let (systemd, bus) = boot(SCRIPT).await;
    let mut site = systemd.site();
    let daemon = unit("ctdb-serviced");
    let log = || read(&systemd.dir.path().join("run/ctdb-serviced.log"));
    let started = site.does(&daemon, Work::Start).await;
    assert_eq!(started.how, How::Ok, "{started:?}\n{}", log());
    assert!(ask::<serviced::Startup>(&bus, ()).await.done, "{}", log());
    let path = |name: &str| systemd.dir.path().join("run").join(name);
    let starts = || read(&path("done")).lines().filter(|line| *line == "startup").count();
    assert!(healthy(&bus).await.healthy);
    // As an upgrade would do it.
    assert_eq!(site.how(&daemon, Work::Stop).await, How::Ok);
    assert_eq!(site.how(&daemon, Work::Start).await, How::Ok);
    assert!(healthy(&bus).await.healthy, "{}", log());
    assert_eq!(site.how(&daemon, Work::Reconfigure(Default::default())).await, How::Ok, "a reload");
    // It is killed, and systemd starts another one.
    let restarts = || log().matches("taking over what a daemon before this one has left").count();
    let before = restarts();
    kill(&systemd, "ctdb-serviced.service", "main").await;
    until("another one takes over", || restarts() > before).await;
    assert!(healthy(&bus).await.healthy, "{}", log());
    assert_eq!(starts(), 1);
    assert!(!read(&path("done")).contains("shutdown"));
}

#[tokio::test]
async fn the_event_daemon_without_ctdbd_is_started_and_stopped() {
    let (systemd, bus) = boot(SCRIPT).await;
    let mut site = systemd.site();
    let daemon = unit("ctdb-eventd");
    let started = site.does(&daemon, Work::Start).await;
    let log = || read(&systemd.dir.path().join("run/ctdb-eventd.log"));
    assert_eq!(started.how, How::Ok, "{started:?}\n{}", log());
    let components = ask::<event::Components>(&bus, ()).await.components;
    assert_eq!(components.iter().map(|c| c.component.as_str()).collect::<Vec<_>>(), ["stays"]);
    assert_eq!(site.how(&daemon, Work::Check).await, How::Ok);
    assert_eq!(site.how(&daemon, Work::Stop).await, How::Ok);
    assert_eq!(site.how(&daemon, Work::Check).await, How::NotRunning);
}

async fn state(bus: &Bus) -> ServiceState {
    ask::<serviced::List>(bus, ()).await.services[0].state
}

/// Waits until the one service is as it should be.
async fn wait_for(bus: &Bus, wanted: ServiceState) {
    let waiting = async {
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        while state(bus).await != wanted {
            turn.tick().await;
        }
    };
    assert!(timeout(LONG, waiting).await.is_ok(), "it is not {wanted}");
}

#[tokio::test]
async fn a_unit_is_a_service_whose_end_is_seen_at_once() {
    // Not by a check: the next one is due in an hour.
    let services = "[service thing]\nkind = systemd\nunit = good.service\ncheck interval = 1h\n";
    let (systemd, bus) = boot(services).await;
    assert_eq!(systemd.site().how(&unit("ctdb-serviced"), Work::Start).await, How::Ok);
    assert!(ask::<serviced::Startup>(&bus, ()).await.done);
    assert!(healthy(&bus).await.healthy);
    kill(&systemd, "good.service", "all").await;
    wait_for(&bus, ServiceState::Failed).await;
    let health = healthy(&bus).await;
    let [reason] = &health.reasons[..] else { panic!("{health:?}") };
    assert!(reason.0.contains("good.service: failed (failed): signal"), "{}", reason.0);
    assert!(ask::<serviced::Shutdown>(&bus, ()).await.done);
}

#[tokio::test]
async fn a_job_of_systemd_that_outlives_the_daemon_is_waited_for() {
    let services = "[service thing]\nkind = systemd\nunit = brief.service\ncheck interval = 200ms\n";
    let (systemd, bus) = boot(services).await;
    assert_eq!(systemd.site().how(&unit("ctdb-serviced"), Work::Start).await, How::Ok);
    let startup = {
        let bus = bus.clone();
        tokio::spawn(async move { ask::<serviced::Startup>(&bus, ()).await })
    };
    systemd.wait_for("brief", "activating").await;
    kill(&systemd, "ctdb-serviced.service", "main").await;
    let log = || read(&systemd.dir.path().join("run/ctdb-serviced.log"));
    until("another one takes over", || log().contains("taking over what a daemon")).await;
    assert_eq!(state(&bus).await, ServiceState::Starting, "{}", log());
    fs::write(systemd.dir.path().join("run/go"), "").unwrap();
    wait_for(&bus, ServiceState::Up).await;
    assert!(startup.await.unwrap().done, "whoever asks again is told in the end");
    assert!(healthy(&bus).await.healthy);
}
