//! Scripts that misbehave: our event daemon outlives them, answers in time, and leaves nothing of them behind.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use compat_tests::eventd::{EventDaemon, EventSite, Kind, run_request};
use compat_tests::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{ENOEXEC, ETIMEDOUT, OK, STEP, lives, number, ours, status, wait_gone};

/// Runs an event and says how long that took.
fn run(daemon: &EventDaemon, event: &str, seconds: u32) -> (i32, Duration) {
    let began = Instant::now();
    let result = daemon.client().unwrap().run(event, "", seconds).unwrap();
    (result, began.elapsed())
}

#[test]
fn evt_12_a_child_that_keeps_the_output_open_delays_nobody_and_lives_on() {
    let (site, daemon) = ours();
    site.script("10.fork", "sleep 600 &\necho $! >\"$CTDB_BASE/pid\"; echo forked").unwrap();
    let (result, took) = run(&daemon, "startup", 60);
    assert_eq!(result, OK);
    assert!(took < STEP / 2, "{took:?}");
    assert_eq!(status(&daemon, "startup")[0].2, "forked\n");
    let child = number(&site, "pid");
    assert!(lives(child), "what a script starts and leaves is a service");
    kill(Pid::from_raw(child), Signal::SIGKILL).unwrap();
}

#[test]
fn evt_26_a_script_that_ignores_every_request_is_killed_with_its_children() {
    let (site, daemon) = ours();
    let deaf =
        "trap '' TERM HUP INT\n(trap '' TERM; echo $$ >\"$CTDB_BASE/pid\"; sleep 600) &\nwait; sleep 600";
    site.script("10.deaf", &format!("[ \"$1\" = deaf ] || exit 0\n{deaf}")).unwrap();
    let (result, took) = run(&daemon, "deaf", 1);
    assert_eq!(result, ETIMEDOUT);
    assert!(took < Duration::from_secs(1) + STEP / 6, "{took:?}");
    // The next event does not wait for its end.
    let pid = number(&site, "pid");
    assert_eq!(run(&daemon, "monitor", 60).0, OK);
    wait_gone(pid);
    assert_eq!(status(&daemon, "deaf")[0].1, -ETIMEDOUT);
}

#[test]
fn evt_12_the_debug_hook_sees_a_script_that_hangs_before_it_is_ended() {
    let site = EventSite::new().unwrap();
    let base = site.base();
    let hook = site
        .script("99.hook", "echo \"$1 in $2\" >\"$CTDB_BASE/hooked\"; kill -0 \"$1\" && echo it lives")
        .unwrap();
    fs::rename(hook, base.join("debug-hung.sh")).unwrap();
    let conf = fs::read_to_string(base.join("ctdb.conf")).unwrap();
    site.write("ctdb.conf", &format!("{conf}[event]\n\tdebug script = debug-hung.sh\n")).unwrap();
    site.script("10.hang", "echo $$ >\"$CTDB_BASE/pid\"; exec sleep 600").unwrap();
    for kind in [Kind::Theirs, Kind::Ours] {
        let daemon = site.start(kind).unwrap();
        assert_eq!(run(&daemon, "monitor", 1).0, ETIMEDOUT);
        let pid = number(&site, "pid");
        wait_gone(pid);
        let hooked = fs::read_to_string(base.join("hooked")).unwrap();
        assert_eq!(hooked, format!("{pid} in monitor\n"), "{kind:?}");
        wait_until(STEP, "the hook's words are in the log", || {
            if site.log().contains("event_debug: it lives") { Ok(()) } else { Err(site.log()) }
        })
        .unwrap();
        drop(daemon);
        for file in ["hooked", "pid", "log"] {
            fs::remove_file(base.join(file)).unwrap();
        }
    }
}

#[test]
fn of_endless_output_the_end_is_told_and_little_memory_is_held() {
    let (site, daemon) = ours();
    site.script("10.loud", "[ \"$1\" = loud ] || exit 0\nexec yes 0123456789").unwrap();
    assert_eq!(run(&daemon, "loud", 2).0, ETIMEDOUT);
    let told = status(&daemon, "loud");
    let (name, result, output) = &told[0];
    assert_eq!((name.as_str(), *result), ("10.loud", -ETIMEDOUT));
    assert!(
        output.starts_with('[') && output.contains("]\n") && output.contains("\n0123456789\n"),
        "{:?}",
        &output[..40]
    );
    assert!(output.len() > 60_000 && output.len() < 66_000, "{}", output.len());
    assert_eq!(run(&daemon, "monitor", 60).0, OK);
    assert!(daemon.own_memory() < 12 << 10, "{} KiB", daemon.own_memory());
    assert!(site.log().lines().count() < 2000, "and the log is not filled");
}

#[test]
fn a_script_that_closes_its_descriptors_is_waited_for() {
    let (site, daemon) = ours();
    site.script("10.closed", "echo first; exec <&- >&- 2>&-; sleep 0.5; exit 3").unwrap();
    let (result, took) = run(&daemon, "monitor", 60);
    assert_eq!(result, ENOEXEC);
    assert!(took >= Duration::from_millis(500), "{took:?}");
    assert_eq!(status(&daemon, "monitor"), [("10.closed".to_owned(), 3, "first\n".to_owned())]);
}

