//! The callbacks of a daemon: the machine of the crate `callback`, its programs, and the clock.
//!
//! [`Callbacks`] is what a daemon holds. It hands its events over without waiting for anything; a task of its own starts
//! the programs and listens to them. What a callback is, who may have one and what became of it is decided in the machine;
//! here is what needs a file, a process or a clock.

mod driver;
mod metrics;
mod rows;
mod run;
mod served;
mod shown;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use callback::Row;
use callback::{Event, Input, Origin, Owner, Refusal, Token};
use machine::{Calendar, Machine, Time};
use protocol::Announcement;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::clock::Clock;
pub use rows::{from_settings, from_wire};
pub use served::is_about_callbacks;
pub use trust::Distrust;

/// Whose callbacks they are.
#[derive(Debug)]
struct Place {
    /// The daemon's name on the bus: `event/0`.
    daemon: String,
    /// Where programs are that are named without a path: `callbacks` in the directory of the configuration.
    directory: PathBuf,
    /// The number of the node; above 32 bits while it is not known.
    node: AtomicU64,
}

impl Place {
    fn node(&self) -> Option<u32> {
        u32::try_from(self.node.load(Ordering::Relaxed)).ok()
    }

    /// What is to be said of an event of a callback that is never told, and so may be misspelt. The configuration is that of
    /// all daemons; who registers a callback means the daemon that is asked. A daemon that is not in the table of the
    /// protocol knows by itself what it tells.
    fn unheard(&self, row: &Row, origin: &Origin) -> Option<String> {
        let name = self.daemon.split('/').next().unwrap_or_default();
        let own = protocol::services::find(name)?;
        let told = match origin {
            Origin::Configuration => protocol::services::ALL,
            Origin::Registered { .. } => &[own],
        };
        let topics: Vec<_> = told.iter().flat_map(|it| it.events.iter().map(|event| event.topic)).collect();
        row.events.iter().find_map(|pattern| config::unheard(&pattern.to_string(), &topics))
    }
}

