//! Clients that die, recoveries in between, databases that go away: what can be waited for is, and the rest ends.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use compat_tests::{Cluster, wait_until};

use super::{SOON, at_once, cluster, ctl, increment, status};

#[test]
fn frz_17_a_chain_whose_holder_was_killed_is_free_for_both_tools() {
    let cluster = cluster();
    let [a, b] = [0, 1].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "v.tdb"]);
    ctl(a, &["db", "key", "set", "v.tdb", "key", "before"]);
    let mut holder = super::holder::start(a, "chain", "v.tdb");
    let (code, text) = status(a, &["-t", "1", "db", "key", "set", "v.tdb", "key", "busy"]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("the record could not be locked within 1"), "{text}");
    holder.kill();
    ctl(a, &["db", "key", "set", "v.tdb", "key", "after"]);
    assert_eq!(a.ctdb(&["readkey", "v.tdb", "key"]).unwrap(), "Data: size:5 ptr:[after]\n");
    assert_eq!(ctl(b, &["db", "key", "get", "v.tdb", "key"]), "after");
    a.ctdb(&["writekey", "v.tdb", "key", "theirs"]).unwrap();
    assert_eq!(ctl(b, &["db", "key", "get", "v.tdb", "key"]), "theirs");
    let file = a.base().join("db/volatile/v.tdb.0");
    let check = Command::new("tdbtool").arg(file).arg("check").output().unwrap();
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(said.contains("Database integrity is OK"), "{said}");
}

#[test]
fn clients_wait_for_recoveries_and_go_on() {
    let cluster = cluster();
    ctl(cluster.node(0), &["db", "attach", "v.tdb"]);
    ctl(cluster.node(0), &["db", "attach", "p.tdb", "persistent"]);
    let done = AtomicBool::new(false);
    let work = |pnn: usize, database: &'static str| {
        let (node, done) = (cluster.node(pnn), &done);
        move || {
            for _ in 0..30 {
                increment(node, database, "counter");
            }
            done.store(true, Ordering::SeqCst);
        }
    };
    let recover = || {
        let mut recoveries = 0;
        while !done.load(Ordering::SeqCst) || recoveries < 3 {
            cluster.node(1).ctdb(&["recover"]).unwrap();
            recoveries += 1;
        }
    };
    at_once(&[&work(0, "v.tdb"), &work(2, "v.tdb"), &work(0, "p.tdb"), &recover]);
    assert_eq!(ctl(cluster.node(1), &["-t", "60", "db", "key", "get", "v.tdb", "counter"]), "60");
    assert_eq!(ctl(cluster.node(1), &["-t", "60", "db", "key", "get", "p.tdb", "counter"]), "30");
}

#[test]
fn a_database_that_is_detached_while_it_is_written_ends_the_writer() {
    let cluster = Cluster::builder().tunable("AllowClientDBAttach", 1).start().unwrap();
    let node = cluster.node(0);
    ctl(node, &["db", "attach", "v.tdb"]);
    let mut lines = String::new();
    for n in 0..200_000 {
        writeln!(lines, "\"key{n}\" \"value\"").unwrap();
    }
    let file = cluster.dir().join("lines");
    std::fs::write(&file, lines).unwrap();
    let write = || {
        let batch = ["-t", "3", "db", "key", "batch", "v.tdb", file.to_str().unwrap()];
        let (code, text) = status(node, &batch);
        assert!(matches!(code, 4 | 5), "{code} {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    };
    let detach = || {
        wait_until(SOON, "records are written", || {
            let record = node.try_ctdb(&["readkey", "v.tdb", "key5"]).unwrap();
            if record.stdout.contains("size:5") { Ok(()) } else { Err(record.stdout) }
        })
        .unwrap();
        for node in cluster.nodes() {
            node.ctdb(&["setvar", "AllowClientDBAttach", "0"]).unwrap();
        }
        ctl(cluster.node(1), &["db", "detach", "v.tdb", "--yes"]);
    };
    at_once(&[&write, &detach]);
    let (code, text) = status(node, &["db", "key", "get", "v.tdb", "key5"]);
    assert_eq!((code, text.as_str()), (5, "ctdbctl: node 0, the record: no database v.tdb\n"));
    for node in cluster.nodes() {
        node.ctdb(&["setvar", "AllowClientDBAttach", "1"]).unwrap();
    }
    ctl(node, &["db", "attach", "v.tdb"]);
    assert_eq!(status(node, &["db", "key", "get", "v.tdb", "key5"]).0, 1, "DB-09: it starts empty");
}

#[test]
fn a_ctdbd_that_dies_ends_its_clients_with_their_status() {
    let cluster = cluster();
    let [a, b] = [0, 1].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "v.tdb"]);
    ctl(a, &["db", "key", "set", "v.tdb", "key", "value"]);
    a.kill9().unwrap();
    assert_eq!(status(a, &["db", "key", "get", "v.tdb", "key"]).0, 3);
    // MIG-25: a record of the dead node can be had again after the recovery.
    assert!(matches!(status(b, &["-t", "60", "db", "key", "set", "v.tdb", "key", "again"]), (0, _)));
    assert_eq!(ctl(cluster.node(2), &["-t", "60", "db", "key", "get", "v.tdb", "key"]), "again");
}
