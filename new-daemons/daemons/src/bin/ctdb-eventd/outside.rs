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
use runtime::frame::Sockets;
use runtime::http::{Door, Limits, Places};
use runtime::{Bus, Joining, Station};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::oneshot;

use crate::asked::{Desk, Wish};
use crate::settings::Ours;

/// How long to wait until the bus is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// What waits to be told while the thread does something else.
const TOLD: usize = 4096;
/// How long the thread may take to leave the bus when the daemon ends.
const LEAVE: Duration = Duration::from_secs(1);

/// Where the daemon is to be found.
#[derive(Debug)]
pub(crate) struct Site {
    /// The bus directory.
    dir: PathBuf,
    daemon: Option<Daemon>,
    door: Option<(Places, Limits)>,
    sockets: Sockets,
}

impl Site {
    /// On the bus in a directory, and at the door that the configuration tells of.
    pub(crate) fn new(dir: PathBuf, ours: &Ours, sockets: Sockets) -> Self {
        let daemon = SERVICE.name.parse().ok().map(|name| Daemon { name, instance: 0 });
        let door = daemon.zip(ours.door.as_ref()).and_then(|(daemon, (http, listen))| {
            Some((Places::of(http, *listen, daemon, &dir)?, Limits::of(http)))
        });
        Self { dir, daemon, door, sockets }
    }
}

/// The loop's end of it.
#[derive(Debug)]
pub(crate) struct Outside {
    told: Option<Sender<Told>>,
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
        Ok((Self { told: Some(told), wishes, left, dropped: 0 }, joined))
    }

    /// Hands over what there is to be told. A line for the log when there is no room.
    pub(crate) fn tell(&mut self, told: Told) -> Option<String> {
        let to = self.told.as_ref()?;
        match to.try_send(told) {
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
    telling: Receiver<Told>,
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
            Ok(runtime) => runtime.block_on(self.live()),
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

    async fn live(&mut self) {
        loop {
            match self.join() {
                Ok((station, door)) => {
                    if self.serve(&station).await.is_none() {
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
            // Nobody hears what happens meanwhile.
            let pause = tokio::time::sleep(AGAIN);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    told = self.telling.recv() => if told.is_none() { return },
                }
            }
        }
    }

    fn join(&mut self) -> Result<(Station, Option<Door>), String> {
        let daemon = self.site.daemon.ok_or("this daemon has no name")?;
        let (dir, release) = (self.site.dir.clone(), env!("CARGO_PKG_VERSION").to_owned());
        let joining = Joining { dir, daemon, release, features: 0 };
        let bus = Bus::join(joining).map_err(|error| error.to_string())?;
        let handler = Box::new(Served(Desk::new(self.wish.clone())));
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

    /// Serves and tells, until the bus is lost; none: the daemon ends.
    async fn serve(&mut self, station: &Station) -> Option<()> {
        let mut serving = tokio::spawn(station.clone().serve());
        loop {
            tokio::select! {
                _ = &mut serving => return Some(()),
                told = self.telling.recv() => match told {
                    None => break,
                    Some(Told::Started(told)) => station.tell(&told),
                    Some(Told::Finished(told)) => station.tell(&told),
                    Some(Told::Script(told)) => station.tell(&told),
                    Some(Told::Hung(told)) => station.tell(&told),
                },
            }
        }
        serving.abort();
        None
    }
}
