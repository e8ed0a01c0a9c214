//! Recordings: a real one shown, filtered, counted and checked; sessions recorded through the relay and played again.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Answer, Fake, Run, finish, healthy, node_map, program, run};
use insta::assert_snapshot;
use legacy_codec::{ControlReply, ControlRequest, Generation, NodeFlags, Pnn, VnnMap};
use tempfile::TempDir;

/// A start of three nodes, recorded between them.
const STARTUP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../captures/data/startup-4.17.12.pcap");

fn show(words: &str) -> String {
    let run = run(&format!("capture show {STARTUP} {words}"));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words}");
    run.stdout
}

#[test]
fn a_real_recording_is_shown_as_lines_as_trees_and_as_json() {
    assert_snapshot!("show", show("--until 4.995"));
    assert_snapshot!("show_verbose", show("-v --since 16.02 --until 16.03 --control GET_NODEMAP"));
    assert_snapshot!("show_json", show("-o json --control 5 --until 10"));
    let lines = show("-o jsonl");
    assert_eq!(lines.lines().count(), 1450);
    for line in lines.lines() {
        let packet: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(packet["time"].as_str().unwrap().starts_with("2026-11-22T15:5"), "{line}");
    }
}

/// Whether a packet, as JSON, goes from or to a node.
fn touches(line: &str, pnn: u32) -> bool {
    let packet: serde_json::Value = serde_json::from_str(line).unwrap();
    packet["source"] == pnn || packet["dest"] == pnn
}

#[test]
fn filters_take_what_they_say_and_add_up() {
    let count = |words: &str| show(words).lines().count();
    assert_eq!(count(""), 1450);
    assert_eq!(count("--operation req_keepalive"), 54);
    assert_eq!(count("--operation 9 --operation REQ_MESSAGE"), 54 + 140);
    assert_eq!(count("--control GETVNNMAP"), 64, "requests and replies");
    assert_eq!(count("--control GETVNNMAP --operation REPLY_CONTROL"), 32);
    assert_eq!(count("--control LEADER"), 88, "messages have names too");
    let without_0 = show("-o jsonl").lines().filter(|line| !touches(line, 0)).count();
    assert_eq!(count("-n 0") + without_0, 1450);
    assert_eq!(count("-n 127.0.61.2"), count("-n 1"));
    assert_eq!(count("-n 0-2"), 1450);
    assert_eq!(count("--until 10") + count("--since 10.000000001"), 1450);
    assert_eq!(count("--database 0x12345678"), 0);
    run(&format!("capture show {STARTUP} --database locking.tdb")).assert_error(2, "write its id");
    run(&format!("capture show {STARTUP} --since x")).assert_error(2, "write seconds");
}

#[test]
fn a_real_recording_is_checked_and_counted() {
    let dir = Path::new(STARTUP).parent().unwrap().display().to_string();
    let checked = run(&format!("capture check {dir} {dir}/README.md"));
    assert_eq!(checked.status, 0, "{checked:?}");
    let total = checked.stdout.lines().last().unwrap();
    let number = |name: &str| -> usize {
        total.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).unwrap().parse().unwrap()
    };
    assert!(number("pdus") >= 1450);
    assert_eq!((number("decoded"), number("identical")), (number("pdus"), number("pdus")), "{total}");
    assert_eq!(number("unknown"), 0);
    assert_snapshot!("stats", run(&format!("capture stats {STARTUP}")).stdout);
    let same = run(&format!("capture diff {STARTUP} {STARTUP}"));
    assert_eq!((same.status, same.stdout.as_str()), (0, "55 questions in both, 0 with another answer\n"));
}

/// A relay in front of a ctdbd, until it is told to end.
struct Relay {
    dir: TempDir,
    child: Child,
}

