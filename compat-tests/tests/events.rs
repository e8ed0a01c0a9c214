//! The event daemon of a real ctdbd behind the relay: nothing changes for its clients, and all that is said is recorded.

use std::time::Duration;

use captures::check::check;
use captures::events::{EventContent, EventPacket};
use captures::session::Session;
use captures::{Capture, Origin};
use compat_tests::Cluster;
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
