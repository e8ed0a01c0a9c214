//! The daemon as others see it: on the bus of its node, at its HTTP door, and by the callbacks that it runs.
//!
//! A bus that is lost is tried again each second; services go on meanwhile, and callbacks hear what happens. Gives events
//! their words for callbacks: what they are about, and the arguments of their programs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bus::Daemon;
use protocol::interface::Tell;
use protocol::services::service::{SERVICE, Served};
use runtime::callbacks::{Callbacks, Row};
use runtime::frame::{Frame, Sockets};
use runtime::http::{Door, Limits, Places};
use runtime::{Bus, Joining, Station};
use service::Notice;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;

use super::desk::{Desk, Wish};
use super::messages;
use super::numbers::Numbers;
use super::settings::Settings;

/// How long to wait until the bus is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Wishes that wait until the loop sees them; who comes then waits before he asks.
const WAITING: usize = 64;
/// What the programs of callbacks have to end, when the daemon does: less than the frame gives it.
const CALLBACKS_END: Duration = Duration::from_secs(2);
/// Reasons among the arguments of a callback; all of them are in what it reads.
const REASONS: usize = 32;

/// Where the daemon is to be found.
struct Site {
    dir: PathBuf,
    daemon: Daemon,
    door: Option<(Places, Limits)>,
    sockets: Sockets,
    wishes: Sender<Wish>,
    callbacks: Callbacks,
}

/// The station while there is one.
type Shared = Arc<Mutex<Option<Station>>>;

/// The loop's end of it.
pub(crate) struct Outside {
    callbacks: Callbacks,
    station: Shared,
    node: watch::Receiver<Option<u32>>,
}

impl Site {
    fn join(&mut self) -> anyhow::Result<(Station, Option<Door>)> {
        let release = env!("CARGO_PKG_VERSION").to_owned();
        let bus = Bus::join(Joining { dir: self.dir.clone(), daemon: self.daemon, release, features: 0 })?;
        let desk = Desk::new(self.wishes.clone());
        let (handler, numbers) = (Box::new(Served(desk.clone())), Box::new(Numbers(desk)));
        let station = Station::new(self.daemon, Some(bus), handler, Some(numbers));
        station.run_callbacks(self.callbacks.clone());
        let open = self
            .door
            .as_ref()
            .map(|(places, limits)| Door::open(station.clone(), places, *limits, &mut self.sockets));
        Ok((station, open.transpose().context("the door")?))
    }

    /// Serves for ever.
    async fn live(
        mut self,
        mut joined: (Station, Option<Door>),
        shared: Shared,
        node: watch::Sender<Option<u32>>,
    ) {
        loop {
            let (station, door) = joined;
            put(&shared, Some(station.clone()));
            self.serve(&station, &node).await;
            put(&shared, None);
            drop((station, door));
            tracing::warn!("the bus was lost");
            let mut said = None;
            joined = loop {
                tokio::time::sleep(AGAIN).await;
                match self.join() {
                    Ok(joined) => break joined,
                    Err(why) if said.as_ref() != Some(&why.to_string()) => {
                        tracing::warn!("not on the bus, trying on: {why:#}");
                        said = Some(why.to_string());
                    }
                    Err(_) => {}
                }
            };
        }
    }

    /// The same until the bus is lost.
    async fn serve(&self, station: &Station, node: &watch::Sender<Option<u32>>) {
        let serving = station.clone().serve();
        tokio::pin!(serving);
        let mut way = station.way();
        loop {
            let known = way.as_mut().and_then(|way| way.borrow_and_update().node).map(|node| node.0);
            self.callbacks.set_node(known);
            // Numbers are not forgotten: the node has the same one when its tunneld is back.
            node.send_if_modified(|node| {
                let news = known.is_some() && *node != known;
                *node = known.or(*node);
                news
            });
            let changed = async {
                let ended = match &mut way {
                    Some(way) => way.changed().await.is_err(),
                    None => true,
                };
                if ended {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = &mut serving => return,
                () = changed => {}
            }
        }
    }
}

fn put(shared: &Shared, station: Option<Station>) {
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = station;
}

impl Outside {
    /// Joins the bus in a directory, and opens the door. The second part is what others want.
    pub(crate) fn join(
        dir: &Path,
        settings: &Settings,
        frame: &mut Frame,
    ) -> anyhow::Result<(Self, Receiver<Wish>)> {
        runtime::datagram::prepare_directory(dir)
            .with_context(|| format!("bus directory {}", dir.display()))?;
        let daemon = Daemon { name: SERVICE.name.parse()?, instance: 0 };
        let callbacks = Callbacks::start(daemon.to_string(), frame.directory());
        callbacks.configure(settings.callbacks.clone());
        let places = Places::of(&settings.http, settings.listen, daemon, dir);
        let door = places.map(|places| (places, Limits::of(&settings.http)));
        let (wishes, wanted) = channel(WAITING);
        let sockets = std::mem::take(frame.sockets());
        let mut site =
            Site { dir: dir.to_owned(), daemon, door, sockets, wishes, callbacks: callbacks.clone() };
        let joined = site.join()?;
        let (knows, node) = watch::channel(None);
        let station = Shared::default();
        tokio::spawn(site.live(joined, station.clone(), knows));
        Ok((Self { callbacks, station, node }, wanted))
    }

    /// These are the callbacks of the configuration from now on.
    pub(crate) fn configure(&self, callbacks: Vec<Row>) {
        self.callbacks.configure(callbacks);
    }

    /// The number of the node, once it is known.
    pub(crate) fn node(&self) -> Option<u32> {
        *self.node.borrow()
    }

    /// Says what is wrong with the daemon itself, or that nothing is.
    pub(crate) fn ill(&self, about: &'static str, wrong: Option<String>) {
        if let Some(station) = &*self.station.lock().unwrap_or_else(PoisonError::into_inner) {
            station.health().set(about, wrong);
        }
    }

    /// Tells whoever wants to know.
    pub(crate) fn tell(&self, notice: &Notice) {
        match notice {
            Notice::State { spec, transition } => {
                let words = [spec.name.as_str(), transition.from.word(), transition.to.word()];
                self.say(&spec.name, &words, &messages::state_changed(spec, transition));
            }
            Notice::Health(health) => {
                let mut words = vec![if health.healthy { "healthy" } else { "unhealthy" }];
                words.extend(health.reasons.iter().take(REASONS).map(String::as_str));
                self.say("", &words, &messages::health_changed(health));
            }
            Notice::Reconfigured { service, change, done } => {
                let event = messages::reconfigured(service, change, done);
                let words = [service.as_str(), &event.done.ending.outcome.to_string()];
                self.say(service, &words, &event);
            }
        }
    }

    /// Of two events with the same subject the later one says all that still holds.
    fn say<E: Tell>(&self, subject: &str, words: &[&str], event: &E) {
        match &*self.station.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(station) => station.tell_about(subject, words, event),
            None => self.callbacks.event(E::TOPIC, subject, words, event),
        }
    }

    /// The daemon ends: callbacks are given a moment.
    pub(crate) async fn stop(&self) {
        self.callbacks.stop(CALLBACKS_END).await;
    }
}
