//! Commands that change something: the C tool runs one and it is undone, then ours runs it; what both said and what is to
//! be seen afterwards is the same.

use std::fs;
use std::time::Duration;

use compat_tests::{Cluster, wait_until};

use super::both::{At, Both, Seen, env_of, split};
use super::healthy::{attach_databases, with_addresses};
use super::masks::Mask;

/// How long a change, or its end, may take to be seen.
const SOON: Duration = Duration::from_secs(60);

/// A command, how it is undone, and where its effect is seen; `@` is a directory for files.
struct Change {
    run: &'static str,
    stdin: &'static str,
    undo: &'static [&'static str],
    look: &'static str,
    /// What is hidden of the command's own words, and of the look.
    mask: (Mask, Mask),
}

const fn change(run: &'static str, undo: &'static [&'static str], look: &'static str) -> Change {
    Change { run, stdin: "", undo, look, mask: (Mask::Exact, Mask::Exact) }
}

const NODES: &str = "-X nodestatus all";

/// Orders to nodes and to the cluster.
const ORDERS: &[Change] = &[
    change("setvar MonitorInterval 7", &["setvar MonitorInterval 2"], "getvar MonitorInterval"),
    change("-n 1 setvar monitorinterval 0x9", &["-n 1 setvar MonitorInterval 2"], "-n 1 listvars"),
    change("setdebug INFO", &["setdebug NOTICE"], "getdebug"),
    change("setdebug 1", &["setdebug NOTICE"], "getdebug"),
    change("-n 2 setdebug d", &["-n 2 setdebug NOTICE"], "-n 2 getdebug"),
    change("setlmasterrole off", &["setlmasterrole on"], "getcapabilities"),
    change("-n 1 setleaderrole off", &["-n 1 setleaderrole on"], "-n 1 getcapabilities"),
    change("setifacelink lo down", &["setifacelink lo up"], "ifaces"),
    change("-n 1 setifacelink lo down", &["-n 1 setifacelink lo up"], "-n 1 ifaces"),
    change("-n 1 disable", &["-n 1 enable"], NODES),
    change("disable", &["enable"], NODES),
    change("-n 2 stop", &["-n 2 continue"], NODES),
    change("-n 1 ban 300", &["-n 1 unban"], NODES),
    change(
        "-n 1 addip 127.99.7.9/8 lo",
        &["-n 1 delip 127.99.7.9", "ipreallocate"],
        "-n 1 ipinfo 127.99.7.9",
    ),
    change("ipreallocate", &[], "ip all"),
    change("sync", &[], "ip all"),
    change("reloadips", &[], "ip all"),
    change("reloadips all", &[], "ip all"),
    change("reloadips 1,2", &[], "ip all"),
    change("recover", &[], "runstate"),
    change("-n 1 recover", &[], "runstate"),
];

/// The way back of orders.
const BACK: &[(&str, Change)] = &[
    ("-n 1 disable", change("-n 1 enable", &["-n 1 disable"], NODES)),
    ("-n 2 stop", change("-n 2 continue", &["-n 2 stop"], NODES)),
    ("-n 1 ban 300", change("-n 1 unban", &["-n 1 ban 300"], NODES)),
];

const fn masked(
    run: &'static str,
    undo: &'static [&'static str],
    look: &'static str,
    mask: (Mask, Mask),
) -> Change {
    Change { run, stdin: "", undo, look, mask }
}

const fn fed(
    run: &'static str,
    stdin: &'static str,
    undo: &'static [&'static str],
    look: &'static str,
) -> Change {
    Change { run, stdin, undo, look, mask: (Mask::Exact, Mask::Exact) }
}

