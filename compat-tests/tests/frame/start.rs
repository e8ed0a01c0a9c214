//! Starting and stopping: mistakes are told one a line, all at once, with the exit status that says what kind they are.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Output;

use nix::sys::signal::Signal;

use super::{NOBODY, PROGRAM, Place, as_nobody};

/// What is told, without the directory of the test.
fn told(place: &Place, out: &Output) -> (Option<i32>, Vec<String>) {
    let text = String::from_utf8_lossy(&out.stderr).replace(&place.dir.path().display().to_string(), "DIR");
    (out.status.code(), text.lines().map(str::to_owned).collect())
}

#[test]
fn every_mistake_of_a_configuration_is_a_line_and_the_status_is_78() {
    let place = Place::with(
        "conf.d/10.conf",
        "[tunneld]\npeer timeout = 10\nctdb socket = here\npeer-timeout = 3s\n[http]\nbody limit = not mine\n",
    );
    place.write("conf.d/20.conf", "[logging]\nlog level = loud\nwords\n[tunnel\n");
    place.write("ctdb.conf", "[logging]\n\tlocation = file:/nowhere/log\n[cluster]\nleader timeout = 0\n");
    let (status, lines) = told(&place, &place.run(&[]));
    assert_eq!(status, Some(78));
    assert_eq!(
        lines,
        [
            "frame-dummy: DIR/ctdb.conf:2: 'location' cannot be 'file:/nowhere/log': there is no directory /nowhere",
            "frame-dummy: DIR/conf.d/10.conf:2: 'peer timeout' cannot be '10': write a number and its unit: 500ms, 10s, 2min, 1h",
            "frame-dummy: DIR/conf.d/10.conf:3: 'ctdb socket' cannot be 'here': write an absolute path",
            "frame-dummy: DIR/conf.d/10.conf:4: there is no option 'peer-timeout' in [tunneld]; write 'peer timeout'",
            "frame-dummy: DIR/conf.d/20.conf:2: 'log level' cannot be 'loud': write ERROR, WARNING, NOTICE, INFO or DEBUG",
            "frame-dummy: DIR/conf.d/20.conf:3: 'words' has no '='",
            "frame-dummy: DIR/conf.d/20.conf:4: the section's name has no ']' behind it",
        ]
    );
}

#[test]
fn files_that_cannot_be_read_are_a_line_and_status_78() {
    let place = Place::new();
    for (bytes, words) in [(vec![0xff, 0xfe], "UTF-8"), (vec![b'#'; 2 << 20], "longer than 1 MiB")] {
        fs::write(place.path("conf.d/a.conf"), bytes).unwrap();
        let (status, lines) = told(&place, &place.run(&[]));
        assert!(status == Some(78) && lines.len() == 1, "{status:?} {lines:?}");
        assert!(
            lines[0].starts_with("frame-dummy: DIR/conf.d/a.conf: ") && lines[0].contains(words),
            "{lines:?}"
        );
    }
}

#[test]
fn options_that_make_no_sense_have_status_2() {
    let place = Place::new();
    for (words, part) in [
        (["--nonsense", ""], "--nonsense"),
        (["--log-level", "a=b=c"], "--log-level a=b=c"),
        (["--log-location", "mars"], "--log-location mars: write journal, stderr, syslog"),
        (["--config-dir", "/nowhere"], "--config-dir /nowhere: there is no such directory"),
    ] {
        let mut command = std::process::Command::new(PROGRAM);
        let out = command.args(words.iter().filter(|word| !word.is_empty())).output().unwrap();
        let (status, lines) = told(&place, &out);
        assert!(status == Some(2) && lines.concat().contains(part), "{status:?} {lines:?}");
    }
}

#[test]
fn what_goes_wrong_later_is_one_line_and_status_1() {
    let place = Place::new();
    place.write("conf.d/log.conf", &format!("[logging]\nlocation = file:{}\n", place.path("log").display()));
    let (status, lines) = told(&place, &place.run(&["--fail", "the sky fell"]));
    assert_eq!((status, lines), (Some(1), vec!["frame-dummy: the sky fell".to_owned()]));
    assert!(place.text("log").contains(" ERROR the sky fell\n"), "{}", place.text("log"));
    let out = place.run(&["--fail", "again", "--log-location", "stderr"]);
    assert_eq!(told(&place, &out), (Some(1), vec!["frame-dummy: again".to_owned()]));
}

