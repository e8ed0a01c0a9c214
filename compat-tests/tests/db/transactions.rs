//! Persistent and replicated databases: transactions of ours and of the C tool, one at a time in the whole cluster.

use std::fmt::Write as _;
use std::process::Command;

use compat_tests::{product, wait_until};

use super::{SOON, at_once, cluster, ctl, increment, json};

#[test]
fn txn_01_transactions_of_both_tools_on_all_nodes_exclude_each_other() {
    let cluster = cluster();
    for kind in ["persistent", "replicated"] {
        let name = format!("{kind}.tdb");
        ctl(cluster.node(0), &["db", "attach", &name, kind]);
        wait_until(SOON, "all nodes have it", || cluster.node(2).ctdb(&["getdbstatus", &name])).unwrap();
        let ours = |pnn: usize| {
            let (node, name) = (cluster.node(pnn), name.clone());
            move || {
                for _ in 0..8 {
                    increment(node, &name, "counter");
                }
            }
        };
        let theirs = || {
            for n in 0..8 {
                cluster.node(2).ctdb(&["pstore", &name, "tool", &n.to_string()]).unwrap();
            }
        };
        at_once(&[&ours(0), &ours(1), &ours(2), &theirs]);
        for node in cluster.nodes() {
            assert_eq!(ctl(node, &["db", "key", "get", &name, "counter"]), "24");
            assert_eq!(ctl(node, &["db", "key", "get", &name, "tool"]), "7");
            assert_eq!(node.ctdb(&["pfetch", &name, "counter"]).unwrap(), "24\n");
            // TXN-02, TXN-16: a commit counts, and only a commit.
            assert_eq!(node.ctdb(&["getdbseqnum", &name]).unwrap(), "0x20\n");
        }
        let numbers = json(cluster.node(0), &["-n", "all", "db", "seqnum", &name]);
        let numbers = numbers["nodes"].as_array().unwrap().iter();
        assert_eq!(numbers.map(|node| node["seqnum"].as_u64()).collect::<Vec<_>>(), [Some(32); 3]);
    }
}

#[test]
fn txn_02_a_batch_is_one_transaction_and_what_is_the_same_is_no_change() {
    let cluster = cluster();
    let [a, b] = [0, 1].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "p.tdb", "persistent"]);
    let mut lines = String::new();
    for n in 0..200 {
        writeln!(lines, "\"key{n}\" \"value{n}\"").unwrap();
    }
    let file = cluster.dir().join("lines");
    std::fs::write(&file, &lines).unwrap();
    let path = file.to_str().unwrap();
    for seqnum in ["0x1\n", "0x1\n"] {
        let batch = json(a, &["db", "key", "batch", "p.tdb", path]);
        assert_eq!((&batch["records"], &batch["transaction"]), (&200.into(), &true.into()));
        assert_eq!(b.ctdb(&["getdbseqnum", "p.tdb"]).unwrap(), seqnum);
    }
    // The C tool reads the same lines, and finds nothing to change.
    b.ctdb(&["ptrans", "p.tdb", path]).unwrap();
    assert_eq!(a.ctdb(&["getdbseqnum", "p.tdb"]).unwrap(), "0x1\n");
    // The same from standard input.
    let mut command = Command::new(product("ctdbctl").unwrap());
    command.args(["db", "key", "batch", "p.tdb", "--socket"]).arg(b.socket());
    let stdin = std::fs::File::open(&file).unwrap();
    let out = command.stdin(stdin).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "200 records written, in one transaction\n");
    assert_eq!(a.ctdb(&["getdbseqnum", "p.tdb"]).unwrap(), "0x1\n");
    ctl(b, &["db", "key", "delete", "p.tdb", "key7"]);
    assert_eq!(a.ctdb(&["pfetch", "p.tdb", "key7"]).unwrap(), "\n");
    let catdb = a.ctdb(&["catdb", "p.tdb"]).unwrap();
    assert!(catdb.ends_with("Dumped 200 records\n"), "199, and the sequence number: {catdb}");
}

#[test]
fn txn_01_the_lock_of_a_client_that_was_killed_is_taken_by_the_next() {
    let cluster = cluster();
    let [a, b] = [0, 1].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "p.tdb", "persistent"]);
    let mut killed = super::holder::start(a, "transaction", "p.tdb");
    let id = json(a, &["db", "info", "p.tdb"])["id"].as_str().unwrap().to_owned();
    let key = format!("0x{}", hex(format!("transaction_db_{id}\0").as_bytes()));
    let lock = || json(b, &["db", "key", "get", "g_lock.tdb", &key])["found"].clone();
    assert_eq!(lock(), true, "the lock is there");
    let (late, text) = super::status(b, &["-t", "1", "db", "key", "set", "p.tdb", "key", "x"]);
    assert_eq!(late, 4, "{text}");
    killed.kill();
    ctl(b, &["db", "key", "set", "p.tdb", "key", "after"]);
    assert_eq!(a.ctdb(&["pfetch", "p.tdb", "key"]).unwrap(), "after\n");
    assert_eq!(lock(), false, "and given back");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
