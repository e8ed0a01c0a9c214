//! A machine that runs out of things, and a ctdbd that goes away.

use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use compat_tests::eventd::{EventSite, Kind};
use compat_tests::wait_until;

use super::{OK, STEP, Stranger, status};

/// A command of the shell that becomes our event daemon.
fn shell(prepare: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{prepare}; exec \"$0\" \"$@\"")]).arg(Kind::Ours.program().unwrap());
    command
}

#[test]
fn with_few_descriptors_events_run_and_clients_beyond_the_limit_are_turned_away() {
    let site = EventSite::new().unwrap();
    site.script("10.ok", "echo fine").unwrap();
    let stranger = Stranger::new();
    let daemon = site.start_below(shell("ulimit -n 64"), stranger.0.id()).unwrap();
    let mut ctdbd = daemon.client().unwrap();
    assert_eq!(ctdbd.run("monitor", "", 60).unwrap(), OK);
    let idle: Vec<UnixStream> = (0..200).filter_map(|_| UnixStream::connect(daemon.socket()).ok()).collect();
    for _ in 0..20 {
        assert_eq!(ctdbd.run("monitor", "", 60).unwrap(), OK);
    }
    assert!(!site.log().contains("Too many open files"), "{}", site.log());
    assert!(site.log().contains("12 clients are enough"), "{}", site.log());
    drop(idle);
    // Its own connection finds place again as soon as the others are gone.
    let told = wait_until(STEP, "a new client is served", || {
        daemon
            .client()
            .and_then(|mut client| client.run("monitor", "", 60))
            .map_err(|error| error.to_string())
    });
    assert_eq!(told.unwrap(), OK);
}

#[test]
fn without_any_descriptor_left_an_event_fails_and_the_daemon_lives() {
    let site = EventSite::new().unwrap();
    site.script("10.ok", "echo fine").unwrap();
    let daemon = site.start(Kind::Ours).unwrap();
    let mut ctdbd = daemon.client().unwrap();
    assert_eq!(ctdbd.run("monitor", "", 60).unwrap(), OK);
    let limit = |count: &str| {
        let mut command = Command::new("prlimit");
        command.args(["--pid", &daemon.pid().to_string(), &format!("--nofile={count}:")]);
        assert!(command.status().unwrap().success());
    };
    limit("3");
    let result = ctdbd.run("monitor", "", 60).unwrap();
    assert_eq!(result, nix::libc::EMFILE);
    limit("1024");
    assert_eq!(ctdbd.run("monitor", "", 60).unwrap(), OK);
    assert_eq!(status(&daemon, "monitor")[0].2, "fine\n");
}

#[test]
fn on_a_full_disk_events_run_and_the_log_goes_on_once_there_is_room() {
    let site = EventSite::new().unwrap();
    let base = site.base().display().to_string();
    site.script("10.ok", "echo a line for the log; echo more >\"$CTDB_BASE/full/x\" || echo no room")
        .unwrap();
    std::fs::create_dir(site.base().join("full")).unwrap();
    site.write("ctdb.conf", &format!("[logging]\n\tlocation = file:{base}/full/log\n\tlog level = NOTICE\n"))
        .unwrap();
    // A disk of its own that is full from the start, seen by nobody else.
    let prepare = format!(
        "mount -t tmpfs -o size=64k none {base}/full; head -c 1000000 /dev/zero >{base}/full/filler 2>/dev/null"
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "/bin/sh", "-c", &format!("{prepare}; exec \"$0\" \"$@\"")]);
    command.arg(Kind::Ours.program().unwrap());
    let daemon = site.start_as(command).unwrap();
    for _ in 0..5 {
        assert_eq!(daemon.client().unwrap().run("monitor", "", 60).unwrap(), OK);
    }
    let output = status(&daemon, "monitor").remove(0).2;
    assert!(output.contains("no room"), "{output}");
    let inside = |name: &str| format!("/proc/{}/root{base}/full/{name}", daemon.pid());
    std::fs::remove_file(inside("filler")).unwrap();
    assert_eq!(daemon.client().unwrap().run("monitor", "", 60).unwrap(), OK);
    let log = std::fs::read_to_string(inside("log")).unwrap();
    assert!(log.contains("10.ok: a line for the log"), "{log}");
}

#[test]
fn evt_13_it_ends_when_ctdbd_is_gone() {
    let site = EventSite::new().unwrap();
    let mut ctdbd = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let mut daemon = site.start_below(Command::new(Kind::Ours.program().unwrap()), ctdbd.id()).unwrap();
    ctdbd.kill().unwrap();
    ctdbd.wait().unwrap();
    let ended = wait_until(STEP, "it ends", || daemon.ended().ok_or("it runs")).unwrap();
    assert_eq!(ended.code(), Some(nix::libc::ESRCH), "as C says it");
    assert!(site.log().contains(&format!("PID {} gone away, exiting", ctdbd.id())), "{}", site.log());
    assert!(!daemon.socket().exists());
}

#[test]
fn a_start_that_cannot_succeed_says_why() {
    let site = EventSite::new().unwrap();
    for (conf, why) in [
        ("[logging]\n\tlog level = LOUD\n", "log level = LOUD"),
        ("[logging]\n\tlocation = file:/no/such/place/log\n", "/no/such/place"),
        ("[event]\n\tdebug script = none.sh\n", "debug script = none.sh"),
    ] {
        site.write("ctdb.conf", conf).unwrap();
        let mut command = Command::new(Kind::Ours.program().unwrap());
        command.env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", site.base());
        let refused = compat_tests::run(command, STEP).unwrap();
        assert_eq!(refused.code, Some(nix::libc::EINVAL), "{refused:?}");
        assert!(refused.stderr.contains(why) && refused.stderr.lines().count() == 1, "{refused:?}");
    }
}
