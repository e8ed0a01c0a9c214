//! Packets in pairs, whoever answers; clients played again; recordings beside each other.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use captures::compare::{SETTLING, VOLATILE};
use captures::filter::databases;
use captures::replay::{Replay, Step};
use captures::session::{Content, Session};
use captures::stats::stats;
use captures::write::{client_address, record, section};
use captures::{Capture, DAEMON, Origin, Timestamp, diff};
use legacy_codec::{
    Abi, CONTROLS, CallFlags, CallId, ControlFlags, ControlReply, ControlRequest, DbId, Dest, Generation,
    Header, MESSAGES, Operation, Packet, Pnn, RecMode, ReplyCall, ReplyDmaster, ReqCall, ReqId, ReqMessage,
    SrvId, VnnMap,
};

/// A recording that is made packet by packet, a millisecond apart.
struct Tape {
    file: Vec<u8>,
    millis: u64,
    pnn: (u32, u32),
}

impl Tape {
    fn new() -> Self {
        Self { file: section("test"), millis: 0, pnn: (0, 0) }
    }

    fn put(&mut self, ends: (SocketAddr, SocketAddr), origin: &Origin, reqid: u32, body: Operation) {
        let (src, dest) = self.pnn;
        let header =
            Header { generation: Generation(5), src: Pnn(src), dest: Dest(dest), reqid: ReqId(reqid) };
        let bytes = Packet { header, body }.encode(Abi::LP64_LE).unwrap().bytes;
        let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + self.millis * 1_000_000);
        self.file.extend(record(time, ends.0, ends.1, origin, &bytes).unwrap());
        self.millis += 1;
    }

    /// Between nodes, by number.
    fn nodes(&mut self, from: u8, to: u8, src: u32, dest: u32, reqid: u32, body: Operation) {
        self.pnn = (src, dest);
        let at = |node: u8| SocketAddr::from(([10, 0, 0, node], 4379));
        self.put((at(from), at(to)), &Origin::Tcp, reqid, body);
    }

    fn ask(&mut self, client: u32, reqid: u32, body: Operation) {
        let origin = Origin::socket("/run/s", Some(100 + client));
        self.put((client_address(client), DAEMON), &origin, reqid, body);
    }

    fn answer(&mut self, client: u32, reqid: u32, body: Operation) {
        let origin = Origin::socket("/run/s", Some(100 + client));
        self.put((DAEMON, client_address(client)), &origin, reqid, body);
    }

    fn capture(&self) -> Capture {
        Capture::read(&self.file).unwrap()
    }
}

fn request(request: &ControlRequest) -> Operation {
    Operation::ReqControl(request.encode(Abi::LP64_LE).unwrap())
}

fn reply(reply: &ControlReply) -> Operation {
    Operation::ReplyControl(reply.encode(Abi::LP64_LE).unwrap())
}

fn vnn_map(generation: u32, map: &[u32]) -> Operation {
    let map = map.iter().copied().map(Pnn).collect();
    reply(&ControlReply::GetVnnMap(VnnMap { generation: Generation(generation), map }))
}

fn call() -> Operation {
    Operation::ReqCall(ReqCall {
        flags: CallFlags::empty(),
        db_id: DbId(0x42),
        call_id: CallId::FETCH,
        hop_count: 0,
        key: Bytes::from_static(b"key"),
        call_data: Bytes::new(),
    })
}

fn call_for(call_id: CallId) -> Operation {
    let Operation::ReqCall(call) = call() else { panic!("a call") };
    Operation::ReqCall(ReqCall { call_id, ..call })
}

fn message() -> Operation {
    Operation::ReqMessage(ReqMessage { srvid: SrvId::LEADER, data: Bytes::from_static(&[0; 4]) })
}

fn pairs(capture: &Capture) -> Vec<(Option<usize>, Option<usize>)> {
    Session::new(capture).entries.iter().map(|entry| (entry.request, entry.reply)).collect()
}

