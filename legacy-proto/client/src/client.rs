//! The handle a program holds: cheap to clone, usable from any task, any number of calls at once.
//!
//! A handle only talks to the background task over channels. The task ends, and the socket closes, when the last
//! handle is dropped; what was sent before is still written if ctdbd takes it within a second. Memory is bounded: at most [`COMMANDS`] requests wait for the task, which stops taking them while
//! ctdbd does not read; events are bounded by [`Options`].

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use legacy_codec::{Abi, Control, ControlRequest, DEFAULT_LIMIT, Dest, Pnn, ReplyCall, ReqCall, SrvId};
use legacy_session::{Backoff, CallError as NoReply, Config, Counters, Reply};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::driver::{Driver, Ends};
use crate::error::{CallError, ConnectError, SendError};
use crate::inbox::{Bounds, Event, Inbox, Message};

/// Requests that may wait for the background task.
const COMMANDS: usize = 128;
/// Header, srvid, length and padding of a message, rounded up.
const MESSAGE_OVERHEAD: usize = 64;

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// When to try again after a loss; `None` = stay disconnected.
    pub reconnect: Option<Backoff>,
    /// How long connecting, attaching and each change of a subscription may take.
    pub attach_timeout: Duration,
    /// How long a call may take when it does not say.
    pub call_timeout: Duration,
    /// Events kept for a slow reader; the oldest are dropped and counted beyond this.
    pub inbox_events: usize,
    /// Bytes of messages kept for a slow reader.
    pub inbox_bytes: usize,
    /// Bytes of the largest packet.
    pub max_packet: usize,
    /// Machine type of ctdbd.
    pub abi: Abi,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reconnect: None,
            attach_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            inbox_events: 65_536,
            inbox_bytes: 64 << 20,
            max_packet: DEFAULT_LIMIT,
            abi: Abi::NATIVE,
        }
    }
}

/// Whether there is a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Whether calls and messages are possible.
    pub up: bool,
    /// Number of ctdbd's node, once it has been told.
    pub pnn: Option<Pnn>,
}

/// What a handle asks the background task to do.
#[derive(Debug)]
pub(crate) enum Command {
    Call {
        dest: Dest,
        request: ControlRequest,
        deadline: Instant,
        answer: oneshot::Sender<Result<Reply, NoReply>>,
    },
    Record {
        call: ReqCall,
        deadline: Instant,
        answer: oneshot::Sender<Result<ReplyCall, NoReply>>,
    },
    Subscribe {
        srvid: SrvId,
        answer: oneshot::Sender<Result<(), NoReply>>,
    },
    Unsubscribe {
        srvid: SrvId,
    },
    Send {
        dest: Dest,
        srvid: SrvId,
        data: Bytes,
    },
}

/// What the handles and the background task both see.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) inbox: Inbox,
    pub(crate) counters: Mutex<Counters>,
}

/// A client of one ctdbd.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its end tells the background task, even one that takes no commands, that all handles are gone.
    _alive: Arc<oneshot::Sender<Infallible>>,
    commands: mpsc::Sender<Command>,
    state: watch::Receiver<State>,
    shared: Arc<Shared>,
    call_timeout: Duration,
    max_payload: usize,
}

