//! Events of a real ctdbd: recorded by a relay in front of the event daemon, which changes nothing for its clients; and what
//! ctdbd makes of the answers of ours.

use std::time::Duration;

use captures::check::check;
use captures::events::{EventContent, EventPacket};
use captures::session::Session;
use captures::{Capture, Origin};
use compat_tests::{Cluster, Node};
use legacy_codec::event::Request;

/// How long one step may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// The event that a packet asks to run.
fn event(packet: &EventPacket) -> Option<String> {
    match &packet.content {
        Ok(EventContent::Request(request)) => match &request.request {
            Request::Run(run) => Some(run.event.0.to_string()),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn evt_01_the_relay_records_all_events_of_a_node_from_the_first_to_the_last() {
    let builder = Cluster::builder().nodes(1).record_events();
    let builder = builder.file("events/legacy/10.words.script", "#!/bin/sh\necho \"words: $*\"\n");
    let cluster = builder.start().unwrap();
    let node = cluster.node(0);
    node.ctdb(&["event", "run", "30", "legacy", "greet", "a", "b"]).unwrap();
    let status = node.ctdb(&["event", "status", "legacy", "greet"]).unwrap();
    assert!(status.contains("10.words") && status.contains("OK"), "{status}");
    node.shutdown().unwrap();

    let capture = Capture::read(&std::fs::read(node.event_recording()).unwrap()).unwrap();
    let (tally, findings) = check(&capture, 9);
    assert!(tally.is_perfect() && tally.unpaired == 0, "{tally:?} {findings:?}");
    assert_eq!((capture.counts.lost_bytes, capture.counts.damaged), (0, false));
    let run: Vec<String> = capture.events.iter().filter_map(event).collect();
    println!("{run:?}");
    assert_eq!(run[..2], ["init", "setup"]);
    assert_eq!(run.last().unwrap(), "shutdown");
    assert!(run.iter().any(|event| event == "startup") && run.iter().any(|event| event == "recovered"));

    let session = Session::new(&capture);
    let greet = session.events.iter().find(|entry| event(entry.event).as_deref() == Some("greet")).unwrap();
    let answer = greet.reply.map(|at| &session.events[at]).unwrap();
    assert!(answer.latency.unwrap() < SOON);
    assert_ne!(greet.event.src, capture.events[0].src, "the tool is another client than ctdbd");
    assert!(matches!(&greet.event.origin, Origin::Socket(socket) if socket.pid.is_some()));
    let told = session.events.iter().find(|entry| entry.event.name() == "STATUS" && entry.request.is_some());
    let told = told.unwrap().event.describe().unwrap().to_string();
    assert!(told.contains(r#"output="words: greet a b\n""#), "{told}");
}

/// Says which events began; hangs, fails, cannot run (64 and ENOENT, as C's event daemon is told) or goes well as the files
/// beside it say.
const MOOD: &str = "#!/bin/sh\necho \"$1\" >>\"$CTDB_BASE/begun\"\n\
    [ ! -e \"$CTDB_BASE/hang.$1\" ] || exec sleep 600\n[ ! -e \"$CTDB_BASE/sick.$1\" ] || exit 1\n\
    [ ! -e \"$CTDB_BASE/broken.$1\" ] || exit 66\n";

/// How often an event began on a node.
fn begun(node: &Node, event: &str) -> usize {
    let text = std::fs::read_to_string(node.base().join("begun")).unwrap_or_default();
    text.lines().filter(|line| *line == event).count()
}

fn wait_begun(cluster: &Cluster, node: &Node, event: &str, times: usize) {
    let look = || {
        let now = begun(node, event);
        if now >= times { Ok(()) } else { Err(now) }
    };
    cluster.wait(SOON, &format!("{event} begins for the {times}th time"), look).unwrap();
}

fn put(node: &Node, name: &str) {
    std::fs::write(node.base().join(name), "").unwrap();
}

fn take(node: &Node, name: &str) {
    std::fs::remove_file(node.base().join(name)).unwrap();
}

/// Has a monitor event that hangs cancelled by another event, twice, and says what the node is when the next one has begun.
fn after_cancelled(cluster: &Cluster, node: &Node) -> String {
    let already = begun(node, "monitor");
    put(node, "hang.monitor");
    for round in 1..=2 {
        wait_begun(cluster, node, "monitor", already + round);
        node.ctdb(&["event", "run", "30", "legacy", "other"]).unwrap();
    }
    wait_begun(cluster, node, "monitor", already + 3);
    let state = node.try_ctdb(&["nodestatus"]).unwrap().stdout;
    take(node, "hang.monitor");
    node.ctdb(&["event", "run", "30", "legacy", "other"]).unwrap();
    state
}

#[test]
fn evt_17_a_cancelled_monitor_event_changes_nothing_and_a_script_that_cannot_run_is_a_failure() {
    let builder = Cluster::builder().nodes(1).our_eventd().file("events/legacy/50.mood.script", MOOD);
    let cluster = builder.start().unwrap();
    let node = cluster.node(0);
    let state = after_cancelled(&cluster, node);
    assert!(state.contains(" OK") && !state.contains("UNHEALTHY"), "{state}");

    put(node, "sick.monitor");
    node.wait_flag_of(0, "UNHEALTHY", SOON).unwrap();
    let state = after_cancelled(&cluster, node);
    assert!(state.contains("UNHEALTHY"), "{state}");
    take(node, "sick.monitor");
    node.wait_healthy(SOON).unwrap();

    put(node, "broken.monitor");
    node.wait_flag_of(0, "UNHEALTHY", SOON).unwrap();
    take(node, "broken.monitor");
    node.wait_healthy(SOON).unwrap();
}

#[test]
fn evt_09_a_script_that_hangs_holds_up_no_recovery_and_makes_a_node_unwell_after_some_monitor_events() {
    let builder = Cluster::builder().nodes(1).our_eventd().file("events/legacy/50.mood.script", MOOD);
    let builder = builder.tunable("EventScriptTimeout", 2).tunable("MonitorTimeoutCount", 3);
    let cluster = builder.start().unwrap();
    let node = cluster.node(0);
    for event in ["startrecovery", "recovered"] {
        put(node, &format!("hang.{event}"));
    }
    let recoveries = begun(node, "recovered");
    node.recover().unwrap();
    wait_begun(&cluster, node, "recovered", recoveries + 1);
    node.wait_healthy(SOON).unwrap();
    for event in ["startrecovery", "recovered"] {
        take(node, &format!("hang.{event}"));
    }

    let already = begun(node, "monitor");
    put(node, "hang.monitor");
    node.wait_flag_of(0, "UNHEALTHY", SOON * 2).unwrap();
    assert!(begun(node, "monitor") >= already + 3, "{} of {already}", begun(node, "monitor"));
    take(node, "hang.monitor");
    node.wait_healthy(SOON).unwrap();
}