#[test]
fn the_same_reqid_of_other_nodes_and_other_clients_is_another_question() {
    let mut tape = Tape::new();
    let ask = || request(&ControlRequest::GetVnnMap(()));
    tape.nodes(1, 2, 0, 1, 7, ask());
    tape.nodes(2, 1, 1, 0, 7, request(&ControlRequest::GetPnn(())));
    tape.ask(1, 7, request(&ControlRequest::GetPid(())));
    tape.ask(2, 7, ask());
    tape.answer(1, 7, reply(&ControlReply::GetPid(legacy_codec::Pid(99))));
    tape.nodes(2, 1, 1, 0, 7, vnn_map(5, &[0]));
    tape.nodes(1, 2, 0, 1, 7, reply(&ControlReply::GetPnn(Pnn(0))));
    tape.answer(2, 7, vnn_map(5, &[1]));
    let capture = tape.capture();
    let answered = |by| (None, Some(by));
    let answers = |to| (Some(to), None);
    assert_eq!(
        pairs(&capture),
        [answered(5), answered(6), answered(4), answered(7), answers(2), answers(0), answers(1), answers(3)]
    );
    let session = Session::new(&capture);
    assert_eq!(session.entries[5].latency, Some(Duration::from_millis(5)));
    assert_eq!(session.entries[4].name(), "GET_PID");
    assert_eq!(session.entries[4].describe().unwrap().number(), Some(99));
}

#[test]
fn a_reqid_that_is_used_again_belongs_to_the_last_question() {
    let mut tape = Tape::new();
    tape.ask(0, 1, request(&ControlRequest::GetPid(())));
    tape.ask(0, 1, request(&ControlRequest::GetPnn(())));
    tape.answer(0, 1, reply(&ControlReply::GetPnn(Pnn(3))));
    tape.answer(0, 1, reply(&ControlReply::GetPnn(Pnn(3))));
    let capture = tape.capture();
    assert_eq!(pairs(&capture), [(None, None), (None, Some(2)), (Some(1), None), (None, None)]);
    let session = Session::new(&capture);
    assert_eq!(session.entries[3].content, Content::Orphan);
    let (tally, _) = captures::check::check(&capture, 9);
    assert_eq!((tally.identical, tally.unpaired), (4, 1), "what has no question is compared as a packet");
}

#[test]
fn a_call_that_is_passed_on_is_answered_by_whoever_has_the_record() {
    let mut tape = Tape::new();
    // Node 0 asks the location master 1, which passes the call on to node 2 as it came.
    tape.nodes(1, 2, 0, 1, 9, call());
    tape.nodes(2, 3, 0, 2, 9, call());
    tape.nodes(
        3,
        1,
        2,
        0,
        9,
        Operation::ReplyCall(ReplyCall { status: 0, data: Bytes::from_static(b"value") }),
    );
    // Another time the record itself comes, by way of the location master.
    tape.nodes(1, 2, 0, 1, 10, call());
    tape.nodes(
        2,
        1,
        1,
        0,
        10,
        Operation::ReplyDmaster(ReplyDmaster {
            db_id: DbId(0x42),
            rsn: 1,
            key: Bytes::from_static(b"key"),
            data: Bytes::new(),
            record_flags: None,
        }),
    );
    let capture = tape.capture();
    assert_eq!(
        pairs(&capture),
        [(None, Some(2)), (None, None), (Some(0), None), (None, Some(4)), (Some(3), None)]
    );
    let session = Session::new(&capture);
    assert_eq!(session.entries[2].latency, Some(Duration::from_millis(2)));
    assert_eq!(session.database(&session.entries[2]), Some(0x42), "a reply is about what was asked for");
}

#[test]
fn a_record_that_was_fetched_with_its_header_shows_it() {
    let answer =
        |data: &[u8]| Operation::ReplyCall(ReplyCall { status: 0, data: Bytes::copy_from_slice(data) });
    let mut stored = vec![0; 24];
    stored[0] = 9;
    stored.extend(b"value");
    let mut tape = Tape::new();
    tape.ask(0, 1, call_for(CallId::FETCH_WITH_HEADER));
    tape.answer(0, 1, answer(&stored));
    tape.ask(0, 2, call_for(CallId::FETCH));
    tape.answer(0, 2, answer(&stored));
    tape.ask(0, 3, call_for(CallId::FETCH_WITH_HEADER));
    tape.answer(0, 3, answer(b"less than a header"));
    let capture = tape.capture();
    let session = Session::new(&capture);
    let shown = |at: usize| session.entries[at].describe().unwrap().to_string();
    assert_eq!(shown(1), "header={rsn=9 dmaster=0 reserved=0 flags=0x0} data=\"value\"");
    assert!(shown(3).starts_with("status=0 data=09"), "{}", shown(3));
    assert!(session.entries[5].error().is_some());
}

