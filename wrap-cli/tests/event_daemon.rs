//! `event` against event daemons that talk nonsense, too much, or not at all.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use crate::support::{Run, finish, program};

/// Runs a command against an event daemon that answers any request with these bytes, and then waits.
fn against(answer: Vec<u8>, words: &str) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("eventd.socket")).unwrap();
    let serving = std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let mut request = [0; 4096];
        let _len = stream.read(&mut request).unwrap();
        // The program may have had enough.
        let _gone = stream.write_all(&answer);
        let _end = stream.read(&mut request);
    });
    let socket = dir.path().join("ctdbd.socket");
    let run = finish(program().arg("--socket").arg(socket).args(words.split_whitespace()));
    serving.join().unwrap();
    run
}

fn packet(words: &[u32], rest: &[u8]) -> Vec<u8> {
    let body: Vec<u8> =
        words.iter().flat_map(|word| word.to_ne_bytes()).chain(rest.iter().copied()).collect();
    let len = u32::try_from(body.len() + 4).unwrap();
    [&len.to_ne_bytes()[..], &body].concat()
}

/// Version, number, command, result; then the answer.
fn reply(command: u32, result: u32, rest: &[u32]) -> Vec<u8> {
    packet(&[&[0, 1, command, result], rest].concat(), &[])
}

#[test]
fn answers_that_are_none_end_the_command_with_one_line() {
    const STATUS: u32 = 2;
    for (what, answer) in [
        ("a length that no packet has", vec![1, 0, 0, 0]),
        ("a length beyond all limits", vec![0xff; 64]),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("millions of scripts", reply(STATUS, 0, &[0, 0x0fff_ffff])),
        ("a script that is cut off", reply(STATUS, 0, &[0, 1, 5])),
        ("more than there should be", reply(STATUS, 0, &[0, 0, 7])),
        ("the answer to another command", reply(1, 0, &[])),
        ("the answer to another question", packet(&[0, 9, STATUS, 0, 0, 0], &[])),
    ] {
        let run = against(answer, "event status -t 20");
        assert!(run.took < Duration::from_secs(15), "{what}: {run:?}");
        assert_eq!(run.status, 5, "{what}: {run:?}");
        run.assert_error(5, "malformed answer");
    }
}

#[test]
fn a_daemon_that_goes_away_or_says_nothing_is_told_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let nobody =
        finish(program().arg("--socket").arg(dir.path().join("ctdbd.socket")).args(["event", "status"]));
    nobody.assert_error(3, "no event daemon");
    let silent = against(Vec::new(), "event status -t 1");
    silent.assert_error(4, "did not answer within 1 s");
    let half = against(vec![40, 0, 0], "service status -t 1 -o json");
    assert!(half.status == 4 && half.stdout.contains("\"no_answer\""), "{half:?}");
}

#[test]
fn results_are_told_in_words() {
    const RUN: u32 = 1;
    for (result, status, part) in
        [(0, 0, "went well"), (8, 1, "failed"), (110, 1, "took too long"), (125, 1, "was cancelled")]
    {
        let run = against(reply(RUN, result, &[]), "event run monitor");
        assert!(run.status == status && run.stdout.contains(part), "{run:?}");
    }
    against(reply(RUN, 2, &[]), "event run monitor").assert_error(5, "no directory for scripts of 'legacy'");
    against(reply(RUN, 5, &[]), "event run monitor").assert_error(5, "Input/output error");
    let never = against(reply(2, 22, &[]), "event status startup");
    assert!(never.status == 1 && never.stdout == "event startup was never run\n", "{never:?}");
}
