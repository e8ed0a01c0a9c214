//! What systemd is told and what it hands over, with a test in its place: the environment is all that a daemon sees of it.

use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{PROGRAM, Place, SOON};

/// The manager's end of `NOTIFY_SOCKET`.
pub(super) struct Manager(UnixDatagram);

impl Manager {
    pub(super) fn new(place: &Place) -> Self {
        let socket = UnixDatagram::bind(place.path("notify")).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        Self(socket)
    }

    /// The next message but those of the watchdog.
    pub(super) fn message(&self) -> String {
        loop {
            let text = self.any().expect("a message");
            if text != "WATCHDOG=1\n" {
                return text;
            }
        }
    }

    fn any(&self) -> Option<String> {
        let mut buffer = [0; 4096];
        let len = self.0.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..len].to_vec()).unwrap())
    }
}

#[test]
fn it_tells_that_it_is_ready_reads_anew_and_stops() {
    let place = Place::new();
    let manager = Manager::new(&place);
    let mut command = place.command();
    command.env("NOTIFY_SOCKET", place.path("notify"));
    let mut daemon = place.start(command);
    assert_eq!(manager.message(), "READY=1\nSTATUS=idle READY=0\n", "a status is one line");
    for text in ["[tunneld]\npeer timeout = 20s\n", "[tunneld]\npeer timeout = x\n"] {
        place.write("conf.d/a.conf", text);
        daemon.signal(Signal::SIGHUP);
        let reloading = manager.message();
        let since = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&reloading);
        assert!(since.trim_end().parse::<u64>().unwrap() > 0);
        assert_eq!(manager.message(), "READY=1\n");
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(manager.message(), "STOPPING=1\n");
    assert_eq!(daemon.ends().code(), Some(0));
}

#[test]
fn the_watchdog_is_petted_while_the_loop_turns_and_not_while_it_hangs() {
    let place = Place::new();
    let manager = Manager::new(&place);
    let mut command = place.command();
    command.env("NOTIFY_SOCKET", place.path("notify")).env("WATCHDOG_USEC", "200000").arg("--hang");
    let mut daemon = place.start(command);
    manager.message();
    for _ in 0..5 {
        assert_eq!(manager.any().as_deref(), Some("WATCHDOG=1\n"));
    }
    place.write("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\n");
    daemon.signal(Signal::SIGHUP);
    daemon.logs("stderr", "reloaded");
    assert!(manager.message().starts_with("RELOADING=1") && manager.message() == "READY=1\n");
    // Five times what it has: systemd would have killed it.
    manager.0.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    assert_eq!(manager.any(), None);
    assert_eq!(daemon.end(Signal::SIGTERM).code(), Some(1));
}

#[test]
fn a_manager_that_is_gone_or_a_watchdog_of_somebody_else_stops_nobody() {
    let place = Place::new();
    let manager = Manager::new(&place);
    let mut command = place.command();
    command.env("NOTIFY_SOCKET", place.path("notify")).env("WATCHDOG_USEC", "1000").env("WATCHDOG_PID", "1");
    let mut daemon = place.start(command);
    manager.message();
    manager.0.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert_eq!(manager.any(), None, "the watchdog is that of process 1");
    drop(manager);
    place.write("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\n");
    daemon.signal(Signal::SIGHUP);
    daemon.logs("stderr", "reloaded");
    assert_eq!(daemon.end(Signal::SIGTERM).code(), Some(0));
}

#[test]
fn sockets_that_systemd_has_opened_are_used_and_left_to_it() {
    let place = Place::new();
    let datagram = UnixDatagram::bind(place.path("bus")).unwrap();
    let stream = UnixListener::bind(place.path("http")).unwrap();
    // A shell puts them where systemd does, and keeps its number when it becomes the daemon.
    let mut command = std::process::Command::new("sh");
    let script = "exec 3<&0 4<&1 0</dev/null 1>/dev/null; LISTEN_FDS=2 LISTEN_PID=$$ exec \"$@\"";
    command.args(["-c", script, "sh", PROGRAM, "--config-dir"]).arg(place.dir.path());
    command.arg("--datagram").arg(place.path("bus")).arg("--listener").arg(place.path("http"));
    let log = std::fs::File::create(place.path("stderr")).unwrap();
    command
        .stdin(Stdio::from(OwnedFd::from(datagram)))
        .stdout(Stdio::from(OwnedFd::from(stream)))
        .stderr(log);
    let mut daemon = super::Running { place: &place, child: command.spawn().unwrap() };
    drop(command);
    let log = daemon.logs("stderr", "ready");
    assert!(log.contains("datagrams=true stream=true left=None"), "{log}");
    assert_eq!(daemon.end(Signal::SIGTERM).code(), Some(0));
    assert!(place.path("bus").exists() && place.path("http").exists(), "they are systemd's");
}

#[test]
fn sockets_for_another_process_are_not_touched_and_strange_ones_are_named() {
    let place = Place::new();
    let mut command = place.command();
    command.env("LISTEN_FDS", "3").env("LISTEN_PID", "1");
    let mut daemon = place.start(command);
    let log = daemon.logs("stderr", "ready");
    assert!(log.contains("left=None"), "{log}");
    assert_eq!(daemon.end(Signal::SIGTERM).code(), Some(0));

    let mut command = std::process::Command::new("sh");
    let script = "exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
    command.args(["-c", script, "sh", PROGRAM, "--config-dir"]).arg(place.dir.path());
    std::fs::remove_file(place.path("stderr")).unwrap();
    let daemon = place.start(command);
    let log = daemon.logs("stderr", "ready");
    assert!(log.contains("left=Some(\"1 of another kind\")"), "{log}");
}
