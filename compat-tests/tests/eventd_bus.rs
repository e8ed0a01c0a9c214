//! Our event daemon below three real ctdbd, as daemons of other nodes see it: asked over the tunnel, and listened to.

use std::time::Duration;

use crate::support::watching::Watching;
use compat_tests::{Cluster, Daemon, Node};
use serde_json::Value;

/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

/// Says what it was asked, and where.
const WORDS: &str = "#!/bin/sh\necho \"$* at ${CTDB_BASE##*/}\"\n[ \"$1\" != trouble ] || exit 3\n";

fn start(ours: &[u8]) -> (Cluster, Vec<Daemon>) {
    let builder = Cluster::builder().our_eventd_on(ours);
    let builder = builder.file("events/legacy/10.words.script", WORDS);
    let cluster = builder.file("events/ip/10.moved.script", WORDS).start().unwrap();
    let tunnelds = (0..3).map(|pnn| cluster.start_tunneld(pnn).unwrap()).collect();
    (cluster, tunnelds)
}

/// What `ctdbctl` at a node says.
fn told(node: &Node, words: &str) -> (Option<i32>, Value) {
    let mut args: Vec<&str> = words.split(' ').collect();
    args.extend(["-o", "json"]);
    let run = node.ctdbctl(&args).unwrap();
    (run.code, serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run:?}")))
}

/// Waits until it ends so.
fn wait_told(cluster: &Cluster, node: &Node, words: &str, code: i32) -> Value {
    let found = cluster.wait(STEP, &format!("'{words}' ends with {code}"), || match told(node, words) {
        (Some(seen), answer) if seen == code => Ok(answer),
        other => Err(format!("{other:?}")),
    });
    found.unwrap()
}

#[test]
fn events_of_another_node_are_asked_for_run_and_heard_of() {
    let (cluster, _tunnelds) = start(&[0, 1, 2]);
    let near = cluster.node(0);
    wait_told(&cluster, near, "event status startup -n 1", 0);
    let events = Watching::start(near, "event", "1", "event.");
    events.line_with(&["listening to 1/event/0"]);

    let ran = told(near, "event run trouble with me -n 1");
    assert_eq!((ran.0, &ran.1["result"]), (Some(1), &Value::from("failed")));
    let (code, status) = told(near, "event status trouble -n 1");
    assert_eq!((code, &status["scripts"][0]["exit_status"]), (Some(1), &Value::from(3)));
    assert_eq!(status["scripts"][0]["output"], "trouble with me at node.1\n");
    // The same run, as that node's own daemon and C's tool tell it there.
    let there = told(cluster.node(1), "event status trouble").1;
    assert_eq!(there["scripts"][0]["output"], status["scripts"][0]["output"]);
    let theirs = cluster.node(1).try_ctdb(&["event", "status", "legacy", "trouble"]).unwrap();
    assert!(theirs.stdout.contains("OUTPUT: trouble with me at node.1"), "{theirs:?}");

    events.line_with(&["event.run.started", "\"event\": \"trouble\"", "\"me\""]);
    events.line_with(&["event.script.finished", "10.words", "trouble with me at node.1"]);
    events.line_with(&["event.run.finished", "\"culprit\": \"10.words\"", "\"result\": \"failed\""]);
    // What ctdbd asks for is heard of too.
    events.line_with(&["event.run.finished", "\"event\": \"monitor\"", "\"result\": \"ok\""]);

    let (code, history) = told(near, "event history 10.words -n 1");
    let runs = history["scripts"][0]["runs"].as_array().unwrap();
    assert_eq!(code, Some(0));
    assert!(runs.iter().any(|run| run["event"] == "trouble" && run["result"] == "error"), "{runs:#?}");
    assert!(runs.iter().all(|run| run["time_us"].as_u64().is_some()), "{runs:#?}");

    // Another component of the same daemon: what ctdbd asks for does not run it.
    let moved = told(near, "event run takeip eth0 10.0.0.1 24 --component ip -n 2");
    assert_eq!((moved.0, &moved.1["result"]), (Some(0), &Value::from("ok")));
    let history = told(near, "event history --component ip -n 2").1;
    let runs = history["scripts"][0]["runs"].as_array().unwrap();
    assert_eq!((runs.len(), &runs[0]["event"]), (1, &Value::from("takeip")));
}

#[test]
fn a_node_with_cs_event_daemon_is_asked_at_its_socket_and_not_from_another_node() {
    let (cluster, _tunnelds) = start(&[1]);
    let near = cluster.node(0);
    wait_told(&cluster, near, "event status startup -n 1", 0);
    assert_eq!(told(near, "event status startup").0, Some(0));
    let run = near.ctdbctl(&["event", "status", "startup", "-v"]).unwrap();
    assert!(run.stderr.contains("eventd.socket is asked"), "{run:?}");
    let (code, error) = told(near, "event status startup -n 2");
    assert_eq!((code, &error["error"]["code"]), (Some(3), &Value::from("no_eventd")));
    assert_eq!(told(near, "event history").1["error"]["code"], "no_history");
}
