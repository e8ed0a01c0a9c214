//! `natgw` and `lvs` on a cluster of three: CTDB's own helpers find out, over Debian's own tool.

use compat_tests::Cluster;

use super::rows::{Try, done, ends, play, run};

/// Played at node 0: all nodes are in the group, the last one may only follow.
pub(crate) const ROWS: &[Try] = &[
    done("natgw leader", &["0 {net}.1"], &[("/pnn", "0"), ("/address", "\"{net}.1\"")]),
    done(
        "natgw list",
        &["{net}.1  leader", "{net}.3  follower only"],
        &[("/nodes/0/leader", "true"), ("/nodes/1/leader", "false"), ("/nodes/2/follower_only", "true")],
    ),
    done(
        "natgw status",
        &["{net}.2", "OK", "(this node)"],
        &[("/nodes/0/this_node", "true"), ("/nodes/2/state", "\"OK\""), ("/nodes/2/pnn", "2")],
    ),
    done("lvs leader", &["0"], &[("/pnn", "0"), ("/address", "null")]),
    done("lvs list", &["{net}.3"], &[("/nodes/2/pnn", "2"), ("/nodes/2/address", "\"{net}.3\"")]),
    done("lvs status", &["{net}.1"], &[("/nodes/1/this_node", "false")]),
];

/// Without the files that name the nodes of a group.
const NO_GROUP: &[Try] = &[
    ends(5, "natgw leader", &["natgw_nodes\" not found"], &[("/error/code", "\"refused\"")]),
    ends(5, "lvs list", &["lvs_nodes\" not found"], &[("/error/code", "\"refused\"")]),
];

/// When the first node is stopped and the second disabled.
const OTHERS: &[Try] = &[
    done("natgw leader", &["0"], &[("/pnn", "0")]),
    done("lvs list", &["{net}.3"], &[("/nodes/0/pnn", "2")]),
    done("lvs status", &["STOPPED|INACTIVE", "DISABLED"], &[("/nodes/0/state", "\"STOPPED|INACTIVE\"")]),
];

/// When nobody who may lead is well.
const NOBODY: &[Try] = &[ends(1, "lvs leader", &["no node can lead"], &[("/pnn", "null")])];

#[test]
fn the_groups_of_nat_gateways_and_of_lvs() {
    let cluster = Cluster::builder().start().unwrap();
    let (node, net) = (cluster.node(0), cluster.net());
    play(node, net, NO_GROUP);
    for file in ["natgw_nodes", "lvs_nodes"] {
        let nodes = format!("{net}.1\n{net}.2\n{net}.3\tfollower-only\n");
        std::fs::write(node.base().join(file), nodes).unwrap();
    }
    play(node, net, ROWS);
    // What the C tool says through the same helper.
    for words in ["natgw leader", "lvs leader"] {
        let theirs = node.ctdb(&words.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!(run(node, words, "table").stdout, theirs, "{words}");
    }
    cluster.node(1).ctdb(&["disable"]).unwrap();
    node.wait_flag_of(1, "DISABLED", std::time::Duration::from_secs(60)).unwrap();
    node.stop().unwrap();
    play(node, net, OTHERS);
    play(node, net, NOBODY);
}

#[test]
fn helpers_that_hang_or_talk_nonsense_are_told_in_one_line() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    for (name, script, status, told) in [
        ("hangs", "sleep 300", 4, "did not end within 1 s"),
        ("endless", "yes 0 127.0.0.1", 5, "printed more than"),
        ("nonsense", "echo Segmentation fault", 5, "cannot be read"),
        ("fails", "exit 9", 5, "ended with status 9"),
        ("killed", "kill -9 $$", 5, "a signal ended it"),
    ] {
        let path = node.base().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
        let mut command = std::process::Command::new(compat_tests::product("ctdbctl").unwrap());
        command.args(["natgw", "leader", "-t", if status == 4 { "1" } else { "30" }]);
        let run = command.env("CTDB_NATGW_HELPER", &path).output().unwrap();
        let line = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!((run.status.code(), line.lines().count()), (Some(status), 1), "{name}: {line}");
        assert!(line.contains(told), "{name}: {line}");
    }
}
