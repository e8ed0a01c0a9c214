//! `config`: the files of a real node, and C's own `ctdb-config` as the judge of what is good and what holds.

use std::path::Path;
use std::process::Command;

use compat_tests::{Cluster, Node};

use super::rows::{Try, done, ends, play, run};

const OLD: &str =
    "CTDB_RECOVERY_LOCK=/shared/lock\nCTDB_MANAGES_SAMBA=yes\nCTDB_SET_MonitorInterval=20\nCTDB_ODD=1\n";

/// Played at node 0, whose configuration is good.
pub(crate) const ROWS: &[Try] = &[
    done(
        "config check",
        &["0 errors", "0 warnings"],
        &[("/errors", "0"), ("/files/0/name", "\"ctdb.conf\""), ("/files/1/present", "true")],
    ),
    done(
        "config show",
        &["leader timeout", "ctdb.conf:", "default"],
        &[("/files/0", "\"ctdb.conf\""), ("/options/0/section", "\"logging\"")],
    ),
    ends(2, "config import /nowhere/ctdb", &["there is no such file"], &[("/error/code", "\"file\"")]),
    ends(2, "config import /etc/passwd", &["it is no file of CTDB's"], &[("/error/code", "\"file\"")]),
    ends(1, "config check /nowhere", &["there is no nodes file"], &[("/errors", "1")]),
    ends(2, "config check --samba new", &["such as 4.17"], &[]),
];

#[test]
fn the_configuration_of_a_node() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    play(node, cluster.net(), ROWS);

    let old = node.base().join("old.sysconfig");
    std::fs::write(&old, OLD).unwrap();
    let words = format!("config import {}", old.display());
    let rows = words.clone();
    let shown = run(node, &rows, "table");
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in [
        "cluster lock = /shared/lock",
        "MonitorInterval=20",
        "to do: ctdbctl event script enable 50.samba",
        ":4: CTDB_ODD",
    ] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    // What exists is not overwritten.
    let kept = run(node, &format!("{words} --write {}", node.base().display()), "json");
    assert!(kept.code == Some(2) && kept.stdout.contains("exists already"), "{kept:?}");
    let new = node.base().join("new");
    std::fs::create_dir(&new).unwrap();
    let written = run(node, &format!("{words} --write {}", new.display()), "json");
    assert_eq!(written.code, Some(0), "{written:?}");
    assert_eq!(std::fs::read_to_string(new.join("ctdb.tunables")).unwrap(), "MonitorInterval=20\n");
    assert_eq!(judged(&new), Some(0), "C takes what was made");
    assert_whole_directory(node);
}

/// A directory of an older version with all its files, and the round trip: what was made is clean for both sides.
fn assert_whole_directory(node: &Node) {
    let (old, new) = (node.base().join("older"), node.base().join("newer"));
    std::fs::create_dir_all(old.join("events/legacy")).unwrap();
    std::fs::create_dir(old.join("events.d")).unwrap();
    std::fs::create_dir(&new).unwrap();
    for (name, text) in [
        (
            "ctdb.conf",
            "# ours\n[cluster]\n\trecovery lock = /shared/lock\n\todd = 1\n[legacy]\n\trecmaster capability = no\n",
        ),
        ("ctdb.tunables", "MonitorInterval=20\nVacuumLimit=5\n"),
        ("nodes", "10.0.0.1\n"),
        ("public_addresses", "10.1.0.1/24 lo\n"),
        ("script.options", "CTDB_SAMBA_SKIP_SHARE_CHECK=yes\n"),
        ("events/legacy/50.samba.options", "CTDB_SERVICE_SMB=smbd\n"),
        ("natgw_nodes", "10.0.0.1\n"),
        ("events.d/99.own", "#!/bin/sh\n"),
        ("debug_locks.sh", "#!/bin/sh\n"),
    ] {
        std::fs::write(old.join(name), text).unwrap();
    }
    let words = format!("config import {} --write {}", old.display(), new.display());
    let made = run(node, &words, "table");
    assert_eq!(made.code, Some(0), "{made:?}");
    for part in [
        "/ctdb.conf:3: 'recovery lock' is 'cluster lock'",
        "/ctdb.conf:4: there is no option 'odd'",
        "/natgw_nodes: it is not copied: 11.natgw reads it",
        "/events.d/99.own: it is not copied: an event script of before 4.9",
        "/debug_locks.sh: it is not copied\n",
        "VacuumLimit is gone",
    ] {
        assert!(made.stdout.contains(part), "{part}: {}", made.stdout);
    }
    assert_eq!(judged(&new), Some(0), "C takes what was made, and nothing of conf.d");
    let lock = c_config(&new, &["get", "cluster", "cluster lock"]).1;
    let leader = c_config(&new, &["get", "cluster", "leader capability"]).1;
    assert_eq!((&*lock, &*leader), ("/shared/lock", "false"));
    let clean = run(node, &format!("config check {} --samba 4.17", new.display()), "table");
    assert!(
        clean.code == Some(0)
            && clean.stdout.contains("6 files in ")
            && clean.stdout.contains(": 0 errors, 0 warnings"),
        "{clean:?}"
    );
    let again = run(node, &words, "table");
    assert!(
        again.code == Some(0) && !again.stdout.contains("was written"),
        "all of it is so already: {again:?}"
    );
    std::fs::create_dir(new.join("conf.d")).unwrap();
    std::fs::write(new.join("conf.d/50-tunneld.conf"), "[tunneld]\n\tpeer timeout = 20s\n").unwrap();
    std::fs::write(new.join("nodes"), "10.0.0.2\n").unwrap();
    let kept = run(node, &words, "json");
    assert!(kept.code == Some(2) && kept.stdout.contains("says something else"), "{kept:?}");
    let shown = run(node, &format!("config show {}", new.display()), "table");
    let line = shown.stdout.lines().find(|line| line.contains("peer timeout")).unwrap();
    assert!(
        line.contains("20s") && line.contains("new daemons") && line.contains("conf.d/50-tunneld.conf:2"),
        "{line}"
    );
}