#[test]
fn without_any_file_it_starts_and_both_signals_stop_it_evt_25() {
    let place = Place::new();
    fs::remove_dir(place.path("conf.d")).unwrap();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        // What the first one has logged is no sign of the second.
        place.write("stderr", "");
        let mut daemon = place.started(&[]);
        assert_eq!(daemon.end(signal).code(), Some(0));
    }
    let log = place.text("stderr");
    assert!(log.contains(" NOTICE ready\\nto serve datagrams=false"), "a line stays one line: {log}");
    assert!(log.contains("peer_timeout=10s"), "{log}");
}

#[test]
fn it_needs_no_root_but_directories_of_its_own() {
    let place = Place::with("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\n");
    let program = place.path("frame-dummy");
    fs::copy(PROGRAM, &program).unwrap();
    let run = place.path("run");
    fs::create_dir(&run).unwrap();
    fs::set_permissions(place.dir.path(), Permissions::from_mode(0o755)).unwrap();
    chown(&run, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = place.command_of(&program);
    command.arg("--pid-file").arg(run.join("pid")).arg("--datagram").arg(run.join("socket"));
    command.arg("--log-location").arg(format!("file:{}", run.join("log").display()));
    if !as_nobody(&mut command) {
        println!("skipped: only root can be another user");
        return;
    }
    let mut daemon = place.start(command);
    daemon.logs("run/log", "ready");
    assert_eq!(fs::metadata(run.join("pid")).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(daemon.end(Signal::SIGTERM).code(), Some(0));
    let left: Vec<_> = fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["log"], "socket and pid file go with it");
    assert_eq!(place.text("stderr"), "");

    let mut command = place.command_of(&program);
    command.args(["--pid-file", "/frame-dummy.pid"]);
    as_nobody(&mut command);
    let (status, lines) = told(&place, &command.output().unwrap());
    assert_eq!(
        (status, &*lines.concat()),
        (Some(1), "frame-dummy: /frame-dummy.pid: Permission denied (os error 13)")
    );
}

#[test]
fn a_pid_file_lets_one_in_and_is_taken_over_from_the_dead_cli_02() {
    let place = Place::new();
    let pid_file = place.path("pid").display().to_string();
    let words = ["--pid-file", &pid_file];
    let mut first = place.started(&words);
    assert_eq!(place.text("pid"), format!("{}\n", first.child.id()));
    let (status, lines) = told(&place, &place.run(&words));
    assert_eq!(status, Some(1));
    assert_eq!(lines, [format!("frame-dummy: DIR/pid: process {} runs already", first.child.id())]);
    assert_eq!(place.text("pid"), format!("{}\n", first.child.id()), "the second one leaves it alone");

    first.end(Signal::SIGKILL);
    assert!(Path::new(&pid_file).exists());
    fs::remove_file(place.path("stderr")).unwrap();
    let mut next = place.started(&words);
    assert_eq!(place.text("pid"), format!("{}\n", next.child.id()));
    next.end(Signal::SIGTERM);
    assert!(!Path::new(&pid_file).exists());

    // A link that somebody has put there leads nowhere.
    place.write("precious", "text\n");
    std::os::unix::fs::symlink(place.path("precious"), place.path("pid")).unwrap();
    assert_eq!(told(&place, &place.run(&words)).0, Some(1));
    assert_eq!(place.text("precious"), "text\n");
}

#[test]
fn a_daemon_that_does_not_stop_is_ended_in_time() {
    let place = Place::with("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\n");
    let mut daemon = place.started(&["--hang"]);
    place.write("conf.d/a.conf", "[tunneld]\npeer timeout = 30s\n");
    daemon.signal(Signal::SIGHUP);
    daemon.logs("stderr", "reloaded");
    assert_eq!(daemon.end(Signal::SIGTERM).code(), Some(1));
    assert!(place.text("stderr").contains("frame-dummy: it did not stop within 1 s and is ended"));
}