impl Relay {
    fn start(fake: &Fake, clients: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = program();
        command.args(["capture", "record", "--clients", &clients.to_string()]);
        command.arg("--listen").arg(dir.path().join("relay"));
        command.arg("--connect").arg(fake.socket());
        command.arg("--out").arg(dir.path().join("file.pcapng"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let relay = Self { dir, child };
        let end = Instant::now() + Duration::from_secs(20);
        while !relay.socket().exists() {
            assert!(Instant::now() < end, "no socket of the relay");
            std::thread::yield_now();
        }
        relay
    }

    fn socket(&self) -> std::path::PathBuf {
        self.dir.path().join("relay")
    }

    fn run(&self, words: &str) -> Run {
        run(&format!("--socket {} {words}", self.socket().display()))
    }

    fn file(&self) -> String {
        self.dir.path().join("file.pcapng").display().to_string()
    }

    fn end(&mut self) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the relay does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn recorded() -> (Fake, Relay) {
    let fake = Fake::start(healthy);
    let mut relay = Relay::start(&fake, 2);
    let (direct, through) = (fake.run("status"), relay.run("status"));
    assert_eq!((through.status, &through.stdout), (0, &direct.stdout), "the relay changes nothing");
    assert_eq!(relay.run("node ping -n all").status, 0);
    relay.end();
    (fake, relay)
}

#[test]
fn a_session_through_the_relay_is_recorded_and_plays_again_without_a_difference() {
    let (fake, relay) = recorded();
    assert!(!relay.socket().exists(), "the socket goes with the relay");
    let file = relay.file();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let checked = run(&format!("capture check {file}"));
    assert_eq!(checked.status, 0, "{checked:?}");
    let shown = run(&format!("capture show {file}")).stdout;
    for name in ["GET_PNN", "REGISTER_SRVID", "GETVNNMAP", "LEADER", "PING"] {
        assert!(shown.contains(name), "{shown}");
    }
    let played =
        finish(program().args(["capture", "replay", "--fast", &file, "--socket"]).arg(fake.socket()));
    assert_eq!(played.status, 0, "{played:?}");
    assert!(
        played.stdout.contains("Clients   2\n") && played.stdout.contains(" 0 with others"),
        "{played:?}"
    );
}

#[test]
fn a_replay_tells_other_answers_and_not_what_always_differs() {
    let (_, relay) = recorded();
    let replay = |fake: &Fake| {
        let mut command = program();
        command
            .args(["capture", "replay", "--fast", "-t", "0.5", "-o", "json", "--socket"])
            .arg(fake.socket());
        let run = finish(command.arg(relay.file()));
        (run.status, serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap())
    };
    let other_generation = Fake::start(|dest, request| match request {
        ControlRequest::GetVnnMap(()) => Answer::Reply(ControlReply::GetVnnMap(VnnMap {
            generation: Generation(1234),
            map: vec![Pnn(0), Pnn(1), Pnn(2)],
        })),
        ControlRequest::Ping(()) => Answer::Reply(ControlReply::Ping(3)),
        _ => healthy(dest, request),
    });
    let (status, played) = replay(&other_generation);
    assert_eq!((status, played["different"].as_array().unwrap().len()), (0, 0), "{played}");
    assert!(played["explained"].as_u64().unwrap() >= 4, "{played}");

    let other_flags = Fake::start(|dest, request| match request {
        ControlRequest::GetNodeMap(()) => {
            let mut map = node_map();
            map.nodes[1].flags = NodeFlags::BANNED;
            Answer::Reply(ControlReply::GetNodeMap(map))
        }
        ControlRequest::GetRecMode(()) => Answer::Silence,
        _ => healthy(dest, request),
    });
    let (status, played) = replay(&other_flags);
    assert_eq!(status, 1);
    let places = played["different"].to_string();
    assert!(places.contains("answer.nodes[1].flags") && places.contains("BANNED"), "{places}");
    assert!(places.contains("no answer within 0.5 s"), "{places}");
}

#[test]
fn a_state_that_settles_is_asked_for_again() {
    let (_, relay) = recorded();
    let asked = std::sync::atomic::AtomicU32::new(0);
    let slow = Fake::start(move |dest, request| match request {
        ControlRequest::GetNodeMap(()) if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3 => {
            let mut map = node_map();
            map.nodes[2].flags = NodeFlags::UNHEALTHY;
            Answer::Reply(ControlReply::GetNodeMap(map))
        }
        _ => healthy(dest, request),
    });
    let played =
        finish(program().args(["capture", "replay", "--fast", &relay.file(), "--socket"]).arg(slow.socket()));
    assert_eq!(played.status, 0, "{played:?}");
    assert!(played.stdout.contains("Settled   1 answers"), "{played:?}");
}

#[test]
fn two_recordings_differ_where_an_answer_does() {
    let (_, healthy_relay) = recorded();
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetVnnMap(()) => {
            Answer::Reply(ControlReply::GetVnnMap(VnnMap { generation: Generation(9), map: vec![Pnn(1)] }))
        }
        _ => healthy(dest, request),
    });
    let mut relay = Relay::start(&fake, 1);
    assert_eq!(relay.run("status").status, 0);
    relay.end();
    let diff = run(&format!("capture diff {} {}", healthy_relay.file(), relay.file()));
    assert_eq!(diff.status, 1);
    assert!(diff.stdout.contains("answer.map: [0, 1, 2] -> [1]"), "{}", diff.stdout);
    assert!(!diff.stdout.contains("generation"), "{}", diff.stdout);
    assert!(diff.stdout.contains("REQ_CONTROL PING"), "only one has it: {}", diff.stdout);
}

#[test]
fn a_recording_is_never_put_in_place_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("precious");
    std::fs::write(&out, "precious").unwrap();
    let words =
        format!("capture record --listen {}/s --connect /x --out {}", dir.path().display(), out.display());
    run(&words).assert_error(2, "precious: File exists");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
    let taken =
        format!("capture record --listen {} --connect /x --out {}/new", out.display(), dir.path().display());
    run(&taken).assert_error(2, "precious: Address already in use");
}

