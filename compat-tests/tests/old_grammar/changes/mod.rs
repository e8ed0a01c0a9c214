//! Commands that change something: the C tool runs one and it is undone, then ours runs it; what both said and what is to
//! be seen afterwards is the same.

mod nodes;
mod table;

use std::fs;
use std::time::Duration;

use compat_tests::{Cluster, wait_until};

use crate::old_grammar::both::{At, Both, Seen, env_of, split};
use crate::old_grammar::healthy::{attach_databases, with_addresses};
use crate::old_grammar::masks::Mask;
use table::{BACK, Change, ORDERS, RECORDS};

pub(crate) use table::COMMANDS;

/// How long a change, or its end, may take to be seen.
const SOON: Duration = Duration::from_secs(60);

struct Stage<'a> {
    both: &'a Both,
    cluster: &'a Cluster,
    dir: String,
}

impl Stage<'_> {
    fn words(&self, line: &str) -> String {
        line.replace('@', &self.dir)
    }

    fn run(&self, ours: bool, line: &str, stdin: &str, mask: Mask) -> Seen {
        let env = env_of(self.cluster.node(0));
        let tool = if ours { &self.both.ours } else { &self.both.c };
        self.both.run(tool, &split(&self.words(line)), At { env: &env, stdin, mask })
    }

    fn look(&self, change: &Change) -> Seen {
        self.run(false, change.look, "", change.mask.1)
    }

    /// Undoes it, and waits until all looks as before.
    fn undo(&self, change: &Change, before: &Seen) {
        for line in change.undo {
            let undone = self.run(false, line, "", Mask::Exact);
            assert_eq!(undone.status, Some(0), "{line}: {undone:?}");
        }
        if !change.undo.is_empty() {
            wait_until(SOON, &format!("`{}` is undone", change.run), || match self.look(change) {
                now if now == *before => Ok(()),
                now => Err(format!("{now:?} instead of {before:?}")),
            })
            .unwrap();
        }
    }

    fn compare(&self, change: &Change) {
        let before = self.look(change);
        let theirs = self.run(false, change.run, change.stdin, change.mask.0);
        let seen_by_theirs = self.look(change);
        self.undo(change, &before);
        let ours = self.run(true, change.run, change.stdin, change.mask.0);
        let seen_by_ours = self.look(change);
        assert_eq!(ours, theirs, "ctdb {}: ours is left, Debian's is right", change.run);
        assert_eq!(seen_by_ours, seen_by_theirs, "after ctdb {}", change.run);
        self.undo(change, &before);
    }
}

#[test]
fn orders_to_nodes_and_the_cluster_say_and_do_the_same() {
    let cluster = with_addresses().start().unwrap();
    let both = Both::new();
    let stage = Stage { both: &both, cluster: &cluster, dir: String::new() };
    for change in ORDERS {
        stage.compare(change);
    }
    for (first, change) in BACK {
        assert_eq!(stage.run(false, first, "", Mask::Exact).status, Some(0));
        stage.compare(change);
        wait_until(SOON, "the node is back", || {
            let back = stage.run(false, change.run, "", Mask::Exact);
            if back.status == Some(0) { Ok(()) } else { Err(format!("{back:?}")) }
        })
        .unwrap();
        cluster.wait_healthy(SOON).unwrap();
    }
    move_an_address(&stage);
}

/// Where an address is, by what the first node says.
fn place(stage: &Stage<'_>) -> u32 {
    let ips = stage.run(false, "-X ip all", "", Mask::Exact).out;
    let line = ips.lines().find(|line| line.starts_with("|127.99.7.1|")).unwrap();
    line.split('|').nth(2).unwrap().parse().unwrap()
}

fn move_an_address(stage: &Stage<'_>) {
    let mut said = Vec::new();
    for ours in [false, true] {
        let target = (place(stage) + 1) % 3;
        said.push(stage.run(ours, &format!("moveip 127.99.7.1 {target}"), "", Mask::Exact));
        assert_eq!(place(stage), target);
    }
    assert_eq!(said[1], said[0]);
    assert_eq!(said[0].status, Some(0), "{said:?}");
}

#[test]
fn records_and_databases_are_changed_in_the_same_way() {
    let cluster = with_addresses().start().unwrap();
    attach_databases(&cluster);
    let both = Both::new();
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage { both: &both, cluster: &cluster, dir: dir.path().to_str().unwrap().to_owned() };
    fs::write(dir.path().join("pairs"), "\"c\" \"3\"\n").unwrap();
    for (file, data) in [("file.tdb", "\\00".repeat(24)), ("short.tdb", "xy".to_owned())] {
        let text =
            format!("{{\nkey(3) = \"key\"\ndata({}) = \"{data}\"\n}}\n", if data == "xy" { 2 } else { 24 });
        let from = dir.path().join("dump");
        fs::write(&from, text).unwrap();
        let to = dir.path().join(file);
        let made =
            std::process::Command::new("tdbrestore").arg(&to).stdin(fs::File::open(&from).unwrap()).status();
        assert!(made.unwrap().success());
    }
    for change in RECORDS {
        stage.compare(change);
    }
    restore_and_wipe(&stage);
    detach_and_attach(&stage);
    push(&stage);
    let [out, backup] = ["out", "backup"].map(|name| fs::read(dir.path().join(name)).unwrap());
    assert_eq!(out.len(), 24 + "other".len(), "the header and the data");
    assert!(!backup.is_empty());
}

