//! The harness against real ctdbd: what it starts becomes healthy, what it disturbs recovers, and nothing is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use compat_tests::{Cluster, Timing, processes_mentioning, target_dir, wait_until};

const SOON: Duration = Duration::from_secs(30);

/// The part that runs in a child process: the directory of its cluster goes to this file.
const CHILD: &str = "COMPAT_TESTS_CHILD";

#[test]
fn three_nodes_become_healthy_and_agree() {
    let begun = Instant::now();
    let cluster = Cluster::builder().nodes(3).start().unwrap();
    println!("healthy after {:?}", begun.elapsed());
    let status = cluster.node(0).status().unwrap();
    assert_eq!(status.nodes.len(), 3);
    assert!(status.nodes.iter().all(|node| node.is_ok() && node.address.starts_with(cluster.net())));
    assert_eq!(status.lmasters, [0, 1, 2]);
    assert!(status.leader.is_some() && status.generation.is_some() && status.recovered);
    for node in cluster.nodes() {
        assert!(fs::exists(node.socket()).unwrap());
        assert_eq!(node.ctdb(&["pnn"]).unwrap().trim(), node.pnn().to_string());
        assert_eq!(node.status().unwrap().generation, status.generation);
    }
}

#[test]
fn a_killed_node_is_missed_and_comes_back() {
    let cluster = Cluster::builder().start().unwrap();
    let victim = cluster.node(1);
    let before = victim.pid().unwrap();
    victim.kill9().unwrap();
    assert!(!victim.is_running());
    assert!(victim.ctdb(&["pnn"]).is_err(), "nobody answers");
    cluster.node(0).wait_disconnected_of(1, SOON).unwrap();
    cluster.wait_healthy_nodes(&[0, 2], SOON).unwrap();
    assert_eq!(cluster.node(0).status().unwrap().lmasters, [0, 2]);

    victim.start().unwrap();
    assert_ne!(victim.pid().unwrap(), before);
    cluster.wait_healthy(SOON).unwrap();
}

#[test]
fn a_node_that_is_shut_down_ends_all_its_processes_and_can_be_started_again() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    cluster.node(1).shutdown().unwrap();
    assert_eq!(processes_mentioning(cluster.node(1).base()).len(), 0);
    cluster.node(0).wait_disconnected_of(1, SOON).unwrap();
    assert!(cluster.node(1).pause().is_err(), "nothing to pause");
    cluster.node(1).start().unwrap();
    assert!(cluster.node(1).start().is_err(), "it runs already");
    cluster.wait_healthy(SOON).unwrap();
}

#[test]
fn the_leader_can_be_stopped_and_banned_and_is_healthy_again_afterwards() {
    let cluster = Cluster::builder().start().unwrap();
    assert_stops_and_bans(&cluster, |leader| leader);
}

#[test]
fn a_follower_can_be_stopped_and_banned_and_is_healthy_again_afterwards() {
    let cluster = Cluster::builder().start().unwrap();
    assert_stops_and_bans(&cluster, |leader| (leader + 1) % 3);
}

fn assert_stops_and_bans(cluster: &Cluster, choose: impl Fn(u32) -> u32) {
    let pick = || choose(cluster.node(0).status().unwrap().leader.unwrap());
    let node = |pnn: u32| cluster.node(usize::try_from(pnn).unwrap());

    let chosen = pick();
    node(chosen).stop().unwrap();
    node((chosen + 1) % 3).wait_flag_of(chosen, "STOPPED", SOON).unwrap();
    node(chosen).continue_().unwrap();
    cluster.wait_healthy(SOON).unwrap();

    let chosen = pick();
    node(chosen).ban(60).unwrap();
    node((chosen + 1) % 3).wait_flag_of(chosen, "BANNED", SOON).unwrap();
    node(chosen).unban().unwrap();
    cluster.wait_healthy(SOON).unwrap();
}

