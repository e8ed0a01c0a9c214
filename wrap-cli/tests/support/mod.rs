//! A ctdbd made of answers, on a socket in a directory of its own, and the program run against it.
//!
//! The fake speaks the real wire through `legacy-codec`; a test replaces single answers, also by bytes that no ctdbd
//! would send. A program that hangs is ended and fails the test.

use std::io::{Read, Seek, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use legacy_codec::{
    Abi, ControlReply, ControlRequest, Dest, FrameBuf, Framing, Generation, Header, IfaceList, Message,
    NodeAndFlags, NodeFlags, NodeMap, Operation, Packet, Pnn, PublicIpList, RecMode, ReplyCall, ReplyControl,
    ReqCall, ReqMessage, RunState, SrvId, VnnMap,
};
use tempfile::TempDir;

/// What the fake does with a control.
pub(crate) enum Answer {
    /// Says this.
    Reply(ControlReply),
    /// Says it with these very bytes.
    Raw { status: i32, data: Vec<u8>, error: Vec<u8> },
    /// Says this, then sends these bytes.
    Then(ControlReply, Vec<u8>),
    /// Sends these bytes, packet or not.
    Bytes(Vec<u8>),
    /// Says nothing.
    Silence,
    /// Closes the connection.
    Close,
}

type Answers = dyn Fn(Dest, &ControlRequest) -> Answer + Send + Sync;
/// What is said to a call for a record; nothing with `None`.
type Calls = dyn Fn(&ReqCall) -> Option<ReplyCall> + Send + Sync;

/// A ctdbd that answers as told, until the test ends.
pub(crate) struct Fake {
    dir: TempDir,
}

impl Fake {
    /// Listens, and answers every control by `answers`, and no call for a record.
    pub(crate) fn start(answers: impl Fn(Dest, &ControlRequest) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(answers, |_| None)
    }

    /// The same, with answers to calls for records.
    pub(crate) fn start_with(
        answers: impl Fn(Dest, &ControlRequest) -> Answer + Send + Sync + 'static,
        calls: impl Fn(&ReqCall) -> Option<ReplyCall> + Send + Sync + 'static,
    ) -> Self {
        let calls: Arc<Calls> = Arc::new(calls);
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("ctdbd.socket")).unwrap();
        let answers: Arc<Answers> = Arc::new(answers);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, calls) = (answers.clone(), calls.clone());
                // The connection ends when the program does.
                std::thread::spawn(move || serve(stream, &*answers, &*calls));
            }
        });
        Self { dir }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("ctdbd.socket")
    }

    /// Runs the program against this ctdbd with these lines for its standard input.
    pub(crate) fn feed(&self, words: &str, lines: &str) -> Run {
        self.feed_bytes(words, lines.as_bytes())
    }

    /// The same with lines that may be no text.
    pub(crate) fn feed_bytes(&self, words: &str, lines: &[u8]) -> Run {
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(lines).unwrap();
        input.rewind().unwrap();
        let socket = self.socket();
        run_with(&format!("--socket {} {words}", socket.display()), input.into())
    }

    /// Runs the program against this ctdbd.
    pub(crate) fn run(&self, words: &str) -> Run {
        let socket = self.socket();
        run(&format!("--socket {} {words}", socket.display()))
    }
}

/// The answers of a healthy cluster: nodes 0 to 2 at 10.0.0.1 to 10.0.0.3, asked at node 0, led by node 2.
pub(crate) fn healthy(dest: Dest, request: &ControlRequest) -> Answer {
    if *request == ControlRequest::GetRecMaster(()) {
        // From Samba 4.16 on.
        return Answer::Raw { status: -1, data: Vec::new(), error: Vec::new() };
    }
    Answer::Reply(match request {
        ControlRequest::GetPnn(()) => ControlReply::GetPnn(Pnn(0)),
        ControlRequest::RegisterSrvid(_) => ControlReply::RegisterSrvid(()),
        ControlRequest::DeregisterSrvid(_) => ControlReply::DeregisterSrvid(()),
        ControlRequest::GetNodeMap(()) => ControlReply::GetNodeMap(node_map()),
        ControlRequest::GetVnnMap(()) => ControlReply::GetVnnMap(VnnMap {
            generation: Generation(4711),
            map: vec![Pnn(0), Pnn(1), Pnn(2)],
        }),
        ControlRequest::GetRecMode(()) => ControlReply::GetRecMode(RecMode::NORMAL),
        ControlRequest::GetRunState(()) => ControlReply::GetRunState(RunState::RUNNING),
        ControlRequest::GetIfaces(()) => ControlReply::GetIfaces(IfaceList { ifaces: Vec::new() }),
        ControlRequest::GetPublicIps(_) => ControlReply::GetPublicIps(PublicIpList { ips: Vec::new() }),
        ControlRequest::Ping(()) => ControlReply::Ping(10 + dest.0),
        other => panic!("nobody should ask {other:?}"),
    })
}

