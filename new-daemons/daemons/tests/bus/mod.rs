//! `ctdb-eventd` as other daemons see it: asked and listened to on the bus, with ctdbd's socket and without.

mod callbacks;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bus::calls::{CallError, News};
use bus::{Address, Daemon, Node};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use protocol::common::{Code, Span};
use protocol::event::{
    EventArgument, EventComponent, EventNamed, EventOutcome, EventPast, EventResult, EventRun,
    EventRunFinished, EventScriptFinished, EventScriptHung, EventWhich,
};
use protocol::interface::Ask;
use protocol::services::event as service;
use protocol::xdr::Xdr;
use runtime::{Bus, Joining};

use crate::{SOON, told};

/// A daemon with directories of its own.
struct Place {
    dir: tempfile::TempDir,
    daemon: Child,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn script(dir: &Path, path: &str, body: &str) {
    let path = dir.join("events").join(format!("{path}.script"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn eventd(dir: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ctdb-eventd"));
    command.args(args).env_remove("CTDB_BUS_DIR");
    if args.is_empty() {
        command.env("CTDB_TEST_MODE", "1").env("CTDB_BASE", dir);
    } else {
        command.env_remove("CTDB_TEST_MODE").env_remove("CTDB_BASE");
        command.arg("--config-dir").arg(dir).arg("--run-dir").arg(dir.join("run/bus"));
    }
    command.env("CTDB_INTERACTIVE", "1").stderr(Stdio::from(fs::File::create(dir.join("log")).unwrap()));
    command.spawn().unwrap()
}

impl Place {
    fn new(args: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("run")).unwrap();
        fs::create_dir_all(dir.path().join("events/legacy")).unwrap();
        prepare(dir.path());
        let daemon = eventd(dir.path(), args);
        Self { dir, daemon }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.daemon.id()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    fn client(&self, name: &str) -> Bus {
        let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
        let dir = self.dir.path().join("run/bus");
        Bus::join(Joining { dir, daemon, release: "test".to_owned(), features: 0 }).unwrap()
    }
}

fn event() -> Address {
    Address { node: Node::LOCAL, daemon: Daemon { name: "event".parse().unwrap(), instance: 0 } }
}

async fn ask<A: Ask>(bus: &Bus, argument: A::Argument) -> Result<A::Answer, CallError> {
    let body = argument.to_bytes().unwrap();
    let answer = bus.call(event(), A::NUMBER, body, SOON).await?;
    Ok(A::Answer::from_bytes(&answer).unwrap())
}

/// Asks until the daemon is there.
async fn wait_up(bus: &Bus) {
    let deadline = Instant::now() + SOON;
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    while let Err(error) = ask::<service::Components>(bus, ()).await {
        assert!(error == CallError::NoSuchDaemon && Instant::now() < deadline, "{error}");
        turn.tick().await;
    }
}

fn run(component: &str, event: &str, args: &[&str], limit: Duration) -> EventRun {
    EventRun {
        component: component.into(),
        event: event.into(),
        args: args.iter().map(|arg| EventArgument((*arg).into())).collect(),
        limit: Span(u64::try_from(limit.as_micros()).unwrap()),
        all: false,
    }
}

const ALONE: &[&str] = &["--bus-only"];

#[tokio::test]
async fn an_event_runs_on_request_and_its_answer_has_the_result_of_each_script() {
    let place = Place::new(ALONE, |dir| {
        script(dir, "ip/10.first", "echo \"$*\"");
        script(dir, "ip/20.second", "echo 'no such link'; exit 3");
        script(dir, "ip/30.third", "");
    });
    let bus = place.client("me");
    wait_up(&bus).await;
    let ran = ask::<service::Run>(&bus, run("ip", "takeip", &["eth0", "10.0.0.1", ""], SOON)).await.unwrap();
    let report = ran.report.unwrap();
    let scripts: Vec<_> =
        report.scripts.iter().map(|s| (&*s.script, s.ending.outcome, &*s.output.text)).collect();
    assert_eq!((ran.result, ran.run, report.ending.code), (EventResult::Failed, 1, 3));
    assert_eq!(
        scripts,
        [
            ("10.first", EventOutcome::Ok, "takeip eth0 10.0.0.1 \n"),
            ("20.second", EventOutcome::Failed, "no such link\n"),
        ]
    );
    let which = EventWhich { component: "ip".into(), event: "takeip".into() };
    let last = ask::<service::Status>(&bus, which).await.unwrap().report.unwrap();
    let texts = |report: &protocol::event::EventReport| -> Vec<String> {
        report.scripts.iter().map(|s| s.output.text.clone()).collect()
    };
    assert_eq!(texts(&last), texts(&report));
    let never = EventWhich { component: "ip".into(), event: "releaseip".into() };
    assert_eq!(ask::<service::Status>(&bus, never).await.unwrap().report, None);
    let nobody = ask::<service::Run>(&bus, run("nobody", "startup", &[], SOON)).await;
    assert!(matches!(&nobody, Err(CallError::Refused(why)) if why.code == Code::NotFound), "{nobody:?}");
}

#[tokio::test]
async fn components_scripts_and_their_modes_are_told_and_changed() {
    let place = Place::new(ALONE, |dir| {
        script(dir, "ip/20.b", "");
        script(dir, "ip/10.a", "echo ran");
        script(dir, "service/50.s", "");
    });
    let bus = place.client("me");
    wait_up(&bus).await;
    let components = ask::<service::Components>(&bus, ()).await.unwrap().components;
    let names: Vec<_> = components.iter().map(|c| (&*c.component, &*c.running, c.waiting)).collect();
    assert_eq!(names, [("ip", "", 0), ("legacy", "", 0), ("service", "", 0)]);
    let named = |script: &str| EventNamed { component: "ip".into(), script: script.into() };
    ask::<service::Disable>(&bus, named("10.a")).await.unwrap();
    let listed = ask::<service::Scripts>(&bus, EventComponent { component: "ip".into() }).await.unwrap();
    let scripts: Vec<_> = listed.scripts.iter().map(|s| (&*s.script, s.enabled)).collect();
    assert_eq!(scripts, [("10.a", false), ("20.b", true)]);
    let ran = ask::<service::Run>(&bus, run("ip", "monitor", &[], SOON)).await.unwrap();
    assert_eq!(ran.report.unwrap().scripts[0].ending.outcome, EventOutcome::Disabled);
    ask::<service::Enable>(&bus, named("10.a.script")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            ask::<service::Run>(&bus, run("ip", "monitor", &[], SOON)).await.unwrap().result,
            EventResult::Ok
        );
    }
    let past = EventPast { component: "ip".into(), script: "10.a".into() };
    let past = ask::<service::History>(&bus, past).await.unwrap().scripts;
    let texts: Vec<_> = past[0].runs.iter().map(|run| (&*run.event, &*run.output.text)).collect();
    assert_eq!((past.len(), texts), (1, vec![("monitor", "ran\n"), ("monitor", "ran\n")]));
    let none = ask::<service::Enable>(&bus, named("../../etc/10.x")).await;
    assert!(matches!(&none, Err(CallError::Refused(why)) if why.code == Code::NotFound), "{none:?}");
}

#[tokio::test]
async fn whoever_subscribes_is_told_of_each_script_and_of_one_that_hangs() {
    let place = Place::new(ALONE, |dir| {
        script(dir, "ip/10.a", "echo \"with $2\"");
        script(dir, "ip/20.b", "[ \"$1\" != slow ] || exec sleep 1000");
    });
    let bus = place.client("me");
    let mut events = bus.subscribe(event(), "event.").unwrap();
    wait_up(&bus).await;
    let up = async { while events.next().await != News::Up {} };
    tokio::time::timeout(SOON, up).await.unwrap();
    ask::<service::Run>(&bus, run("ip", "quick", &["eth0"], SOON)).await.unwrap();
    let a: EventScriptFinished = told(&mut events).await;
    assert_eq!((&*a.told.component, &*a.told.event, a.told.args[0].0.as_str()), ("ip", "quick", "eth0"));
    assert_eq!((&*a.line.script, &*a.output.text, a.told.run), ("10.a", "with eth0\n", 1));
    let whole: EventRunFinished = told(&mut events).await;
    let scripts: Vec<_> = whole.scripts.iter().map(|line| (&*line.script, line.ending.outcome)).collect();
    assert_eq!((whole.result, &*whole.culprit), (EventResult::Ok, ""));
    assert_eq!(scripts, [("10.a", EventOutcome::Ok), ("20.b", EventOutcome::Ok)]);
    let ran = ask::<service::Run>(&bus, run("ip", "slow", &["eth0"], Duration::from_secs(1))).await.unwrap();
    assert_eq!(ran.result, EventResult::TimedOut);
    let hung: EventScriptHung = told(&mut events).await;
    assert_eq!((&*hung.script, hung.told.run), ("20.b", 2));
    assert!(hung.took.0 <= 30_000_000 && hung.pid.is_some(), "{hung:?}");
    let whole: EventRunFinished = told(&mut events).await;
    assert_eq!((whole.result, &*whole.culprit), (EventResult::TimedOut, "20.b"));
}

#[tokio::test]
async fn whoever_goes_away_takes_along_what_has_not_begun_for_him() {
    let place = Place::new(ALONE, |dir| {
        script(dir, "ip/10.a", "echo \"$*\" >>\"$CTDB_BASE/seen\"; [ \"$1\" != slow ] || exec sleep 1000");
    });
    let bus = place.client("me");
    wait_up(&bus).await;
    let waiting = |component: &'static str| {
        let bus = bus.clone();
        async move {
            let all = ask::<service::Components>(&bus, ()).await.unwrap().components;
            let one = all.into_iter().find(|c| c.component == component).unwrap();
            (one.running, one.waiting)
        }
    };
    let until = async |wanted: (&str, u32)| {
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        loop {
            let (running, count) = waiting("ip").await;
            if (&*running, count) == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{wanted:?}, but {running} and {count}");
            turn.tick().await;
        }
    };
    let slow = tokio::spawn({
        let bus = bus.clone();
        async move { ask::<service::Run>(&bus, run("ip", "slow", &[], Duration::from_secs(4))).await }
    });
    until(("slow", 0)).await;
    let other = place.client("other");
    let gone = tokio::spawn(async move { ask::<service::Run>(&other, run("ip", "never", &[], SOON)).await });
    until(("slow", 1)).await;
    gone.abort();
    until(("slow", 0)).await;
    assert_eq!(slow.await.unwrap().unwrap().result, EventResult::TimedOut);
    assert_eq!(
        ask::<service::Run>(&bus, run("ip", "last", &[], SOON)).await.unwrap().result,
        EventResult::Ok
    );
    assert_eq!(fs::read_to_string(place.dir.path().join("seen")).unwrap(), "slow\nlast\n");
}

#[tokio::test]
async fn a_bus_that_cannot_be_joined_keeps_nobody_from_eventd_socket_and_is_joined_when_it_can() {
    let place = Place::new(&[], |dir| {
        script(dir, "legacy/10.a", "");
        fs::write(dir.join("run/bus"), "in the way").unwrap();
    });
    let deadline = Instant::now() + SOON;
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    while !place.log().contains("not on the bus, trying on:") {
        assert!(Instant::now() < deadline, "{}", place.log());
        turn.tick().await;
    }
    UnixStream::connect(place.dir.path().join("run/eventd.socket")).unwrap();
    assert!(!place.dir.path().join("run/bus").is_dir());
    fs::remove_file(place.dir.path().join("run/bus")).unwrap();
    let mut bus = None;
    while bus.is_none() {
        assert!(Instant::now() < deadline, "{}", place.log());
        turn.tick().await;
        bus = place.dir.path().join("run/bus/event.0").exists().then(|| place.client("me"));
    }
    let bus = bus.unwrap();
    wait_up(&bus).await;
    let ran = ask::<service::Run>(&bus, run("legacy", "monitor", &[], SOON)).await.unwrap();
    assert_eq!(ran.result, EventResult::Ok);
}

#[tokio::test]
async fn a_second_daemon_for_the_same_bus_does_not_start_and_a_stop_leaves_nothing_behind() {
    let mut place = Place::new(ALONE, |_| {});
    let bus = place.client("me");
    wait_up(&bus).await;
    let mut second = eventd(place.dir.path(), ALONE);
    let status = tokio::task::spawn_blocking(move || second.wait().unwrap()).await.unwrap();
    assert_eq!(status.code(), Some(1));
    place.signal(Signal::SIGTERM);
    assert_eq!(place.daemon.wait().unwrap().code(), Some(0), "{}", place.log());
    assert!(!place.dir.path().join("run/bus/event.0").exists());
}

/// Says one request at the door and gives back what comes until the other side ends.
async fn post(place: &Place, path: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let door = place.dir.path().join("run/bus/event.0.http");
    let mut stream = tokio::net::UnixStream::connect(door).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json"
    );
    stream
        .write_all(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    tokio::time::timeout(SOON, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn the_door_runs_events_and_tells_how_they_went_as_json() {
    let place = Place::new(ALONE, |dir| script(dir, "ip/10.a", "echo \"has $2\""));
    wait_up(&place.client("me")).await;
    let body = r#"{"component": "ip", "event": "takeip", "args": ["eth0", "10.0.0.1", "24"], "limit": 30000000, "all": false}"#;
    let ran = post(&place, "/v1/event/run", body).await;
    assert!(ran.starts_with("HTTP/1.1 200") && ran.contains(r#""result":"ok""#), "{ran}");
    let last = post(&place, "/v1/event/status", r#"{"component": "ip", "event": "takeip"}"#).await;
    assert!(last.contains(r#""text":"has eth0\n""#) && last.contains(r#""outcome":"ok""#), "{last}");
    let wrong = post(&place, "/v1/event/status", r#"{"component": "nobody", "event": "takeip"}"#).await;
    assert!(wrong.starts_with("HTTP/1.1 404") && wrong.contains(r#""error":"not_found""#), "{wrong}");
}
