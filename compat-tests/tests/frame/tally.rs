//! A daemon that was made by docs/adding-a-daemon.md in sixty lines, and everything that comes with them.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use bus::calls::CallError;
use bus::{Address, Node};
use bytes::Bytes;
use protocol::common::Code;
use runtime::{Bus, Joining};

use super::process_one::{children, contained, skipped};
use super::systemd::Manager;
use super::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ctdb-tallyd");

/// A place in which a program notes what it gets.
fn place() -> Place {
    let place =
        Place::with("conf.d/note.conf", "[callback note]\n\tevents = tally.changed\n\tprogram = note\n");
    let (note, notes) = (place.path("callbacks/note"), place.path("notes"));
    fs::create_dir(place.path("callbacks")).unwrap();
    fs::write(&note, format!("#!/bin/sh\necho \"$@\" >>{}\n", notes.display())).unwrap();
    fs::set_permissions(&note, fs::Permissions::from_mode(0o755)).unwrap();
    place
}

impl Place {
    fn tally(&self) -> Running<'_> {
        self.tally_by(self.command_of(Path::new(PROGRAM)))
    }

    fn tally_by(&self, mut command: Command) -> Running<'_> {
        command.arg("--run-dir").arg(self.path("bus")).arg("--pid-file").arg(self.path("pid"));
        let running = self.start(command);
        running.logs("stderr", "on the bus in");
        running
    }

    /// What the door says: the status and the body.
    fn http(&self, request: &str, body: &str) -> (u16, String) {
        let mut door = UnixStream::connect(self.path("bus/tally.0.http")).unwrap();
        let head = format!("{request} HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\n");
        write!(door, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        door.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn health(&self) -> (u16, serde_json::Value) {
        let (status, body) = self.http("GET /health", "");
        (status, serde_json::from_str::<serde_json::Value>(&body).unwrap()["reasons"].clone())
    }
}

fn tally() -> Address {
    Address { node: Node::LOCAL, daemon: bus::Daemon { name: "tally".parse().unwrap(), instance: 0 } }
}

/// Somebody else on the bus.
fn other(place: &Place) -> Bus {
    let daemon = bus::Daemon { name: "other".parse().unwrap(), instance: 0 };
    let joining = Joining { dir: place.path("bus"), daemon, release: "test".to_owned(), features: 0 };
    Bus::join(joining).unwrap()
}

async fn add(by: &Bus, number: u64) -> Result<u64, CallError> {
    let answer = by.call(tally(), 1, Bytes::copy_from_slice(&number.to_be_bytes()), SOON).await?;
    Ok(u64::from_be_bytes(answer[..].try_into().unwrap()))
}

#[tokio::test]
async fn it_is_asked_on_the_bus_and_at_its_door_and_tells_what_changes() {
    let place = place();
    let mut running = place.tally();
    let other = other(&place);
    let mut events = other.subscribe(tally(), "tally.").unwrap();
    assert_eq!(tokio::time::timeout(SOON, events.next()).await.unwrap(), bus::calls::News::Up);
    assert_eq!(add(&other, 5).await.unwrap(), 5);
    let event = tokio::time::timeout(SOON, events.next()).await.unwrap();
    let body = Bytes::copy_from_slice(&5_u64.to_be_bytes());
    assert_eq!(event, bus::calls::News::Event { topic: "tally.changed".to_owned(), body });
    assert_eq!(place.http("POST /v1/tally/add", "37"), (200, "42".to_owned()));
    assert!(place.http("GET /metrics", "").1.contains("\ntablecloth_sum 42\n"));
    running.logs("notes", "tally.changed 5\ntally.changed 42\n");

    assert_eq!(place.health(), (200, serde_json::json!({})));
    assert_eq!(add(&other, 100).await.unwrap(), 142);
    assert_eq!(place.health(), (503, serde_json::json!({"sum": "142 is too much"})));
    assert_eq!(running.end(Signal::SIGTERM).code(), Some(0));
    assert!(!place.path("bus/tally.0").exists() && !place.path("bus/tally.0.http").exists());
}

#[tokio::test]
async fn a_mistake_in_its_core_is_told_to_whoever_waits_and_survived() {
    let place = place();
    let running = place.tally();
    let other = other(&place);
    assert_eq!(add(&other, 7).await.unwrap(), 7);
    let refused = add(&other, 1000).await.unwrap_err();
    let CallError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (refusal.code, &*refusal.text),
        (Code::Failed, "the tally had an internal error, or has ended")
    );
    assert_eq!(add(&other, 1).await.unwrap(), 1, "it begins anew");
    running.logs("stderr", "internal error, beginning anew");
}

#[test]
fn a_configuration_with_mistakes_is_not_taken_and_the_door_says_so() {
    let place = place();
    let running = place.tally();
    let good = place.text("conf.d/note.conf");
    for (text, status) in [("[callback note]\n\tevents = tally.changed\n", 503), (&*good, 200)] {
        place.write("conf.d/note.conf", text);
        running.signal(Signal::SIGHUP);
        let health = || match place.health() {
            (is, reasons) if is == status => Ok(reasons),
            other => Err(format!("{other:?}")),
        };
        let reasons = wait_until(SOON, "it has seen the files", health).unwrap();
        assert_eq!(reasons.get("configuration").is_some(), status == 503, "{reasons}");
    }
}

#[test]
fn systemd_is_told_and_a_second_one_does_not_start() {
    let place = place();
    let manager = Manager::new(&place);
    let mut command = place.command_of(Path::new(PROGRAM));
    command.env("NOTIFY_SOCKET", place.path("notify"));
    let mut running = place.tally_by(command);
    assert_eq!(manager.message(), "READY=1\nSTATUS=the sum is 0\n");
    assert_eq!(place.http("POST /v1/tally/add", "3").0, 200);
    assert_eq!(manager.message(), "STATUS=the sum is 3\n");
    assert_eq!(place.text("pid"), format!("{}\n", running.child.id()));

    let mut second = place.command_of(Path::new(PROGRAM));
    let second = second.arg("--pid-file").arg(place.path("pid")).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("runs already"));

    assert_eq!(running.end(Signal::SIGTERM).code(), Some(0));
    assert_eq!(manager.message(), "STOPPING=1\n");
    assert!(!place.path("pid").exists());
}

#[test]
fn as_process_1_it_reaps_what_its_programs_leave_behind() {
    if skipped() {
        return;
    }
    let place = place();
    nix::unistd::mkfifo(place.path("gate").as_path(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let left =
        format!("#!/bin/sh\nsetsid sh -c 'read x <{}' >/dev/null 2>&1 &\n", place.path("gate").display());
    fs::write(place.path("callbacks/note"), left).unwrap();
    let bus = place.path("bus");
    let words = ["--run-dir", bus.to_str().unwrap()];
    let (mut running, one) = contained(&place, PROGRAM, &words, "on the bus in");
    assert_eq!(place.http("POST /v1/tally/add", "3").0, 200);
    let many = |count: usize| move || Some(children(one)).filter(|all| all.len() == count).ok_or("others");
    wait_until(SOON, "the orphan is a child of process 1", many(2)).unwrap();
    fs::write(place.path("gate"), "go\n").unwrap();
    wait_until(SOON, "only the daemon is left", many(1)).unwrap();
    kill(one, Signal::SIGTERM).unwrap();
    assert_eq!(running.ends().code(), Some(0));
}