#[test]
fn a_recovery_makes_a_new_generation() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let before = cluster.node(1).status().unwrap().generation;
    cluster.node(1).recover().unwrap();
    cluster.wait_healthy(SOON).unwrap();
    assert_ne!(cluster.node(1).status().unwrap().generation, before);
}

#[test]
fn a_node_that_hangs_is_disconnected_and_joins_again_when_it_runs_on() {
    let cluster = Cluster::builder().start().unwrap();
    let leader = cluster.node(0).status().unwrap().leader.unwrap();
    let hung = (leader + 1) % 3;
    let rest = [leader, (leader + 2) % 3];
    let node = &cluster.nodes()[usize::try_from(hung).unwrap()];
    node.pause().unwrap();
    let stopped = || processes_mentioning(node.base()).iter().filter(|p| p.state == 'T').count();
    assert!(stopped() >= 3, "ctdbd, its recovery daemon and its event daemon");
    cluster.nodes()[usize::try_from(leader).unwrap()].wait_disconnected_of(hung, SOON).unwrap();
    cluster.wait_healthy_nodes(&rest, SOON).unwrap();
    node.resume().unwrap();
    assert_eq!(stopped(), 0);
    cluster.wait_healthy(Duration::from_secs(60)).unwrap();
}

#[test]
fn two_clusters_run_side_by_side_and_know_nothing_of_each_other() {
    let one = Cluster::builder().nodes(2).without_waiting().start().unwrap();
    let two =
        Cluster::builder().nodes(2).timing(Timing::Stock).tunable("MonitorInterval", 3).start().unwrap();
    one.wait_healthy(SOON).unwrap();
    assert_ne!(one.net(), two.net());
    assert_ne!(one.dir(), two.dir());
    one.node(1).kill9().unwrap();
    one.node(0).wait_disconnected_of(1, SOON).unwrap();
    assert_eq!(two.node(0).status().unwrap().nodes.iter().filter(|node| node.is_ok()).count(), 2);
    assert!(two.node(0).ctdb(&["getvar", "MonitorInterval"]).unwrap().contains('3'));
}

#[test]
fn a_cluster_that_is_dropped_leaves_nothing() {
    let cluster = Cluster::builder().start().unwrap();
    let dir = cluster.dir().to_owned();
    assert!(processes_mentioning(&dir).len() >= 9, "three processes per node");
    drop(cluster);
    assert_gone(&dir);
}

#[test]
fn a_cluster_that_is_left_running_goes_when_it_is_shut_down() {
    let cluster = Cluster::builder().nodes(2).without_waiting().start().unwrap();
    let daemon = cluster.daemon("sleeper", PathBuf::from("/bin/sleep")).arg("600").start().unwrap();
    let sleeper = daemon.pid();
    let dir = cluster.leave_running().unwrap();
    drop(daemon);
    let sleeps = fs::exists(format!("/proc/{sleeper}")).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(sleeper), nix::sys::signal::Signal::SIGTERM).unwrap();
    let shut_down = [0, 1].map(|pnn| {
        let mut ctdb = Command::new("ctdb");
        ctdb.arg("shutdown").env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", dir.join(format!("node.{pnn}")));
        ctdb.status().unwrap().success()
    });
    wait_until(SOON, "the directory is deleted", || if dir.exists() { Err("it is there") } else { Ok(()) })
        .unwrap();
    assert_gone(&dir);
    assert!(sleeps, "the daemon ran on");
    assert_eq!(shut_down, [true, true], "both ctdbd ran on");
}

