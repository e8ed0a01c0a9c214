//! A daemon on the bus: calls, requests to serve, events, signs of life. Drives [`bus::calls::Calls`] above its endpoint.
//!
//! It works on its node without any tunneld; [`Bus::way`] says whether other nodes can be reached. The socket is always
//! read: what a program does not take is bounded in its own queue, and events beyond that are counted as lost.

mod asks;
mod desk;
mod requests;
mod streams;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bus::calls::{CallError, CallId, Calls, Input, Me};
use bus::{Address, Endpoint, Node};
use bus_sockets::incarnation;
use bytes::Bytes;
use protocol::bus::BUS_TOPIC_MAX;
use tokio::sync::{oneshot, watch};

use crate::datagram::{Files, Receiver, prepare_directory, socket_of};
use crate::hub::{Guard, Hub};
use crate::rooms::Rooms;

use desk::Desk;

pub use asks::FindError;
pub use bus_sockets::{JoinError, Joining, Way};
pub use requests::{Reply, Request, Requests};
pub use streams::{Subscription, Watch};

/// What a call counts at least while it is open, in KiB: so many to one daemon that it has room for others.
const CALL_KIB: usize = 34;

/// A topic that is too long, or has a NUL in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a topic has at most {BUS_TOPIC_MAX} bytes, and no NUL")]
pub struct BadTopic;

/// A daemon's connection to the bus. It ends with the last clone, stream and open request.
#[derive(Clone)]
pub struct Bus {
    hub: Arc<Guard<Desk>>,
    dir: Arc<PathBuf>,
    rooms: Arc<Rooms>,
    way: watch::Receiver<Way>,
    /// Ends with the task that reads.
    alive: watch::Receiver<()>,
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Withdraws a call that its caller has dropped.
struct Open<'a> {
    hub: &'a Guard<Desk>,
    id: Option<CallId>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.hub.with(|desk, now| desk.cancel(now, id));
        }
    }
}

impl Bus {
    /// Joins the bus of this node. Must be called within a tokio runtime.
    pub fn join(joining: Joining) -> Result<Self, JoinError> {
        Self::join_tuned(joining, bus::PASS_ABOVE)
    }

    /// The same for measurements: bodies of more than `pass_above` go to neighbours as files.
    pub fn join_tuned(joining: Joining, pass_above: usize) -> Result<Self, JoinError> {
        let Joining { dir, daemon, release, features } = joining;
        if let Err(error) = prepare_directory(&dir) {
            return Err(JoinError::Directory { path: dir, error });
        }
        let path = socket_of(&dir, daemon);
        let receiver =
            Receiver::bind(path.clone(), Files::Read).map_err(|error| JoinError::Listen { path, error })?;
        let incarnation = incarnation();
        let config = bus::Config { pass_above, ..bus::Config::new(daemon, incarnation) };
        let endpoint = Endpoint::new(config);
        let calls = Calls::new(Me { daemon, incarnation, release, features });
        let (way, known) = watch::channel(Way::default());
        let (hub, task) = Hub::start(endpoint, receiver, dir.clone(), Desk::new(calls, way));
        let (living, alive) = watch::channel(());
        tokio::spawn(async move {
            let _ = task.await;
            drop(living);
        });
        Ok(Self { hub: Arc::new(hub), dir: Arc::new(dir), rooms: Arc::default(), way: known, alive })
    }

    /// Asks a daemon for something, and waits for its answer as long as `patience`. Who drops this withdraws the call.
    /// With about 500 calls open to one daemon, or 17 MiB, the next one waits before it begins.
    pub async fn call(
        &self,
        to: Address,
        number: u32,
        body: Bytes,
        patience: Duration,
    ) -> Result<Bytes, CallError> {
        let _room = self.rooms.enter(to, body.len(), CALL_KIB).await.ok_or(CallError::Closed)?;
        let (done, answer) = oneshot::channel();
        let id = self.hub.with(|desk, now| desk.call(now, (to, number, body, patience), done));
        let mut open = Open { hub: &self.hub, id: Some(id) };
        let result = answer.await.unwrap_or(Err(CallError::Closed));
        open.id = None;
        result
    }

    /// Requests of others from now on, until it is dropped. There is one at a time.
    #[must_use]
    pub fn serve(&self) -> Option<Requests> {
        let queue = self.hub.with(Desk::serve)?;
        Some(Requests::new(self.hub.clone(), queue))
    }

    /// Tells an event to all who subscribed to it.
    pub fn publish(&self, topic: &str, body: Bytes) -> Result<(), BadTopic> {
        check_topic(topic)?;
        let topic = topic.to_owned();
        self.hub.with(|desk, now| desk.input(now, Input::Publish { topic, body }));
        Ok(())
    }

    /// Events of a daemon whose topic begins with `prefix`; the daemon need not be there yet.
    pub fn subscribe(&self, to: Address, prefix: &str) -> Result<Subscription, BadTopic> {
        check_topic(prefix)?;
        let (id, queue) = self.hub.with(|desk, now| desk.subscribe(now, to, prefix.to_owned()));
        Ok(Subscription::new(self.hub.clone(), id, queue))
    }

    /// Whether a daemon is there, from now on.
    #[must_use]
    pub fn watch(&self, peer: Address) -> Watch {
        let (id, presence) = self.hub.with(|desk, now| desk.watch(now, peer));
        Watch::new(self.hub.clone(), id, presence)
    }

    /// The way to other nodes, now and whenever it changes.
    #[must_use]
    pub fn way(&self) -> watch::Receiver<Way> {
        self.way.clone()
    }

    /// This node, as far as it was ever known.
    #[must_use]
    pub fn node(&self) -> Option<Node> {
        self.way.borrow().node
    }

    /// Waits until nobody reads here any more, which a mistake below can bring about. The daemon may then join anew.
    pub fn lost(&self) -> impl Future<Output = ()> + use<> {
        let mut alive = self.alive.clone();
        async move { while alive.changed().await.is_ok() {} }
    }

    /// What was ignored so far, for the curious.
    #[must_use]
    pub fn ignored(&self) -> bus::calls::Ignored {
        self.hub.with(|desk, _| desk.ignored())
    }
}

fn check_topic(topic: &str) -> Result<(), BadTopic> {
    let fits = u32::try_from(topic.len()).is_ok_and(|len| len <= BUS_TOPIC_MAX);
    if fits && !topic.contains('\0') { Ok(()) } else { Err(BadTopic) }
}