/// Why somebody on the bus does not get a callback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The callback cannot be had.
    #[error(transparent)]
    Callback(#[from] Refusal),
    /// The program is not one that may be run.
    #[error(transparent)]
    Program(#[from] Distrust),
    /// The daemon never tells one of its events.
    #[error("{0}")]
    Unheard(String),
}

#[derive(Debug, Default)]
struct State {
    machine: callback::Callbacks,
    answers: BTreeMap<Token, oneshot::Sender<Result<(), Refusal>>>,
    last_token: u64,
    /// Registrants that are watched.
    followed: BTreeSet<Owner>,
}

#[derive(Debug)]
struct Shared {
    place: Arc<Place>,
    clock: Clock,
    /// As it was at the start.
    calendar: Calendar,
    state: Mutex<State>,
    /// There are effects to be carried out.
    wake: Notify,
    /// No program runs.
    idle: Notify,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn input(&self, input: Input) {
        self.state().machine.handle(self.clock.now(), input);
        self.wake.notify_one();
    }

    /// In microseconds since 1970.
    fn wall_us(&self, time: Time) -> u64 {
        self.calendar.wall(time).0
    }
}

/// The callbacks of a daemon. Clones are the same callbacks.
#[derive(Clone, Debug)]
pub struct Callbacks(Arc<Shared>);

impl Callbacks {
    /// For a daemon of this name on the bus, whose configuration is in that directory. To be called inside a tokio
    /// runtime; the programs are driven by a task there, and end with it.
    #[must_use]
    pub fn start(daemon: impl Into<String>, configuration: &Path) -> Self {
        let place = Place {
            daemon: daemon.into(),
            directory: configuration.join("callbacks"),
            node: AtomicU64::new(u64::MAX),
        };
        let clock = Clock::default();
        let shared = Arc::new(Shared {
            place: Arc::new(place),
            calendar: clock.calendar(),
            clock,
            state: Mutex::default(),
            wake: Notify::new(),
            idle: Notify::new(),
        });
        tokio::spawn(driver::drive(shared.clone()));
        Self(shared)
    }

    /// The number of the node, once it is known.
    pub fn set_node(&self, node: Option<u32>) {
        self.0.place.node.store(node.map_or(u64::MAX, u64::from), Ordering::Relaxed);
    }

    /// These are the callbacks of the configuration, and no others. What waits for one that stays is kept.
    pub fn configure(&self, rows: Vec<Row>) {
        self.0.input(Input::Configure(rows.clone()));
        let callbacks = self.clone();
        // A file system that hangs may take its time there.
        tokio::task::spawn_blocking(move || {
            for row in &rows {
                if let Some(why) = callbacks.problem(row, &Origin::Configuration) {
                    tracing::warn!(callback = row.name, "it would not be run: {why}");
                }
            }
        });
    }

    /// Why it would not be run now.
    fn problem(&self, row: &Row, origin: &Origin) -> Option<String> {
        let program = run::check(&self.0.place.directory, &row.program, row.user.as_deref()).err();
        program.map(|why| why.to_string()).or_else(|| self.0.place.unheard(row, origin))
    }

    /// Whether some callback is run on a topic. An event that nobody wants need not be made.
    #[must_use]
    pub fn wants(&self, topic: &str) -> bool {
        self.0.state().machine.wants(topic)
    }

    /// Something happened: `arguments` and `data` are what programs get of it, `subject` is what it happened to.
    pub fn event(&self, topic: &str, subject: &str, arguments: &[&str], data: &(impl Serialize + ?Sized)) {
        if self.wants(topic) {
            let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
            self.take(topic, subject, arguments, serde_json::value::to_raw_value(data));
        }
    }

    /// The same for an event that is told to others, too.
    pub fn announce(&self, event: &Announcement) {
        if self.wants(event.topic) {
            self.take(event.topic, &event.subject, event.arguments.clone(), event.json());
        }
    }

    fn take(
        &self,
        topic: &str,
        subject: &str,
        arguments: Vec<String>,
        data: Result<Box<RawValue>, serde_json::Error>,
    ) {
        let now = self.0.wall_us(self.0.clock.now());
        let event = data.map_err(|error| error.to_string()).and_then(|data| {
            Event::new(topic, subject, arguments, data, now).map_err(|error| error.to_string())
        });
        match event {
            Ok(event) => self.0.input(Input::Event(event)),
            Err(error) => tracing::error!(topic, "no callback is told: {error}"),
        }
    }

    /// Somebody on the bus registers a callback, or says it anew.
    ///
    /// # Errors
    /// When the program may not be run, an event is never told, or the callback cannot be had.
    pub async fn register(&self, owner: Owner, row: Row, lease: Duration) -> Result<(), Refused> {
        row.check().map_err(Refusal::from)?;
        let registered = Origin::Registered { owner: owner.clone(), until: self.0.clock.now() };
        if let Some(why) = self.0.place.unheard(&row, &registered) {
            return Err(Refused::Unheard(why));
        }
        let (place, looked_at) = (self.0.place.clone(), row.clone());
        let look = move || run::check(&place.directory, &looked_at.program, looked_at.user.as_deref());
        tokio::task::spawn_blocking(look).await.map_err(|_| Refusal::Stopping)??;
        Ok(self.ask(|token| Input::Register { token, owner, row, lease }).await?)
    }

    /// The registrant still wants it.
    ///
    /// # Errors
    /// When it has none of that name.
    pub async fn renew(&self, owner: Owner, name: String, lease: Duration) -> Result<(), Refusal> {
        self.ask(|token| Input::Renew { token, owner, name, lease }).await
    }

    /// The registrant wants it no longer.
    ///
    /// # Errors
    /// When it has none of that name.
    pub async fn remove(&self, owner: Owner, name: String) -> Result<(), Refusal> {
        self.ask(|token| Input::Remove { token, owner, name }).await
    }

    /// A registrant is no more.
    pub fn owner_gone(&self, owner: Owner) {
        self.0.input(Input::OwnerGone(owner));
    }

    async fn ask(&self, input: impl FnOnce(Token) -> Input) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.0.state();
            state.last_token += 1;
            let token = Token(state.last_token);
            state.answers.insert(token, answer);
            state.machine.handle(self.0.clock.now(), input(token));
        }
        self.0.wake.notify_one();
        answered.await.unwrap_or(Err(Refusal::Stopping))
    }

    /// The daemon ends: what waits is given up, programs are asked to end and killed after 5 seconds. Returns when none
    /// runs any more, after `patience` at the latest.
    pub async fn stop(&self, patience: Duration) {
        self.0.input(Input::Stop);
        let idle = async {
            loop {
                let told = self.0.idle.notified();
                if self.0.state().machine.is_idle() {
                    return;
                }
                told.await;
            }
        };
        if timeout(patience, idle).await.is_err() {
            tracing::warn!("a callback's program does not end");
        }
    }
}