/// Databases and what is in them. A record's version counts what was done to it.
const RECORDS: &[Change] = &[
    change("writekey v.tdb key value", &["deletekey v.tdb key"], "readkey v.tdb key"),
    change("writekey v.tdb 0x6b6579 0x00ff", &["deletekey v.tdb key"], "catdb v.tdb"),
    change("writekey v.tdb key value", &["deletekey v.tdb key"], "readkey v.tdb key readonly"),
    change("writekey v.tdb kept value", &[], "readkey v.tdb kept"),
    change("deletekey v.tdb kept", &["writekey v.tdb kept value"], "readkey v.tdb kept"),
    change("deletekey v.tdb nosuch", &[], "readkey v.tdb nosuch"),
    change("readkey v.tdb nosuch", &[], "catdb v.tdb"),
    change("pstore p.tdb key other", &["pstore p.tdb key value"], "pfetch p.tdb key"),
    masked(
        "pstore p.tdb key other",
        &["pstore p.tdb key value"],
        "getdbseqnum p.tdb",
        (Mask::Exact, Mask::Digits),
    ),
    change("pstore r.tdb key value", &["pdelete r.tdb key"], "pfetch r.tdb key"),
    change("pstore p.tdb 0x00ff 0x0a22", &["pdelete p.tdb 0x00ff"], "pfetch p.tdb 0x00ff"),
    change("pdelete p.tdb key", &["pstore p.tdb key value"], "pfetch p.tdb key"),
    change("pdelete p.tdb nosuch", &[], "pfetch p.tdb nosuch"),
    fed(
        "ptrans p.tdb",
        "\"a\" \"1\"\n  \"0x62\"\t\"0x32\"\nnonsense\n\"open\n\"a\" \"2\" more\n\"empty\" \"\"\n",
        &["pdelete p.tdb a", "pdelete p.tdb b", "pdelete p.tdb empty"],
        "pfetch p.tdb a",
    ),
    fed("ptrans p.tdb", "", &[], "pfetch p.tdb a"),
    change("ptrans p.tdb @/pairs", &["pdelete p.tdb c"], "pfetch p.tdb c"),
    change("backupdb p.tdb @/backup", &[], "pfetch p.tdb key"),
    change("backupdb v.tdb @/backup-v", &[], "readkey v.tdb key"),
    masked("dumpdbbackup @/backup", &[], "pnn", (Mask::Digits, Mask::Exact)),
    masked("dumpdbbackup @/backup-v", &[], "pnn", (Mask::Digits, Mask::Exact)),
    change("tstore @/file.tdb key other", &[], "tfetch @/file.tdb key"),
    change("tstore @/file.tdb key value", &["tstore @/file.tdb key other"], "tfetch @/file.tdb key"),
    change(
        "tstore @/file.tdb 0x6b6579 0xff22 0x10 3",
        &["tstore @/file.tdb key other"],
        "tfetch @/file.tdb key",
    ),
    change("tstore @/file.tdb key value nosuch", &[], "tfetch @/file.tdb key"),
    change("tfetch @/file.tdb nosuch", &[], "tfetch @/file.tdb key"),
    change("tfetch @/file.tdb key @/out", &[], "tfetch @/file.tdb key"),
    change("tfetch @/short.tdb key", &[], "pnn"),
    change(
        "addtickle 127.99.7.1:445 10.9.9.9:1000",
        &["deltickle 127.99.7.1:445 10.9.9.9:1000"],
        "gettickles 127.99.7.1",
    ),
    change(
        "addtickle 127.99.7.1:445 10.9.9.9:1000",
        &["deltickle 127.99.7.1:445 10.9.9.9:1000"],
        "-X gettickles 127.99.7.1 445",
    ),
    fed(
        "addtickle",
        "# two\n127.99.7.1:445 10.9.9.9:1000\n\n127.99.7.1:445 10.9.9.9:1001\n",
        &["deltickle 127.99.7.1:445 10.9.9.9:1000", "deltickle 127.99.7.1:445 10.9.9.9:1001"],
        "gettickles 127.99.7.1",
    ),
    fed("addtickle", "10.8.8.8:445 10.9.9.9:1000\n127.99.7.7:1 10.9.9.9:2\n", &[], "gettickles 127.99.7.1"),
    fed("deltickle", "127.99.7.1:445 10.9.9.9:1000\n", &[], "gettickles 127.99.7.1"),
    fed("deltickle", "nonsense\n", &[], "gettickles 127.99.7.1"),
    masked("statisticsreset", &[], "-X statistics", (Mask::Exact, Mask::Digits)),
    change("setdbreadonly v.tdb", &[], "getdbstatus v.tdb"),
    change("setdbsticky v.tdb", &[], "getdbstatus v.tdb"),
    change("readkey v.tdb key readonly", &[], "getdbstatus v.tdb"),
    change("attach readonly.tdb readonly", &[], "getdbstatus readonly.tdb"),
    change("attach sticky.tdb sticky", &[], "getdbstatus sticky.tdb"),
    change("attach other.tdb persistent", &[], "getdbstatus other.tdb"),
];

