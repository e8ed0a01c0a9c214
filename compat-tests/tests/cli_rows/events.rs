//! `event` and `service` on a node with scripts of its own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use compat_tests::{Cluster, Node};

use super::rows::{Try, done, ends, play, run};

/// Fails in one event, hangs in another, is content with the rest.
const SCRIPT: &str = "#!/bin/sh\ncase \"$1\" in\n\
    trouble) echo \"in trouble with $*\"; exit 3 ;;\nslow) sleep 60 ;;\nesac\nexit 0\n";

/// Played at node 0.
pub(crate) const ROWS: &[Try] = &[
    done(
        "event status",
        &["10.first", "OK"],
        &[("/event", "\"monitor\""), ("/ok", "true"), ("/scripts/0/result", "\"ok\"")],
    ),
    done("service status", &["50.mixed"], &[("/scripts/1/exit_status", "0"), ("/scripts/1/output", "\"\"")]),
    done("event run anything", &["went well"], &[("/result", "\"ok\""), ("/component", "\"legacy\"")]),
    ends(1, "event run trouble with me", &["failed"], &[("/result", "\"failed\"")]),
    ends(
        1,
        "event status trouble",
        &["50.mixed", "ERROR", "50.mixed: in trouble with trouble with me"],
        &[
            ("/ok", "false"),
            ("/scripts/1/exit_status", "3"),
            ("/scripts/1/output", "\"in trouble with trouble with me\\n\""),
        ],
    ),
    ends(1, "event run slow --limit 1", &["took too long"], &[("/result", "\"timed_out\"")]),
    ends(1, "event status slow", &["TIMED OUT"], &[("/scripts/1/result", "\"timed_out\"")]),
    ends(1, "event status never", &["was never run"], &[("/has_run", "false"), ("/ok", "null")]),
    ends(5, "event history", &["remembers the last run"], &[("/error/code", "\"no_history\"")]),
    ends(5, "event status monitor --component nobody", &["no directory for scripts of 'nobody'"], &[]),
    ends(5, "event run monitor --component nobody", &["no directory"], &[("/error/code", "\"refused\"")]),
    ends(2, "event run ../../x", &["write letters"], &[("/error/code", "\"usage\"")]),
    done(
        "event script list",
        &["10.first", "enabled", "local"],
        &[("/scripts/0/name", "\"10.first\""), ("/scripts/1/enabled", "true"), ("/scripts/1/local", "true")],
    ),
    done(
        "event script disable 50.mixed",
        &["50.mixed disabled"],
        &[("/changed", "false"), ("/enabled", "false")],
    ),
    done("event script enable 50.mixed.script", &["50.mixed enabled"], &[("/changed", "false")]),
    ends(5, "event script enable 77.none", &["there is no such script"], &[("/error/code", "\"refused\"")]),
    ends(2, "event script enable mixed", &["two digits"], &[]),
    ends(1, "service check-port 9", &["TCP port 9 is free"], &[("/in_use", "false")]),
    ends(2, "service check-port 70000", &["70000"], &[]),
];

/// Played at a node whose event daemon is ours, behind [`ROWS`].
pub(crate) const OURS: &[Try] = &[
    done(
        "event history 10.first",
        &["10.first", "anything", "OK"],
        &[("/component", "\"legacy\""), ("/scripts/0/name", "\"10.first\"")],
    ),
    ends(1, "event run trouble again", &["failed"], &[("/result", "\"failed\"")]),
    done(
        "event history 50.mixed.script -n 0",
        &["trouble", "ERROR", "\n    in trouble with trouble again"],
        &[("/scripts/0/name", "\"50.mixed\"")],
    ),
    done("event history 77.none", &["no script of legacy was run"], &[("/scripts", "[]")]),
    ends(5, "event history --component nobody", &["no directory for scripts of 'nobody'"], &[]),
    ends(2, "event status -n 0,1", &["there is no node 1"], &[("/error/code", "\"usage\"")]),
];

fn start(ours: bool) -> Cluster {
    let builder = Cluster::builder().nodes(1).file("events/legacy/10.first.script", "#!/bin/sh\nexit 0\n");
    let builder = builder.file("events/legacy/50.mixed.script", SCRIPT);
    if ours { builder.our_eventd() } else { builder }.start().unwrap()
}

#[test]
fn events_scripts_and_services() {
    let cluster = start(false);
    let node = cluster.node(0);
    play(node, cluster.net(), ROWS);
    assert_same_as_the_c_tool(node);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let used = node.ctdbctl(&["service", "check-port", &port]).unwrap();
    assert_eq!((used.code, used.stdout), (Some(0), format!("TCP port {port} is in use\n")));

    node.kill9().unwrap();
    cluster
        .wait(Duration::from_secs(30), "the event daemon has followed its ctdbd", || {
            let gone = run(node, "event status", "json");
            let lost = gone.stdout.contains("\"no_eventd\"");
            if gone.code == Some(3) && lost { Ok(()) } else { Err(format!("{gone:?}")) }
        })
        .unwrap();
}

/// The same questions, answered on the bus, and those that only our event daemon answers.
#[test]
fn events_of_our_event_daemon() {
    let cluster = start(true);
    let node = cluster.node(0);
    let _tunneld = cluster.start_tunneld(0).unwrap();
    cluster
        .wait(Duration::from_secs(60), "the node is found by its number", || {
            let told = run(node, "event status -n 0", "json");
            if told.code == Some(0) { Ok(()) } else { Err(format!("{told:?}")) }
        })
        .unwrap();
    let other = |row: &&Try| row.words != "event history";
    let rows: Vec<Try> = ROWS.iter().filter(other).copied().collect();
    play(node, cluster.net(), &rows);
    play(node, cluster.net(), OURS);
    let asked = run(node, "event status -v", "table");
    assert!(asked.stderr.contains("ctdb-eventd of this node is asked on the bus"), "{asked:?}");
}

/// Which scripts are run, by both tools, after each change.
fn assert_same_as_the_c_tool(node: &Node) {
    let brought = node.base().join("share/events/legacy");
    std::fs::create_dir_all(&brought).unwrap();
    for name in ["10.first.script", "60.brought.script"] {
        let path = brought.join(name);
        std::fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let theirs = || -> Vec<(String, bool)> {
        let text = node.ctdb(&["event", "script", "list", "legacy"]).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| (line[2..].to_owned(), line.starts_with('*'))).collect()
    };
    let ours = || -> Vec<(String, bool)> {
        let told = run(node, "event script list", "json");
        let answer: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        let scripts = answer["scripts"].as_array().unwrap().iter();
        scripts.map(|s| (s["name"].as_str().unwrap().to_owned(), s["enabled"] == true)).collect()
    };
    assert_eq!(ours(), theirs());
    for (tool, verb, script) in [
        ("ours", "enable", "60.brought"),
        ("theirs", "disable", "60.brought"),
        ("theirs", "enable", "60.brought"),
        ("ours", "disable", "60.brought"),
        ("ours", "disable", "50.mixed"),
        ("theirs", "enable", "50.mixed"),
    ] {
        let before = ours();
        if tool == "ours" {
            assert_eq!(run(node, &format!("event script {verb} {script}"), "table").code, Some(0));
        } else {
            node.ctdb(&["event", "script", verb, "legacy", script]).unwrap();
        }
        assert_eq!(ours(), theirs(), "{tool} {verb} {script}");
        assert_ne!(ours(), before, "{tool} {verb} {script}");
    }
}