impl Client {
    /// Connects to ctdbd's socket and waits until attached. The first failure is the result, also with reconnects.
    pub async fn connect(path: impl AsRef<Path>, options: Options) -> Result<Self, ConnectError> {
        let (first, attached) = oneshot::channel();
        let client = Self::spawn(path.as_ref(), options, Some(first));
        match attached.await {
            Ok(Ok(())) => Ok(client),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ConnectError::from_io(path.as_ref(), &std::io::ErrorKind::Interrupted.into())),
        }
    }

    /// Starts connecting and does not wait: [`Event::Up`] says when attached. Meant for `reconnect` options, for a
    /// program that has to live beside a ctdbd that is not there yet. Needs a tokio runtime.
    #[must_use]
    pub fn start(path: impl AsRef<Path>, options: Options) -> Self {
        Self::spawn(path.as_ref(), options, None)
    }

    fn spawn(
        path: &Path,
        options: Options,
        first: Option<oneshot::Sender<Result<(), ConnectError>>>,
    ) -> Self {
        let (commands, queue) = mpsc::channel(COMMANDS);
        let (alive, gone) = oneshot::channel();
        let (state, watched) = watch::channel(State::default());
        let bounds = Bounds { events: options.inbox_events, bytes: options.inbox_bytes };
        let shared =
            Arc::new(Shared { path: path.to_owned(), inbox: Inbox::new(bounds), counters: Mutex::default() });
        let config = Config {
            reconnect: options.reconnect,
            abi: options.abi,
            max_packet: options.max_packet,
            attach_timeout: options.attach_timeout,
        };
        let ends = Ends { commands: queue, gone, state, shared: shared.clone(), first };
        tokio::spawn(Driver::new(config, ends).run());
        Self {
            _alive: Arc::new(alive),
            commands,
            state: watched,
            shared,
            call_timeout: options.call_timeout,
            max_payload: options.max_packet.saturating_sub(MESSAGE_OVERHEAD),
        }
    }

    /// Number of ctdbd's node, as last told; known after [`Client::connect`].
    #[must_use]
    pub fn pnn(&self) -> Option<Pnn> {
        self.state.borrow().pnn
    }

    /// Whether calls and messages are possible now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state.borrow().up
    }

    /// The connection's state, to be watched.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.shared.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Messages dropped so far because they were not fetched in time.
    #[must_use]
    pub fn messages_lost(&self) -> u64 {
        self.shared.inbox.lost_in_all()
    }

    /// Asks a daemon and waits for its answer, as long as the options say.
    pub async fn call<C: Control>(&self, dest: impl Into<Dest>, arg: C::Arg) -> Result<C::Reply, CallError> {
        self.call_within::<C>(dest, arg, self.call_timeout).await
    }

    /// Asks a daemon and waits for its answer no longer than `timeout`. A dropped call's answer is thrown away.
    pub async fn call_within<C: Control>(
        &self,
        dest: impl Into<Dest>,
        arg: C::Arg,
        timeout: Duration,
    ) -> Result<C::Reply, CallError> {
        let (control, dest) = (C::C_NAME, dest.into());
        let no_reply = |source| CallError::NoReply { control, dest, source };
        let reply = self.raw_call(dest, C::request(arg), timeout).await.map_err(no_reply)?;
        if C::failed(reply.status) {
            let (status, text) = (reply.status, reply.error.unwrap_or_default());
            return Err(CallError::Status { control, dest, status, text });
        }
        reply.decode::<C>().map_err(|source| CallError::BadReply { control, dest, source })
    }

    /// Asks any control and hands out the reply as it came.
    pub async fn raw_call(
        &self,
        dest: Dest,
        request: ControlRequest,
        timeout: Duration,
    ) -> Result<Reply, NoReply> {
        let (answer, reply) = oneshot::channel();
        let deadline = Instant::now() + timeout;
        let command = Command::Call { dest, request, deadline, answer };
        match tokio::time::timeout_at(deadline, self.commands.send(command)).await {
            Ok(Ok(())) => reply.await.unwrap_or(Err(NoReply::Disconnected)),
            Ok(Err(_)) => Err(NoReply::NotConnected),
            Err(_) => Err(NoReply::Timeout),
        }
    }

    /// Has ctdbd do something with a record, such as moving it here, and waits for its answer no longer than `timeout`.
    ///
    /// A status that is not 0 is an answer too. ctdbd does not answer for a database that it does not have (DEF-08).
    pub async fn record_call(&self, call: ReqCall, timeout: Duration) -> Result<ReplyCall, NoReply> {
        let (answer, reply) = oneshot::channel();
        let deadline = Instant::now() + timeout;
        let command = Command::Record { call, deadline, answer };
        match tokio::time::timeout_at(deadline, self.commands.send(command)).await {
            Ok(Ok(())) => reply.await.unwrap_or(Err(NoReply::Disconnected)),
            Ok(Err(_)) => Err(NoReply::NotConnected),
            Err(_) => Err(NoReply::Timeout),
        }
    }

    /// Has the messages for a srvid delivered from now on, on this connection and those that follow.
    pub async fn subscribe(&self, srvid: SrvId) -> Result<(), CallError> {
        let fail =
            |source| CallError::NoReply { control: "REGISTER_SRVID", dest: Dest::CURRENT_NODE, source };
        let (answer, result) = oneshot::channel();
        if self.commands.send(Command::Subscribe { srvid, answer }).await.is_err() {
            return Err(fail(NoReply::NotConnected));
        }
        result.await.unwrap_or(Err(NoReply::Disconnected)).map_err(fail)
    }

    /// Has no more messages for a srvid delivered.
    pub async fn unsubscribe(&self, srvid: SrvId) {
        // The task is gone: so are its subscriptions.
        let _ = self.commands.send(Command::Unsubscribe { srvid }).await;
    }

    /// Sends a message; waits while ctdbd does not read. `Ok` means taken, not arrived: what is under way when the
    /// connection breaks is lost, which [`Event::Down`] tells. The payload is not copied unless it is small.
    pub async fn send(&self, dest: impl Into<Dest>, srvid: SrvId, data: Bytes) -> Result<(), SendError> {
        self.sendable(&data)?;
        let command = Command::Send { dest: dest.into(), srvid, data };
        self.commands.send(command).await.map_err(|_| SendError::NotConnected)
    }

    /// Sends a message if that is possible without waiting.
    pub fn try_send(&self, dest: impl Into<Dest>, srvid: SrvId, data: Bytes) -> Result<(), SendError> {
        self.sendable(&data)?;
        self.commands.try_send(Command::Send { dest: dest.into(), srvid, data }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => SendError::Full,
            mpsc::error::TrySendError::Closed(_) => SendError::NotConnected,
        })
    }

    fn sendable(&self, data: &Bytes) -> Result<(), SendError> {
        if !self.is_up() {
            return Err(SendError::NotConnected);
        }
        if data.len() > self.max_payload {
            return Err(SendError::TooLarge(data.len()));
        }
        Ok(())
    }

    /// What happened next: a message, up, down, or how much was dropped. `None` when the background task has ended.
    /// All handles share one queue; each event goes to one of them.
    pub async fn next_event(&self) -> Option<Event> {
        self.shared.inbox.next().await
    }

    /// An event that is there already.
    #[must_use]
    pub fn try_next_event(&self) -> Option<Event> {
        self.shared.inbox.try_next()
    }

    /// The next message; passes over all other events. What was dropped is told by [`Client::messages_lost`].
    pub async fn next_message(&self) -> Option<Message> {
        loop {
            if let Event::Message(message) = self.next_event().await? {
                return Some(message);
            }
        }
    }
}