#[test]
fn a_recording_ends_at_a_signal_and_is_whole() {
    let fake = Fake::start(healthy);
    let mut relay = Relay::start(&fake, 1000);
    assert_eq!(relay.run("status").status, 0);
    let pid = relay.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    relay.end();
    assert!(relay.child.try_wait().unwrap().unwrap().success());
    assert_eq!(run(&format!("capture check {}", relay.file())).status, 0);
    assert!(!relay.socket().exists());
}

#[test]
fn files_that_are_no_recordings_are_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let startup = std::fs::read(STARTUP).unwrap();
    let garbage = at("garbage", b"\x1b[31mneither\nnor");
    for verb in ["show", "check", "stats", "replay"] {
        run(&format!("capture {verb} {garbage}")).assert_error(5, "neither a pcap nor a pcapng file");
        run(&format!("capture {verb} {}/nothing", dir.path().display()))
            .assert_error(2, "nothing: No such file or directory");
    }
    run(&format!("capture replay {STARTUP}")).assert_error(5, "no client's session in it");
    let cut = at("cut.pcap", &startup[..20_001]);
    let shown = run(&format!("capture show {cut}"));
    assert_eq!(shown.status, 0);
    assert!(shown.stdout.ends_with("(the file ends inside a record or is damaged)\n"), "{}", shown.stdout);
    let empty = run(&format!("capture check {}", at("empty.pcap", &startup[..24])));
    assert_eq!(
        (empty.status, empty.stdout.lines().last()),
        (1, Some("total: pdus=0 decoded=0 identical=0 unknown=0"))
    );
}

