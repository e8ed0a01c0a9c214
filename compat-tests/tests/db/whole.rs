//! Databases as a whole: listed, backed up, restored, wiped; the files of either tool are good for the other.

use std::fmt::Write as _;
use std::path::Path;

use compat_tests::{Cluster, Node, wait_until};

use super::{SOON, cluster, ctl, json, status};

/// What `ctdb catdb` and `ctdb dumpdbbackup` print, as a set: keys and data.
fn records(text: &str) -> Vec<(String, String)> {
    let mut records: Vec<_> = text
        .split("\n\n")
        .filter_map(|record| {
            let line = |name: &str| record.lines().find(|line| line.starts_with(name)).map(str::to_owned);
            Some((line("key(")?, line("data(")?))
        })
        .collect();
    records.sort();
    records
}

fn fill(cluster: &Cluster, name: &str) {
    let mut lines = String::new();
    for n in 0..700 {
        writeln!(lines, "\"key{n}\" \"{}\"", format!("value {n} ").repeat(40)).unwrap();
    }
    let file = cluster.dir().join("lines");
    std::fs::write(&file, lines).unwrap();
    let node = cluster.node(0);
    ctl(node, &["db", "key", "batch", name, file.to_str().unwrap()]);
    ctl(node, &["db", "key", "set", name, "0x0001ff", "0x00"]);
}

fn catdb(node: &Node, name: &str) -> Vec<(String, String)> {
    records(&node.ctdb(&["catdb", name]).unwrap())
}

/// An empty record is stored by its lmaster and its data master; on other nodes C's daemon fails at it and takes no record
/// any more ("received 0 of 9 records").
#[test]
fn rec_11_a_backup_with_deleted_records_is_restored_where_the_c_tool_fails() {
    // Vacuuming would take the empty records away.
    let cluster = Cluster::builder().tunable("VacuumInterval", 3600).start().unwrap();
    let [a, b] = [0, 1].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "v.tdb"]);
    for n in 0..9 {
        ctl(a, &["db", "key", "set", "v.tdb", &format!("key{n}"), "data"]);
    }
    for n in 1..9 {
        ctl(a, &["db", "key", "delete", "v.tdb", &format!("key{n}")]);
    }
    let file = cluster.dir().join("backup").to_str().unwrap().to_owned();
    a.ctdb(&["backupdb", "v.tdb", &file]).unwrap();
    assert_eq!(json(a, &["db", "dump-backup", &file])["records"].as_array().unwrap().len(), 9);
    let theirs = a.try_ctdb(&["restoredb", &file]).unwrap();
    assert!(theirs.stderr.contains("received 0 of 9 records"), "{theirs:?}");
    cluster.wait_healthy(SOON).unwrap();
    ctl(a, &["-t", "60", "db", "restore", &file, "--yes"]);
    for node in [a, b] {
        assert_eq!(ctl(node, &["db", "key", "get", "v.tdb", "key0"]), "data");
        assert_eq!(json(node, &["db", "key", "get", "v.tdb", "key1"])["found"], false);
    }
    ctl(b, &["db", "key", "set", "v.tdb", "key1", "again"]);
    assert_eq!(ctl(a, &["db", "key", "get", "v.tdb", "key1"]), "again");
}

