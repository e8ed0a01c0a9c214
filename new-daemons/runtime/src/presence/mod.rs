//! The outside of a daemon: its place on the bus, its HTTP door, its callbacks, its node's number, and how well it is.
//!
//! The same for all daemons, with one set of times. A daemon brings along what it can be asked and its numbers ([`Face`]),
//! and tells what happens as announcements. A bus that is lost is joined anew; callbacks and the door go on meanwhile. All of
//! it lives in a task beside the daemon's loop, or in a thread of its own ([`Where::Apart`]) for a daemon whose loop must not
//! wait for anything that happens outside.

mod life;
mod site;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bus::Daemon;
use protocol::Announcement;
use protocol::interface::Handler;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tracing::{Level, error, info, warn};

use crate::callbacks::Row;
use crate::frame::{Frame, FrameError};
use crate::http::DoorError;
use crate::member::JoinError;
use crate::station::{Observed, Station};
use life::{Life, Said};
pub use site::{BusOptions, Site};

/// How long to wait until the bus is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// What the programs of callbacks have to end, when the daemon does.
const CALLBACKS_END: Duration = Duration::from_secs(2);
/// How long it may take to leave the bus after that.
const GOODBYE: Duration = Duration::from_millis(500);
/// How long the daemon waits for all of it: less than the frame gives it, with what it does itself before.
const LEAVE: Duration = Duration::from_secs(3);
/// What waits to be told while a thread of its own does something else.
const TOLD: usize = 4096;

/// Under this word a daemon that is not on the bus says so at `/health`.
const BUS: &str = "bus";
/// Under this word a daemon says at `/health` that its latest configuration was not taken.
pub const CONFIGURATION: &str = "configuration";

/// Why a daemon cannot be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresenceError {
    /// It is not on the bus.
    #[error("the bus: {0}")]
    Bus(#[from] JoinError),
    /// Its door cannot be opened.
    #[error("the door: {0}")]
    Door(#[from] DoorError),
    /// The configuration has mistakes.
    #[error(transparent)]
    Configuration(#[from] FrameError),
    /// Nobody can have its name.
    #[error("no daemon can be called {0}")]
    Name(&'static str),
    /// There can be no thread for it.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A mistake in here.
    #[error("internal error on the bus")]
    Internal,
}

/// What a daemon brings along.
pub struct Face {
    /// What it can be asked.
    pub handler: Box<dyn Handler>,
    /// Its numbers.
    pub observed: Option<Box<dyn Observed>>,
}

impl Face {
    /// Of a daemon that can be asked this and has these numbers.
    #[must_use]
    pub fn new(handler: impl Handler, observed: impl Observed) -> Self {
        Self { handler: Box::new(handler), observed: Some(Box::new(observed)) }
    }
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face").field("service", &self.handler.service().name).finish_non_exhaustive()
    }
}

/// Whoever writes the log.
pub type Say = Arc<dyn Fn(Level, &str) + Send + Sync>;

/// Writes to the log of the frame.
#[must_use]
pub fn traced() -> Say {
    Arc::new(|level, line| match level {
        Level::ERROR => error!("{line}"),
        Level::WARN => warn!("{line}"),
        _ => info!("{line}"),
    })
}

/// What comes of the first attempt.
type First = oneshot::Receiver<Result<(), PresenceError>>;

/// Where the outside lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In a task of the daemon's own tokio runtime.
    Here,
    /// In a thread of its own. What it has no time for is not told.
    Apart,
}

/// The outside of a daemon, as the daemon holds it.
pub struct Presence {
    station: Station,
    /// None when it has ended.
    said: Option<Sender<Said>>,
    /// Callbacks of the configuration for which there was no room yet.
    callbacks: Option<Vec<Row>>,
    left: oneshot::Receiver<()>,
    node: watch::Sender<Option<u32>>,
    lives: Where,
    say: Say,
    /// Not told since it was last said.
    dropped: u64,
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presence").field("station", &self.station).finish_non_exhaustive()
    }
}

