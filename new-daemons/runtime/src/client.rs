//! A daemon's or program's connection to the bus: drives a [`bus::Endpoint`] over the sockets of its node.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bus::{
    Address, Daemon, Effect, Endpoint, Failure, Gather, Input, LostReason, Node, Ticket, Undelivered, charge,
};
use bytes::Bytes;
use machine::Machine;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::clock::{Alarm, Clock};
use crate::datagram::{Receiver, Sender, TUNNELD_SOCKET, socket_of};

/// What may wait in the inbox before the socket is left alone, so that the senders feel it. In charges.
const INBOX_LIMIT: usize = 32 << 20;

/// What may be under way to one destination before [`BusClient::post`] waits: one message of the largest size, or many
/// small ones. In KiB.
const DESTINATION_KIB: usize = 17 << 10;

/// Who connects, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bus directory of the node.
    pub dir: PathBuf,
    /// The name to be reached by.
    pub daemon: Daemon,
    /// How long to wait for the tunneld's answer.
    pub patience: Duration,
}

/// Why there is no connection to the bus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// no tunneld runs on this node
    #[error("no ctdb-tunneld runs on this node ({}): {error}", path.display())]
    NoTunneld {
        /// Its socket.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// the tunneld did not answer in time
    #[error("ctdb-tunneld does not answer ({})", path.display())]
    Silent {
        /// Its socket.
        path: PathBuf,
    },
    /// the tunneld does not register this daemon
    #[error("ctdb-tunneld registers no more ({}): {reason}", path.display())]
    NotRegistered {
        /// Its socket.
        path: PathBuf,
        /// Its words.
        reason: Failure,
    },
    /// the own socket could not be made
    #[error("cannot listen at {}: {error}", path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// What the bus brings.
#[derive(Debug)]
pub enum Notice {
    /// A message.
    Message {
        /// From whom.
        from: Address,
        /// What.
        body: Bytes,
    },
    /// Registered at the tunneld.
    Up {
        /// This node, once ctdbd has told it.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// The tunneld's connection to ctdbd came or went.
    Link {
        /// This node, once known.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// The tunneld is gone; it is looked for until it is back.
    Lost(LostReason),
}

#[derive(Debug)]
struct Command {
    to: Address,
    body: Bytes,
    done: oneshot::Sender<Result<(), Undelivered>>,
    permit: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    read: Notify,
    destinations: Mutex<BTreeMap<Address, Arc<Semaphore>>>,
}

/// Sends messages. Clones share one connection, which ends with the last of them and the [`Inbox`].
#[derive(Clone, Debug)]
pub struct BusClient {
    commands: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
}

/// What came. One that is not read slows its senders down; read it even when only answers are of interest.
#[derive(Debug)]
pub struct Inbox {
    notices: mpsc::UnboundedReceiver<Notice>,
    shared: Arc<Shared>,
}

/// The result of a message that was posted, once it is known.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<(), Undelivered>>);

impl Pending {
    /// Waits for the result.
    pub async fn result(self) -> Result<(), Undelivered> {
        self.0.await.unwrap_or(Err(Undelivered { reason: Failure::TunneldGone, in_doubt: true }))
    }
}

impl BusClient {
    /// Registers at this node's tunneld.
    pub async fn connect(options: Options) -> Result<(Self, Inbox), BusError> {
        let path = socket_of(&options.dir, options.daemon);
        let tunneld = options.dir.join(TUNNELD_SOCKET);
        if let Err(error) = Sender::connect(&tunneld) {
            return Err(BusError::NoTunneld { path: tunneld, error });
        }
        let receiver = Receiver::bind(path.clone()).map_err(|error| BusError::Listen { path, error })?;
        let (commands, command_queue) = mpsc::unbounded_channel();
        let (notices, mut notice_queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::default());
        let clock = Clock::default();
        let incarnation = u64::from(std::process::id()) << 32 | (unique() & 0xffff_ffff);
        let driver = Driver {
            endpoint: Endpoint::new(bus::Config::new(options.daemon, incarnation)),
            clock,
            receiver,
            tunneld: tunneld.clone(),
            sender: None,
            unsent: None,
            under_way: BTreeMap::new(),
            tickets: 0,
            notices,
            shared: shared.clone(),
        };
        let driver = tokio::spawn(driver.run(command_queue));
        let up = tokio::time::timeout(options.patience, async {
            loop {
                match notice_queue.recv().await? {
                    Notice::Up { .. } => return Some(Ok(())),
                    Notice::Lost(LostReason::NotRegistered(reason)) => return Some(Err(reason)),
                    Notice::Message { .. } | Notice::Link { .. } | Notice::Lost(_) => {}
                }
            }
        });
        let error = match up.await {
            Ok(Some(Ok(()))) => {
                let client = Self { commands, shared: shared.clone() };
                return Ok((client, Inbox { notices: notice_queue, shared }));
            }
            Ok(Some(Err(reason))) => BusError::NotRegistered { path: tunneld, reason },
            Ok(None) | Err(_) => BusError::Silent { path: tunneld },
        };
        // Its socket goes with it, so that somebody may try again at once.
        drop(commands);
        let _ = driver.await;
        Err(error)
    }

    /// Hands a message over, waiting while too much is under way to its destination.
    pub async fn post(&self, to: Address, body: Bytes) -> Pending {
        let (done, result) = oneshot::channel();
        let room = {
            let mut all = self.shared.destinations.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|to_, s| *to_ == to || s.available_permits() < DESTINATION_KIB);
            all.entry(to).or_insert_with(|| Arc::new(Semaphore::new(DESTINATION_KIB))).clone()
        };
        let kib = (charge(body.len()) >> 10).clamp(1, DESTINATION_KIB);
        if let Ok(permit) = room.acquire_many_owned(u32::try_from(kib).unwrap_or(u32::MAX)).await {
            let _ = self.commands.send(Command { to, body, done, permit });
        }
        Pending(result)
    }

    /// Sends a message and waits until it is delivered, or surely or perhaps not.
    pub async fn send(&self, to: Address, body: Bytes) -> Result<(), Undelivered> {
        self.post(to, body).await.result().await
    }
}

impl Inbox {
    /// The next notice; `None` when the connection has ended.
    pub async fn recv(&mut self) -> Option<Notice> {
        let notice = self.notices.recv().await?;
        self.taken(&notice);
        Some(notice)
    }

    fn taken(&self, notice: &Notice) {
        if let Notice::Message { body, .. } = notice {
            let before = self.shared.waiting.fetch_sub(charge(body.len()), Ordering::AcqRel);
            if before >= INBOX_LIMIT {
                self.shared.read.notify_one();
            }
        }
    }
}

impl Drop for Inbox {
    /// What nobody will read must not keep the socket from being read.
    fn drop(&mut self) {
        self.notices.close();
        while let Ok(notice) = self.notices.try_recv() {
            self.taken(&notice);
        }
    }
}

/// Differs from call to call and from run to run.
fn unique() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

struct Driver {
    endpoint: Endpoint,
    clock: Clock,
    receiver: Receiver,
    tunneld: PathBuf,
    sender: Option<Sender>,
    /// Waits for room in the tunneld's socket.
    unsent: Option<Gather>,
    under_way: BTreeMap<Ticket, (oneshot::Sender<Result<(), Undelivered>>, OwnedSemaphorePermit)>,
    tickets: u64,
    notices: mpsc::UnboundedSender<Notice>,
    shared: Arc<Shared>,
}

impl Driver {
    fn input(&mut self, input: Input) {
        self.endpoint.handle(self.clock.now(), input);
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        self.input(Input::Start);
        let mut alarm = Alarm::new(self.clock);
        loop {
            self.effects();
            let full = self.shared.waiting.load(Ordering::Acquire) >= INBOX_LIMIT;
            let deadline = self.endpoint.poll_timeout();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => {
                        self.command(command);
                        while let Ok(command) = commands.try_recv() {
                            self.command(command);
                        }
                    }
                    None => break,
                },
                _ = self.receiver.readable(), if !full => self.receive(),
                () = self.shared.read.notified(), if full => {}
                () = writable(self.sender.as_ref()), if self.unsent.is_some() => {}
                () = alarm.wait(deadline) => {
                    // What has come meanwhile must not be taken for silence.
                    if full {
                        self.input(Input::NotReading);
                    } else {
                        self.receive();
                    }
                    self.endpoint.tick(self.clock.now());
                }
            }
        }
        self.input(Input::Stop);
        self.effects();
    }

    fn command(&mut self, command: Command) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.under_way.insert(ticket, (command.done, command.permit));
        self.input(Input::Send { ticket, to: command.to, body: command.body });
    }

    fn receive(&mut self) {
        // Some at a time, so that commands and answers take turns.
        for _ in 0..16 {
            match self.receiver.try_recv() {
                Ok(Some(datagram)) => self.input(Input::Datagram(datagram)),
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "bus socket");
                    break;
                }
            }
        }
    }

    fn effects(&mut self) {
        loop {
            if let Some(datagram) = self.unsent.take() {
                match self.sender.as_mut().map(|s| s.try_send(&datagram)) {
                    Some(Ok(true)) => {
                        self.sender.as_mut().into_iter().for_each(Sender::unwatch);
                        self.input(Input::Transmitted);
                    }
                    Some(Ok(false)) => {
                        self.unsent = Some(datagram);
                        return self.notices_only();
                    }
                    Some(Err(_)) | None => {
                        self.sender = None;
                        self.input(Input::Unreachable);
                    }
                }
            }
            let Some(effect) = self.endpoint.poll_effect() else { return };
            match effect {
                Effect::Transmit(datagram) => self.unsent = Some(datagram),
                other => self.effect(other),
            }
        }
    }

    /// While the tunneld's socket is full: what needs no room there.
    fn notices_only(&mut self) {
        while let Some(effect) = self.endpoint.poll_notice() {
            self.effect(effect);
        }
    }

    fn effect(&mut self, effect: Effect) {
        let notice = match effect {
            Effect::Connect => {
                self.unsent = None;
                self.stay_reachable();
                self.sender = Sender::connect(&self.tunneld).ok();
                let input = if self.sender.is_some() { Input::Connected } else { Input::Unreachable };
                return self.input(input);
            }
            Effect::Completed { ticket, result } => {
                if let Some((done, _permit)) = self.under_way.remove(&ticket) {
                    let _ = done.send(result);
                }
                return;
            }
            Effect::Transmit(_) => return,
            Effect::Received { from, body } => {
                self.shared.waiting.fetch_add(charge(body.len()), Ordering::AcqRel);
                Notice::Message { from, body }
            }
            Effect::Up { node, attached } => Notice::Up { node, attached },
            Effect::Link { node, attached } => Notice::Link { node, attached },
            Effect::Lost(reason) => {
                self.sender = None;
                self.unsent = None;
                Notice::Lost(reason)
            }
        };
        if let Err(mpsc::error::SendError(Notice::Message { body, .. })) = self.notices.send(notice) {
            // The inbox is gone: it does not wait for anybody.
            self.shared.waiting.fetch_sub(charge(body.len()), Ordering::AcqRel);
        }
    }

    /// A tunneld finds this daemon by its socket's file. One that was removed is made again.
    fn stay_reachable(&mut self) {
        if self.receiver.is_there() {
            return;
        }
        while let Ok(Some(datagram)) = self.receiver.try_recv() {
            self.input(Input::Datagram(datagram));
        }
        if let Err(error) = self.receiver.bind_again() {
            tracing::warn!(%error, "bus socket");
        }
    }
}

async fn writable(sender: Option<&Sender>) {
    match sender {
        Some(sender) => sender.room().await,
        None => std::future::pending().await,
    }
}