#[test]
fn a_backup_of_either_tool_is_restored_by_the_other() {
    let cluster = cluster();
    let [a, b, c] = [0, 1, 2].map(|pnn| cluster.node(pnn));
    for kind in ["persistent", "replicated", "volatile"] {
        let name = format!("{kind}.tdb");
        ctl(a, &["db", "attach", &name, kind]);
        wait_until(SOON, "all nodes have it", || c.ctdb(&["getdbstatus", &name])).unwrap();
        fill(&cluster, &name);
        let before = catdb(b, &name);
        assert!(before.len() >= 701, "{kind}: {}", before.len());
        let path = |tool: &str| cluster.dir().join(format!("{kind}.{tool}")).to_str().unwrap().to_owned();
        let (ours, theirs) = (path("ours"), path("theirs"));
        let written = json(a, &["db", "backup", &name, &ours]);
        a.ctdb(&["backupdb", &name, &theirs]).unwrap();
        let dump = |file: &str| records(&c.ctdb(&["dumpdbbackup", file]).unwrap());
        assert_eq!(dump(&ours), dump(&theirs), "{kind}");
        assert_eq!(written["records"].as_u64().unwrap(), dump(&theirs).len() as u64);
        assert_eq!(
            json(a, &["db", "dump-backup", &ours])["records"],
            json(a, &["db", "dump-backup", &theirs])["records"]
        );

        ctl(c, &["db", "wipe", &name, "--yes"]);
        for node in cluster.nodes() {
            assert_eq!(catdb(node, &name), [], "{kind}");
        }
        b.ctdb(&["restoredb", &ours]).unwrap();
        assert_eq!(catdb(c, &name), before, "{kind}: theirs restored ours");
        a.ctdb(&["wipedb", &name]).unwrap();
        ctl(c, &["db", "restore", &theirs, "--yes"]);
        assert_eq!(catdb(a, &name), before, "{kind}: ours restored theirs");
        ctl(c, &["db", "key", "set", &name, "more", "data"]);
        assert_eq!(ctl(a, &["db", "key", "get", &name, "more"]), "data");
        assert_eq!(ctl(a, &["db", "key", "get", &name, "key7"]), "value 7 ".repeat(40));
    }
    a.ctdb(&["getdbmap"]).unwrap();
    let healthy = json(a, &["-n", "all", "db", "status"]);
    for node in healthy["nodes"].as_array().unwrap() {
        assert_eq!(node["unhealthy"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn a_backup_is_restored_under_another_name_too() {
    let cluster = cluster();
    let node = cluster.node(0);
    ctl(node, &["db", "attach", "p.tdb", "persistent"]);
    ctl(node, &["db", "key", "set", "p.tdb", "key", "value"]);
    let file = cluster.dir().join("backup");
    let file = file.to_str().unwrap();
    ctl(node, &["db", "backup", "p.tdb", file]);
    ctl(node, &["db", "restore", file, "q.tdb", "--yes"]);
    assert_eq!(ctl(cluster.node(1), &["db", "key", "get", "q.tdb", "key"]), "value");
    assert_eq!(json(node, &["db", "info", "q.tdb"])["kind"], "persistent");
}

#[test]
fn lists_and_records_are_those_of_the_c_tool() {
    let cluster = cluster();
    let node = cluster.node(0);
    for (name, kind) in [("v.tdb", "volatile"), ("p.tdb", "persistent"), ("r.tdb", "replicated")] {
        ctl(node, &["db", "attach", name, kind]);
        ctl(node, &["db", "key", "set", name, "key", "value"]);
    }
    ctl(node, &["db", "flag", "set", "v.tdb", "sticky"]);
    let list = json(node, &["db", "list"]);
    let list = list["databases"].as_array().unwrap();
    let map = node.ctdb(&["-X", "getdbmap"]).unwrap();
    let lines: Vec<Vec<&str>> = map.lines().skip(1).map(|line| line.split('|').skip(1).collect()).collect();
    assert_eq!(list.len(), lines.len());
    for (db, line) in list.iter().zip(lines) {
        let bit = |set: bool| if set { "1" } else { "0" };
        let kind = |word| bit(db["kind"] == word);
        let flag = |name: &str| bit(db[name] == true);
        let unhealthy = bit(db["healthy"] == false);
        let id = db["id"].as_str().unwrap().replace("0x", "0X").to_uppercase().replace("0X", "0x");
        let ours = [id.as_str(), db["name"].as_str().unwrap(), db["path"].as_str().unwrap()];
        assert_eq!(ours, line[..3]);
        // ID|Name|Path|Persistent|Sticky|Unhealthy|Readonly|Replicated|
        let ours = [kind("persistent"), flag("sticky"), unhealthy, flag("readonly"), kind("replicated")];
        assert_eq!(ours, line[3..8], "{db}");
        assert!(Path::new(line[2]).exists());
    }
    for name in ["v.tdb", "p.tdb", "r.tdb"] {
        for (ours, theirs) in [("cat", "catdb"), ("tdb cat", "cattdb")] {
            let words: Vec<&str> = ["db"].into_iter().chain(ours.split(' ')).chain([name]).collect();
            let found = json(node, &words);
            let theirs = node.ctdb(&[theirs, name]).unwrap();
            let count = records(&theirs).len();
            assert_eq!(found["records"].as_array().unwrap().len(), count, "{theirs}");
            let keys = found["records"].as_array().unwrap().iter().map(|record| &record["key"]["text"]);
            assert!(keys.into_iter().any(|key| key == "key"), "{found}");
            assert!(node.ctdbctl(&words).unwrap().stdout.contains("value"));
        }
    }
    let id = json(node, &["db", "info", "v.tdb"])["id"].as_str().unwrap().to_owned();
    assert_eq!(ctl(node, &["db", "key", "get", &id, "key"]), "value");
    let counters = json(node, &["-n", "all", "db", "statistics", "v.tdb"]);
    assert_eq!(counters["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(counters["nodes"][0]["hop_count_buckets"].as_array().unwrap().len(), 16);
}

#[test]
fn what_destroys_wants_yes_and_what_makes_no_sense_changes_nothing() {
    let cluster = cluster();
    let node = cluster.node(0);
    ctl(node, &["db", "attach", "p.tdb", "persistent"]);
    ctl(node, &["db", "key", "set", "p.tdb", "key", "value"]);
    let file = cluster.dir().join("backup").to_str().unwrap().to_owned();
    ctl(node, &["db", "backup", "p.tdb", &file]);
    let tdb = node.base().join("db/persistent/p.tdb.0").to_str().unwrap().to_owned();
    for words in [
        vec!["db", "wipe", "p.tdb"],
        vec!["db", "restore", &file],
        vec!["db", "detach", "p.tdb"],
        vec!["db", "tdb", "set", &tdb, "key", "x"],
        vec!["db", "attach", "../x"],
        vec!["db", "attach", "/etc/passwd"],
        vec!["db", "restore", &file, "a/b", "--yes"],
        vec!["db", "restore", "/etc/passwd", "--yes"],
        vec!["db", "attach", "x.tdb", "persistent", "--readonly"],
        vec!["db", "key", "push", "p.tdb", "key", "x"],
        vec!["db", "key", "set", "p.tdb", "0x1", "x"],
    ] {
        let (code, text) = status(node, &words);
        assert_eq!((code, text.lines().count()), (2, 1), "{words:?}: {text}");
    }
    for (words, expected) in [
        (vec!["db", "wipe", "none.tdb", "--yes"], 5),
        (vec!["db", "key", "get", "0x12345678", "key"], 5),
        (vec!["db", "detach", "p.tdb", "--yes"], 5),
    ] {
        let (code, text) = status(node, &words);
        assert_eq!((code, text.lines().count()), (expected, 1), "{words:?}: {text}");
    }
    assert_eq!(ctl(node, &["db", "key", "get", "p.tdb", "key"]), "value");
    assert_eq!(json(node, &["db", "list"])["databases"].as_array().unwrap().len(), 2, "g_lock.tdb and p.tdb");
    let stored = json(node, &["db", "tdb", "get", &tdb, "key"]);
    assert_eq!(stored["records"][0]["data"]["text"], "value");
}
