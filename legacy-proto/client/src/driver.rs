//! The background task: carries out what the session wants on a real socket and a real clock.
//!
//! It decides nothing about packets. It reads whenever there is something to read, writes whenever the socket takes
//! it, and takes requests of the handles while not too much waits to be written. Everything it waits for is in one
//! `select!`, so it needs no second task and no lock across an await.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use legacy_codec::{FrameBuf, Framing, ReplyCall, SrvId};
use legacy_session::{CallError as NoReply, Config, Effect, Input, RejectReason, Reply, Session, Token};
use machine::{Machine, Time};
use tokio::io::{Interest, Ready};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::client::{Command, Shared, State};
use crate::error::ConnectError;
use crate::inbox::{Event, Message};
use crate::outbox::{GATHER, Outbox};

/// Bytes waiting to be written above which no request is taken from the handles.
const HIGH_WATER: usize = 4 << 20;
/// Reads, and requests of the handles, done in one turn.
const TURN: usize = 32;

/// How long the last packets may take to be written when all handles are gone.
const LAST_WRITE: Duration = Duration::from_secs(1);

type Connecting = Pin<Box<dyn Future<Output = io::Result<UnixStream>> + Send>>;

enum Link {
    None,
    Connecting(Connecting),
    Open(UnixStream),
}

/// What the task was waiting for.
enum Woken {
    Connected(io::Result<UnixStream>),
    Ready(io::Result<Ready>),
    Command(Option<Command>),
    Timer,
}

/// The background task's ends of what it shares with the handles.
pub(crate) struct Ends {
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Ends when the last handle is gone.
    pub(crate) gone: oneshot::Receiver<Infallible>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) shared: Arc<Shared>,
    /// Whoever waits for the first attempt.
    pub(crate) first: Option<oneshot::Sender<Result<(), ConnectError>>>,
}

pub(crate) struct Driver {
    config: Config,
    session: Session,
    start: Instant,
    link: Link,
    frames: FrameBuf,
    outbox: Outbox,
    commands: mpsc::Receiver<Command>,
    calls: BTreeMap<Token, oneshot::Sender<Result<Reply, NoReply>>>,
    records: BTreeMap<Token, oneshot::Sender<Result<ReplyCall, NoReply>>>,
    next_token: u64,
    subscribing: BTreeMap<SrvId, VecDeque<oneshot::Sender<Result<(), NoReply>>>>,
    gone: oneshot::Receiver<Infallible>,
    state: watch::Sender<State>,
    shared: Arc<Shared>,
    first: Option<oneshot::Sender<Result<(), ConnectError>>>,
    connect_error: Option<io::Error>,
}

impl Driver {
    pub(crate) fn new(config: Config, ends: Ends) -> Self {
        let Ends { commands, gone, state, shared, first } = ends;
        Self {
            session: Session::new(config.clone()),
            start: Instant::now(),
            link: Link::None,
            frames: new_frames(&config),
            outbox: Outbox::default(),
            commands,
            calls: BTreeMap::new(),
            records: BTreeMap::new(),
            next_token: 0,
            subscribing: BTreeMap::new(),
            gone,
            state,
            shared,
            first,
            connect_error: None,
            config,
        }
    }

    /// Runs until the last handle is gone.
    pub(crate) async fn run(mut self) {
        self.input(Input::Start);
        loop {
            self.flush();
            self.publish_counters();
            match self.wait().await {
                Woken::Connected(Ok(stream)) => {
                    self.link = Link::Open(stream);
                    self.input(Input::Connected);
                }
                Woken::Connected(Err(error)) => {
                    self.link = Link::None;
                    let why = error.to_string();
                    self.connect_error = Some(error);
                    self.input(Input::ConnectFailed(why));
                }
                Woken::Ready(Ok(ready)) if ready.is_readable() || ready.is_read_closed() => self.read(),
                Woken::Ready(Ok(_)) => {}
                Woken::Ready(Err(error)) => self.lost(&error.to_string()),
                Woken::Command(Some(command)) => self.take_commands(command),
                Woken::Command(None) => break,
                Woken::Timer => {
                    let now = self.now();
                    self.session.tick(now);
                    self.carry_out();
                }
            }
        }
        // A ctdbd that does not take the rest in time does not get it.
        let _ = tokio::time::timeout(LAST_WRITE, self.write_rest()).await;
        self.shared.inbox.close();
    }

    async fn write_rest(&mut self) {
        while !self.outbox.is_empty() {
            let Link::Open(stream) = &self.link else { return };
            if stream.writable().await.is_err() {
                return;
            }
            self.flush();
        }
    }