pub(crate) fn node_map() -> NodeMap {
    let node = |n: u32| NodeAndFlags {
        pnn: Pnn(n),
        flags: NodeFlags::empty(),
        addr: std::net::SocketAddr::from(([10, 0, 0, u8::try_from(n + 1).unwrap()], 4379)).into(),
    };
    NodeMap { nodes: (0..3).map(node).collect() }
}

fn serve(mut stream: UnixStream, answers: &Answers, calls: &Calls) {
    let mut frames = FrameBuf::new(Abi::NATIVE, Framing::Client, 1 << 20);
    let mut buffer = [0; 4096];
    while let Ok(len @ 1..) = stream.read(&mut buffer) {
        frames.push(Bytes::copy_from_slice(&buffer[..len]));
        while let Some(frame) = frames.pop().unwrap() {
            let packet = Packet::decode(&frame, Abi::NATIVE).unwrap();
            if let Operation::ReqCall(call) = &packet.body
                && let Some(reply) = calls(call)
            {
                let header = Header { reqid: packet.header.reqid, ..Header::default() };
                let reply = Packet { header, body: Operation::ReplyCall(reply) };
                if stream.write_all(&reply.encode(Abi::NATIVE).unwrap().bytes).is_err() {
                    return;
                }
            }
            if let Operation::ReqMessage(message) = &packet.body
                && stream.write_all(&handed_out(message)).is_err()
            {
                return;
            }
            let Operation::ReqControl(control) = &packet.body else { continue };
            let request = ControlRequest::decode(control, Abi::NATIVE).unwrap();
            let data = match answers(packet.header.dest, &request) {
                Answer::Reply(reply) => {
                    let subscribed = reply == ControlReply::RegisterSrvid(());
                    let mut data = reply_to(&packet, reply.encode(Abi::NATIVE).unwrap());
                    if subscribed && control.srvid == SrvId::LEADER {
                        data.extend(leader(2));
                    }
                    data
                }
                Answer::Then(reply, more) => {
                    [reply_to(&packet, reply.encode(Abi::NATIVE).unwrap()), more].concat()
                }
                Answer::Raw { status, data, error } => {
                    reply_to(&packet, ReplyControl { status, data: data.into(), error: error.into() })
                }
                Answer::Bytes(data) => data,
                Answer::Silence => Vec::new(),
                Answer::Close => return,
            };
            if stream.write_all(&data).is_err() {
                return;
            }
        }
    }
}

fn reply_to(request: &Packet, reply: ReplyControl) -> Vec<u8> {
    let header = Header { reqid: request.header.reqid, ..Header::default() };
    let packet = Packet { header, body: Operation::ReplyControl(reply) };
    packet.encode(Abi::NATIVE).unwrap().bytes.to_vec()
}

/// Node 2 says that it has handed out the public addresses, if it was asked to.
fn handed_out(message: &ReqMessage) -> Vec<u8> {
    match Message::decode(message.srvid, &message.data, Abi::NATIVE) {
        Ok(Message::TakeoverRun(asked)) => said(asked.srvid, &2_i32.to_ne_bytes()),
        _ => Vec::new(),
    }
}

/// The message by which node `pnn` says that it leads.
pub(crate) fn leader(pnn: u32) -> Vec<u8> {
    said(SrvId::LEADER, &pnn.to_ne_bytes())
}

fn said(srvid: SrvId, data: &[u8]) -> Vec<u8> {
    let body = ReqMessage { srvid, data: Bytes::copy_from_slice(data) };
    let packet = Packet { header: Header::default(), body: Operation::ReqMessage(body) };
    packet.encode(Abi::NATIVE).unwrap().bytes.to_vec()
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Run {
    /// Fails unless this is an error told in one line.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: i32, line_contains: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("ctdbctl: ") && self.stderr.ends_with('\n'), "{self:?}");
        assert!(self.stderr.contains(line_contains), "'{line_contains}' is not in: {}", self.stderr);
    }
}

/// The program, with nothing in its environment that could lead it to another cluster.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ctdbctl"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(words: &str) -> Run {
    run_with(words, Stdio::null())
}

/// Runs the program with a file for its standard input.
pub(crate) fn run_with(words: &str, input: Stdio) -> Run {
    finish(program().args(words.split_whitespace()).stdin(input))
}

/// Waits for the end of a command, not for ever.
pub(crate) fn finish(command: &mut Command) -> Run {
    const PATIENCE: Duration = Duration::from_secs(30);
    let start = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(PATIENCE) else {
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        panic!("{command:?} still runs after {PATIENCE:?}");
    };
    let output = output.unwrap();
    Run {
        status: output.status.code().unwrap_or_else(|| panic!("{command:?} ended with {}", output.status)),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        took: start.elapsed(),
    }
}