/// The records that are there. Where the backup of a volatile database has deleted ones too, nodes that have no part in
/// them take nothing from the C tool; ours leaves them out.
fn living(dump: &str) -> String {
    let there = |record: &&str| record.starts_with("key(") && !record.contains("data(0) =");
    let said = |line: &&str| line.starts_with("key(") || line.starts_with("data(");
    let record = |record: &str| record.lines().filter(said).collect::<Vec<_>>().join(" ");
    let mut all: Vec<String> = dump.split("\n\n").filter(there).map(record).collect();
    all.sort();
    all.join("\n")
}

/// Backups of the C tool are restored, into the database and into a new one, and wiped, by both.
fn restore_and_wipe(stage: &Stage<'_>) {
    let run = |ours, line: &str, mask| stage.run(ours, line, "", mask);
    let mut said = Vec::new();
    for ours in [false, true] {
        let mut seen = Vec::new();
        for db in ["p.tdb", "v.tdb"] {
            seen.push(run(ours, &format!("wipedb {db}"), Mask::Exact));
            seen.push(run(false, &format!("cattdb {db}"), Mask::Exact));
        }
        for (line, db) in [
            ("restoredb @/backup", "p.tdb"),
            ("restoredb @/backup p.tdb", "p.tdb"),
            ("restoredb @/backup-v", "v.tdb"),
            ("restoredb @/backup-v copy.tdb", "copy.tdb"),
        ] {
            let restored = run(ours, line, Mask::Digits);
            let all = run(false, &format!("cattdb {db}"), Mask::Exact);
            if db == "p.tdb" {
                seen.extend([restored, all]);
            } else if ours {
                assert!(restored.out.ends_with(&format!("Database {db} restored\n")), "{restored:?}");
                assert_eq!(living(&all.out), "key(4) = \"kept\" data(5) = \"value\"");
            }
            seen.push(run(false, &format!("-n 1 getdbstatus {db}"), Mask::Exact));
            assert!(seen.iter().all(|seen| seen.status == Some(0)), "{seen:?}");
            // Where a node did not get all records, a recovery was asked for.
            stage.cluster.wait_healthy(SOON).unwrap();
        }
        said.push(seen);
    }
    assert_eq!(said[1], said[0], "ours is left, Debian's is right");
    assert!(said[0][5].out.contains("data(5) = \"value\""), "{:?}", said[0]);
}

/// A database is made by one tool and taken away by the other; the nodes have to be told to let nobody in.
fn detach_and_attach(stage: &Stage<'_>) {
    let allow = |value: u32| {
        for pnn in 0..3 {
            let line = format!("-n {pnn} setvar AllowClientDBAttach {value}");
            assert_eq!(stage.run(false, &line, "", Mask::Exact).status, Some(0));
        }
    };
    let everywhere = || (0..3).map(|pnn| stage.run(false, &format!("-n {pnn} -X getdbmap"), "", Mask::Exact));
    let mut said = Vec::new();
    for ours in [false, true] {
        allow(1);
        said.push(vec![stage.run(ours, "attach new.tdb", "", Mask::Exact)]);
        wait_until(SOON, "all nodes have the database", || {
            if everywhere().all(|map| map.out.contains("|new.tdb|")) { Ok(()) } else { Err("not yet") }
        })
        .unwrap();
        allow(0);
        let last = said.last_mut().unwrap();
        for line in ["detach nosuch new.tdb", "detach p.tdb", "detach nosuch"] {
            last.push(stage.run(ours, line, "", Mask::Exact));
        }
        assert!(everywhere().all(|map| !map.out.contains("|new.tdb|")), "it is gone from all nodes");
    }
    allow(1);
    assert_eq!(said[1], said[0], "ours is left, Debian's is right");
}

/// A daemon of 4.17 has no such control: the record is changed on this node, and no more.
fn push(stage: &Stage<'_>) {
    let pushed = stage.run(true, "pushrecord v.tdb pushed value", "", Mask::Exact);
    let words = "Control PUSH_RECORD failed, ret=-1\nFailed to push record for key pushed\n";
    assert_eq!((pushed.status, pushed.out.as_str(), pushed.err.as_str()), (Some(1), "", words), "{pushed:?}");
    let read = stage.run(false, "readkey v.tdb pushed", "", Mask::Exact);
    assert_eq!(read.out, "Data: size:5 ptr:[value]\n");
    let wrong = stage.run(true, "pushrecord p.tdb key value", "", Mask::Exact);
    assert_eq!(wrong.err, "DB p.tdb is not a volatile database\n");
    let usage = stage.run(true, "pushrecord v.tdb", "", Mask::Exact);
    assert!(
        usage.out.ends_with("pushrecord      <dbname|dbid> <key> <value>  push a record to all nodes\n"),
        "{usage:?}"
    );
}
