//! `migrate` on a node that only C's daemons serve, with a tunneld beside them, and with nobody there.

use std::time::Duration;

use compat_tests::Cluster;

use crate::rows::{Try, done, ends, play, run};

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
            ("/functions/6/served_by", "null"),
        ],
    ),
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
        &[("/rungs/0/state", "\"reached\""), ("/rungs/1/state", "\"not_there\"")],
    ),
    ends(5, "migrate step", &["the daemon of rung 1 does not exist yet"], &[("/error/code", "\"refused\"")]),
    ends(1, "migrate back", &["stop ctdb-tunneld"], &[("/rung", "0")]),
    done("tunnel status", &["ctdbd"], &[("/node", "0"), ("/peers", "[]")]),
    done("tunnel peers", &["PEER"], &[("/node", "0"), ("/peers", "[]")]),
    done("callback list", &["REGISTERED BY"], &[("/callbacks", "[]"), ("/silent", "[]")]),
    done("callback status", &["GIVEN UP"], &[("/callbacks", "[]"), ("/silent", "[]")]),
    done("callback history", &["OUTCOME"], &[("/runs", "[]"), ("/given_up", "[]")]),
];

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
