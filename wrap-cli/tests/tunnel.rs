//! The tunnel commands against a tunneld made of answers: what comes back, what is told as undelivered, silence, lies.
//!
//! The way through real tunnelds and ctdbds is tested with real clusters; here every answer can be wrong.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use crate::support::{Run, run};
use bus::datagram::{self, DATAGRAM_MAX, Fragment, Frame, ToDaemon, ToTunnel};
use bus::{Address, Daemon, Failure, Node, Undelivered};
use bytes::Bytes;
use protocol::probe::{ProbeBody, ProbeWhat};
use protocol::tunnel::{Counters, CtdbdLink, LinkState, PeerState, PeerStatus, Status};
use protocol::xdr::Xdr;
use tempfile::TempDir;

/// What becomes of a question.
enum Fate {
    /// Delivered, and this comes back.
    Answer(ProbeBody),
    /// Delivered, and this comes back from a daemon that was not asked.
    AnswerOfAnother(ProbeBody),
    /// Not delivered.
    Undelivered(Failure),
    /// Nothing is heard of it.
    Silence,
    /// The tunneld forgets this daemon, as after a restart.
    Forgotten,
}

/// A tunneld that does as told, until the test ends.
struct Fake {
    dir: TempDir,
}

impl Fake {
    fn start(fate: impl Fn(Node, ProbeBody) -> Fate + Send + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(dir.path().join("tunnel")).unwrap();
        let place = dir.path().to_owned();
        std::thread::spawn(move || {
            let mut buffer = vec![0; DATAGRAM_MAX];
            while let Ok(len) = socket.recv(&mut buffer) {
                serve(&place, Bytes::copy_from_slice(&buffer[..len]), &fate);
            }
        });
        Self { dir }
    }

    fn run(&self, words: &str) -> Run {
        run(&format!("--run-dir {} {words}", self.dir.path().display()))
    }
}

fn serve(place: &std::path::Path, bytes: Bytes, fate: &dyn Fn(Node, ProbeBody) -> Fate) {
    let (daemon, mut frames) = datagram::open(bytes).unwrap();
    let answer = |frames: &[ToDaemon]| {
        let path: PathBuf = place.join(format!("{}.{}", daemon.name, daemon.instance));
        // The program may have ended already.
        let _ =
            UnixDatagram::unbound().unwrap().send_to(&datagram::encode(daemon, frames).into_bytes(), path);
    };
    while frames.left() > 0 {
        match ToTunnel::take(&mut frames).unwrap() {
            ToTunnel::Register { incarnation } => {
                answer(&[ToDaemon::Registered { incarnation, boot: 1, node: Some(Node(0)), attached: true }]);
            }
            ToTunnel::Send { token, to, fragment } => {
                let body = ProbeBody::from_bytes(&fragment.data).unwrap();
                match fate(to.node, body) {
                    Fate::Answer(body) => answer(&[
                        ToDaemon::Completed { token, result: Ok(()) },
                        deliver(Address { node: Node(0), ..to }, token, &body),
                    ]),
                    Fate::AnswerOfAnother(body) => {
                        let liar = Daemon { name: "liar".parse().unwrap(), instance: 0 };
                        let from = Address { node: to.node, daemon: liar };
                        answer(&[ToDaemon::Completed { token, result: Ok(()) }, deliver(from, token, &body)]);
                    }
                    Fate::Undelivered(reason) => answer(&[ToDaemon::Completed {
                        token,
                        result: Err(Undelivered { reason, in_doubt: false }),
                    }]),
                    Fate::Silence => {}
                    Fate::Forgotten => answer(&[ToDaemon::Forgotten]),
                }
            }
            ToTunnel::Deregister => {}
        }
    }
}

fn deliver(from: Address, message: u64, body: &ProbeBody) -> ToDaemon {
    let data = body.to_bytes().unwrap();
    let total = u32::try_from(data.len()).unwrap();
    ToDaemon::Deliver { from, message, fragment: Fragment { total, offset: 0, data } }
}