impl Presence {
    /// Begins to look for the bus. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(site: Site, face: Face, lives: Where, say: Say) -> Result<Self, PresenceError> {
        Self::begin(site, face, lives, say).map(|(presence, _)| presence)
    }

    /// The same, with what comes of the first attempt.
    fn begin(site: Site, face: Face, lives: Where, say: Say) -> Result<(Self, First), PresenceError> {
        let name = face.handler.service().name;
        let daemon = name.parse().map_err(|_| PresenceError::Name(name))?;
        let station = Station::new(Daemon { name: daemon, instance: 0 }, None, face.handler, face.observed);
        station.health().set(BUS, Some("it is being joined".to_owned()));
        let (to, said) = channel(TOLD);
        let (first, joined) = oneshot::channel();
        let (leaving, left) = oneshot::channel();
        let node = watch::Sender::new(None);
        let life = Life::new(site, station.clone(), said, (node.clone(), first), say.clone());
        match lives {
            Where::Here => {
                let callbacks = life.callbacks();
                tokio::spawn(async move {
                    life.lead(callbacks).await;
                    let _ = leaving.send(());
                });
            }
            Where::Apart => {
                let lead = move || {
                    life.lead_apart();
                    let _ = leaving.send(());
                };
                let thread = std::thread::Builder::new().name("bus".to_owned());
                thread.spawn(lead).map_err(PresenceError::Thread)?;
            }
        }
        let callbacks = None;
        Ok((Self { station, said: Some(to), callbacks, left, node, lives, say, dropped: 0 }, joined))
    }

    /// The same for a daemon in the frame, to which a bus that is not there at first is a mistake.
    ///
    /// # Errors
    /// When the bus in the directory `dir` cannot be joined, or the door not be opened, whose address is `listen`.
    pub async fn join(
        frame: &mut Frame,
        (dir, listen): (PathBuf, Option<SocketAddr>),
        face: Face,
        lives: Where,
    ) -> Result<Self, PresenceError> {
        let site = Site::of_frame(frame, dir, listen)?;
        Self::join_at(site, face, lives).await
    }

    /// The same for a daemon that says itself where it is to be found.
    ///
    /// # Errors
    /// As for [`Self::join`].
    pub async fn join_at(site: Site, face: Face, lives: Where) -> Result<Self, PresenceError> {
        let (presence, first) = Self::begin(site, face, lives, traced())?;
        first.await.map_err(|_| PresenceError::Internal)??;
        Ok(presence)
    }

    /// Tells an event to whoever wants to hear it.
    pub fn tell(&mut self, event: Announcement) {
        if self.lives == Where::Here {
            return self.station.tell(&event);
        }
        self.hand_over();
        let Some(said) = &self.said else { return };
        match said.try_send(Said::Event(event)) {
            Ok(()) if self.dropped > 0 => {
                let dropped = std::mem::take(&mut self.dropped);
                (self.say)(Level::WARN, &format!("the bus was too slow, {dropped} notices were not told"));
            }
            Ok(()) => {}
            Err(_) => self.dropped += 1,
        }
    }

    /// These are the callbacks of the configuration from now on.
    pub fn configure(&mut self, callbacks: Vec<Row>) {
        self.callbacks = Some(callbacks);
        self.hand_over();
    }

    fn hand_over(&mut self) {
        if let Some(place) = self.said.as_ref().and_then(|said| said.try_reserve().ok())
            && let Some(callbacks) = self.callbacks.take()
        {
            place.send(Said::Callbacks(callbacks));
        }
    }

    /// Goes by the new settings of the frame.
    pub fn reload(&mut self, frame: &Frame) {
        let rows = crate::callbacks::from_settings(frame.settings());
        let refused = rows.map(|rows| self.configure(rows)).err();
        self.refused(refused.map(|mistake| config::Remark::from(mistake).to_string()));
    }

    /// The latest configuration was not taken, and why; or it was.
    pub fn refused(&self, why: Option<String>) {
        self.ill(CONFIGURATION, why.map(|why| format!("the old one holds: {why}")));
    }

    /// Says what is wrong with the daemon about something, or that nothing is.
    pub fn ill(&self, about: &'static str, wrong: Option<String>) {
        self.station.health().set(about, wrong);
    }

    /// The number of the node, once it is known.
    #[must_use]
    pub fn node(&self) -> Option<u32> {
        *self.node.borrow()
    }

    /// The number of the node, for whoever knows it before the bus does.
    pub fn set_node(&self, node: u32) {
        self.node.send_replace(Some(node));
        if let Some(callbacks) = self.station.callbacks() {
            callbacks.set_node(Some(node));
        }
    }

    /// The daemon ends: it leaves the bus, and what callbacks have begun is given a moment.
    pub async fn stop(&mut self) {
        if self.said.take().is_some() {
            let _ = timeout(LEAVE, &mut self.left).await;
        }
    }
}
