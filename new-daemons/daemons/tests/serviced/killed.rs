//! The daemon is killed while services run, start and stop, and another one takes over.

use nix::sys::signal::Signal;

use super::*;

const TWO: &str = "[service web]\nkind = script\nrequires = db\ncheck interval = 200ms\n\
    [service db]\nkind = script\ncheck interval = 200ms\n";

/// It starts for as long as it is not told to go on.
const SLOW: &str = r#"#!/bin/sh
echo "db $1" >>$CTDB_BASE/log
case $1 in
startup) exec >/dev/null 2>&1; while [ ! -e $CTDB_BASE/go ]; do sleep 0.05; done; touch $CTDB_BASE/db.runs ;;
monitor) [ -e $CTDB_BASE/db.runs ] ;;
esac
"#;

/// Asks for all services, and does not wait for the answer.
fn ask_for_startup(place: &Place) -> tokio::task::JoinHandle<bool> {
    let bus = place.bus.clone();
    tokio::spawn(async move {
        let daemon = Daemon { name: "service".parse().unwrap(), instance: 0 };
        let to = Address { node: Node::LOCAL, daemon };
        bus.call(to, service::Startup::NUMBER, ().to_bytes().unwrap(), SOON).await.is_ok()
    })
}

#[tokio::test]
async fn what_runs_is_adopted_and_nothing_is_started_twice() {
    let mut place = Place::new(TWO, |dir| {
        script(dir, "web", FILE);
        script(dir, "db", FILE);
    })
    .await;
    assert!(place.startup().await.done);
    for _ in 0..3 {
        place.kill_and_start().await;
        let health = place.health().await;
        assert!(health.healthy && health.phase == ServicePhase::Running, "{health:?}\n{}", place.log());
        let before = place.count("web monitor");
        place.until("it is checked", |place| place.count("web monitor") > before).await;
        place.wait_for("web", ServiceState::Up).await;
    }
    assert_eq!((place.count("web startup"), place.count("db startup")), (1, 1));
    assert_eq!((place.count("web shutdown"), place.count("db shutdown")), (0, 0));
    // Who asks once more is told that all is there already.
    assert!(place.startup().await.done);
    assert_eq!((place.count("web startup"), place.count("db startup")), (1, 1));
}

#[tokio::test]
async fn one_that_has_failed_meanwhile_is_found_so_and_the_node_is_told_unhealthy() {
    let mut place = Place::new(TWO, |dir| {
        script(dir, "web", FILE);
        script(dir, "db", FILE);
    })
    .await;
    assert!(place.startup().await.done);
    place.daemon.kill().unwrap();
    place.daemon.wait().unwrap();
    fs::remove_file(place.path("db.runs")).unwrap();
    place.daemon = serviced(place.dir.path());
    place.wait_up().await;
    place.wait_for("db", ServiceState::Failed).await;
    // As soon as each of them was looked at.
    place.wait_for_health(false).await;
    assert_eq!(place.count("db startup"), 1);
}

#[tokio::test]
async fn a_start_that_goes_on_is_waited_for_and_not_begun_again() {
    let mut place = Place::new(TWO, |dir| {
        script(dir, "web", FILE);
        script(dir, "db", SLOW);
    })
    .await;
    let asking = ask_for_startup(&place);
    place.until("the start begins", |place| place.count("db startup") == 1).await;
    let state = place.path("run/serviced.json");
    place.until("it is written down", |_| fs::read_to_string(&state).unwrap().contains("\"pid\"")).await;
    place.kill_and_start().await;
    assert!(!asking.await.unwrap(), "whoever waited is told");
    assert_eq!(place.service("db").await.entry.state, ServiceState::Starting);
    assert_eq!(place.count("web startup"), 0);
    fs::write(place.path("go"), "").unwrap();
    place.wait_for("web", ServiceState::Up).await;
    assert_eq!((place.count("db startup"), place.count("web startup")), (1, 1), "{}", place.log());
}

#[tokio::test]
async fn a_start_that_never_ends_is_ended_by_the_daemon_that_comes_after() {
    let hung = r#"#!/bin/sh
echo "db $1" >>$CTDB_BASE/log
[ $1 = startup ] && { exec >/dev/null 2>&1; echo $$ >$CTDB_BASE/pid; exec sleep 1000; }
[ $1 != monitor ]
"#;
    let configuration = "[service db]\nkind = script\ncheck interval = 200ms\nstart limit = 3s\n";
    let mut place = Place::new(configuration, |dir| script(dir, "db", hung)).await;
    ask_for_startup(&place);
    let state = place.path("run/serviced.json");
    place
        .until("it is written down", |place| {
            place.path("pid").exists() && fs::read_to_string(&state).unwrap().contains("\"pid\"")
        })
        .await;
    let pid: i32 = fs::read_to_string(place.path("pid")).unwrap().trim().parse().unwrap();
    place.kill_and_start().await;
    let lives = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().is_empty() && !rest.starts_with(" Z"))
    };
    assert!(lives(pid), "it ended with the first daemon");
    place.until("it is ended", |_| !lives(pid)).await;
    place.wait_for("db", ServiceState::Failed).await;
    assert_eq!(place.count("db startup"), 1);
}

#[tokio::test]
async fn services_stay_when_the_daemon_is_asked_to_end() {
    let mut place = Place::new(TWO, |dir| {
        script(dir, "web", FILE);
        script(dir, "db", FILE);
    })
    .await;
    assert!(place.startup().await.done);
    place.ask_to_end().await;
    assert_eq!(place.count("web shutdown") + place.count("db shutdown"), 0);
    place.daemon = serviced(place.dir.path());
    place.wait_up().await;
    assert!(place.health().await.healthy);
    assert_eq!((place.count("web startup"), place.count("db startup")), (1, 1));
}

#[tokio::test]
async fn a_start_goes_on_when_the_daemon_is_asked_to_end_and_is_found_again() {
    let mut place = Place::new(TWO, |dir| {
        script(dir, "web", FILE);
        script(dir, "db", SLOW);
    })
    .await;
    ask_for_startup(&place);
    place.until("the start begins", |place| place.count("db startup") == 1).await;
    place.ask_to_end().await;
    place.daemon = serviced(place.dir.path());
    place.wait_up().await;
    assert_eq!(place.service("db").await.entry.state, ServiceState::Starting);
    fs::write(place.path("go"), "").unwrap();
    place.wait_for("web", ServiceState::Up).await;
    assert_eq!((place.count("db startup"), place.count("web startup")), (1, 1), "{}", place.log());
}

impl Place {
    /// As systemd stops it.
    async fn ask_to_end(&mut self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        let status = loop {
            if let Some(status) = self.daemon.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end\n{}", self.log());
            turn.tick().await;
        };
        assert!(status.success(), "{status}\n{}", self.log());
    }
}