/// A tunneld that echoes, and tells of one peer, node 7 at 10.0.0.8.
fn kind(_: Node, body: ProbeBody) -> Fate {
    let what = match body.what {
        ProbeWhat::Echo(data) => ProbeWhat::EchoAnswer(data),
        ProbeWhat::Status => ProbeWhat::StatusAnswer(serde_json::to_vec(&status()).unwrap().into()),
        other => panic!("nobody should ask {other:?}"),
    };
    Fate::Answer(ProbeBody { id: body.id, what })
}

fn status() -> Status {
    Status {
        release: "9.9".into(),
        node: Some(0),
        boot: "1".into(),
        uptime_ms: 1,
        ctdbd: CtdbdLink {
            socket: "/s".into(),
            state: LinkState::Attached,
            since_ms: 1,
            attached: 1,
            last_error: None,
        },
        daemons: Vec::new(),
        peers: vec![PeerStatus {
            node: 7,
            address: "10.0.0.8".into(),
            state: PeerState::Up,
            boot: None,
            rtt_us: None,
            heard_ms: None,
            channels_out: 0,
            channels_in: 0,
            queued_bytes: 0,
            sent: 0,
            resent: 0,
            received: 0,
            failed: 0,
        }],
        counters: Counters::default(),
    }
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run:?}"))
}

#[test]
fn the_state_of_this_tunneld_or_another_is_shown() {
    let run = Fake::start(kind).run("tunnel status -o json");
    assert_eq!(json(&run), serde_json::to_value(status()).unwrap());
    let by_node = Fake::start(|node, body| match body.what {
        ProbeWhat::Status if node != Node(7) && node != Node::LOCAL => Fate::Silence,
        _ => kind(node, body),
    });
    for words in ["tunnel status", "tunnel status -n 7", "tunnel status -n 10.0.0.8"] {
        let run = by_node.run(words);
        assert!(run.status == 0 && run.stdout.contains("9.9, boot 1"), "{run:?}");
    }
    by_node.run("tunnel status -n 3 -t 1").assert_error(4, "node 3: no answer within 1 s");
    by_node.run("tunnel status -n 10.0.0.3").assert_error(2, "no other node has the address 10.0.0.3");
    // Which nodes there are is ctdbd's to say.
    by_node.run("tunnel status -n all --socket /nowhere").assert_error(3, "no such socket");
}

#[test]
fn peers_are_rows_of_their_own() {
    let fake = Fake::start(kind);
    let run = fake.run("tunnel peers -o json");
    let peers = serde_json::to_value(status().peers).unwrap();
    assert_eq!(json(&run), serde_json::json!({ "node": 0, "peers": peers }));
    let run = fake.run("tunnel peers");
    let lines: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(run.status == 0 && lines.len() == 2, "{run:?}");
    assert_eq!(lines[0][..5], ["PEER", "ADDRESS", "STATE", "RTT", "HEARD"]);
    assert_eq!(lines[1][..5], ["7", "10.0.0.8", "up", "-", "-"]);
    let silent = Fake::start(|node, body| if node == Node(7) { kind(node, body) } else { Fate::Silence });
    assert_eq!(silent.run("tunnel peers -n 7").status, 0);
    silent.run("tunnel peers -n 3 -t 1").assert_error(4, "node 3: no answer within 1 s");
}

#[test]
fn pings_are_counted_and_timed() {
    let fake = Fake::start(kind);
    for (words, node, size, sent) in [
        ("tunnel ping 0 -o json", 0, 64, 4),
        ("tunnel ping 5 --count 20 --size 0 -o json", 5, 0, 20),
        ("tunnel ping 10.0.0.8 --count 1 --size 60000 -o json", 7, 60_000, 1),
    ] {
        let run = fake.run(words);
        let answer = json(&run);
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!((&answer["node"], &answer["size"]), (&node.into(), &size.into()), "{words}");
        assert_eq!((&answer["sent"], &answer["answered"]), (&sent.into(), &sent.into()), "{words}");
        let time = |key: &str| answer["time_us"][key].as_u64().unwrap();
        assert!(time("min") <= time("median") && time("median") <= time("p99") && time("p99") <= time("max"));
    }
}

