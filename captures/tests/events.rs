//! Sessions of the event daemon's socket: read back, paired, checked, counted, compared, filtered.

use std::time::Duration;

use crate::support::{Sent, answer, ask, file, run, script, session, status};
use captures::check::check;
use captures::diff::diff;
use captures::events::EventEntry;
use captures::filter::{Filter, Moment, NodeRange};
use captures::session::Session;
use captures::stats::stats;
use captures::{Capture, Options, Timestamp};
use legacy_codec::Abi;
use legacy_codec::event::{Answer, Command, Request, StatusReply};

const ABI: Abi = Abi::LP64_LE;

fn read(packets: &[Sent]) -> Capture {
    Capture::read(&file(packets)).unwrap()
}

#[test]
fn packets_of_the_event_daemon_come_back_as_they_were_written() {
    let sent = session(ABI);
    let capture = read(&sent);
    assert_eq!((capture.packets.len(), capture.events.len()), (0, sent.len()));
    assert_eq!((capture.counts.packets, capture.counts.undecodable, capture.counts.lost_bytes), (15, 0, 0));
    for (event, sent) in capture.events.iter().zip(&sent) {
        assert_eq!((&event.raw[..], event.from_client()), (&sent.bytes[..], !sent.is_reply));
    }
    let names: Vec<_> = capture.events.iter().map(|event| event.name()).collect();
    assert_eq!(names[..4], ["RUN", "STATUS", "STATUS", "RUN"]);
    assert_eq!(names[12..], ["COMMAND_9", "COMMAND_9", "RUN"]);
    let described = capture.events[5].describe().unwrap().to_string();
    assert!(described.contains("name=\"50.bad\"") && described.contains("output=\"no\\n\""), "{described}");
}

#[test]
fn replies_are_paired_by_client_and_number() {
    let capture = read(&session(ABI));
    let session = Session::new(&capture);
    let pairs: Vec<_> = session.events.iter().map(|entry| (entry.request, entry.reply)).collect();
    // Both clients begin with number 1, and the daemon answers them in another order.
    assert_eq!(pairs[..4], [(None, Some(3)), (None, Some(2)), (Some(1), None), (Some(0), None)]);
    assert_eq!(pairs[14], (None, None), "a run that was not over when the recording ended");
    let latency = |at: usize| session.events[at].latency;
    assert_eq!((latency(0), latency(3)), (None, Some(Duration::from_millis(3))));
    // An answer comes once.
    let twice = [&session_of(1), &[answer(ABI, 0, 1, Command::RUN, 0, Answer::None)][..]].concat();
    let capture = read(&twice);
    let entries = Session::new(&capture).events;
    assert_eq!(entries[2].request, None);
    assert_eq!(check(&capture, 9).0.unpaired, 1);
}

/// A client that asks for a run of `monitor` and hears that it went well, so many times.
fn session_of(times: u32) -> Vec<Sent> {
    let pair =
        |reqid| [ask(ABI, 0, reqid, run("monitor")), answer(ABI, 0, reqid, Command::RUN, 0, Answer::None)];
    (1..=times).flat_map(pair).collect()
}

#[test]
fn every_machine_has_its_own_bytes_and_all_are_the_same_again() {
    for abi in [Abi::LP64_LE, Abi::LP64_BE, Abi::I386] {
        let bytes = file(&session(abi));
        let capture = Capture::read_with(&bytes, Options { abi: Some(abi), ..Options::default() }).unwrap();
        let (tally, findings) = check(&capture, 99);
        assert_eq!((tally.pdus, tally.decoded, tally.identical, tally.unknown), (15, 15, 15, 2), "{abi:?}");
        assert!(
            findings.iter().all(|found| found.what.ends_with("no command that is known")),
            "{findings:?}"
        );
        assert_eq!(findings.iter().map(|found| found.index).collect::<Vec<_>>(), [12, 13]);
        // The byte order tells itself; that words are short does not.
        let told = Capture::read(&bytes).unwrap();
        assert_eq!(told.counts.undecodable == 0, abi != Abi::I386);
    }
}

