//! Plain messages for programs: posted, delivered or not, received. Requests and events are [`crate::Bus`]'s.
//!
//! What is under way to one destination is bounded: a sender waits. What is not taken from the inbox is bounded too: then
//! the socket is left alone, so that the senders feel it.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bus::{Address, Daemon, Effect, Endpoint, Failure, Input, LostReason, Node, Ticket, Undelivered, charge};
use bus_sockets::incarnation;
use bytes::Bytes;
use machine::Time;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::datagram::{Files, Receiver, Sender, TUNNEL_SOCKET, socket_of};
use crate::hub::{Guard, Hub, Upper};
use crate::rooms::Rooms;

/// What may wait in the inbox before the socket is left alone, so that the senders feel it. In charges.
const INBOX_LIMIT: usize = 32 << 20;

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
    /// this process may not use the tunneld's socket
    #[error("no permission to ask ctdb-tunneld, if it runs ({})", path.display())]
    Forbidden {
        /// Its socket.
        path: PathBuf,
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
        /// The message, put together again.
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

/// Sends messages. Clones share one connection, which ends with the last of them.
#[derive(Clone)]
pub struct BusClient {
    hub: Arc<Guard<Mail>>,
    rooms: Arc<Rooms>,
}

impl std::fmt::Debug for BusClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BusClient").finish_non_exhaustive()
    }
}

/// What came. One that is not read slows its senders down; read it even when only answers are of interest.
pub struct Inbox {
    notices: mpsc::UnboundedReceiver<Notice>,
    waiting: Arc<AtomicUsize>,
    hub: Weak<Hub<Mail>>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("waiting", &self.waiting).finish_non_exhaustive()
    }
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
        let tunneld = options.dir.join(TUNNEL_SOCKET);
        if let Err(error) = Sender::connect(&tunneld) {
            if error.kind() == io::ErrorKind::PermissionDenied {
                return Err(BusError::Forbidden { path: tunneld });
            }
            return Err(BusError::NoTunneld { path: tunneld, error });
        }
        let receiver =
            Receiver::bind(path.clone(), Files::Read).map_err(|error| BusError::Listen { path, error })?;
        let (notices, mut notice_queue) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let endpoint = Endpoint::new(bus::Config::new(options.daemon, incarnation()));
        let mail = Mail {
            inputs: VecDeque::new(),
            under_way: BTreeMap::new(),
            tickets: 0,
            notices,
            waiting: waiting.clone(),
        };
        let (hub, driver) = Hub::start(endpoint, receiver, options.dir, mail);
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
                let inbox = Inbox { notices: notice_queue, waiting, hub: Arc::downgrade(&hub) };
                return Ok((Self { hub: Arc::new(hub), rooms: Arc::default() }, inbox));
            }
            Ok(Some(Err(reason))) => BusError::NotRegistered { path: tunneld, reason },
            Ok(None) | Err(_) => BusError::Silent { path: tunneld },
        };
        // Its socket goes with it, so that somebody may try again at once.
        drop(hub);
        let _ = driver.await;
        Err(error)
    }

    /// Hands a message over, waiting while too much is under way to its destination.
    pub async fn post(&self, to: Address, body: Bytes) -> Pending {
        let (done, result) = oneshot::channel();
        if let Some(permit) = self.rooms.enter(to, body.len(), 1).await {
            self.hub.with(|mail, _| mail.post(to, body, done, permit));
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
            let before = self.waiting.fetch_sub(charge(body.len()), Ordering::AcqRel);
            if before >= INBOX_LIMIT
                && let Some(hub) = self.hub.upgrade()
            {
                hub.look();
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

/// Plain messages above the endpoint.
struct Mail {
    inputs: VecDeque<Input>,
    under_way: BTreeMap<Ticket, (oneshot::Sender<Result<(), Undelivered>>, OwnedSemaphorePermit)>,
    tickets: u64,
    notices: mpsc::UnboundedSender<Notice>,
    /// Charges of what the inbox has not taken.
    waiting: Arc<AtomicUsize>,
}

impl Mail {
    fn post(
        &mut self,
        to: Address,
        body: Bytes,
        done: oneshot::Sender<Result<(), Undelivered>>,
        permit: OwnedSemaphorePermit,
    ) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.under_way.insert(ticket, (done, permit));
        self.inputs.push_back(Input::Send { ticket, to, body });
    }
}

impl Upper for Mail {
    fn effect(&mut self, _now: Time, effect: Effect) {
        let notice = match effect {
            Effect::Completed { ticket, result } => {
                if let Some((done, _permit)) = self.under_way.remove(&ticket) {
                    let _ = done.send(result);
                }
                return;
            }
            Effect::Received { from, body } => {
                self.waiting.fetch_add(charge(body.len()), Ordering::AcqRel);
                Notice::Message { from, body }
            }
            Effect::Up { node, attached } => Notice::Up { node, attached },
            Effect::Link { node, attached } => Notice::Link { node, attached },
            Effect::Lost(reason) => Notice::Lost(reason),
            Effect::Connect | Effect::Transmit(_) | Effect::Local { .. } | Effect::LocalClose(_) => return,
        };
        if let Err(mpsc::error::SendError(Notice::Message { body, .. })) = self.notices.send(notice) {
            // The inbox is gone: it does not wait for anybody.
            self.waiting.fetch_sub(charge(body.len()), Ordering::AcqRel);
        }
    }

    fn poll_input(&mut self, _: Time) -> Option<Input> {
        self.inputs.pop_front()
    }

    fn reads(&self) -> bool {
        self.waiting.load(Ordering::Acquire) < INBOX_LIMIT
    }
}
