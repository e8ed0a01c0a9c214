//! The daemon as others see it: on the bus of its node and at its HTTP door, in a thread of its own.
//!
//! Without its event daemon ctdbd ends, and ctdbd waits for each event. So nothing that happens on the bus holds up or ends
//! what the loop does: it hands over what there is to be told if there is room, and takes wishes when it has time. A bus
//! that cannot be joined, or is lost, is tried again each second.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc as thread_mpsc;
use std::time::Duration;

use bus::Daemon;
use event::Level;
use event::messages::Told;
use protocol::services::event::{SERVICE, Served};
use runtime::callbacks::{Callbacks, Row};
use runtime::frame::Sockets;
use runtime::http::{Door, Limits, Places};
use runtime::{Bus, Joining, Station};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::oneshot;

use super::asked::{Desk, Wish};
use super::settings::Ours;
use super::telling::tell;

/// How long to wait until the bus is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// What waits to be told while the thread does something else.
const TOLD: usize = 4096;
/// What the programs of callbacks have to end, when the daemon does.
const CALLBACKS_END: Duration = Duration::from_millis(500);
/// How long the thread may take to leave the bus when the daemon ends.
const LEAVE: Duration = Duration::from_secs(1);

/// Where the daemon is to be found.
#[derive(Debug)]
pub(crate) struct Site {
    /// The bus directory.
    dir: PathBuf,
    daemon: Option<Daemon>,
    /// ctdbd is served, too.
    ctdbd: bool,
    door: Option<(Places, Limits)>,
    sockets: Sockets,
    /// The directory of the configuration, and the callbacks in it.
    configuration: PathBuf,
    callbacks: Vec<Row>,
}

impl Site {
    /// On the bus in a directory, and at the door that the configuration tells of, which is in another directory.
    pub(crate) fn new(dir: PathBuf, configuration: PathBuf, ours: &Ours, sockets: Sockets) -> Self {
        let daemon = SERVICE.name.parse().ok().map(|name| Daemon { name, instance: 0 });
        let door = daemon.zip(ours.door.as_ref()).and_then(|(daemon, (http, listen))| {
            Some((Places::of(http, *listen, daemon, &dir)?, Limits::of(http)))
        });
        let callbacks = ours.callbacks.clone();
        Self { dir, daemon, ctdbd: false, door, sockets, configuration, callbacks }
    }

    /// The same for a daemon that serves ctdbd, too.
    pub(crate) fn below_ctdbd(mut self) -> Self {
        self.ctdbd = true;
        self
    }
}

/// What the loop says to the thread.
#[derive(Debug)]
enum Said {
    Told(Told),
    /// These are the callbacks from now on.
    Callbacks(Vec<Row>),
}

/// The loop's end of it.
#[derive(Debug)]
pub(crate) struct Outside {
    told: Option<Sender<Said>>,
    /// Callbacks for which there was no room yet.
    callbacks: Option<Vec<Row>>,
    wishes: UnboundedReceiver<Wish>,
    left: thread_mpsc::Receiver<()>,
    dropped: u64,
}

/// The bus was joined, or why not.
pub(crate) type First = oneshot::Receiver<Result<(), String>>;

impl Outside {
    /// Begins to look for the bus. The second part is about the first attempt.
    pub(crate) fn start(site: Site) -> std::io::Result<(Self, First)> {
        let (told, telling) = channel(TOLD);
        let (wish, wishes) = unbounded_channel();
        let (leaving, left) = thread_mpsc::channel();
        let (first, joined) = oneshot::channel();
        std::thread::Builder::new().name("bus".to_owned()).spawn(move || {
            let mut life = Life { site, telling, wish: wish.clone(), first: Some(first), said: None };
            // A mistake in there is one line in the log, not the end of the daemon.
            while catch_unwind(AssertUnwindSafe(|| life.lead())).is_err() {
                let _ = wish
                    .send(Wish::Log(Level::Error, "internal error on the bus, beginning anew".to_owned()));
                std::thread::sleep(AGAIN);
            }
            let _ = leaving.send(());
        })?;
        Ok((Self { told: Some(told), callbacks: None, wishes, left, dropped: 0 }, joined))
    }

    /// These are the callbacks of the configuration from now on.
    pub(crate) fn configure(&mut self, callbacks: Vec<Row>) {
        self.callbacks = Some(callbacks);
        self.hand_over();
    }

    fn hand_over(&mut self) {
        if let Some(place) = self.told.as_ref().and_then(|to| to.try_reserve().ok())
            && let Some(callbacks) = self.callbacks.take()
        {
            place.send(Said::Callbacks(callbacks));
        }
    }

