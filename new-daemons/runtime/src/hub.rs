//! Drives a [`bus::Endpoint`] over the sockets of its node, for whatever stands above it.
//!
//! Whoever sends does it himself, under a lock that is held for as long as the system call takes: no task stands between a
//! caller and the receiver's socket. One task reads, waits for room, and wakes the machines at their deadlines.

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bus::{Daemon, Effect, Endpoint, Input};
use machine::{Machine, Time, earliest};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::clock::{Alarm, Clock};
use crate::datagram::{Arrival, Delivery, Receiver, Senders, TUNNEL_SOCKET, socket_of};

/// Datagrams that are read before everything else gets its turn.
const TURN: usize = 32;

/// The socket's file is looked for so often.
const LOOK: Duration = Duration::from_secs(1);

/// Whose socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Tunneld,
    Neighbour(Daemon),
}

/// What stands above the endpoint.
pub(crate) trait Upper: Send + 'static {
    /// A message, the end of one, or news of the tunneld.
    fn effect(&mut self, now: Time, effect: Effect);
    /// The next thing for the endpoint to do.
    fn poll_input(&mut self, now: Time) -> Option<Input>;
    /// Does what is due.
    fn tick(&mut self, _now: Time) {}
    /// When something is due.
    fn deadline(&self) -> Option<Time> {
        None
    }
    /// False while the socket is to be left alone, because nobody takes what came.
    fn reads(&self) -> bool {
        true
    }
}

/// The endpoint, its sockets, and what stands above.
struct Core<U> {
    endpoint: Endpoint,
    senders: Senders<Peer>,
    dir: PathBuf,
    upper: U,
    clock: Clock,
    now: Time,
    /// The task wakes then at the latest.
    alarm: Option<Time>,
    /// The task knows that room is watched.
    watching: bool,
}

impl<U: Upper> Core<U> {
    fn deadline(&self) -> Option<Time> {
        earliest(self.endpoint.poll_timeout(), self.upper.deadline())
    }

    fn input(&mut self, input: Input) {
        self.endpoint.handle(self.now, input);
    }

    fn arrived(&mut self, Arrival { datagram, body }: Arrival) {
        self.input(match body {
            Some(body) => Input::Passed { datagram, body },
            None => Input::Datagram(datagram),
        });
    }

    /// Carries out everything that can be done now.
    fn run(&mut self) {
        loop {
            while let Some(effect) = self.endpoint.poll_effect(self.now) {
                self.effect(effect);
            }
            let Some(input) = self.upper.poll_input(self.now) else { return };
            self.input(input);
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Connect => {
                let there = self.senders.connect(Peer::Tunneld, &self.dir.join(TUNNEL_SOCKET)).is_ok();
                self.input(if there { Input::Connected } else { Input::Unreachable });
            }
            Effect::Transmit(datagram) => {
                let path = || self.dir.join(TUNNEL_SOCKET);
                let outcome = self.senders.send(Peer::Tunneld, path, datagram, None);
                self.outcome(Peer::Tunneld, outcome);
            }
            Effect::Local { to, datagram, passed } => {
                let path = || socket_of(&self.dir, to);
                let outcome = self.senders.send(Peer::Neighbour(to), path, datagram, passed);
                self.outcome(Peer::Neighbour(to), outcome);
            }
            Effect::LocalClose(daemon) => self.senders.forget(Peer::Neighbour(daemon)),
            Effect::Lost(_) => {
                self.senders.forget(Peer::Tunneld);
                self.upper.effect(self.now, effect);
            }
            Effect::Up { .. } | Effect::Link { .. } | Effect::Received { .. } | Effect::Completed { .. } => {
                self.upper.effect(self.now, effect);
            }
        }
    }

    fn outcome(&mut self, peer: Peer, outcome: Option<Delivery>) {
        let Some(outcome) = outcome else { return };
        self.input(match (peer, outcome) {
            (Peer::Tunneld, Delivery::Sent) => Input::Transmitted,
            (Peer::Tunneld, Delivery::Gone { .. } | Delivery::NotPassed) => Input::Unreachable,
            (Peer::Neighbour(daemon), Delivery::Sent) => Input::LocalSent(daemon),
            (Peer::Neighbour(daemon), Delivery::Gone { fresh }) => Input::LocalGone { daemon, fresh },
            (Peer::Neighbour(daemon), Delivery::NotPassed) => Input::NotPassed(daemon),
        });
    }
}

/// A daemon's connection to the bus, shared by those who send and the task that reads.
pub(crate) struct Hub<U> {
    core: Mutex<Core<U>>,
    wake: Notify,
    closed: AtomicBool,
    tokio: Handle,
}

