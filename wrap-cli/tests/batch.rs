//! Commands and arguments from standard input: numbers of lines, statuses, one connection, a reader that goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Answer, Fake, healthy};
use legacy_codec::{ControlReply, ControlRequest, TunableNames};

/// A cluster that knows two tunables, and counts who attaches.
fn cluster() -> (Fake, Arc<AtomicUsize>) {
    let attached = Arc::new(AtomicUsize::new(0));
    let count = attached.clone();
    let fake = Fake::start(move |dest, request| match request {
        ControlRequest::GetPnn(()) => {
            count.fetch_add(1, Ordering::Relaxed);
            healthy(dest, request)
        }
        ControlRequest::ListTunables(()) => {
            Answer::Reply(ControlReply::ListTunables(TunableNames { names: "One:Two".into() }))
        }
        ControlRequest::GetTunable(_) => Answer::Reply(ControlReply::GetTunable(7)),
        ControlRequest::SetTunable(_) => Answer::Reply(ControlReply::SetTunable(())),
        _ => healthy(dest, request),
    });
    (fake, attached)
}

#[test]
fn every_line_is_run_over_one_connection_and_what_fails_is_told_with_its_number() {
    let (fake, attached) = cluster();
    let run = fake.feed("", "# a remark\nnode ping\nbogus\n\nnode\npnn\n'open\ntunable get one\n");
    assert_eq!(run.status, 2, "{run:?}");
    let errors: Vec<_> = run.stderr.lines().collect();
    assert_eq!(
        errors,
        [
            "ctdbctl: line 3: unrecognized subcommand 'bogus'; see --help",
            "ctdbctl: line 7: the single quote that was opened is not closed"
        ]
    );
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("PNN") && lines[2] == "0" && lines[4].ends_with("One          7"),
        "{lines:?}"
    );
    assert_eq!(attached.load(Ordering::Relaxed), 1, "one connection for all lines");
}

#[test]
fn records_of_a_batch_are_read_from_standard_input_unless_commands_are() {
    let (fake, _) = cluster();
    let run = fake.feed("db key batch x.tdb", "\"key\" \"data\"\nkey data\n");
    run.assert_error(2, "standard input, line 2: write \"KEY\" \"DATA\"");
    let run = fake.feed("", "db key batch x.tdb\n\"key\" \"data\"\n");
    let first = run.stderr.lines().next().unwrap();
    assert_eq!(first, "ctdbctl: line 1: standard input has the commands: name a file with the records");
}

#[test]
fn arguments_are_read_when_that_is_said_and_no_line_becomes_a_command_otherwise() {
    let (fake, _) = cluster();
    let run = fake.feed("tunable set", "one 7\n");
    run.assert_error(2, "--batch");
    assert_eq!(run.stdout, "");
    let run = fake.feed("tunable set --batch -o jsonl", "one 7\nTwo 7\nthree 3\none\n");
    let answers: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 4, "one object for a line: {run:?}");
    assert_eq!(answers[1]["nodes"][0]["name"], "Two");
    assert_eq!((&answers[2]["error"]["line"], &answers[2]["error"]["exit_status"]), (&3.into(), &2.into()));
    assert_eq!(answers[3]["error"]["line"], 4);
    assert_eq!(run.status, 2);
}

#[test]
fn a_batch_ends_at_the_first_failure_when_that_is_wanted_and_the_worst_status_is_the_last_word() {
    let (fake, _) = cluster();
    let all = fake.feed("node", "ping\nping -n 9\npnn\n");
    assert_eq!((all.status, all.stdout.lines().last()), (2, Some("0")));
    let stopped = fake.feed("node --stop-on-error", "ping\nping -n 9\npnn\n");
    assert_eq!((stopped.status, stopped.stdout.lines().count()), (2, 2), "{stopped:?}");
    let silent = Fake::start(|dest, request| match request {
        ControlRequest::Ping(()) => Answer::Silence,
        _ => healthy(dest, request),
    });
    assert_eq!(silent.feed("node -t 0.3", "ping\npnn\n").status, 4);
    assert_eq!(silent.feed("node --batch", "").status, 0, "nothing to do");
    silent.feed("node", "").assert_error(2, "standard input has no commands");
}

#[test]
fn lines_that_are_no_text_or_that_ask_for_lines_themselves_are_errors() {
    let (fake, _) = cluster();
    let odd = fake.feed_bytes("node", b"pnn\n\xff\xfe\npnn\n");
    assert_eq!(
        (odd.status, odd.stderr.as_str()),
        (
            2,
            "ctdbctl: standard input: the line is not UTF-8\n"
                .replace("ctdbctl: ", "ctdbctl: line 2: ")
                .as_str()
        )
    );
    let inner = fake.feed("", "tunable set\n");
    assert_eq!(
        (inner.status, inner.stderr.as_str()),
        (
            2,
            "ctdbctl: line 1: 'tunable set' needs more words; see --help, or say --batch to have them read from standard input\n"
        )
    );
}