#[test]
fn host_06_packets_that_lie_are_shown_with_what_is_wrong() {
    let startup = std::fs::read(STARTUP).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lying.pcap");
    // Every data length of a reply that can be found this way claims four billion bytes.
    let mut lying = startup.clone();
    let mut changed = 0;
    for at in 0..lying.len() - 60 {
        if lying[at..at + 12] == *b"BDTC\x01\0\0\0\0\0\0\0" || lying[at..at + 8] != *b"BDTC\x01\0\0\0" {
            continue;
        }
        if lying[at + 12..at + 16] == [8, 0, 0, 0] {
            lying[at + 32..at + 36].copy_from_slice(&[0xff; 4]);
            changed += 1;
        }
    }
    assert!(changed > 100, "{changed}");
    std::fs::write(&path, &lying).unwrap();
    let shown = run(&format!("capture show {}", path.display()));
    assert_eq!(shown.status, 0);
    assert!(shown.stdout.contains("BROKEN") && shown.stdout.contains("malformed="), "{}", shown.stdout);
    assert_eq!(run(&format!("capture show -v {}", path.display())).status, 0);
    assert_eq!(run(&format!("capture check {}", path.display())).status, 1);
    assert_eq!(run(&format!("capture stats {}", path.display())).status, 0);
}

/// A classic recording of so many frames of a link type.
fn frames(link: u32, count: u32) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut file = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, link]);
    for n in 0..count {
        file.extend(words(&[n, 0, 60, 60]));
        file.extend([0; 60]);
    }
    file
}

#[test]
fn what_of_a_recording_is_not_read_is_told_with_its_number() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("unknown.pcap");
    std::fs::write(&path, frames(147, 566)).unwrap();
    let told = "566 packets of link type 147 were not read";
    let run_on = |words: &str| finish(program().args(words.split(' ')).arg(&path));
    let shown = run_on("capture show");
    assert_eq!((shown.status, shown.stdout.as_str()), (0, &*format!("({told})\n")));
    for command in ["show -o json", "show -o jsonl", "stats -o json"] {
        let answer = run_on(&format!("capture {command}"));
        assert_eq!(answer.status, 0, "{}", answer.stderr);
        let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!(json["remarks"], serde_json::json!([told]), "{command}");
    }
    let checked: serde_json::Value = serde_json::from_str(&run_on("capture check -o json").stdout).unwrap();
    assert_eq!(checked["files"][0]["remarks"], serde_json::json!([told]));
    let file = path.display();
    let diff = finish(program().args(["capture", "diff", STARTUP]).arg(&path)).stdout;
    assert!(diff.ends_with(&format!("({file}: {told})\n")), "{diff}");
    run_on("capture replay").assert_error(5, &format!("no client's session in it ({told}); record"));
}

#[test]
fn a_recording_is_read_from_standard_input_and_unpacked() {
    let dir = TempDir::new().unwrap();
    let packed = dir.path().join("startup.pcap.gz");
    let mut file =
        flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    std::io::copy(&mut std::fs::File::open(STARTUP).unwrap(), &mut file).unwrap();
    file.finish().unwrap();
    let wanted = show("--until 4.995");
    for path in [Path::new(STARTUP), &packed] {
        let input = Stdio::from(std::fs::File::open(path).unwrap());
        let run = finish(program().args(["capture", "show", "-", "--until", "4.995"]).stdin(input));
        assert_eq!((run.status, run.stdout.as_str()), (0, wanted.as_str()), "{}", path.display());
    }
    let checked = |path: &Path| finish(program().args(["capture", "check"]).arg(path)).stdout;
    let of = |text: &str| text.lines().last().map(str::to_owned);
    assert_eq!(of(&checked(dir.path())), of(&checked(Path::new(STARTUP))), "a directory's packed recordings");
    let whole = std::fs::read(&packed).unwrap();
    std::fs::write(&packed, &whole[..whole.len() / 2]).unwrap();
    finish(program().args(["capture", "show"]).arg(&packed)).assert_error(5, "cut short or damaged");
    let nothing = finish(program().args(["capture", "stats", "-"]).stdin(Stdio::null()));
    nothing.assert_error(5, "standard input: neither a pcap nor a pcapng file");
}
