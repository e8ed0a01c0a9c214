//! As process 1 of a container: orphans are reaped, signals reach the daemon, its exit status is that of the container.

use std::fs;
use std::io::Write;
use std::process::Command;

use compat_tests::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{PROGRAM, Place, Running, SOON};

/// The children of a process, each with its state.
pub(super) fn children(pid: Pid) -> Vec<(Pid, char)> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let state = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let state = stat.rsplit_once(") ")?.1.chars().next()?;
        Some((Pid::from_raw(pid.parse().ok()?), state))
    };
    list.split_whitespace().filter_map(state).collect()
}

/// Starts it in a process namespace of its own; gives back process 1 as it is called outside.
pub(super) fn contained<'a>(
    place: &'a Place,
    program: &str,
    words: &[&str],
    ready: &str,
) -> (Running<'a>, Pid) {
    let mut command = Command::new("unshare");
    command.args(["--fork", "--pid", "--kill-child", program, "--config-dir"]).arg(place.dir.path());
    command.args(words);
    let running = place.start(command);
    running.logs("stderr", ready);
    let one = children(running.pid());
    assert_eq!(one.len(), 1);
    (running, one[0].0)
}

pub(super) fn skipped() -> bool {
    let skipped = !nix::unistd::geteuid().is_root();
    if skipped {
        println!("skipped: only root can have a process namespace");
    }
    skipped
}

#[test]
fn orphans_are_reaped_and_the_daemon_stops_as_elsewhere() {
    if skipped() {
        return;
    }
    let place = Place::with("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\n");
    let (over, gate) = (place.path("over").display().to_string(), place.path("gate").display().to_string());
    nix::unistd::mkfifo(place.path("gate").as_path(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    // Three orphans that wait for the test, and end.
    let wait = format!("for n in 1 2 3; do (read x <{gate}; echo $n >>{over}) & done");
    let (mut running, one) = contained(&place, PROGRAM, &["--orphan", &wait], "ready");
    wait_until(SOON, "the orphans are children of process 1", || match children(one).len() {
        4 => Ok(()),
        count => Err(count),
    })
    .unwrap();
    // Open at both ends, so that nobody waits for another to open it: a line for each of the three.
    let mut go = fs::File::options().read(true).write(true).open(place.path("gate")).unwrap();
    go.write_all(b"\n\n\n").unwrap();
    wait_until(SOON, "the orphans have ended", || match place.text("over").lines().count() {
        3 => Ok(()),
        count => Err(count),
    })
    .unwrap();
    wait_until(SOON, "only the daemon is left", || match &children(one)[..] {
        [(_, state)] if *state != 'Z' => Ok(()),
        others => Err(format!("{others:?}")),
    })
    .unwrap();

    place.write("conf.d/a.conf", "[tunneld]\npeer timeout = 30s\n");
    kill(one, Signal::SIGHUP).unwrap();
    running.logs("stderr", "peer_timeout=30s");
    kill(one, Signal::SIGTERM).unwrap();
    assert_eq!(running.ends().code(), Some(0));
}

#[test]
fn the_exit_status_of_the_daemon_is_that_of_the_container() {
    if skipped() {
        return;
    }
    let place = Place::with("conf.d/a.conf", "[tunneld]\nx = 1\n");
    let run = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--fork", "--pid", PROGRAM, "--config-dir"]).arg(place.dir.path()).args(words);
        command.output().unwrap()
    };
    let out = run(&[]);
    assert_eq!(out.status.code(), Some(78));
    assert_eq!(String::from_utf8_lossy(&out.stderr).lines().count(), 1);
    assert_eq!(run(&["--nonsense"]).status.code(), Some(2));

    place.write("conf.d/a.conf", "");
    let (mut running, one) = contained(&place, PROGRAM, &[], "ready");
    let daemon = children(one)[0].0;
    kill(daemon, Signal::SIGKILL).unwrap();
    assert_eq!(running.ends().code(), Some(128 + 9));
}