#[test]
fn requests_that_want_no_answer_are_not_missed() {
    let mut tape = Tape::new();
    let mut silent = ControlRequest::GetPid(()).encode(Abi::LP64_LE).unwrap();
    silent.flags = ControlFlags::NOREPLY;
    tape.ask(0, 1, Operation::ReqControl(silent));
    tape.ask(0, 2, request(&ControlRequest::GetPid(())));
    tape.answer(0, 0, message());
    let capture = tape.capture();
    let stats = stats(&Session::new(&capture));
    let of = |name: &str| stats.kinds.iter().find(|kind| kind.name == name).unwrap();
    assert_eq!((of("GET_PID").packets, of("GET_PID").unanswered), (2, 1));
    assert_eq!((of("LEADER").packets, of("LEADER").unanswered), (1, 0));
    assert_eq!((stats.packets, stats.span), (3, Duration::from_millis(2)));
}

#[test]
fn a_database_has_the_name_that_a_client_attached_it_by() {
    let mut tape = Tape::new();
    tape.ask(0, 1, request(&ControlRequest::DbAttach(("locking.tdb".into(), Default::default()))));
    tape.answer(0, 1, reply(&ControlReply::DbAttach(DbId(0x1234))));
    tape.ask(0, 2, request(&ControlRequest::GetDbName(DbId(0x77))));
    tape.answer(0, 2, reply(&ControlReply::GetDbName("g_lock.tdb".into())));
    let known = databases(&Session::new(&tape.capture()));
    assert_eq!(
        known.into_iter().collect::<Vec<_>>(),
        [("g_lock.tdb".into(), 0x77), ("locking.tdb".into(), 0x1234)]
    );
}

/// Two clients, side by side, and a message nobody asked for.
fn two_clients() -> Tape {
    let mut tape = Tape::new();
    tape.ask(0, 1, request(&ControlRequest::GetVnnMap(())));
    tape.ask(1, 1, request(&ControlRequest::GetPid(())));
    tape.answer(0, 1, vnn_map(5, &[0, 1]));
    tape.answer(0, 0, message());
    tape.answer(1, 1, reply(&ControlReply::GetPid(legacy_codec::Pid(4711))));
    tape
}

#[test]
fn a_replay_keeps_the_order_of_all_clients_and_waits_for_what_was_asked() {
    let capture = two_clients().capture();
    let replay = Replay::new(&capture);
    let (a, b) = (client_address(0), client_address(1));
    let raw = |at: usize| capture.packets[at].raw.clone();
    let steps: Vec<_> = replay.steps.iter().map(|(time, step)| (time.as_millis(), step.clone())).collect();
    assert_eq!(
        steps,
        [
            (0, Step::Open(a)),
            (0, Step::Send(a, raw(0))),
            (1, Step::Open(b)),
            (1, Step::Send(b, raw(1))),
            (2, Step::Expect { client: a, reqid: 1, recorded: 2 }),
            (3, Step::Close(a)),
            (4, Step::Expect { client: b, reqid: 1, recorded: 4 }),
            (4, Step::Close(b)),
        ]
    );
    assert_eq!((replay.clients, replay.messages), (2, 1));
    assert_eq!(replay.settling(2), Some(&raw(0)), "a state may be asked for again");
    assert_eq!(replay.settling(4), None);
}

