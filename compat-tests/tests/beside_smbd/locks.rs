//! The lock of a persistent database: who waits for whom, and what becomes of it when its holder dies (TXN-01).

use std::time::{Duration, Instant};

use compat_tests::wait_until;

use super::holder::{DATABASE, Running, lock_len, lock_name};
use super::{SOON, assert_calm, cluster, ctl, generation, json};

/// Who waits in Samba looks again after 5 s at the earliest when nobody tells him.
const TOLD: Duration = Duration::from_millis(4500);

#[test]
fn our_lock_is_seen_and_waited_for_by_samba_and_by_the_c_tool_on_every_node() {
    let (cluster, smbds) = cluster();
    let node = cluster.node(0);
    let name = lock_name(node, DATABASE);
    let before = generation(node);
    for (pnn, smbd) in smbds.iter().enumerate() {
        let mut ours = Running::our_transaction(&cluster, 0);
        let dumped = smbd.try_net(&["g_lock", "dump", &name]).unwrap();
        assert!(dumped.stdout.contains(": WRITE"), "{dumped:?}");
        let tried = smbd.try_net(&["g_lock", "do", &name, "900", "true"]).unwrap();
        assert!(tried.stderr.contains("NT_STATUS_IO_TIMEOUT"), "{tried:?}");
        let pstore =
            |value| cluster.node(pnn).try_ctdb(&["-T", "2", "pstore", DATABASE, "by the tool", value]);
        let tried = pstore("early").unwrap();
        assert!(tried.stderr.contains("Maximum runtime exceeded"), "the tool waits: {tried:?}");

        // A transaction of `net` waits, and is told when the lock is free.
        let alone = lock_len(node, &name);
        let setting = format!("by net on node {pnn}");
        let share = format!("share{pnn}");
        let mut theirs =
            Running::start(smbd.net_command(&["conf", "addshare", &share, "/tmp", "writeable=n"]).unwrap());
        wait_until(SOON, "net waits", || {
            let len = lock_len(node, &name);
            if len > alone { Ok(()) } else { Err(format!("{len} bytes")) }
        })
        .unwrap();
        assert!(theirs.runs());
        let tried = pstore("early").unwrap();
        assert!(tried.stderr.contains("invalid lock data"), "it cannot wait for both: {tried:?}");
        ours.write("\"ours\" \"");
        ours.write(&format!("{pnn}\"\n"));
        let start = Instant::now();
        ours.let_go();
        theirs.ended();
        assert!(start.elapsed() < TOLD, "net was not told: {:?}", start.elapsed());
        smbd.net(&format!("conf setparm {share} comment {}", setting.replace(' ', "_"))).unwrap();
        assert!(smbd.net(&format!("conf showshare {share}")).unwrap().contains("by_net_on_node"));
        assert_eq!(ctl(node, &["db", "key", "get", DATABASE, "ours"]), pnn.to_string());
        assert_eq!(json(node, &["db", "key", "get", DATABASE, "by the tool"])["found"], false);
        cluster.node(pnn).ctdb(&["pstore", DATABASE, "by the tool", "now"]).unwrap();
        assert_eq!(ctl(node, &["db", "key", "get", DATABASE, "by the tool"]), "now");
        ctl(node, &["db", "key", "delete", DATABASE, "by the tool"]);
    }
    assert_eq!(generation(node), before, "no recovery");
    assert_calm(&smbds);
}

#[test]
fn a_lock_of_samba_is_waited_for_on_every_node_and_then_taken() {
    let (cluster, smbds) = cluster();
    let name = lock_name(cluster.node(0), DATABASE);
    for pnn in [0, 2] {
        let node = cluster.node(pnn);
        let theirs = Running::lock_of_samba(&smbds[0], &name);
        let late = node.ctdbctl(&["-t", "1", "db", "key", "set", DATABASE, "ours", "early"]).unwrap();
        assert_eq!(late.code, Some(4), "{late:?}");
        assert!(late.stderr.contains("another transaction did not end"), "{late:?}");
        std::thread::scope(|scope| {
            let ours = scope.spawn(|| ctl(node, &["-t", "60", "db", "key", "set", DATABASE, "ours", "late"]));
            assert!(!ours.is_finished());
            theirs.let_go();
            ours.join().unwrap();
        });
        assert_eq!(ctl(cluster.node(1), &["db", "key", "get", DATABASE, "ours"]), "late");
        ctl(node, &["db", "key", "delete", DATABASE, "ours"]);
        assert_eq!(lock_len(node, &name), 0, "the lock is given back");
    }
    assert_calm(&smbds);
}

#[test]
fn the_lock_of_a_killed_ctdbctl_is_taken_by_samba_and_by_the_c_tool() {
    let (cluster, smbds) = cluster();
    let name = lock_name(cluster.node(0), DATABASE);
    // Dropped is killed.
    for smbd in &smbds {
        drop(Running::our_transaction(&cluster, 0));
        assert_ne!(lock_len(cluster.node(2), &name), 0, "it was left behind");
        smbd.try_net(&["g_lock", "do", &name, "20000", "true"]).unwrap().ok().unwrap();
    }
    for pnn in 0..3 {
        drop(Running::our_transaction(&cluster, 0));
        cluster.node(pnn).ctdb(&["pstore", DATABASE, "key", "by the tool"]).unwrap();
        drop(Running::our_transaction(&cluster, 0));
        ctl(cluster.node(pnn), &["db", "key", "set", DATABASE, "key", "by us"]);
    }
    smbds[0].net("conf addshare after /tmp").unwrap();
    assert_calm(&smbds);
}

/// What C's two clients do with each other's locks, as docs/cli.md says: nothing. It is here so that it is noticed when
/// that changes.
#[test]
fn the_c_tool_and_samba_take_each_others_locks_for_none() {
    let (cluster, smbds) = cluster();
    let name = lock_name(cluster.node(0), DATABASE);
    let tools = Running::transaction_of_c(&cluster, 0);
    smbds[0].try_net(&["g_lock", "do", &name, "900", "true"]).unwrap().ok().unwrap();
    drop(tools);
    let sambas = Running::lock_of_samba(&smbds[0], &name);
    cluster.node(0).ctdb(&["pstore", DATABASE, "key", "value"]).unwrap();
    drop(sambas);
}
