//! The clients on `eventd.socket`: ctdbd, which sends many questions ahead, and tools, which send one.
//!
//! A client that sends rubbish is cut off, as C does it. One that does not read its answers is not read from either, so
//! that it costs no more than one long answer. Neither delays anybody else.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf, Bytes};
use event::{Answer, Level, Request};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use legacy_codec::Abi;
use legacy_codec::event::EventFrames;
use machine::Calendar;
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use runtime::driver::{self, Desk, Shell};
use tokio::net::{UnixListener, UnixStream};

use super::events::{self, Asker, Question};
use super::log::Log;

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

/// Whoever answers questions about events.
pub(crate) trait Core: Shell<Question = Request, Answer = (Answer, Calendar)> {}

impl<S: Shell<Question = Request, Answer = (Answer, Calendar)>> Core for S {}

/// What is sent back to a client.
struct Reply {
    /// `None` when it could not be put into bytes.
    packet: Option<Bytes>,
    /// That of an event.
    of_event: bool,
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
    pub(crate) async fn serve<S: Core>(&self, friend: Option<i32>, desk: Desk<S>, log: Log) {
        let most = usize::try_from(
            getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft).saturating_sub(SPARE) / 2,
        );
        let most = most.unwrap_or(CLIENTS).clamp(4, CLIENTS);
        let mut tasks = tokio::task::JoinSet::new();
        // Told once, until somebody is let in again: whoever is refused may come back at once.
        let mut told = false;
        loop {
            match self.socket.accept().await {
                Ok((stream, _)) => {
                    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
                    while tasks.try_join_next().is_some() {}
                    if tasks.len() >= most && (pid.is_none() || pid != friend) {
                        drop(stream);
                        complain(&log, &mut told, &format!("{most} clients are enough, refusing others"));
                        continue;
                    }
                    told = false;
                    tasks.spawn(Connection::new(desk.asker(), stream).serve(log.clone()));
                }
                Err(error) => {
                    complain(&log, &mut told, &format!("failed to accept new connection: {error}"));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

fn complain(log: &Log, told: &mut bool, what: &str) {
    if !std::mem::replace(told, true) {
        log.line(Level::Warning, what);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// One client.
struct Connection<S: Core> {
    /// What it waits for, which comes in any order.
    answers: FuturesUnordered<Pin<Box<dyn Future<Output = Reply> + Send>>>,
    asker: driver::Asker<S>,
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

impl<S: Core> Connection<S> {
    fn new(asker: driver::Asker<S>, stream: UnixStream) -> Self {
        let (frames, out) = (EventFrames::new(Abi::NATIVE, LONGEST), VecDeque::new());
        let answers = FuturesUnordered::new();
        Self { answers, asker, stream, frames, out, unread: 0, events: 0, others: 0 }
    }

    async fn serve(mut self, log: Log) {
        if let Some(wrong) = self.talk().await {
            log.line(Level::Error, &wrong);
        }
    }

    /// Asks the core. None: the daemon ends.
    async fn ask(&mut self, asker: Asker, request: Request) -> Option<()> {
        let of_event = matches!(request, Request::Run { .. });
        *if of_event { &mut self.events } else { &mut self.others } += 1;
        let answer = self.asker.ask(request).await.ok()?;
        self.answers.push(Box::pin(async move {
            let packet = match answer.await {
                Ok((answer, calendar)) => events::reply(asker, answer, calendar),
                // The core had a mistake.
                Err(_) => events::plain(asker, Errno::EIO as i32),
            };
            Reply { packet, of_event }
        }));
        Some(())
    }

    /// Whether its next question is looked at.
    fn may_ask(&self) -> bool {
        self.others == 0 && self.events < EVENTS && self.unread < UNREAD
    }

    /// Until it is gone; with what was wrong about it, if anything was.
    async fn talk(&mut self) -> Option<String> {
        loop {
            while self.may_ask() {
                let frame = match self.frames.pop() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(error) => return Some(format!("Invalid packet received, {error}")),
                };
                match events::question(&frame) {
                    Some((asker, Question::Core(request))) => self.ask(asker, request).await?,
                    Some((asker, Question::Refused(errno))) => self.push(events::plain(asker, errno)),
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
                Some(Reply { packet, of_event }) = self.answers.next() => {
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