#[test]
fn an_answer_differs_where_no_row_of_the_table_explains_it() {
    let capture = two_clients().capture();
    let replay = Replay::new(&capture);
    let answer = |body: Operation| {
        let header = Header { generation: Generation(6), reqid: ReqId(1), ..Header::default() };
        Packet { header, body }.encode(Abi::LP64_LE).unwrap().bytes
    };
    let places = |recorded: usize, body: Operation| -> Vec<(String, bool)> {
        let verdict = replay.judge(recorded, &answer(body)).unwrap();
        verdict.differences.into_iter().map(|d| (d.path, d.expected.is_some())).collect()
    };
    let expected = |path: &str| (path.to_owned(), true);
    let other = |path: &str| (path.to_owned(), false);
    assert_eq!(places(2, vnn_map(5, &[0, 1])), [expected("generation")]);
    assert_eq!(places(2, vnn_map(6, &[0, 1])), [expected("generation"), expected("answer.generation")]);
    assert_eq!(places(2, vnn_map(5, &[0, 2])), [expected("generation"), other("answer.map[1]")]);
    assert_eq!(places(2, vnn_map(5, &[0])), [expected("generation"), other("answer.map")]);
    assert_eq!(
        places(4, reply(&ControlReply::GetPid(legacy_codec::Pid(1)))),
        [expected("generation"), expected("answer")]
    );
    let refused = ControlReply::Failed { opcode: 30, status: -1, data: Bytes::new() };
    assert_eq!(
        places(4, reply(&refused)),
        [expected("generation"), other("failed"), expected("answer")],
        "a refusal is never what differs from run to run"
    );
    assert!(replay.judge(0, &answer(message())).is_none(), "packet 0 is no answer");
    let garbage = replay.judge(2, &Bytes::from_static(b"garbage")).unwrap();
    assert!(garbage.unexplained().next().is_some());
}

#[test]
fn a_recovery_that_was_recorded_may_be_over_but_a_new_one_and_a_refusal_are_differences() {
    let judged = |recorded: RecMode, now: ControlReply| {
        let mut tape = Tape::new();
        tape.ask(0, 1, request(&ControlRequest::GetRecMode(())));
        tape.answer(0, 1, reply(&ControlReply::GetRecMode(recorded)));
        let capture = tape.capture();
        let header = Header { reqid: ReqId(1), ..Header::default() };
        let packet = Packet { header, body: reply(&now) }.encode(Abi::LP64_LE).unwrap().bytes;
        let verdict = Replay::new(&capture).judge(1, &packet).unwrap();
        let of_mode: Vec<_> = verdict.differences.iter().filter(|d| d.path != "generation").collect();
        (of_mode.len(), of_mode.iter().filter(|d| d.expected.is_none()).count())
    };
    let mode = ControlReply::GetRecMode;
    assert_eq!(judged(RecMode::ACTIVE, mode(RecMode::ACTIVE)), (0, 0));
    assert_eq!(judged(RecMode::ACTIVE, mode(RecMode::NORMAL)), (1, 0));
    assert_eq!(judged(RecMode::NORMAL, mode(RecMode::ACTIVE)), (1, 1));
    let refused = ControlReply::Failed { opcode: 15, status: -1, data: Bytes::from_static(b"no") };
    let (all, unexplained) = judged(RecMode::ACTIVE, refused);
    assert_eq!(all, unexplained);
}

#[test]
fn recordings_differ_by_kinds_and_by_answers_but_not_by_order() {
    let (left, mut right) = (two_clients(), Tape::new());
    right.ask(7, 3, request(&ControlRequest::GetPid(())));
    right.answer(7, 3, reply(&ControlReply::GetPid(legacy_codec::Pid(1))));
    right.ask(7, 4, request(&ControlRequest::GetVnnMap(())));
    right.answer(7, 4, vnn_map(77, &[0, 1]));
    right.answer(7, 0, message());
    let (a, b) = (left.capture(), right.capture());
    let found = diff::diff(&Session::new(&a), &Session::new(&b));
    assert!(!found.is_different(), "{found:?}");
    assert_eq!((found.questions, found.counts.len()), (2, 0));
    right.ask(7, 5, request(&ControlRequest::GetPnn(())));
    let c = right.capture();
    let found = diff::diff(&Session::new(&a), &Session::new(&c));
    assert!(found.is_different());
    assert_eq!(found.counts[0].kind, "REQ_CONTROL GET_PNN");
}

#[test]
fn the_tables_name_only_what_there_is() {
    let known = |name: &str| {
        CONTROLS.iter().any(|row| row.c_name == name)
            || MESSAGES.iter().any(|row| row.c_name == name)
            || legacy_codec::OPERATIONS.iter().any(|row| row.c_name == name)
            || ["EVENT_REQUEST", "EVENT_REPLY"].contains(&name)
    };
    for row in VOLATILE {
        assert!(row.of == "*" || known(row.of), "{}", row.of);
        assert!(!row.why.is_empty() && !row.member.is_empty());
        assert!((row.of, row.member) != ("*", "*"), "that would explain everything");
    }
    for name in SETTLING {
        assert!(known(name), "{name}");
    }
}
