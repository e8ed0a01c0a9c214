//! A healthy cluster with public addresses and databases of every kind: every question, on every node's socket.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use compat_tests::{Builder, Cluster};

use super::both::{At, Both, env_of};
use super::cases::QUESTIONS;
use super::masks::Mask;

/// Questions that are under way at the same time.
const AT_ONCE: usize = 6;
const ADDRESSES: &str = "127.99.7.1/8 lo\n127.99.7.2/8 lo\n127.99.7.3/8 lo\n";

pub(crate) fn with_addresses() -> Builder {
    Cluster::builder().file("public_addresses", ADDRESSES)
}

/// Databases of every kind, attached by the C tool.
pub(crate) fn attach_databases(cluster: &Cluster) {
    for words in
        [&["attach", "v.tdb"][..], &["attach", "p.tdb", "persistent"], &["attach", "r.tdb", "replicated"]]
    {
        cluster.node(0).ctdb(words).unwrap();
    }
    cluster.node(0).ctdb(&["pstore", "p.tdb", "key", "value"]).unwrap();
}

/// Does something for each, several at once.
pub(crate) fn side_by_side<T: Sync>(items: &[T], each: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..AT_ONCE {
            workers.push(scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(item);
                }
            }));
        }
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

#[test]
fn every_question_has_the_same_answer_from_both_tools() {
    let cluster = with_addresses().start().unwrap();
    attach_databases(&cluster);
    let both = Both::new();
    side_by_side(QUESTIONS, |(words, mask)| {
        both.on(cluster.node(0), words, *mask);
    });
    // From a node that is not the first, and by the socket's name alone.
    side_by_side(&["status", "pnn", "-X ip all", "nodestatus", "-n 0 ping"], |words| {
        both.on(cluster.node(2), words, if words.contains("ping") { Mask::PingTime } else { Mask::Exact });
    });
    let socket = cluster.node(1).socket();
    let env = [("CTDB_SOCKET", socket.to_str().unwrap())];
    both.agree(&["status"], At { env: &env, stdin: "", mask: Mask::Exact });
    json_of_master(&cluster, &both);
}

/// The keys and the order are those of Samba's master; the values those of `ctdb -X status`.
fn json_of_master(cluster: &Cluster, both: &Both) {
    let env = env_of(cluster.node(0));
    let seen = both.run(&both.ours, &["--json", "status"], At { env: &env, stdin: "", mask: Mask::Exact });
    assert_eq!((seen.status, seen.err.as_str()), (Some(0), ""), "{seen:?}");
    assert!(!seen.out.ends_with('\n'), "{seen:?}");
    let keys: Vec<&str> =
        seen.out.lines().filter_map(|line| line.trim_start().strip_prefix('"')?.split('"').next()).collect();
    let node = |pnn: &'static str| {
        let flags =
            ["disconnected", "unknown", "disabled", "banned", "unhealthy", "deleted", "stopped", "inactive"];
        let head = [pnn, "pnn", "address", "partially_online", "flags_raw", "flags_ok", "flags"];
        head.into_iter().chain(flags).chain(["this_node"]).collect::<Vec<_>>()
    };
    let slot = ["hash", "lmaster"];
    let expected: Vec<&str> = ["node_status", "node_count", "deleted_node_count", "nodes"]
        .into_iter()
        .chain(["0", "1", "2"].into_iter().flat_map(node))
        .chain(["vnn_status", "generation", "size", "vnn_map"])
        .chain([slot, slot, slot].concat())
        .chain(["recovery_mode", "recovery_mode_raw", "leader"])
        .collect();
    assert_eq!(keys, expected, "{}", seen.out);
    let value: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!(value["node_status"]["nodes"]["1"]["address"], cluster.node(1).address());
    assert_eq!(value["recovery_mode"], "NORMAL");
    assert!(value["leader"].as_u64().is_some_and(|leader| leader < 3), "{value}");
}