/// The exit status of `ctdb-config validate` for a directory.
fn judged(directory: &Path) -> Option<i32> {
    c_config(directory, &["validate"]).0
}

fn c_config(directory: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("/usr/libexec/ctdb/ctdb-config");
    let out = command.args(words).env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", directory).output().unwrap();
    (out.status.code(), String::from_utf8_lossy(&out.stdout).trim_end().to_owned())
}

#[test]
fn the_list_of_the_nodes_may_be_a_program_or_another_file() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    let dir = node.base().join("listed");
    std::fs::create_dir(&dir).unwrap();
    let check = |list: &str, samba: &str| {
        std::fs::write(dir.join("ctdb.conf"), format!("[cluster]\nnodes list = {list}\n")).unwrap();
        run(node, &format!("config check {} --samba {samba}", dir.display()), "table")
    };
    let good = check("!/bin/true", "4.22");
    assert!(good.code == Some(0) && good.stdout.contains(": 0 errors, 0 warnings"), "{good:?}");
    let none = check("!/bin/none", "4.22");
    assert!(
        none.code == Some(1) && none.stdout.contains("there is no /bin/none that can be executed"),
        "{none:?}"
    );
    let before = check("!/bin/true", "4.17");
    assert!(before.code == Some(1) && before.stdout.contains("came with Samba 4.22"), "{before:?}");
    std::fs::write(dir.join("others"), "[::1]\nnode2\n").unwrap();
    let other = check(&dir.join("others").display().to_string(), "4.22");
    assert!(
        other.code == Some(1) && other.stdout.contains("others:2: error: 'node2' is no address"),
        "{other:?}"
    );
}