#[test]
fn what_was_not_delivered_is_told_at_once_with_its_own_status() {
    for (failure, code, status) in [
        (Failure::NoSuchNode, "no_such_node", 2),
        (Failure::NodeUnreachable, "node_unreachable", 4),
        (Failure::NoTunneld, "no_tunneld_there", 4),
        (Failure::NoCtdbd, "no_ctdbd", 3),
        (Failure::Unknown(4711), "undelivered", 5),
    ] {
        let run = Fake::start(move |_, _| Fate::Undelivered(failure)).run("tunnel ping 3 -t 20 -o json");
        let answer = json(&run);
        assert_eq!((run.status, &answer["failures"][3]["code"]), (status, &code.into()), "{run:?}");
        assert!(run.took.as_secs() < 10, "{failure:?} took {:?}", run.took);
    }
}

#[test]
fn packets_that_are_lost_or_come_back_changed_make_it_partly_done() {
    let answer = |id, data| Fate::Answer(ProbeBody { id, what: ProbeWhat::EchoAnswer(data) });
    let fake = Fake::start(move |node, body| match body {
        ProbeBody { id: 2, what: ProbeWhat::Echo(_) } => Fate::Silence,
        ProbeBody { id: 3, what: ProbeWhat::Echo(_) } => answer(3, Bytes::from_static(b"other")),
        // An answer to another question is passed over.
        ProbeBody { id: 4, what: ProbeWhat::Echo(data) } => answer(1, data),
        _ => kind(node, body),
    });
    let run = fake.run("tunnel ping 1 -t 1 -o json");
    let answer = json(&run);
    assert_eq!((run.status, &answer["answered"]), (6, &1.into()), "{run:?}");
    let codes: Vec<_> =
        answer["failures"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["no_answer", "malformed_answer", "no_answer"]);
}

#[test]
fn a_state_that_cannot_be_read_is_malformed() {
    for text in [&b""[..], b"{}", b"\xff\xfe", b"[1,2"] {
        let fake = Fake::start(move |node, body| match body.what {
            ProbeWhat::Status => {
                let what = ProbeWhat::StatusAnswer(Bytes::from_static(text));
                Fate::Answer(ProbeBody { id: body.id, what })
            }
            _ => kind(node, body),
        });
        fake.run("tunnel status").assert_error(5, "malformed answer");
    }
}

#[test]
fn a_tunneld_that_was_restarted_ends_the_command() {
    let fake = Fake::start(|_, _| Fate::Forgotten);
    let run = fake.run("tunnel status -t 5");
    assert_eq!(run.status, 3, "{run:?}");
    run.assert_error(3, "ctdb-tunneld");
}

#[test]
fn answers_of_other_daemons_are_not_taken_for_those_of_the_tunneld() {
    let fake = Fake::start(|_, body| match body {
        ProbeBody { id, what: ProbeWhat::Echo(data) } => {
            Fate::AnswerOfAnother(ProbeBody { id, what: ProbeWhat::EchoAnswer(data) })
        }
        _ => Fate::Silence,
    });
    let run = fake.run("tunnel ping 1 --count 1 -t 1");
    assert_eq!(run.status, 4, "{run:?}");
}

#[test]
fn a_tunneld_that_has_no_place_for_this_program_says_so_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let socket = UnixDatagram::bind(dir.path().join("tunnel")).unwrap();
    let place = dir.path().to_owned();
    std::thread::spawn(move || {
        let mut buffer = vec![0; DATAGRAM_MAX];
        while let Ok(len) = socket.recv(&mut buffer) {
            let (daemon, mut frames) = datagram::open(Bytes::copy_from_slice(&buffer[..len])).unwrap();
            let ToTunnel::Register { incarnation } = ToTunnel::take(&mut frames).unwrap() else { continue };
            let refused = ToDaemon::Refused { incarnation, reason: Failure::TooManyDaemons };
            let answer = datagram::encode(daemon, &[refused]).into_bytes();
            let path = place.join(format!("{}.{}", daemon.name, daemon.instance));
            let _ = UnixDatagram::unbound().unwrap().send_to(&answer, path);
        }
    });
    for words in ["tunnel status", "tunnel ping 1"] {
        let run = run(&format!("--run-dir {} {words} -t 60", dir.path().display()));
        run.assert_error(5, "too many daemons are registered on this node; try again");
    }
}
