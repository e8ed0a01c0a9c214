//! Faults of machines and processes, as /proc and the other nodes see them.

use std::collections::BTreeSet;
use std::fs;

use compat_tests::{Cluster, Node, Process, processes, processes_mentioning};
use judge::plan::Fault;

use crate::scene::{SOON, Scene, during};

/// The letter of a process; none when it is gone.
fn state(pid: i32) -> Option<char> {
    processes().into_iter().find(|process| process.pid == pid).map(|process| process.state)
}

/// Waits until a process stands still: a signal works when its receiver is looked at next.
fn stands(cluster: &Cluster, pid: i32) {
    let still = || match state(pid) {
        Some('T') => Ok(()),
        other => Err(format!("{pid} is {other:?}")),
    };
    cluster.wait(SOON, "it stands still", still).unwrap();
}

/// The clients of a node.
fn clients(node: &Node) -> BTreeSet<i32> {
    let all = processes_mentioning(&node.socket());
    ids(&all.into_iter().filter(|process| process.name == "compat-client").collect::<Vec<_>>())
}

fn ids(of: &[Process]) -> BTreeSet<i32> {
    of.iter().map(|process| process.pid).collect()
}

#[test]
fn what_is_said_to_stand_still_stands_still() {
    let scene = Scene::new(1);
    let stage = scene.stage();
    let cluster = stage.cluster;
    let node = cluster.node(1);
    let before = clients(node);
    assert_eq!(before.len(), 2);

    let (pid, helpers) = (node.pid().unwrap(), ids(&node.helpers().unwrap()));
    during(&stage, Fault::F4, 1, || {
        [pid].into_iter().chain(before.clone()).for_each(|pid| stands(cluster, pid));
        // Some helpers live for a moment only: they may have ended before.
        let stand = || match helpers.iter().filter_map(|pid| state(*pid)).collect::<String>() {
            letters if letters.contains('T') && letters.chars().all(|letter| "TZ".contains(letter)) => Ok(()),
            letters => Err(letters),
        };
        cluster.wait(SOON, "all helpers stand still", stand).unwrap();
        cluster.node(0).wait_disconnected_of(1, SOON).unwrap();
    });
    assert_eq!(node.pid().unwrap(), pid, "it is the same daemon that goes on");

    during(&stage, Fault::F5, 1, || {
        stands(cluster, pid);
        let others = ids(&node.helpers().unwrap()).into_iter().chain(clients(node));
        others.for_each(|pid| assert_ne!(state(pid), Some('T'), "{pid}"));
        cluster.node(0).wait_disconnected_of(1, SOON).unwrap();
    });
}

#[test]
fn what_is_said_to_die_dies() {
    let scene = Scene::new(3);
    let stage = scene.stage();
    let cluster = stage.cluster;
    let node = cluster.node(1);
    let (pid, before) = (node.pid().unwrap(), clients(node));
    assert_eq!(before.len(), 2);

    during(&stage, Fault::F17, 1, || {
        assert!(before.iter().all(|pid| state(*pid).is_none_or(|letter| letter == 'Z')));
        assert_eq!(node.pid().unwrap(), pid, "the daemons go on");
    });

    during(&stage, Fault::F23, 1, || {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let most: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap();
        let open = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        assert!(most <= open + 4 && most < 1024, "{most} of which {open} are used");
    });

    let helpers = ids(&compat_faults::faults::lasting(node).unwrap());
    assert!(helpers.len() >= 2, "{helpers:?}");
    during(&stage, Fault::F18, 1, || {
        let gone = || match helpers.iter().any(|pid| state(*pid).is_none_or(|letter| letter == 'Z')) {
            true => Ok(()),
            false => Err("all of them are there"),
        };
        cluster.wait(SOON, "a helper is gone", gone).unwrap();
    });
}

#[test]
fn a_node_that_is_said_to_be_down_is_down_and_comes_back_as_another_process() {
    let scene = Scene::new(2);
    let stage = scene.stage();
    let cluster = stage.cluster;
    let node = cluster.node(2);
    for fault in [Fault::F1, Fault::F2, Fault::F3, Fault::F11, Fault::F21] {
        let pid = node.pid().unwrap();
        during(&stage, fault, 2, || {
            cluster.node(0).wait_disconnected_of(2, SOON).unwrap();
            assert!(!node.is_running() && state(pid).is_none_or(|letter| letter == 'Z'), "{fault}");
        });
        assert_ne!(node.pid().unwrap(), pid, "{fault}");
    }
}