    /// Hands over what there is to be told. A line for the log when there is no room.
    pub(crate) fn tell(&mut self, told: Told) -> Option<String> {
        self.hand_over();
        let to = self.told.as_ref()?;
        match to.try_send(Said::Told(told)) {
            Ok(()) if self.dropped > 0 => {
                let dropped = std::mem::take(&mut self.dropped);
                Some(format!("the bus was too slow, {dropped} notices were not told"))
            }
            Ok(()) => None,
            Err(_) => {
                self.dropped += 1;
                None
            }
        }
    }

    /// The next wish of others. Never ends, and nothing is lost when this is dropped.
    pub(crate) async fn next(&mut self) -> Wish {
        match self.wishes.recv().await {
            Some(wish) => wish,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.told = None;
        let _ = self.left.recv_timeout(LEAVE);
    }
}

/// What the thread does.
struct Life {
    site: Site,
    telling: Receiver<Said>,
    wish: UnboundedSender<Wish>,
    first: Option<oneshot::Sender<Result<(), String>>>,
    /// Why the bus could not be joined, as it was logged last.
    said: Option<String>,
}

impl Life {
    fn log(&self, level: Level, line: String) {
        let _ = self.wish.send(Wish::Log(level, line));
    }

    /// Ends when the daemon does.
    fn lead(&mut self) {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(async {
                let callbacks = self.callbacks();
                self.live(&callbacks).await;
                callbacks.stop(CALLBACKS_END).await;
            }),
            Err(error) => {
                self.log(Level::Error, format!("no bus: {error}"));
                while self.telling.blocking_recv().is_some() {}
            }
        }
    }

    /// Once, about the first attempt.
    fn first(&mut self, joined: Result<(), String>) {
        if let Some(first) = self.first.take() {
            let _ = first.send(joined);
        }
    }

    fn callbacks(&self) -> Callbacks {
        let daemon = self.site.daemon.map(|daemon| daemon.to_string()).unwrap_or_default();
        let callbacks = Callbacks::start(daemon, &self.site.configuration);
        callbacks.configure(self.site.callbacks.clone());
        callbacks
    }

    async fn live(&mut self, callbacks: &Callbacks) {
        loop {
            match self.join() {
                Ok((station, door)) => {
                    station.run_callbacks(callbacks.clone());
                    if self.serve(&station, callbacks).await.is_none() {
                        return;
                    }
                    drop(door);
                    self.log(Level::Warning, "the bus was lost".to_owned());
                }
                Err(why) => {
                    if self.said.as_ref() != Some(&why) {
                        self.log(Level::Warning, format!("not on the bus, trying on: {why}"));
                        self.said = Some(why.clone());
                    }
                    self.first(Err(why));
                }
            }
            // Only callbacks hear what happens meanwhile.
            let pause = tokio::time::sleep(AGAIN);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    said = self.telling.recv() => match said {
                        Some(said) => self.heed(callbacks, None, said),
                        None => return,
                    },
                }
            }
        }
    }

    fn join(&mut self) -> Result<(Station, Option<Door>), String> {
        let daemon = self.site.daemon.ok_or("this daemon has no name")?;
        let (dir, release) = (self.site.dir.clone(), env!("CARGO_PKG_VERSION").to_owned());
        let joining = Joining { dir, daemon, release, features: 0 };
        let bus = Bus::join(joining).map_err(|error| error.to_string())?;
        let handler = Box::new(Served(Desk::new(self.wish.clone(), self.site.ctdbd)));
        let station = Station::new(daemon, Some(bus), handler, None);
        self.said = None;
        self.log(Level::Notice, format!("on the bus in {} as {daemon}", self.site.dir.display()));
        let open = self.site.door.as_ref().map(|(places, limits)| {
            Door::open(station.clone(), places, *limits, &mut self.site.sockets)
                .map_err(|error| error.to_string())
        });
        match open.transpose() {
            Ok(door) => {
                self.first(Ok(()));
                Ok((station, door))
            }
            // Whom the bus is enough for does not miss it.
            Err(why) => {
                self.log(Level::Warning, format!("no door: {why}"));
                self.first(Err(why));
                Ok((station, None))
            }
        }
    }

    fn heed(&mut self, callbacks: &Callbacks, station: Option<&Station>, said: Said) {
        match said {
            Said::Told(told) => tell(callbacks, station, &told),
            Said::Callbacks(rows) => {
                self.site.callbacks.clone_from(&rows);
                callbacks.configure(rows);
            }
        }
    }

    /// Serves and tells, until the bus is lost; none: the daemon ends.
    async fn serve(&mut self, station: &Station, callbacks: &Callbacks) -> Option<()> {
        let mut serving = tokio::spawn(station.clone().serve());
        let mut way = station.way();
        loop {
            callbacks.set_node(way.as_mut().and_then(|way| way.borrow_and_update().node).map(|node| node.0));
            tokio::select! {
                _ = &mut serving => return Some(()),
                said = self.telling.recv() => match said {
                    None => break,
                    Some(said) => self.heed(callbacks, Some(station), said),
                },
            }
        }
        serving.abort();
        None
    }
}
