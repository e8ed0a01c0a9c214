//! `ctdbctl` on the databases of real file servers: its records beside theirs, its transactions beside those of `net`,
//! and the lock that both need for them.
//!
//! What is looked at is what people would notice: a session that breaks off, a file that is not what was written, a
//! setting that is gone, a recovery that nobody asked for.

mod holder;
mod locks;
mod records;
mod transactions;

use std::time::Duration;

use compat_tests::{Cluster, Node, Smbd};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(60);

/// Three nodes, with file servers on the first two.
fn cluster() -> (Cluster, [Smbd; 2]) {
    let cluster = Cluster::builder().start().unwrap();
    let smbds = [0, 1].map(|pnn| Smbd::start(&cluster, pnn, &cluster.node(pnn).socket()).unwrap());
    (cluster, smbds)
}

/// The output of a command that succeeds, without the last newline.
fn ctl(node: &Node, words: &[&str]) -> String {
    let output = node.ctdbctl(words).unwrap().ok().unwrap();
    output.strip_suffix('\n').unwrap_or(&output).to_owned()
}

fn json(node: &Node, words: &[&str]) -> Value {
    let words = [words, &["-o", "json"]].concat();
    serde_json::from_str(&node.ctdbctl(&words).unwrap().stdout).unwrap()
}

/// Changes with every recovery. Two commits at the same time end in one.
fn generation(node: &Node) -> Value {
    let generation = json(node, &["status"])["vnn_status"]["generation"].clone();
    assert!(generation.is_u64(), "{generation}");
    generation
}

/// Fails when a file server has met something that it did not understand.
fn assert_calm(smbds: &[Smbd]) {
    for smbd in smbds {
        assert!(smbd.daemon.is_running());
        let log = smbd.daemon.log();
        for word in ["PANIC", "INTERNAL_DB_CORRUPTION", "Found invalid record", "INTERNAL ERROR"] {
            assert!(!log.contains(word), "{word}: {log}");
        }
    }
}