/// The commands that the tests of this file run.
pub(crate) const COMMANDS: &[&str] = &[
    "setvar setdebug setlmasterrole setleaderrole setifacelink disable enable stop continue ban unban addip delip",
    "ipreallocate sync reloadips recover moveip shutdown reloadnodes detach attach writekey deletekey readkey pstore",
    "pdelete pfetch ptrans backupdb dumpdbbackup restoredb wipedb tstore tfetch addtickle deltickle gettickles",
    "statisticsreset setdbreadonly setdbsticky catdb cattdb",
];

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

#[test]
fn a_shutdown_is_as_quiet_from_both_tools() {
    let cluster = Cluster::builder().start().unwrap();
    let both = Both::new();
    let mut said = Vec::new();
    for (ours, at, words) in [
        (false, 0, "-n 2 shutdown"),
        (true, 0, "-n 2 shutdown"),
        (false, 2, "shutdown"),
        (true, 2, "shutdown"),
    ] {
        let env = env_of(cluster.node(at));
        let tool = if ours { &both.ours } else { &both.c };
        said.push(both.run(tool, &split(words), At { env: &env, stdin: "", mask: Mask::Exact }));
        let node = cluster.node(2);
        wait_until(SOON, "the node is down", || if node.is_running() { Err("it runs") } else { Ok(()) })
            .unwrap();
        cluster.node(0).wait_disconnected_of(2, SOON).unwrap();
        node.start().unwrap();
        cluster.wait_healthy(SOON).unwrap();
    }
    assert_eq!(said[1], said[0]);
    assert_eq!(said[3], said[2]);
    assert_eq!(said[0], Seen { status: Some(0), out: String::new(), err: String::new() });
}

#[test]
fn a_nodes_file_that_changed_is_reloaded_or_refused_in_the_same_words() {
    let cluster = Cluster::builder().start().unwrap();
    let both = Both::new();
    let stage = Stage { both: &both, cluster: &cluster, dir: String::new() };
    let addresses: Vec<String> = cluster.nodes().iter().map(|node| format!("{}\n", node.address())).collect();
    let write = |pnns: &[usize], text: &str| {
        for pnn in pnns {
            fs::write(cluster.node(*pnn).base().join("nodes"), text).unwrap();
        }
    };
    let all = addresses.concat();
    let deleted = format!("{}{}#{}", addresses[0], addresses[1], addresses[2]);
    // Refused: on one node only, a connected node deleted, an address changed, a node missing.
    write(&[0], &deleted);
    both.on(cluster.node(0), "reloadnodes", Mask::Exact);
    let moved = format!("{}{}127.0.0.99\n", addresses[0], addresses[1]);
    let shorter = format!("{}{}", addresses[0], addresses[1]);
    for text in [&deleted, &moved, &shorter] {
        write(&[0, 1, 2], text);
        both.on(cluster.node(0), "reloadnodes", Mask::Exact);
    }
    write(&[0, 1, 2], &all);
    cluster.node(2).kill9().unwrap();
    for pnn in [0, 1] {
        cluster.node(pnn).wait_disconnected_of(2, SOON).unwrap();
    }
    // Nothing to do, but a node is missing.
    both.on(cluster.node(0), "reloadnodes", Mask::Exact);
    let mut said = Vec::new();
    for ours in [false, true] {
        for text in [&deleted, &all] {
            write(&[0, 1], text);
            let seen = stage.run(ours, "reloadnodes", "", Mask::Exact);
            assert_eq!(seen.status, Some(0), "{seen:?}");
            let status = stage.run(false, "nodestatus all", "", Mask::Exact);
            said.push((seen, status));
            cluster.wait_healthy_nodes(&[0, 1], SOON).unwrap();
        }
    }
    assert_eq!(said[2..], said[..2]);
    assert_eq!(said[0].0.out, "Node 2 is DELETED\n");
}