#[test]
fn a_daemon_is_logged_killed_restarted_and_ends_with_the_cluster() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let script = "echo up $WORD; sleep 600 & sleep 600";
    let start = || {
        let builder = cluster.daemon("sleeper", PathBuf::from("/bin/sh")).args(["-c", script]);
        builder.env("WORD", "again").env("AT", cluster.dir()).start().unwrap()
    };
    let mut daemon = start();
    let ups = |daemon: &compat_tests::Daemon, count: usize| {
        let seen = |log: String| log.matches("up again").count();
        daemon
            .wait(SOON, "it says that it is up", || match seen(daemon.log()) {
                n if n == count => Ok(()),
                n => Err(n),
            })
            .unwrap();
    };
    ups(&daemon, 1);
    let first = daemon.pid();
    daemon.restart().unwrap();
    ups(&daemon, 2);
    assert!(!fs::exists(format!("/proc/{first}")).unwrap());
    assert_eq!(daemon.stop().unwrap(), "signal SIGTERM");
    assert!(!daemon.is_running());

    let early = daemon.wait(SOON, "something that never comes", || Err::<(), _>("no")).unwrap_err();
    assert!(early.to_string().contains("signal SIGTERM"), "an early end is reported at once: {early}");

    // Even a daemon that is dropped after its cluster ends with the cluster.
    let late = start();
    ups(&late, 3);
    let dir = cluster.dir().to_owned();
    drop(cluster);
    assert!(!late.is_running());
    assert_gone(&dir);
}

#[test]
fn a_test_that_panics_leaves_its_logs_and_nothing_else() {
    if let Some(file) = std::env::var_os(CHILD) {
        let cluster = Cluster::builder().start().unwrap();
        fs::write(&file, cluster.dir().to_str().unwrap()).unwrap();
        panic!("the failure that was asked for");
    }
    assert_child_leaves_only_logs("a_test_that_panics_leaves_its_logs_and_nothing_else", |_| {});
}

#[test]
fn a_test_that_is_killed_leaves_its_logs_and_nothing_else() {
    if let Some(file) = std::env::var_os(CHILD) {
        let cluster = Cluster::builder().start().unwrap();
        // A process that is stopped must not outlive its cluster either.
        cluster.node(2).pause().unwrap();
        fs::write(&file, cluster.dir().to_str().unwrap()).unwrap();
        wait_until(Duration::from_secs(600), "somebody kills this process", || Err::<(), _>("not yet"))
            .unwrap();
    }
    let kill = |child: &mut Child| child.kill().unwrap();
    assert_child_leaves_only_logs("a_test_that_is_killed_leaves_its_logs_and_nothing_else", kill);
}

/// Runs a test of this file in a process of its own, does something to it once its cluster is up, and looks at what
/// it leaves.
fn assert_child_leaves_only_logs(test: &str, disturb: impl FnOnce(&mut Child)) {
    let test = format!("harness::{test}");
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("dir");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture"])
        .env(CHILD, &file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let dir = wait_until(Duration::from_secs(90), "the child's cluster is up", || {
        fs::read_to_string(&file).ok().filter(|dir| !dir.is_empty()).ok_or("no directory yet")
    });
    disturb(&mut child);
    let status =
        wait_until(SOON, "the child ends", || child.try_wait().ok().flatten().ok_or("it runs")).unwrap();
    assert!(!status.success());
    let dir = PathBuf::from(dir.unwrap());
    wait_until(SOON, "the cluster's directory is deleted", || {
        if dir.exists() { Err("it is there") } else { Ok(()) }
    })
    .unwrap();
    assert_gone(&dir);

    // The warden names the directory after the thread, the process and a count.
    let logs = target_dir().unwrap().join("compat-logs").join(format!(
        "{}-{}-0",
        test.replace("::", "."),
        child.id()
    ));
    for pnn in 0..3 {
        let log = fs::read_to_string(logs.join(format!("node.{pnn}/ctdbd.log"))).unwrap();
        assert!(log.contains("CTDB starting on node"), "{log}");
    }
    fs::remove_dir_all(&logs).unwrap();
}

#[track_caller]
fn assert_gone(dir: &Path) {
    assert!(!dir.exists(), "{} is still there", dir.display());
    let left = processes_mentioning(dir);
    assert!(left.is_empty(), "still running: {left:?}");
    let sockets = fs::read_to_string("/proc/net/unix").unwrap();
    assert!(!sockets.contains(dir.to_str().unwrap()), "a socket is left");
}
