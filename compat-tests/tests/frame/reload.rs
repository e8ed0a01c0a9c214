//! SIGHUP: a new configuration is taken as a whole or not at all, and the log file is opened anew.

use std::fs;

use nix::sys::signal::Signal;

use super::{Place, Running};

/// A new file, SIGHUP, and the log behind what was there when these words have come.
fn reload(daemon: &Running<'_>, text: &str, words: &str) -> String {
    let before = daemon.place.text("stderr").len();
    daemon.place.write("conf.d/a.conf", text);
    daemon.signal(Signal::SIGHUP);
    let look = || {
        let text = daemon.place.text("stderr").split_off(before);
        if text.contains(words) { Ok(text) } else { Err(text) }
    };
    compat_tests::wait_until(super::SOON, words, look).unwrap()
}

#[test]
fn what_may_change_changes_and_what_may_not_is_named_and_held_back() {
    let place = Place::with("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\nctdb socket = /a\n");
    let daemon = place.started(&[]);
    let log = reload(&daemon, "[tunneld]\npeer timeout = 1min\nctdb socket = /b\n", "reloaded");
    assert!(log.contains("WARNING [tunneld] 'ctdb socket' is /b after the next start only"), "{log}");
    assert!(log.contains(r#"reloaded changed=["peer timeout"] peer_timeout=60s socket=Some("/a")"#), "{log}");
    assert!(!log.contains("a detail"), "{log}");

    // What is not said any more has its default again; the level changes with it.
    let log = reload(&daemon, "[logging]\nlog level = INFO\n", "a detail");
    assert!(log.contains("'ctdb socket' is its default after the next start only"), "{log}");
    assert!(log.contains("peer_timeout=10s"), "{log}");
    assert!(log.contains("]: INFO a detail"), "{log}");
    let log = reload(&daemon, "[logging]\nlog level = ERROR\n[tunneld]\npeer timeout = x\n", "old one holds");
    assert!(log.contains("a.conf:4: 'peer timeout' cannot be 'x'"), "{log}");
    let log = reload(&daemon, "[logging]\nlog level = DEBUG\n", "a detail");
    assert!(log.contains(r#"changed=["log level"]"#), "the refused level was not taken: {log}");
}

#[test]
fn a_bad_configuration_is_refused_as_a_whole_with_every_mistake() {
    let place = Place::with("conf.d/a.conf", "[tunneld]\npeer timeout = 20s\n");
    let daemon = place.started(&[]);
    let log = reload(&daemon, "[tunneld]\npeer timeout = 30s\nx = 1\nctdb socket = y\n", "old one holds");
    let errors: Vec<_> = log.lines().filter(|line| line.contains(" ERROR ")).collect();
    assert_eq!(errors.len(), 3, "{log}");
    assert!(errors[0].contains("a.conf:3: ") && errors[1].contains("a.conf:4: "), "{log}");
    assert!(!log.contains("reloaded"), "{log}");
    // A log that cannot be opened refuses the rest too.
    let text =
        format!("[tunneld]\npeer timeout = 40s\n[logging]\nlocation = file:{}\n", place.dir.path().display());
    let log = reload(&daemon, &text, "old one holds");
    assert!(log.contains("ERROR the log at ") && log.contains("Is a directory"), "{log}");
    let log = reload(&daemon, "[tunneld]\npeer timeout = 50s\n", "reloaded");
    assert!(log.contains("peer_timeout=50s"), "{log}");
}

#[test]
fn what_the_command_line_says_goes_before_the_configuration() {
    let place = Place::with("conf.d/a.conf", "[logging]\nlog level = ERROR\n");
    let daemon = place.started(&["--log-level", "debug", "--log-location", "stderr"]);
    let location =
        format!("[logging]\nlog level = ERROR\nlocation = file:{}/log\n", place.dir.path().display());
    let log = reload(&daemon, &location, "a detail");
    assert!(log.contains("a detail") && !place.path("log").exists(), "{log}");
}

#[test]
fn a_log_file_that_was_moved_away_is_opened_anew_and_its_place_may_change_evt_25() {
    let place = Place::new();
    let file = |name: &str| format!("[logging]\nlocation = file:{}\n", place.path(name).display());
    place.write("conf.d/a.conf", &file("one"));
    let daemon = place.start(place.command());
    daemon.logs("one", "ready");
    fs::rename(place.path("one"), place.path("one.1")).unwrap();
    daemon.signal(Signal::SIGHUP);
    let log = daemon.logs("one", "read again");
    assert!(!log.contains("ready"), "{log}");
    place.write("conf.d/a.conf", &file("two"));
    daemon.signal(Signal::SIGHUP);
    daemon.logs("two", "read again");
    place.write("conf.d/a.conf", "[logging]\nlocation = stderr\n");
    daemon.signal(Signal::SIGHUP);
    daemon.logs("stderr", "read again");
}

#[test]
fn places_that_are_not_there_leave_the_log_on_standard_error_with_a_warning() {
    for (location, socket, what) in
        [("journal", "/run/systemd/journal/socket", "no journal"), ("syslog", "/dev/log", "no syslog")]
    {
        if std::path::Path::new(socket).exists() {
            println!("not looked at: this machine has {socket}");
            continue;
        }
        let place = Place::with("conf.d/a.conf", &format!("[logging]\nlocation = {location}\n"));
        let daemon = place.started(&[]);
        let log = daemon.logs("stderr", "ready");
        assert!(log.contains(&format!("WARNING {what} (")), "{log}");
    }
}