    async fn wait(&mut self) -> Woken {
        let deadline = self.session.poll_timeout().map(|due| self.start + due.since_start());
        let room = self.outbox.len() < HIGH_WATER;
        let interest =
            if self.outbox.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let link = &mut self.link;
        let link = async move {
            match link {
                Link::None => std::future::pending().await,
                Link::Connecting(connecting) => Woken::Connected(connecting.await),
                Link::Open(stream) => Woken::Ready(stream.ready(interest).await),
            }
        };
        let timer = async move {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            woken = link => woken,
            command = self.commands.recv(), if room => Woken::Command(command),
            _ = &mut self.gone, if !room => Woken::Command(None),
            () = timer => Woken::Timer,
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn input(&mut self, input: Input) {
        self.session.handle(self.now(), input);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.session.poll_effect(self.now()) {
            match effect {
                Effect::Write(bytes) => self.outbox.push(bytes),
                Effect::Connect => {
                    self.reset();
                    let path = self.shared.path.clone();
                    self.link = Link::Connecting(Box::pin(UnixStream::connect(path)));
                }
                Effect::Close => self.reset(),
                Effect::Up { pnn } => {
                    tracing::info!(%pnn, "attached to ctdbd");
                    self.state.send_replace(State { up: true, pnn: Some(pnn) });
                    self.shared.inbox.push(Event::Up { pnn });
                    if let Some(first) = self.first.take() {
                        // The caller has given up: its handle is gone too, and the task ends.
                        let _ = first.send(Ok(()));
                    }
                }
                Effect::Down { reason } => {
                    tracing::warn!(%reason, "lost ctdbd");
                    self.state.send_modify(|state| state.up = false);
                    self.shared.inbox.push(Event::Down { reason });
                }
                Effect::AttemptFailed { reason, retry_in } => {
                    tracing::debug!(%reason, ?retry_in, "cannot attach to ctdbd");
                    let error = match self.connect_error.take() {
                        Some(error) => ConnectError::from_io(&self.shared.path, &error),
                        None => ConnectError::Attach { path: self.shared.path.clone(), source: reason },
                    };
                    if let Some(first) = self.first.take() {
                        let _ = first.send(Err(error));
                    }
                }
                Effect::Reply { token, result } => {
                    if let Some(answer) = self.calls.remove(&token) {
                        // The caller may have dropped its call.
                        let _ = answer.send(result);
                    }
                }
                Effect::Record { token, result } => {
                    if let Some(answer) = self.records.remove(&token) {
                        let _ = answer.send(result);
                    }
                }
                Effect::Subscribed { srvid, result } => {
                    for answer in self.subscribing.remove(&srvid).into_iter().flatten() {
                        let _ = answer.send(result.clone());
                    }
                }
                Effect::Message { srvid, data } => {
                    self.shared.inbox.push(Event::Message(Message { srvid, data }));
                }
                Effect::Rejected { reason } => log_rejected(&reason),
            }
        }
    }

    fn reset(&mut self) {
        self.link = Link::None;
        self.outbox.clear();
        self.frames = new_frames(&self.config);
    }

    fn lost(&mut self, why: &str) {
        self.reset();
        self.input(Input::Closed(why.to_owned()));
    }

    /// Reads what is there, but not for ever.
    fn read(&mut self) {
        for _ in 0..TURN {
            let Link::Open(stream) = &self.link else { return };
            match stream.try_read_buf(self.frames.spare_mut()) {
                Ok(0) => return self.lost("end of file"),
                Ok(_) => self.unpack(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.lost(&error.to_string()),
            }
        }
    }

    /// Hands whole packets to the session, as many as there are in one piece.
    fn unpack(&mut self) {
        loop {
            match self.frames.pop_run() {
                Ok(Some(run)) => self.input(Input::Received(run)),
                Ok(None) => return,
                Err(rejected) if rejected.fatal => return self.lost(&rejected.error.to_string()),
                Err(rejected) => tracing::warn!(error = %rejected.error, "dropped a packet from ctdbd"),
            }
            if !matches!(self.link, Link::Open(_)) {
                return;
            }
        }
    }

    /// Writes what the socket takes.
    fn flush(&mut self) {
        while !self.outbox.is_empty() {
            let Link::Open(stream) = &self.link else { return };
            let mut slices = [IoSlice::new(&[]); GATHER];
            let count = self.outbox.gather(&mut slices);
            match stream.try_write_vectored(&slices[..count]) {
                Ok(len) => self.outbox.advance(len),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.lost(&error.to_string()),
            }
        }
    }

    fn take_commands(&mut self, first: Command) {
        self.command(first);
        for _ in 1..TURN {
            if self.outbox.len() >= HIGH_WATER {
                return;
            }
            match self.commands.try_recv() {
                Ok(command) => self.command(command),
                Err(_) => return,
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Call { dest, request, deadline, answer } => {
                self.next_token += 1;
                let token = Token(self.next_token);
                self.calls.insert(token, answer);
                let timeout = deadline.saturating_duration_since(Instant::now());
                self.input(Input::Call { token, dest, request, timeout });
            }
            Command::Record { call, deadline, answer } => {
                self.next_token += 1;
                let token = Token(self.next_token);
                self.records.insert(token, answer);
                let timeout = deadline.saturating_duration_since(Instant::now());
                self.input(Input::Record { token, call, timeout });
            }
            Command::Subscribe { srvid, answer } => {
                self.subscribing.entry(srvid).or_default().push_back(answer);
                self.input(Input::Subscribe(srvid));
            }
            Command::Unsubscribe { srvid } => self.input(Input::Unsubscribe(srvid)),
            Command::Send { dest, srvid, data } => self.input(Input::Send { dest, srvid, data: vec![data] }),
        }
    }

    fn publish_counters(&self) {
        let mut counters = self.shared.counters.lock().unwrap_or_else(PoisonError::into_inner);
        *counters = self.session.counters();
    }
}

fn new_frames(config: &Config) -> FrameBuf {
    FrameBuf::new(config.abi, Framing::Client, config.max_packet)
}

/// What the other side did wrong is a warning; what timing alone can cause is not.
fn log_rejected(reason: &RejectReason) {
    match reason {
        RejectReason::Frame(_) | RejectReason::Malformed(_) | RejectReason::UnexpectedOperation { .. } => {
            tracing::warn!(%reason, "dropped");
        }
        _ => tracing::debug!(%reason, "dropped"),
    }
}
