//! `ctdbctl db` on clusters of real ctdbd, beside the C tool: what one writes the other reads, and nothing is lost
//! whoever writes where, dies or recovers.

mod holder;
mod records;
mod terminal;
mod transactions;
mod trouble;
mod whole;

use std::thread;
use std::time::Duration;

use compat_tests::{Cluster, Node};

const SOON: Duration = Duration::from_secs(60);

/// The output of a command that succeeds, without the last newline.
fn ctl(node: &Node, words: &[&str]) -> String {
    let output = node.ctdbctl(words).unwrap().ok().unwrap();
    output.strip_suffix('\n').unwrap_or(&output).to_owned()
}

/// The exit status of a command, and what it said about an error.
fn status(node: &Node, words: &[&str]) -> (i32, String) {
    let output = node.ctdbctl(words).unwrap();
    (output.code.expect("not killed"), output.stderr)
}

fn json(node: &Node, words: &[&str]) -> serde_json::Value {
    let words = [words, &["-o", "json"]].concat();
    serde_json::from_str(&node.ctdbctl(&words).unwrap().stdout).unwrap()
}

fn cluster() -> Cluster {
    Cluster::builder().start().unwrap()
}

/// Adds one to a number by reading it and writing the next, until nobody was in between.
fn increment(node: &Node, database: &str, key: &str) {
    loop {
        let old = node.ctdbctl(&["-t", "60", "db", "key", "get", database, key]).unwrap();
        assert!(matches!(old.code, Some(0 | 1)), "{old:?}");
        let old = old.stdout.trim_end();
        let next = (old.parse::<u64>().unwrap_or(0) + 1).to_string();
        let set = ["-t", "60", "db", "key", "set", database, key, &next, "--expect", old];
        match node.ctdbctl(&set).unwrap() {
            set if set.code == Some(0) => return,
            set => assert_eq!((set.code, set.stderr.as_str()), (Some(1), ""), "{set:?}"),
        }
    }
}

/// Does something on several nodes at the same time.
fn at_once(work: &[&(dyn Fn() + Sync)]) {
    thread::scope(|scope| {
        for work in work {
            scope.spawn(work);
        }
    });
}
