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
    ] {
        std::fs::write(old.join(name), text).unwrap();
    }
    let words = format!("config import {} --write {}", old.display(), new.display());
    let made = run(node, &words, "table");
    assert_eq!(made.code, Some(0), "{made:?}");
    for part in [
        "/ctdb.conf:3: 'recovery lock' is 'cluster lock'",
        "/ctdb.conf:4: there is no option 'odd'",
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
            && clean.stdout.contains("13 files in ")
            && clean.stdout.contains(": 0 errors, 0 warnings"),
        "{clean:?}"
    );
    let again = run(node, &words, "table");
    assert!(
        again.code == Some(0) && !again.stdout.contains("was written"),
        "all of it is so already: {again:?}"
    );
    std::fs::write(new.join("conf.d/50-tunneld.conf"), "[tunneld]\n\tpeer timeout = 20s\n").unwrap();
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
