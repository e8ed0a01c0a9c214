//! What the outside does: joins the bus, opens the door, serves, tells, and begins anew when the bus is lost.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use protocol::Announcement;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::Level;

use super::{AGAIN, BUS, CALLBACKS_END, GOODBYE, PresenceError, Say, Site};
use crate::callbacks::{Callbacks, Row};
use crate::http::Door;
use crate::member::{Bus, Joining};
use crate::station::Station;

/// What the daemon says to its outside.
#[derive(Debug)]
pub(super) enum Said {
    Event(Announcement),
    /// These are the callbacks of the configuration from now on.
    Callbacks(Vec<Row>),
}

/// Why it goes on in another way.
enum Turn {
    /// The bus is lost.
    Lost,
    /// The daemon ends.
    End,
}

pub(super) struct Life {
    site: Site,
    station: Station,
    said: Receiver<Said>,
    node: watch::Sender<Option<u32>>,
    /// About the first attempt.
    first: Option<oneshot::Sender<Result<(), PresenceError>>>,
    say: Say,
    door: Option<Door>,
    /// Why the bus could not be joined, as it was logged last.
    complaint: Option<String>,
}

/// A task that ends with whoever started it.
struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Life {
    pub(super) fn new(
        site: Site,
        station: Station,
        said: Receiver<Said>,
        (node, first): (watch::Sender<Option<u32>>, oneshot::Sender<Result<(), PresenceError>>),
        say: Say,
    ) -> Self {
        Self { site, station, said, node, first: Some(first), say, door: None, complaint: None }
    }

    /// Starts the callbacks, in the runtime that this is called in.
    pub(super) fn callbacks(&self) -> Callbacks {
        let callbacks = Callbacks::start(self.station.daemon().to_string(), &self.site.configuration);
        callbacks.configure(self.site.callbacks.clone());
        self.station.run_callbacks(callbacks.clone());
        callbacks
    }

    /// In a runtime of its own, until the daemon ends.
    pub(super) fn lead_apart(mut self) {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(async {
                let callbacks = self.callbacks();
                self.lead(callbacks).await;
            }),
            Err(error) => {
                (self.say)(Level::ERROR, &format!("no bus: {error}"));
                while self.said.blocking_recv().is_some() {}
            }
        }
    }

    /// Until the daemon ends.
    pub(super) async fn lead(mut self, callbacks: Callbacks) {
        // A mistake in there is one line in the log, not the end of the daemon.
        while AssertUnwindSafe(self.live(&callbacks)).catch_unwind().await.is_err() {
            (self.say)(Level::ERROR, "internal error on the bus, beginning anew");
            self.leave("of an internal error");
            tokio::time::sleep(AGAIN).await;
        }
        self.door = None;
        let gone = self.station.bus().map(|bus| bus.lost());
        self.leave("the daemon ends");
        callbacks.stop(CALLBACKS_END).await;
        if let Some(gone) = gone {
            // The others are told, and the socket goes.
            let _ = timeout(GOODBYE, gone).await;
        }
    }

    async fn live(&mut self, callbacks: &Callbacks) {
        loop {
            match self.join() {
                Ok(bus) => {
                    if let Turn::End = self.serve(&bus, callbacks).await {
                        return;
                    }
                    (self.say)(Level::WARN, "the bus was lost");
                    self.leave("it was lost");
                }
                Err(why) => self.complain(why),
            }
            if let Turn::End = self.pause(callbacks).await {
                return;
            }
        }
    }

    /// What came of an attempt, as far as somebody waits for that of the first one, who says it himself.
    fn first(&mut self, came: Result<(), PresenceError>) -> Result<(), PresenceError> {
        match self.first.take() {
            Some(first) => first.send(came).or_else(|came| came),
            None => came,
        }
    }

    fn complain(&mut self, why: PresenceError) {
        let words = why.to_string();
        self.station.health().set(BUS, Some(words.clone()));
        if let Err(PresenceError::Bus(_)) = self.first(Err(why))
            && self.complaint.as_ref() != Some(&words)
        {
            (self.say)(Level::WARN, &format!("not on the bus, trying on: {words}"));
            self.complaint = Some(words);
        }
    }

    fn leave(&self, why: &str) {
        self.station.set_bus(None);
        self.station.health().set(BUS, Some(why.to_owned()));
    }

    fn join(&mut self) -> Result<Bus, PresenceError> {
        let (dir, daemon) = (&self.site.dir, self.station.daemon());
        let release = env!("CARGO_PKG_VERSION").to_owned();
        let bus = Bus::join(Joining { dir: dir.clone(), daemon, release, features: 0 })?;
        (self.say)(Level::INFO, &format!("on the bus in {} as {daemon}", dir.display()));
        self.complaint = None;
        self.station.set_bus(Some(bus.clone()));
        self.station.health().set(BUS, None);
        let open = self.open();
        if let Some(left) = std::mem::take(&mut self.site.sockets).left() {
            (self.say)(Level::WARN, &format!("sockets were handed over that nobody here needs: {left}"));
        }
        if let Err(why) = self.first(open) {
            // Whom the bus is enough for does not miss it.
            (self.say)(Level::WARN, &format!("no door: {why}"));
        }
        Ok(bus)
    }

    /// Opens the door, unless it stands open.
    fn open(&mut self) -> Result<(), PresenceError> {
        if self.door.as_ref().is_some_and(Door::is_there) {
            return Ok(());
        }
        self.door = None;
        if let Some((places, limits)) = self.site.places(self.station.daemon()) {
            self.door = Some(Door::open(self.station.clone(), &places, limits, &mut self.site.sockets)?);
        }
        Ok(())
    }

    fn heed(&self, callbacks: &Callbacks, said: Said) {
        match said {
            Said::Event(event) => self.station.tell(&event),
            Said::Callbacks(rows) => callbacks.configure(rows),
        }
    }

    /// Serves and tells, until the bus is lost or the daemon ends.
    async fn serve(&mut self, bus: &Bus, callbacks: &Callbacks) -> Turn {
        let mut serving = Serving(tokio::spawn(self.station.clone().serve()));
        let mut way = bus.way();
        loop {
            // Numbers are not forgotten: the node has the same one when its tunneld is back.
            let known = way.borrow_and_update().node.map(|node| node.0).or(*self.node.borrow());
            callbacks.set_node(known);
            self.node.send_if_modified(|node| std::mem::replace(node, known) != known);
            tokio::select! {
                _ = &mut serving.0 => return Turn::Lost,
                () = bus.lost() => return Turn::Lost,
                Ok(()) = way.changed() => {}
                said = self.said.recv() => match said {
                    Some(said) => self.heed(callbacks, said),
                    None => return Turn::End,
                },
            }
        }
    }

    /// Waits until the bus is tried again. Only callbacks, and readers at the door, hear what happens meanwhile.
    async fn pause(&mut self, callbacks: &Callbacks) -> Turn {
        let pause = tokio::time::sleep(AGAIN);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return Turn::Lost,
                said = self.said.recv() => match said {
                    Some(said) => self.heed(callbacks, said),
                    None => return Turn::End,
                },
            }
        }
    }
}
