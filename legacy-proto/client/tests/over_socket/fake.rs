//! A ctdbd of a few lines on a real Unix socket in a temporary directory.
//!
//! It does what a test tells it to and nothing by itself, so each test shows both sides of the talk.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use legacy_client::{Backoff, Client, Options};
use legacy_codec::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

pub(crate) const PNN: Pnn = Pnn(4);
/// Nothing in these tests takes this long unless it hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Ctdbd {
    pub(crate) listener: UnixListener,
    pub(crate) path: PathBuf,
    pub(crate) dir: tempfile::TempDir,
}

impl Ctdbd {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ctdbd.socket");
        Self { listener: UnixListener::bind(&path).unwrap(), path, dir }
    }

    pub(crate) async fn accept(&self) -> Peer {
        let (stream, _) = within(self.listener.accept()).await.unwrap();
        Peer { stream, frames: FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT) }
    }

    /// A client that is attached, and ctdbd's end of it.
    pub(crate) async fn attached(&self, options: Options) -> (Client, Peer) {
        let (client, peer) = tokio::join!(Client::connect(&self.path, options), async {
            let mut peer = self.accept().await;
            peer.answer_attach().await;
            peer
        });
        (client.unwrap(), peer)
    }
}

pub(crate) fn reconnecting() -> Options {
    let (first, max) = (Duration::from_millis(5), Duration::from_millis(50));
    Options { reconnect: Some(Backoff { first, max }), ..Options::default() }
}

/// A future's result; the test fails when it does not come.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("this hangs")
}

pub(crate) struct Peer {
    pub(crate) stream: UnixStream,
    frames: FrameBuf,
}

impl Peer {
    /// The next packet; `None` when the client has closed.
    pub(crate) async fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(frame) = self.frames.pop().unwrap() {
                return Some(Packet::decode(&frame, Abi::NATIVE).unwrap());
            }
            let buffer = self.frames.spare_mut();
            if within(self.stream.read_buf(buffer)).await.unwrap() == 0 {
                return None;
            }
        }
    }

    pub(crate) async fn next_control(&mut self) -> (ReqId, ControlRequest) {
        let packet = self.next().await.expect("the client is there");
        let Operation::ReqControl(body) = packet.body else { panic!("{:?}", packet.body) };
        (packet.header.reqid, ControlRequest::decode(&body, Abi::NATIVE).unwrap())
    }

    pub(crate) async fn next_message(&mut self) -> (Dest, ReqMessage) {
        let packet = self.next().await.expect("the client is there");
        let Operation::ReqMessage(message) = packet.body else { panic!("{:?}", packet.body) };
        (packet.header.dest, message)
    }

    /// Answers GET_PNN and says yes to every registration until the client has no more questions about attaching.
    pub(crate) async fn answer_attach(&mut self) {
        let (reqid, request) = self.next_control().await;
        assert_eq!(request, GetPnn::request(()));
        self.reply(reqid, 4, b"", b"").await;
    }

    /// Takes one registration.
    pub(crate) async fn accept_registration(&mut self, srvid: SrvId) {
        let (reqid, request) = self.next_control().await;
        assert_eq!(request, RegisterSrvid::request(srvid));
        self.reply(reqid, 0, b"", b"").await;
    }

    pub(crate) async fn reply(&mut self, reqid: ReqId, status: i32, data: &[u8], error: &[u8]) {
        let body =
            ReplyControl { status, data: Bytes::copy_from_slice(data), error: Bytes::copy_from_slice(error) };
        self.write(reqid, Operation::ReplyControl(body)).await;
    }

    pub(crate) async fn message(&mut self, srvid: SrvId, data: Bytes) {
        self.write(ReqId(0), Operation::ReqMessage(ReqMessage { srvid, data })).await;
    }

    pub(crate) async fn write(&mut self, reqid: ReqId, body: Operation) {
        let packet = Packet { header: Header { reqid, src: PNN, ..Header::default() }, body };
        self.raw(&packet.encode(Abi::NATIVE).unwrap().bytes).await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        within(self.stream.write_all(bytes)).await.unwrap();
    }
}
