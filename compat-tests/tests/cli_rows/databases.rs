//! `db` on a healthy cluster of three: databases of each kind, their records, backups and files.
//!
//! That records are not lost beside other writers is the matter of the folder `db` beside this one.

use std::process::Command;
use std::time::Duration;

use compat_tests::{Cluster, run};

use super::rows::{Try, done, ends, play};

/// Played at node 0; the rows rely on those before them.
pub(crate) const ROWS: &[Try] = &[
    done("db attach loose.tdb", &["loose.tdb"], &[("/name", "\"loose.tdb\"")]),
    done("db attach kept.tdb persistent", &["persistent"], &[("/name", "\"kept.tdb\"")]),
    done("db list -n 1", &["loose.tdb", "kept.tdb"], &[]),
    done("db info kept.tdb", &["persistent"], &[("/name", "\"kept.tdb\"")]),
    done("db status -n all", &[], &[("/nodes/2/databases", "2"), ("/nodes/2/unhealthy", "[]")]),
    done("db list --size", &["RECORDS", "BYTES"], &[("/node", "0")]),
    done("db hot -n all", &["DATABASE"], &[("/nodes/1/answered", "true")]),
    done("db statistics loose.tdb -n all", &[], &[("/nodes/1/answered", "true")]),
    done("db key set loose.tdb key one", &[], &[]),
    done("db key get loose.tdb key", &["one"], &[]),
    done("db key set kept.tdb key two", &[], &[]),
    done("db key get kept.tdb key", &["two"], &[]),
    done("db key batch kept.tdb {dir}/batch", &["2"], &[("/records", "2"), ("/transaction", "true")]),
    done("db key get kept.tdb a", &["first"], &[]),
    done("db seqnum kept.tdb -n all", &[], &[("/nodes/2/answered", "true")]),
    done("db cat kept.tdb", &["first", "two"], &[]),
    done("db cat loose.tdb", &["one"], &[]),
    done("db tdb cat loose.tdb", &["one"], &[]),
    done("db flag get loose.tdb", &[], &[("/nodes/0/answered", "true")]),
    done("db flag set loose.tdb readonly", &["yes"], &[]),
    done("db backup kept.tdb {dir}/backup --yes", &["kept.tdb"], &[]),
    done("db dump-backup {dir}/backup", &["first"], &[]),
    ends(2, "db wipe kept.tdb", &["add --yes"], &[("/error/code", "\"needs_yes\"")]),
    done("db wipe kept.tdb --yes", &["kept.tdb"], &[]),
    ends(1, "db key get kept.tdb a", &["there is no record a in kept.tdb"], &[]),
    done("db restore {dir}/backup --yes", &["kept.tdb"], &[]),
    done("db key get kept.tdb a", &["first"], &[]),
    ends(1, "db key delete kept.tdb nothing", &["there is no record nothing in kept.tdb"], &[]),
    ends(5, "db key push loose.tdb key three", &[], &[]),
    done("db tdb set {dir}/plain.tdb key four --yes", &[], &[]),
    done("db tdb get {dir}/plain.tdb key", &["four"], &[]),
    ends(5, "db detach kept.tdb --yes", &[], &[]),
    ends(2, "db info ../loose.tdb", &["without '/'"], &[]),
    ends(2, "db attach ../loose.tdb", &[], &[]),
];

#[test]
fn databases_their_records_and_files() {
    let cluster = Cluster::builder().start().unwrap();
    let base = cluster.node(0).base();
    std::fs::write(base.join("batch"), "\"a\" \"first\"\n\"b\" \"second\"\n").unwrap();
    let mut restore = Command::new("tdbrestore");
    restore.arg(base.join("plain.tdb"));
    run(restore, Duration::from_secs(20)).unwrap().ok().unwrap();
    play(cluster.node(0), cluster.net(), ROWS);
    cluster.wait_healthy(Duration::from_secs(60)).unwrap();
}
