//! A daemon as others see it: what it can be asked and what it tells, on the bus and at its HTTP door alike.
//!
//! Requests of both come to one handler, made of the rows of `protocol::services`. An event is told once, and reaches the
//! subscribers on the bus, the readers of the door, and the callbacks. What a request means is the handler's business.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bus::Daemon;
use bytes::Bytes;
use prometheus_client::registry::Registry;
use protocol::Announcement;
use protocol::interface::{Handler, Refusal, Service};
use protocol::services::callbacks::Served;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::callbacks::{Callbacks, is_about_callbacks};
use crate::http::ring::Ring;
use crate::member::{Bus, Request};

/// Requests from the bus that are worked on at once; further ones wait.
const AT_ONCE: usize = 256;

/// What is wrong with a daemon, in words, under a word each for what it is about.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Health {
    /// Says what is wrong about something, or that nothing is.
    pub fn set(&self, about: &'static str, wrong: Option<String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match wrong {
            Some(why) => all.insert(about, why),
            None => all.remove(about),
        };
    }

    /// All that is wrong; nothing when the daemon is well.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whoever knows numbers about a daemon.
pub trait Observed: Send + Sync + 'static {
    /// Enters them, as they are now.
    fn observe<'a>(&'a self, registry: &'a mut Registry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// Numbers that are looked for at each reading: `look` finds them, unless there is nobody to be asked, and `enter` enters them.
pub fn observed<T: 'static, F: Future<Output = Option<T>> + Send + 'static>(
    look: impl Fn() -> F + Send + Sync + 'static,
    enter: fn(T, &mut Registry),
) -> impl Observed {
    Looked { look, enter }
}

struct Looked<L, T> {
    look: L,
    enter: fn(T, &mut Registry),
}

impl<L, F, T> Observed for Looked<L, T>
where
    L: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Option<T>> + Send + 'static,
    T: 'static,
{
    fn observe<'a>(&'a self, registry: &'a mut Registry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            if let Some(seen) = (self.look)().await {
                (self.enter)(seen, registry);
            }
        })
    }
}

struct Inner {
    daemon: Daemon,
    handler: Box<dyn Handler>,
    observed: Option<Box<dyn Observed>>,
    /// None while it is not on the bus.
    bus: Mutex<Option<Bus>>,
    events: Ring,
    health: Health,
    callbacks: OnceLock<Callbacks>,
}

/// A daemon as others see it. Clones are the same one.
#[derive(Clone)]
pub struct Station(Arc<Inner>);

impl std::fmt::Debug for Station {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Station").field("daemon", &self.0.daemon).finish_non_exhaustive()
    }
}

impl Station {
    /// The station of a daemon. Without a bus it is reached at its door only.
    #[must_use]
    pub fn new(
        daemon: Daemon,
        bus: Option<Bus>,
        handler: Box<dyn Handler>,
        observed: Option<Box<dyn Observed>>,
    ) -> Self {
        let (events, health) = (Ring::default(), Health::default());
        let callbacks = OnceLock::new();
        let bus = Mutex::new(bus);
        Self(Arc::new(Inner { daemon, handler, observed, bus, events, health, callbacks }))
    }

    /// Runs these programs on the events that are told from now on, and answers what is asked about them. To be said once.
    pub fn run_callbacks(&self, callbacks: Callbacks) {
        let _ = self.0.callbacks.set(callbacks);
    }

    pub(crate) fn callbacks(&self) -> Option<&Callbacks> {
        self.0.callbacks.get()
    }

    /// Whose it is.
    #[must_use]
    pub fn daemon(&self) -> Daemon {
        self.0.daemon
    }

    /// What it can be asked and tells.
    #[must_use]
    pub fn service(&self) -> &'static Service {
        self.0.handler.service()
    }

    /// What is wrong with it.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.0.health
    }

    pub(crate) fn bus(&self) -> Option<Bus> {
        self.0.bus.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is on this bus from now on, or on none.
    pub(crate) fn set_bus(&self, bus: Option<Bus>) {
        let before = std::mem::replace(&mut *self.0.bus.lock().unwrap_or_else(PoisonError::into_inner), bus);
        // Its end says goodbye to the others, which is not to be waited for under the lock.
        drop(before);
    }

    /// Does what is asked by somebody without an address on the bus.
    pub(crate) async fn handle(&self, number: u32, argument: Bytes) -> Result<Bytes, Refusal> {
        match self.callbacks() {
            Some(callbacks) if is_about_callbacks(number) => {
                Served(callbacks.clone()).handle(number, argument).await
            }
            _ => self.0.handler.handle(number, argument).await,
        }
    }

    pub(crate) fn observed(&self) -> Option<&dyn Observed> {
        self.0.observed.as_deref()
    }

    pub(crate) fn events(&self) -> &Ring {
        &self.0.events
    }

    /// Tells an event to all who want to hear it.
    pub fn tell(&self, event: &Announcement) {
        let topic = event.topic;
        if let Some(callbacks) = self.callbacks() {
            callbacks.announce(event);
        }
        let body = match event.bytes() {
            Ok(body) => body,
            Err(error) => return warn!(topic, %error, "an event cannot be told"),
        };
        if let Some(bus) = self.bus()
            && let Err(error) = bus.publish(topic, body.clone())
        {
            warn!(topic, %error, "an event cannot be told on the bus");
        }
        self.events().push(topic, body);
    }

    /// Does what is asked on the bus, for ever; ends at once when there is no bus, or somebody else serves there.
    pub async fn serve(self) {
        let Some(mut requests) = self.bus().and_then(|bus| bus.serve()) else { return };
        let room = Arc::new(Semaphore::new(AT_ONCE));
        while let Some(request) = requests.next().await {
            let Ok(place) = room.clone().acquire_owned().await else { return };
            let station = self.clone();
            tokio::spawn(async move {
                station.answer(request).await;
                drop(place);
            });
        }
    }

    async fn answer(&self, request: Request) {
        if is_about_callbacks(request.number)
            && let (Some(callbacks), Some(bus)) = (self.callbacks(), self.bus())
        {
            return callbacks.answer(&bus, request).await;
        }
        let Request { number, body, reply, .. } = request;
        let answer = tokio::select! {
            answer = self.0.handler.handle(number, body) => answer,
            // Nobody waits any more; what was begun is dropped where it waits.
            () = reply.withdrawn() => return,
        };
        match answer {
            Ok(body) => reply.done(body),
            Err(refusal) => reply.refuse(refusal.code, refusal.text),
        }
    }
}