#[test]
fn a_service_whose_scripts_cannot_be_run_a_topic_and_an_option_that_nobody_knows_are_told() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    let dir = node.base().join("doubted");
    for part in ["events/lic", "conf.d"] {
        std::fs::create_dir_all(dir.join(part)).unwrap();
    }
    for (name, text) in [
        ("nodes", "127.0.0.1\n"),
        ("events/lic/50.lic.script", "#!/bin/sh\n"),
        (
            "conf.d/a.conf",
            "[service lic]\nkind = script\n[callback a]\nevents = service.health.chnged\nprogram = /bin/true\n",
        ),
        ("script.options", "CTDB_MONITR_FILESYSTEM_USAGE=/:90\n"),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let told = run(node, &format!("config check {}", dir.display()), "table");
    assert_eq!(told.code, Some(0), "{told:?}");
    for part in [
        "conf.d/a.conf:2: warning: events/lic has no event script that can be executed",
        "conf.d/a.conf:4: warning: 'events': no daemon tells 'service.health.chnged'; is it service.health.changed?",
        "script.options:1: warning: no event script reads CTDB_MONITR_FILESYSTEM_USAGE; is it CTDB_MONITOR_FILESYSTEM_USAGE?",
    ] {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
}

#[test]
fn ctdb_config_says_of_every_file_what_we_say() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    let dir = node.base().join("judged");
    for part in ["", "var/volatile", "var/persistent", "var/state", "log"] {
        std::fs::create_dir_all(dir.join(part)).unwrap();
    }
    std::fs::write(dir.join("nodes"), "127.0.0.1\n").unwrap();
    let here = dir.display();
    let cases = [
        "".to_owned(),
        "# only\n; comments\n\n".to_owned(),
        format!("[logging]\nlocation = file:{here}/log/x\nlog level = not\n"),
        format!("[logging]\nlocation = file:{here}/none/x\n"),
        "[logging]\nlocation = syslog:udp\n".to_owned(),
        "[logging]\nlocation = syslog:tcp\n".to_owned(),
        "[logging]\nlocation = journal\n".to_owned(),
        "[logging]\nlog level = NOTICE # loud\n".to_owned(),
        "[logging]\nlog level = 11\n".to_owned(),
        "[logging]\nlog level = 3x\n".to_owned(),
        "[LOGGING]\nlog level = warn\n".to_owned(),
        "[logging] rest\nlog level = INFO\n".to_owned(),
        "[ logging ]\nlog level = INFO\n".to_owned(),
        "[logging]\nlog   level \t=   INFO  \n".to_owned(),
        "[logging]\nLog Level = INFO\n".to_owned(),
        "[logging]\nlog level =\n".to_owned(),
        "[logging]\nwords\n".to_owned(),
        "log level = INFO\n".to_owned(),
        "[nonsense]\nx = 1\n".to_owned(),
        "[cluster]\nnonsense = 1\n".to_owned(),
        "[cluster]\ncluster lock = a \\\n  b\\ \n c\n".to_owned(),
        "[cluster]\nleader timeout = 0\n".to_owned(),
        "[cluster]\nleader timeout = 7s\n".to_owned(),
        "[cluster]\nleader timeout = 0x1f\n".to_owned(),
        "[cluster]\nleader timeout = 010\n".to_owned(),
        "[cluster]\nleader timeout = 4294967296\n".to_owned(),
        "[cluster]\nleader timeout = x\n".to_owned(),
        "[cluster]\nleader timeout = 4\nleader timeout = 9\n".to_owned(),
        "[cluster]\nnode address = fd00::1\n".to_owned(),
        "[cluster]\nnode address = here\n".to_owned(),
        "[cluster]\ntransport = ib\n".to_owned(),
        "[cluster]\nrecovery lock = /x\n".to_owned(),
        "[cluster]\nleader capability = Yes\n".to_owned(),
        "[cluster]\nleader capability = 1\n".to_owned(),
        "[cluster]\nnodes list = !x\n".to_owned(),
        "[database]\nstate database directory = /nowhere\n".to_owned(),
        format!("[database]\nstate database directory = {here}/log\n"),
        "[event]\ndebug script = none.sh\n".to_owned(),
        "[failover]\ndisabled = true\n".to_owned(),
        "[failover]\nshutdown failover timeout = 5\n".to_owned(),
        "[legacy]\nscript log level = loud\n".to_owned(),
    ];
    // C quirk: of these it takes nothing, and says that all is well.
    for text in ["[logging\nlog level = loud\n", "[logging]\nlog level = INFO\n= x\n"] {
        std::fs::write(dir.join("ctdb.conf"), text).unwrap();
        assert_eq!(judged(&dir), Some(0), "{text:?}");
        assert_eq!(c_config(&dir, &["get", "logging", "log level"]).1, "ERROR", "{text:?}");
        let ours = run(node, &format!("config check {here}"), "table");
        assert!(ours.code == Some(1) && ours.stdout.contains("nothing from the whole file"), "{ours:?}");
        assert_same_values(node, &dir, text);
    }
    for text in cases {
        std::fs::write(dir.join("ctdb.conf"), &text).unwrap();
        let theirs = judged(&dir);
        let ours = run(node, &format!("config check {here} --samba 4.17"), "table");
        let good = |code: Option<i32>| code == Some(0);
        assert_eq!(good(ours.code), good(theirs), "{text:?}: C {theirs:?}, ours {ours:#?}");
        if good(theirs) {
            assert_same_values(node, &dir, &text);
        }
    }
}

/// Each value that C tells is ours.
fn assert_same_values(node: &Node, dir: &Path, text: &str) {
    let told = run(node, &format!("config show {}", dir.display()), "json");
    let answer: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    for option in answer["options"].as_array().unwrap().iter().filter(|option| option["line"].is_u64()) {
        let word = |name: &str| option[name].as_str().unwrap_or_default().to_owned();
        let (code, theirs) = c_config(dir, &["get", &word("section"), &word("option")]);
        assert_eq!(code, Some(0), "{text:?}");
        let ours = word("value");
        // Numbers and truth values are told as they were understood.
        let understood = theirs.parse::<u32>().is_ok() || theirs == "true" || theirs == "false";
        assert!(ours == theirs || understood, "{text:?}: C '{theirs}', ours '{ours}'");
    }
}