#[test]
fn stats_count_commands_with_their_failures_and_the_time_of_their_answers() {
    let capture = read(&session(ABI));
    let stats = stats(&Session::new(&capture));
    let kind = |operation: &str, name: &str| {
        stats.kinds.iter().find(|kind| kind.operation == operation && kind.name == name).unwrap().clone()
    };
    let runs = kind("EVENT_REQUEST", "RUN");
    assert_eq!((runs.packets, runs.unanswered, runs.failed), (2, 1, 1));
    assert_eq!(runs.latency.map(|latency| latency.max), Some(Duration::from_millis(3)));
    let asked = kind("EVENT_REQUEST", "STATUS");
    assert_eq!((asked.packets, asked.unanswered, asked.failed), (3, 0, 1));
    assert_eq!(kind("EVENT_REPLY", "STATUS").packets, 3);
    assert_eq!((stats.packets, stats.span), (15, Duration::from_millis(14)));
    assert_eq!(stats.bytes, capture.events.iter().map(|event| event.raw.len()).sum::<usize>());
}

#[test]
fn recordings_differ_by_how_scripts_went_and_not_by_when() {
    let went = |began, result| {
        let scripts = vec![script("50.bad", began, result, "")];
        let reply = Answer::Status(StatusReply { summary: result, scripts });
        read(&[ask(ABI, 0, began, status("monitor")), answer(ABI, 0, began, Command::STATUS, 0, reply)])
    };
    let (a, b, c) = (went(7, 0), went(8, 0), went(9, 1));
    let found = diff(&Session::new(&a), &Session::new(&b));
    assert_eq!((found.questions, found.is_different()), (1, false), "{found:?}");
    let found = diff(&Session::new(&a), &Session::new(&c));
    let [changed] = &found.answers[..] else { panic!("{found:?}") };
    assert_eq!((changed.question.as_str(), changed.dest), ("event STATUS", None));
    let paths: Vec<_> = changed.differences.iter().map(|difference| difference.path.as_str()).collect();
    assert_eq!(paths, ["answer.summary", "answer.scripts[0].result"]);
    let runs = read(&session_of(2));
    let found = diff(&Session::new(&a), &Session::new(&runs));
    assert!(found.counts.iter().any(|count| count.kind == "EVENT_REQUEST RUN" && count.right == 2));
}

#[test]
fn filters_take_events_by_command_direction_and_time_but_not_by_node() {
    let capture = read(&session(ABI));
    let session = Session::new(&capture);
    let count = |filter: Filter| {
        let takes = |entry: &&EventEntry<'_>| filter.takes_event(&session, entry.event);
        session.events.iter().filter(takes).count()
    };
    let none = Filter::default;
    assert_eq!(count(none()), 15);
    assert_eq!(count(Filter { controls: vec!["run".into()], ..none() }), 3);
    assert_eq!(count(Filter { controls: vec!["9".into()], ..none() }), 2);
    assert_eq!(count(Filter { operations: vec!["EVENT_REPLY".into()], ..none() }), 7);
    assert_eq!(count(Filter { until: Some(Moment::Offset(Duration::from_millis(2))), ..none() }), 3);
    let clock = Timestamp::from_nanos(crate::support::START + 13_000_000);
    assert_eq!(count(Filter { since: Some(Moment::Clock(clock)), ..none() }), 2);
    assert_eq!(count(Filter { nodes: vec![NodeRange::Numbers(0, 9)], ..none() }), 0);
    assert_eq!(count(Filter { database: Some(1), ..none() }), 0);
}

#[test]
fn bytes_that_are_no_packet_are_counted_and_shown_as_bytes() {
    let cut = |len: usize| {
        let mut sent = ask(ABI, 0, 1, run("startup"));
        sent.bytes.truncate(len);
        sent
    };
    let whole = ask(ABI, 0, 2, Request::Unknown { command: Command(4), data: vec![0; 9].into() });
    let capture = read(&[cut(0), cut(5), cut(11), cut(12), cut(40), whole]);
    assert_eq!((capture.counts.lost_bytes, capture.counts.packets, capture.counts.undecodable), (16, 3, 2));
    let names: Vec<_> = capture.events.iter().map(|event| event.name()).collect();
    assert_eq!(names, ["BROKEN", "BROKEN", "COMMAND_4"]);
    let (tally, findings) = check(&capture, 1);
    assert_eq!((tally.pdus, tally.decoded, tally.identical, findings.len()), (3, 1, 1, 1));
    assert!(findings[0].what.starts_with("EVENT_REQUEST BROKEN: "), "{findings:?}");
}
