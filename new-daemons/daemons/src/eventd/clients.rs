//! The clients on `eventd.socket`: ctdbd, which sends many questions ahead, and tools, which send one.
//!
//! A client that sends rubbish is cut off, as C does it. One that does not read its answers is not read from either, so
//! that it costs no more than one long answer. Neither delays anybody else.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Buf, Bytes};
use event::Request;
use legacy_codec::Abi;
use legacy_codec::event::EventFrames;
use nix::sys::resource::{Resource, getrlimit};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::legacy::{self, Asker, Question};

/// Bytes of the longest request: arguments are not longer than the system lets them be.
const LONGEST: usize = 1 << 20;
/// Events that one client may wait for. A node that gives up all its addresses asks for one each.
const EVENTS: usize = 8192;
/// Bytes of answers that wait before no more questions are read.
const UNREAD: usize = 1 << 20;
/// Clients at the same time, ctdbd not counted.
const CLIENTS: usize = 128;
/// Descriptors that are left for all else.
const SPARE: u64 = 40;
/// How long to wait when a connection cannot be taken for want of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Client(pub(crate) u64);

/// What is sent back to a client.
#[derive(Debug)]
pub(crate) struct Reply {
    /// `None` when it could not be put into bytes.
    pub(crate) packet: Option<Bytes>,
    /// That of an event.
    pub(crate) of_event: bool,
}

/// What clients do.
#[derive(Debug)]
pub(crate) enum Happening {
    Joined(Client, UnboundedSender<Reply>),
    Asked(Client, Asker, Request),
    /// It is gone; with what was wrong about it, if anything was.
    Left(Client, Option<String>),
    /// Something about connections as such.
    Trouble(String),
}

/// The listening socket; its file goes with it.
#[derive(Debug)]
pub(crate) struct Listener {
    path: PathBuf,
    socket: UnixListener,
}

impl Listener {
    /// Takes the place of whatever is at the path: the pid file's lock says that nobody lives there.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        Ok(Self { path: path.to_owned(), socket })
    }

    /// Takes connections for ever. `friend` is never turned away.
    pub(crate) async fn serve(&self, friend: Option<i32>, shell: Sender<Happening>) {
        let most = usize::try_from(
            getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft).saturating_sub(SPARE) / 2,
        );
        let most = most.unwrap_or(CLIENTS).clamp(4, CLIENTS);
        let (mut count, mut tasks) = (0, tokio::task::JoinSet::new());
        // Told once, until somebody is let in again: whoever is refused may come back at once.
        let mut told = false;
        loop {
            match self.socket.accept().await {
                Ok((stream, _)) => {
                    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
                    while tasks.try_join_next().is_some() {}
                    if tasks.len() >= most && (pid.is_none() || pid != friend) {
                        drop(stream);
                        complain(&shell, &mut told, format!("{most} clients are enough, refusing others"))
                            .await;
                        continue;
                    }
                    told = false;
                    count += 1;
                    tasks.spawn(Connection::new(Client(count), stream).serve(shell.clone()));
                }
                Err(error) => {
                    complain(&shell, &mut told, format!("failed to accept new connection: {error}")).await;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn complain(shell: &Sender<Happening>, told: &mut bool, what: String) {
    if !std::mem::replace(told, true) {
        let _ = shell.send(Happening::Trouble(what)).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// One client.
#[derive(Debug)]
struct Connection {
    client: Client,
    stream: UnixStream,
    frames: EventFrames,
    out: VecDeque<Bytes>,
    /// Bytes in `out`.
    unread: usize,
    /// Events that it waits for.
    events: usize,
    /// Other questions that it waits for.
    others: usize,
}

impl Connection {
    fn new(client: Client, stream: UnixStream) -> Self {
        let frames = EventFrames::new(Abi::NATIVE, LONGEST);
        Self { client, stream, frames, out: VecDeque::new(), unread: 0, events: 0, others: 0 }
    }

    async fn serve(mut self, shell: Sender<Happening>) {
        let (answers, mut answered) = unbounded_channel();
        if shell.send(Happening::Joined(self.client, answers)).await.is_err() {
            return;
        }
        let wrong = self.talk(&shell, &mut answered).await;
        let _ = shell.send(Happening::Left(self.client, wrong)).await;
    }

    /// Whether its next question is looked at.
    fn may_ask(&self) -> bool {
        self.others == 0 && self.events < EVENTS && self.unread < UNREAD
    }

    async fn talk(
        &mut self,
        shell: &Sender<Happening>,
        answered: &mut UnboundedReceiver<Reply>,
    ) -> Option<String> {
        loop {
            while self.may_ask() {
                let frame = match self.frames.pop() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(error) => return Some(format!("Invalid packet received, {error}")),
                };
                match legacy::question(&frame) {
                    Some((asker, Question::Core(request))) => {
                        match request {
                            Request::Run { .. } => self.events += 1,
                            _ => self.others += 1,
                        }
                        shell.send(Happening::Asked(self.client, asker, request)).await.ok()?;
                    }
                    Some((asker, Question::Refused(errno))) => self.push(legacy::plain(asker, errno)),
                    None => return Some(format!("Invalid packet received, buflen={}", frame.len())),
                }
            }
            tokio::select! {
                ready = self.stream.readable(), if self.may_ask() => {
                    let mut chunk = [0; 4096];
                    match ready.and_then(|()| self.stream.try_read(&mut chunk)) {
                        Ok(0) => return None,
                        Ok(count) => self.frames.push(chunk.get(..count).unwrap_or_default()),
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(_) => return None,
                    }
                }
                ready = self.stream.writable(), if !self.out.is_empty() => match ready.and_then(|()| self.write()) {
                    Err(error) if error.kind() != ErrorKind::WouldBlock => return None,
                    _ => {}
                },
                reply = answered.recv() => {
                    let Reply { packet, of_event } = reply?;
                    let waiting = if of_event { &mut self.events } else { &mut self.others };
                    *waiting = waiting.saturating_sub(1);
                    self.push(packet);
                }
            }
        }
    }

    fn push(&mut self, packet: Option<Bytes>) {
        if let Some(packet) = packet {
            self.unread += packet.len();
            self.out.push_back(packet);
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some(first) = self.out.front_mut() {
            let count = self.stream.try_write(first)?;
            first.advance(count);
            self.unread -= count;
            if first.is_empty() {
                self.out.pop_front();
            }
        }
        Ok(())
    }
}