impl<U: Upper> Hub<U> {
    /// Starts the task that reads from `receiver`, which ends with the last [`Guard`].
    pub(crate) fn start(
        endpoint: Endpoint,
        receiver: Receiver,
        dir: PathBuf,
        upper: U,
    ) -> (Guard<U>, tokio::task::JoinHandle<()>) {
        let clock = Clock::default();
        let mut core = Core {
            endpoint,
            senders: Senders::default(),
            dir,
            upper,
            clock,
            now: clock.now(),
            alarm: None,
            watching: false,
        };
        core.input(Input::Start);
        core.run();
        let tokio = Handle::current();
        let (wake, closed) = (Notify::new(), AtomicBool::new(false));
        let hub = Arc::new(Self { core: Mutex::new(core), wake, closed, tokio });
        let task = tokio::spawn(Driver { hub: hub.clone(), receiver, alarm: Alarm::new(clock) }.run());
        (Guard(hub), task)
    }

    fn lock(&self) -> MutexGuard<'_, Core<U>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something above the endpoint, and at once what follows from it.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut U, Time) -> R) -> R {
        let _context = self.tokio.enter();
        let mut core = self.lock();
        core.now = core.clock.now();
        let now = core.now;
        let result = act(&mut core.upper, now);
        core.run();
        let early = core.deadline().is_some_and(|at| core.alarm.is_none_or(|set| at < set));
        let watch = core.senders.is_watching() && !core.watching;
        drop(core);
        if early || watch {
            self.wake.notify_one();
        }
        result
    }

    /// The task looks again, because something above the endpoint has changed.
    pub(crate) fn look(&self) {
        self.wake.notify_one();
    }
}

/// Ends the connection when it is dropped.
pub(crate) struct Guard<U>(Arc<Hub<U>>);

impl<U> std::ops::Deref for Guard<U> {
    type Target = Arc<Hub<U>>;
    fn deref(&self) -> &Arc<Hub<U>> {
        &self.0
    }
}

impl<U> Drop for Guard<U> {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.wake.notify_one();
    }
}

struct Driver<U> {
    hub: Arc<Hub<U>>,
    receiver: Receiver,
    alarm: Alarm,
}

impl<U: Upper> Driver<U> {
    async fn run(mut self) {
        let hub = self.hub.clone();
        let mut look = hub.lock().now + LOOK;
        let mut woken = Box::pin(hub.wake.notified());
        while !hub.closed.load(Ordering::Acquire) {
            let now = poll_fn(|cx| self.poll(cx, &hub, &mut woken, look)).await;
            if now >= look {
                look = now + LOOK;
                self.stay_reachable();
            }
        }
        let mut core = hub.lock();
        core.now = core.clock.now();
        core.input(Input::Stop);
        core.run();
    }

    /// Takes whatever there is, or waits for it.
    fn poll<'a>(
        &mut self,
        cx: &mut Context<'_>,
        hub: &'a Hub<U>,
        woken: &mut Pin<Box<Notified<'a>>>,
        look: Time,
    ) -> Poll<Time> {
        let mut work = false;
        while woken.as_mut().poll(cx).is_ready() {
            woken.set(hub.wake.notified());
            work = hub.closed.load(Ordering::Acquire);
        }
        let mut core = hub.lock();
        core.now = core.clock.now();
        let reads = core.upper.reads();
        work |= reads && self.read(cx, &mut core);
        while let Poll::Ready(peer) = core.senders.poll_room(cx) {
            work = true;
            while let Some(outcome) = core.senders.resume(peer) {
                core.outcome(peer, Some(outcome));
            }
        }
        let now = core.now;
        if core.deadline().is_some_and(|at| now >= at) {
            work = true;
            if !reads {
                core.input(Input::NotReading);
            }
            core.endpoint.tick(now);
            core.upper.tick(now);
        }
        if work {
            core.run();
            return Poll::Ready(now);
        }
        core.watching = core.senders.is_watching();
        core.alarm = earliest(core.deadline(), Some(look));
        self.alarm.poll(cx, core.alarm).map(|()| now)
    }

    fn read(&mut self, cx: &mut Context<'_>, core: &mut Core<U>) -> bool {
        for turn in 0..TURN {
            match self.receiver.poll_recv(cx) {
                Poll::Ready(Ok(arrival)) => core.arrived(arrival),
                Poll::Ready(Err(error)) => {
                    tracing::warn!(%error, "bus socket");
                    return true;
                }
                Poll::Pending => return turn > 0,
            }
        }
        true
    }

    /// Others find this daemon by its socket's file. One that was removed is made again.
    fn stay_reachable(&mut self) {
        if self.receiver.is_there() {
            return;
        }
        if let Err(error) = self.receiver.bind_again() {
            tracing::warn!(%error, "bus socket");
        }
    }
}
