//! Sessions of the event daemon's socket, made up: every kind of packet, for any machine, written as the relay writes.

use bytes::Bytes;
use captures::{DAEMON, Origin, Timestamp, write};
use legacy_codec::event::{
    Answer, Command, EventReply, EventRequest, Request, RunRequest, ScriptRequest, ScriptResult, StatusReply,
    StatusRequest,
};
use legacy_codec::{Abi, CLong, Prefixed, Text, Timeval};

/// When the first packet of a session is sent; each further one comes a millisecond later.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

/// One packet and the client that it is from or for.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) client: u32,
    pub(crate) is_reply: bool,
    pub(crate) bytes: Vec<u8>,
}

fn text(text: &str) -> Prefixed<Text> {
    Prefixed(Text::new(text))
}

/// A request of a client.
pub(crate) fn ask(abi: Abi, client: u32, reqid: u32, request: Request) -> Sent {
    let bytes = EventRequest { version: 0, reqid, request }.encode(abi).unwrap().to_vec();
    Sent { client, is_reply: false, bytes }
}

/// A reply to a client.
pub(crate) fn answer(
    abi: Abi,
    client: u32,
    reqid: u32,
    command: Command,
    result: i32,
    answer: Answer,
) -> Sent {
    let bytes = EventReply { version: 0, reqid, command, result, answer }.encode(abi).unwrap().to_vec();
    Sent { client, is_reply: true, bytes }
}

/// Asks for a run of an event.
pub(crate) fn run(event: &str) -> Request {
    let args = Prefixed(Text::NULL);
    Request::Run(RunRequest { component: text("legacy"), event: text(event), args, timeout: 30, flags: 0 })
}

/// Asks how an event went.
pub(crate) fn status(event: &str) -> Request {
    Request::Status(StatusRequest { component: text("legacy"), event: text(event) })
}

/// How one script went that began at this second.
pub(crate) fn script(name: &str, began: u32, result: i32, output: &str) -> ScriptResult {
    let at = |usec| Timeval { sec: CLong(began.into()), usec: CLong(usec) };
    ScriptResult { name: text(name), begin: at(1), end: at(2), result, output: text(output) }
}

/// Two clients, side by side; each kind of request and reply, and commands that nobody knows.
pub(crate) fn session(abi: Abi) -> Vec<Sent> {
    let scripts = vec![script("00.good", 1_700_000_000, 0, ""), script("50.bad", 1_700_000_001, 1, "no\n")];
    let nothing = Answer::Status(StatusReply { summary: 0, scripts: Vec::new() });
    let toggle =
        |action| Request::Script(ScriptRequest { component: text("legacy"), script: text("50.bad"), action });
    let unknown = Request::Unknown { command: Command(9), data: Bytes::from_static(b"never heard of") };
    vec![
        ask(abi, 0, 1, run("startup")),
        ask(abi, 1, 1, status("startup")),
        answer(abi, 1, 1, Command::STATUS, 2, Answer::None),
        answer(abi, 0, 1, Command::RUN, 8, Answer::None),
        ask(abi, 1, 2, status("startup")),
        answer(abi, 1, 2, Command::STATUS, 0, Answer::Status(StatusReply { summary: 1, scripts })),
        ask(abi, 1, 3, status("monitor")),
        answer(abi, 1, 3, Command::STATUS, 0, nothing),
        ask(abi, 1, 4, toggle(0)),
        answer(abi, 1, 4, Command::SCRIPT, 0, Answer::None),
        ask(abi, 1, 5, toggle(1)),
        answer(abi, 1, 5, Command::SCRIPT, -22, Answer::None),
        ask(abi, 1, 6, unknown),
        answer(abi, 1, 6, Command(9), 71, Answer::Unknown(Bytes::from_static(b"?"))),
        ask(abi, 0, 2, run("monitor")),
    ]
}

/// A recording of these packets.
pub(crate) fn file(packets: &[Sent]) -> Vec<u8> {
    let mut file = write::event_section("test");
    for (at, sent) in (0..).zip(packets) {
        let client = write::client_address(sent.client);
        let (src, dst) = if sent.is_reply { (DAEMON, client) } else { (client, DAEMON) };
        let origin = Origin::socket("/run/ctdb/eventd.socket", Some(4711 + sent.client));
        let time = Timestamp::from_nanos(START + at * 1_000_000);
        file.extend(write::event_record(time, src, dst, &origin, &sent.bytes).unwrap());
    }
    file
}
