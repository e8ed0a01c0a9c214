//! `migrate` on a node that only C's daemons serve, with a tunneld beside them, and with nobody there.

use std::time::Duration;

use compat_tests::Cluster;

use super::rows::{Try, done, ends, play, run};

/// Played at node 0 of a healthy cluster.
pub(crate) const ROWS: &[Try] = &[
    done(
        "migrate status",
        &["ctdb_recoverd", "ctdb-eventd", "nobody"],
        &[
            ("/functions/0/name", "\"cluster\""),
            ("/functions/0/served_by", "\"ctdbd\""),
            ("/functions/0/seen", "\"node 0 is RUNNING\""),
            ("/functions/4/served_by", "\"ctdb-eventd\""),
            ("/functions/4/seen", "\"C's\""),
            ("/functions/6/served_by", "null"),
        ],
    ),
    done("migrate status -n 0", &["ctdb_recoverd"], &[("/functions/0/seen", "\"node 0 is RUNNING\"")]),
    done("migrate plan", &["possible", "not there"], &[("/rungs/0/state", "\"possible\"")]),
    ends(1, "migrate step", &["start ctdb-tunneld --ctdb-socket"], &[("/rung", "0"), ("/done", "false")]),
    ends(5, "migrate back", &["stands on no rung"], &[("/error/code", "\"refused\"")]),
];

/// With a tunneld.
pub(crate) const TUNNELD: &[Try] = &[
    done("migrate status", &["ctdb-tunneld"], &[("/functions/6/served_by", "\"ctdb-tunneld\"")]),
    done(
        "migrate plan",
        &["reached"],
        &[
            ("/rungs/0/state", "\"reached\""),
            ("/rungs/1/state", "\"possible\""),
            ("/rungs/3/state", "\"not_there\""),
        ],
    ),
    ends(1, "migrate step", &["set CTDB_EVENTD"], &[("/rung", "1"), ("/done", "false")]),
    ends(1, "migrate back", &["stop ctdb-tunneld"], &[("/rung", "0")]),
    done("tunnel status", &["ctdbd"], &[("/node", "0"), ("/peers", "[]")]),
    done("tunnel peers", &["PEER"], &[("/node", "0"), ("/peers", "[]")]),
    done("callback list", &["REGISTERED BY"], &[("/callbacks", "[]"), ("/silent", "[]")]),
    done("callback status", &["GIVEN UP"], &[("/callbacks", "[]"), ("/silent", "[]")]),
    done("callback history", &["OUTCOME"], &[("/runs", "[]"), ("/given_up", "[]")]),
];

/// With the new event daemon below ctdbd, and no tunneld.
const EVENTD: &[Try] = &[
    done("migrate status", &["the new one, version"], &[("/functions/4/served_by", "\"ctdb-eventd\"")]),
    done(
        "migrate plan",
        &["reached"],
        &[("/rungs/0/state", "\"possible\""), ("/rungs/1/state", "\"reached\"")],
    ),
    ends(1, "migrate step", &["start ctdb-tunneld --ctdb-socket"], &[("/rung", "0")]),
    ends(1, "migrate back", &["remove CTDB_EVENTD"], &[("/rung", "1")]),
];

#[test]
fn a_node_whose_ctdbd_has_the_new_event_daemon_stands_on_that_rung() {
    let cluster = Cluster::builder().nodes(1).our_eventd_on(&[0]).start().unwrap();
    let node = cluster.node(0);
    let told = || run(node, "migrate plan", "table").stdout;
    cluster
        .wait(Duration::from_secs(30), "it is on the bus", || {
            let told = told();
            if told.contains("reached") { Ok(()) } else { Err(told) }
        })
        .unwrap();
    play(node, cluster.net(), EVENTD);
}

#[test]
fn what_is_served_by_whom_and_what_is_next() {
    let cluster = Cluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    play(node, cluster.net(), ROWS);
    let tunneld = cluster.start_tunneld(0).unwrap();
    tunneld
        .wait(Duration::from_secs(30), "it answers", || {
            let seen = run(node, "tunnel status", "table");
            if seen.code == Some(0) { Ok(()) } else { Err(seen.stderr) }
        })
        .unwrap();
    play(node, cluster.net(), TUNNELD);
    node.kill9().unwrap();
    let alone = run(node, "migrate status", "table");
    assert_eq!(alone.code, Some(1), "{alone:?}");
    assert!(alone.stdout.contains("database  nobody"), "{alone:?}");
}
