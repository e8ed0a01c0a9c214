//! Recordings of the event daemon's socket: a real one shown, filtered, counted, checked and compared; one made by the relay.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{finish, program, run};
use insta::assert_snapshot;
use legacy_codec::event::{Answer, EventFrames, EventReply, EventRequest, Request, StatusRequest};
use legacy_codec::{Abi, DEFAULT_LIMIT, Prefixed, Text};
use serde_json::Value;

/// What a node's event daemon was asked, from its start to its end.
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../captures/data/events-4.17.12.pcapng");
const PACKETS: usize = 66;

fn show(words: &str) -> String {
    let run = run(&format!("capture show {EVENTS} {words}"));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words}");
    run.stdout
}

#[test]
fn packets_of_the_event_daemon_are_shown_as_lines_as_trees_and_as_json() {
    assert_snapshot!("events_show", show(""));
    let statuses = show("-v --control STATUS --operation EVENT_REPLY");
    let first = statuses.split("EVENT_REPLY").take(3).collect::<Vec<_>>().join("EVENT_REPLY");
    assert_snapshot!("events_show_verbose", first);
    assert_snapshot!("events_show_json", show("-o json --control SCRIPT"));
}

#[test]
fn an_answer_of_the_event_daemon_knows_its_question_and_how_long_it_took() {
    let lines = show("-o jsonl");
    let packets: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(packets.len(), PACKETS);
    let mut slowest = 0;
    for (at, packet) in packets.iter().enumerate() {
        assert_eq!((&packet["protocol"], &packet["packet"]), (&"eventd".into(), &at.into()));
        let Some(question) = packet["answers"].as_u64() else { continue };
        let question = &packets[usize::try_from(question).unwrap()];
        assert_eq!((&question["answered_by"], &question["name"]), (&at.into(), &packet["name"]));
        assert_eq!((&question["reqid"], &question["src"]), (&packet["reqid"], &packet["dst"]));
        slowest = slowest.max(packet["latency_us"].as_u64().unwrap());
    }
    assert!((1_000_000..10_000_000).contains(&slowest), "a script hung for a second, not {slowest} us");
    let answers = packets.iter().filter(|packet| packet["answers"].is_u64()).count();
    assert_eq!(answers, PACKETS / 2, "every question was answered");
}

#[test]
fn filters_take_events_by_what_they_are_and_nothing_of_a_node() {
    let count = |words: &str| show(words).lines().count();
    assert_eq!(count(""), PACKETS);
    assert_eq!(count("--operation event_reply") * 2, PACKETS);
    assert_eq!(count("--control run") + count("--control 2") + count("--control SCRIPT"), PACKETS);
    assert_eq!(count("--until 5") + count("--since 5.000000001"), PACKETS);
    assert_eq!((count("-n 0"), count("--database 0x1"), count("--control GET_PNN")), (0, 0, 0));
}

#[test]
fn a_recording_of_the_event_daemon_is_checked_counted_and_compared() {
    let checked = run(&format!("capture check {EVENTS}"));
    let total = format!("total: pdus={PACKETS} decoded={PACKETS} identical={PACKETS} unknown=0\n");
    assert!(checked.status == 0 && checked.stdout.ends_with(&total), "{checked:?}");
    assert_snapshot!("events_stats", run(&format!("capture stats {EVENTS}")).stdout);
    let same = run(&format!("capture diff {EVENTS} {EVENTS}"));
    assert_eq!(same.status, 0, "{same:?}");
    let nodes = EVENTS.replace(".pcapng", ".pcap");
    let other = run(&format!("capture diff {EVENTS} {nodes}"));
    assert_eq!(other.status, 1);
    assert!(
        other.stdout.contains("EVENT_REQUEST RUN") && other.stdout.contains("REQ_KEEPALIVE"),
        "{other:?}"
    );
}

#[test]
fn a_recording_of_the_event_daemon_is_not_replayed() {
    let refused = run(&format!("capture replay {EVENTS} --socket /nowhere"));
    refused.assert_error(5, "packets of an event daemon are not replayed");
}