#[test]
fn evt_11_a_script_that_is_removed_while_it_runs_comes_to_its_end() {
    let (site, daemon) = ours();
    let running = "echo here; rm \"$0\"; rm \"$CTDB_BASE/events/legacy/20.next.script\"; echo still here";
    site.script("10.self", running).unwrap();
    site.script("20.next", "exit 1").unwrap();
    assert_eq!(run(&daemon, "monitor", 60).0, OK);
    let told = status(&daemon, "monitor");
    assert_eq!(told[0], ("10.self".to_owned(), 0, "here\nstill here\n".to_owned()));
    assert_eq!((told[1].0.as_str(), told[1].1), ("20.next", -ENOEXEC));
    // And when all are gone, or the directory itself.
    assert_eq!((run(&daemon, "monitor", 60).0, status(&daemon, "monitor").len()), (OK, 0));
    fs::remove_dir(site.base().join("events/legacy")).unwrap();
    assert_eq!(run(&daemon, "monitor", 60).0, nix::libc::ENOENT);
}

#[test]
fn a_thousand_scripts_run_in_their_order() {
    let (site, daemon) = ours();
    for n in 0..1000 {
        site.script(
            &format!("{:02}.n{:04}", n / 10, n),
            &format!("echo {n} >>\"$CTDB_BASE/order\"; echo {n}"),
        )
        .unwrap();
    }
    assert_eq!(run(&daemon, "monitor", 300).0, OK);
    let order = fs::read_to_string(site.base().join("order")).unwrap();
    let expected: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    assert_eq!(order.lines().collect::<Vec<_>>(), expected);
    let told = status(&daemon, "monitor");
    assert_eq!(told.len(), 1000);
    assert!(told.iter().zip(&expected).all(|((_, result, output), n)| *result == 0 && output.trim() == n));
    assert!(daemon.own_memory() < 12 << 10, "{} KiB", daemon.own_memory());
}

#[test]
fn evt_08_a_monitor_event_gives_way_at_once_and_its_script_is_killed() {
    let (site, daemon) = ours();
    site.script("10.slow", "[ \"$1\" = monitor ] || exit 0\necho $$ >\"$CTDB_BASE/pid\"; exec sleep 600")
        .unwrap();
    let mut ctdbd = daemon.client().unwrap();
    let request = |event| run_request(Some("legacy"), Some(event), None, 600, 0);
    ctdbd.send(request("monitor")).unwrap();
    let pid = number(&site, "pid");
    let began = Instant::now();
    ctdbd.send(request("takeip")).unwrap();
    let replies: Vec<(u32, i32)> =
        (0..2).map(|_| ctdbd.receive().unwrap().unwrap()).map(|reply| (reply.reqid, reply.result)).collect();
    assert_eq!(replies, [(1, nix::libc::ECANCELED), (2, OK)]);
    assert!(began.elapsed() < STEP / 6, "{:?}", began.elapsed());
    wait_gone(pid);
}

#[test]
fn when_the_daemon_ends_so_do_its_scripts() {
    let (site, mut daemon) = ours();
    site.script("10.slow", "trap '' TERM\necho $$ >\"$CTDB_BASE/pid\"; sleep 600").unwrap();
    daemon.client().unwrap().send(run_request(Some("legacy"), Some("monitor"), None, 600, 0)).unwrap();
    let pid = number(&site, "pid");
    assert_eq!(daemon.stop().unwrap().code(), Some(0));
    wait_gone(pid);
    let left = |dir: &str| -> Vec<_> {
        fs::read_dir(site.base().join(dir)).unwrap().map(|e| e.unwrap().file_name()).collect()
    };
    // The directory of the bus belongs to all daemons.
    assert_eq!((left("run"), left("run/bus")), (vec!["bus".into()], vec![]));
}

#[test]
fn evt_13_a_script_gets_no_descriptor_of_the_daemon_or_of_who_started_it() {
    let site = EventSite::new().unwrap();
    // As ctdbd does it, with a descriptor for the start and others that it has left open.
    let mut command = Command::new("/bin/sh");
    let ready = site.base().join("ready");
    let exec = format!("exec 5>{} 7</dev/null 9>/dev/null; exec \"$0\" -S 5 \"$@\"", ready.display());
    command.args(["-c", &exec]).arg(Kind::Ours.program().unwrap());
    let daemon = site.start_as(command).unwrap();
    assert_eq!(fs::read(&ready).unwrap(), [0; 4], "the word that it is ready");
    // dash holds the script itself at 10.
    let look = "for fd in 0 1 2 3 4 5 6 7 8 9 11 12 13 14 15 16 17 18; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done";
    site.script("10.fds", look).unwrap();
    assert_eq!(run(&daemon, "monitor", 60).0, OK);
    assert_eq!(status(&daemon, "monitor").remove(0).2, "0\n1\n2\n");
}