#[test]
fn packets_of_both_daemons_in_one_file_are_shown_by_time() {
    let dir = tempfile::tempdir().unwrap();
    let both = dir.path().join("both.pcapng");
    // A section of pcapng may follow another.
    let socket = EVENTS.replace("events", "tunnels");
    std::fs::write(&both, [std::fs::read(EVENTS).unwrap(), std::fs::read(&socket).unwrap()].concat())
        .unwrap();
    let shown = run(&format!("capture show -o jsonl {}", both.display())).stdout;
    let packets: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let times: Vec<_> = packets.iter().map(|packet| packet["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(packets[0]["protocol"], "ctdb", "the other recording was made first");
    assert_eq!(packets.iter().filter(|packet| packet["protocol"] == "eventd").count(), PACKETS);
    let checked = run(&format!("capture check {}", both.display()));
    assert_eq!(checked.status, 0, "{checked:?}");
    run(&format!("capture replay {}", both.display())).assert_error(5, "not replayed");
}

/// An event daemon that knows of no event, and at number 13 sends what is no packet.
fn daemon(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut frames = EventFrames::new(Abi::NATIVE, DEFAULT_LIMIT);
                let mut buffer = [0; 1024];
                while let Ok(len @ 1..) = stream.read(&mut buffer) {
                    frames.push(&buffer[..len]);
                    while let Some(frame) = frames.pop().unwrap() {
                        let asked = EventRequest::decode(&frame, Abi::NATIVE).unwrap();
                        let (version, reqid, command) = (0, asked.reqid, asked.request.command());
                        let reply = EventReply { version, reqid, command, result: 22, answer: Answer::None };
                        let bytes = match reqid {
                            13 => b"\x04\0\0\0 no packet".to_vec(),
                            _ => reply.encode(Abi::NATIVE).unwrap().to_vec(),
                        };
                        stream.write_all(&bytes).unwrap();
                    }
                }
            });
        }
    });
}

/// A relay that ends after one client.
struct Relay(Child);

impl Relay {
    fn start(dir: &Path) -> Self {
        let mut command = program();
        command.args(["capture", "record", "--protocol", "eventd", "--clients", "1", "-o", "json"]);
        command.arg("--listen").arg(dir.join("relay"));
        command.arg("--connect").arg(dir.join("eventd.socket"));
        command.arg("--out").arg(dir.join("file.pcapng"));
        let relay = Self(command.stdout(Stdio::piped()).spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(20);
        while !dir.join("relay").exists() {
            assert!(Instant::now() < end, "no socket of the relay");
            std::thread::yield_now();
        }
        relay
    }

    fn end(mut self) -> Value {
        let end = Instant::now() + Duration::from_secs(20);
        while self.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the relay does not end");
            std::thread::yield_now();
        }
        let mut said = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        serde_json::from_str(&said).unwrap()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A question, and all that comes back until the connection is closed for want of more questions.
fn ask(socket: &Path, reqids: &[u32]) -> Vec<u8> {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for reqid in reqids {
        let text = |text| Prefixed(Text::new(text));
        let request = Request::Status(StatusRequest { component: text("legacy"), event: text("monitor") });
        let request = EventRequest { version: 0, reqid: *reqid, request };
        stream.write_all(&request.encode(Abi::NATIVE).unwrap()).unwrap();
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).unwrap();
    answers
}

#[test]
fn the_relay_records_the_event_daemon_and_passes_on_what_is_no_packet() {
    let dir = tempfile::tempdir().unwrap();
    daemon(&dir.path().join("eventd.socket"));
    let relay = Relay::start(dir.path());
    let answers = ask(&dir.path().join("relay"), &[7, 13]);
    let recorded = relay.end();
    assert_eq!(answers.len(), 20 + 14);
    assert!(answers.ends_with(b" no packet"));
    assert_eq!((&recorded["packets"], &recorded["not_recorded"]), (&3.into(), &14.into()), "{recorded}");
    let file = dir.path().join("file.pcapng");
    let shown = finish(program().args(["capture", "show", "-o", "jsonl"]).arg(&file)).stdout;
    let packets: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = packets.iter().map(|packet| packet["operation"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| **name == "EVENT_REQUEST").count(), 2, "{names:?}");
    assert_eq!(packets[0]["pid"], std::process::id(), "the client is this process");
    let reply = packets.iter().find(|packet| packet["operation"] == "EVENT_REPLY").unwrap();
    assert_eq!((&reply["head"]["result"], &reply["reqid"]), (&"22".into(), &7.into()));
    assert_eq!(reply["name"], "STATUS");
}

#[test]
fn a_relay_for_the_event_daemon_has_to_know_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let words = format!("capture record --protocol eventd --listen {0}/s --out {0}/f", dir.path().display());
    run(&words).assert_error(2, "--protocol eventd needs --connect");
    assert!(!dir.path().join("f").exists());
}
