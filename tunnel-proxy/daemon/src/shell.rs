//! The loop that drives the tunnel: sockets in, effects out. It decides nothing.

use std::future::poll_fn;
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use bus::Daemon;
use machine::{Machine, Time};
use runtime::callbacks::{Callbacks, from_settings};
use runtime::datagram::{Files, Outcome, Receiver, TUNNEL_SOCKET};
use runtime::frame::{Asked, Frame};
use runtime::http::{Door, Limits, Places};
use runtime::{Alarm, Clock};
use tracing::{debug, info, warn};
use tunnel_core::{Effect, Event, Input, Tunnel, session};

use crate::ctdbd::Ctdbd;
use crate::locals::Locals;
use crate::station::{self, Reception};

/// Reads of one source before the others get their turn.
const TURN: usize = 32;

/// The status while there is no ctdbd.
const LOOKING: &str = "looking for ctdbd";

/// Why the loop goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Woken {
    /// Something came, or there is room, or it is time.
    Work,
    /// Something is wanted.
    Asked(Asked),
}

pub(crate) struct Shell {
    tunnel: Tunnel,
    clock: Clock,
    /// Of the last wake-up: what is done in one go happens at one time.
    now: Time,
    alarm: Alarm,
    ctdbd: Ctdbd,
    /// ctdbd is to be connected.
    connect: bool,
    receiver: Receiver,
    locals: Locals,
    frame: Frame,
    /// Said on the command line, which the configuration does not change.
    peer_timeout: Option<Duration>,
    reception: Reception,
    callbacks: Callbacks,
}

/// What the programs of callbacks have to end, when the daemon does: less than the frame gives it.
const CALLBACKS_END: Duration = Duration::from_secs(8);

impl Shell {
    /// Runs until it is to stop.
    pub(crate) async fn run(
        tunnel: Tunnel,
        mut frame: Frame,
        peer_timeout: Option<Duration>,
        socket: PathBuf,
        dir: PathBuf,
        (limits, places): (Limits, Option<Places>),
    ) -> anyhow::Result<()> {
        let path = dir.join(TUNNEL_SOCKET);
        let receiver = Receiver::listen(path.clone(), Files::Refuse, frame.sockets())
            .with_context(|| format!("cannot listen at {}", path.display()))?;
        let reception = Reception::open(&dir)?;
        let station = reception.station().clone();
        let callbacks = Callbacks::start(station.daemon().to_string(), frame.directory());
        let rows = from_settings(frame.settings())
            .map_err(|mistake| anyhow!("{}", config::Remark::from(mistake)))?;
        callbacks.configure(rows);
        station.run_callbacks(callbacks.clone());
        let open = places.map(|places| Door::open(station.clone(), &places, limits, frame.sockets()));
        let _door = open.transpose()?;
        tokio::spawn(station.serve());
        if let Some(left) = frame.sockets().left() {
            warn!("sockets were handed over that nobody here needs: {left}");
        }
        info!(bus = %path.display(), ctdbd = %socket.display(), "started");
        let clock = Clock::default();
        let mut shell = Self {
            tunnel,
            clock,
            now: clock.now(),
            alarm: Alarm::new(clock),
            ctdbd: Ctdbd::new(socket),
            connect: false,
            receiver,
            locals: Locals::new(dir),
            frame,
            peer_timeout,
            reception,
            callbacks,
        };
        shell.frame.ready(LOOKING);
        shell.input(Input::Start);
        shell.serve().await;
        shell.input(Input::Stop);
        shell.effects();
        shell.callbacks.stop(CALLBACKS_END).await;
        info!("stopped");
        Ok(())
    }

    fn input(&mut self, input: Input) {
        self.tunnel.handle(self.now, input);
    }

    async fn serve(&mut self) {
        loop {
            self.effects();
            if std::mem::take(&mut self.connect) {
                self.connect().await;
                continue;
            }
            let deadline = self.tunnel.poll_timeout();
            match poll_fn(|cx| self.poll(cx, deadline)).await {
                Woken::Work => {}
                Woken::Asked(Asked::Stop) => return,
                Woken::Asked(Asked::Reloaded(_)) => self.reloaded(),
            }
            // After reading: what has come meanwhile must not be taken for silence.
            if self.tunnel.poll_timeout().is_some_and(|at| self.now >= at) {
                self.tunnel.tick(self.now);
            }
        }
    }

    fn reloaded(&mut self) {
        match self.frame.section::<config::Tunneld>() {
            Ok(said) => self.tunnel.set_peer_timeout(self.peer_timeout.unwrap_or(said.peer_timeout)),
            Err(error) => warn!(%error, "the section was judged good before"),
        }
        match from_settings(self.frame.settings()) {
            Ok(rows) => self.callbacks.configure(rows),
            Err(mistake) => {
                warn!(error = %config::Remark::from(mistake), "the sections were judged good before")
            }
        }
    }

    async fn connect(&mut self) {
        let input = match self.ctdbd.connect().await {
            Ok(()) => session::Input::Connected,
            Err(why) => session::Input::ConnectFailed(why),
        };
        self.now = self.clock.now();
        self.input(Input::Ctdbd(input));
    }

    /// Takes whatever there is from all sources, or waits for any of them.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Time>) -> Poll<Woken> {
        if let Poll::Ready(asked) = self.frame.poll(cx) {
            return Poll::Ready(Woken::Asked(asked));
        }
        self.now = self.clock.now();
        let due = deadline.is_some_and(|at| self.now >= at);
        let mut work = due || self.alarm.poll(cx, deadline).is_ready();
        work |= self.ctdbd.poll_room(cx).is_ready();
        work |= self.read_ctdbd(cx);
        work |= self.read_daemons(cx);
        self.answer(cx);
        while let Poll::Ready((daemon, incarnation)) = self.locals.poll_room(cx) {
            work = true;
            while let Some(outcome) = self.locals.resume(daemon, incarnation) {
                self.outcome(daemon, incarnation, outcome);
            }
        }
        if work { Poll::Ready(Woken::Work) } else { Poll::Pending }
    }

    /// Tells its state to those who ask as daemons and scripts do.
    fn answer(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(reply) = self.reception.poll_asked(cx) {
            // Whoever gave up waiting has dropped the other end.
            let _ = reply.send(self.tunnel.status(self.now));
        }
    }

    fn read_ctdbd(&mut self, cx: &mut Context<'_>) -> bool {
        for turn in 0..TURN {
            let input = match self.ctdbd.poll_read(cx) {
                Poll::Ready(Ok(bytes)) => session::Input::Received(bytes),
                Poll::Ready(Err(why)) => session::Input::Closed(why),
                Poll::Pending => return turn > 0,
            };
            self.input(Input::Ctdbd(input));
        }
        true
    }

    fn read_daemons(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        for _ in 0..TURN {
            match self.receiver.poll_recv(cx) {
                Poll::Ready(Ok(arrival)) => self.input(Input::Datagram(arrival.datagram)),
                Poll::Ready(Err(error)) => {
                    warn!(%error, "bus socket");
                    break;
                }
                Poll::Pending => break,
            }
            any = true;
        }
        match self.receiver.take_refused() {
            0 => any,
            count => {
                self.input(Input::Refused(count));
                true
            }
        }
    }

    fn outcome(&mut self, daemon: Daemon, incarnation: u64, outcome: Outcome) {
        self.input(match outcome {
            Outcome::Sent => Input::Sent { daemon, incarnation },
            Outcome::Gone { .. } | Outcome::NotPassed => Input::Gone { daemon, incarnation },
        });
    }

    fn effects(&mut self) {
        loop {
            while let Some(effect) = self.tunnel.poll_effect(self.now) {
                self.effect(effect);
            }
            match self.ctdbd.try_write() {
                Ok(0) => return,
                Ok(bytes) => self.input(Input::Written(bytes)),
                Err(why) => self.input(Input::Ctdbd(session::Input::Closed(why))),
            }
        }
    }

    fn event(&self, event: &Event) {
        if let Event::Attached(node) = event {
            self.callbacks.set_node(Some(node.0));
        }
        station::tell(self.reception.station(), event);
        match event {
            Event::Attached(node) => self.frame.status(&format!("attached to ctdbd as node {node}")),
            Event::Lost(_) => self.frame.status(LOOKING),
            _ => {}
        }
        log(event);
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Connect => self.connect = true,
            Effect::Write(bytes) => self.ctdbd.write(bytes),
            Effect::Close => {
                self.connect = false;
                self.ctdbd.close();
            }
            Effect::Deliver { daemon, incarnation, datagram } => {
                if let Some(outcome) = self.locals.send(daemon, incarnation, datagram) {
                    self.outcome(daemon, incarnation, outcome);
                }
            }
            Effect::Forget { daemon, incarnation } => self.locals.forget(daemon, incarnation),
            Effect::Reject { daemon, datagram } => self.locals.send_once(daemon, &datagram),
            Effect::Event(event) => self.event(&event),
        }
    }
}

fn log(event: &Event) {
    match event {
        Event::Attached(node) => info!(%node, "attached to ctdbd"),
        Event::Lost(reason) => warn!(%reason, "ctdbd is gone; looking for it"),
        Event::Registered(daemon) => debug!(%daemon, "registered"),
        Event::DaemonGone(daemon, how) => debug!(%daemon, how, "daemon is gone"),
        Event::TooManyDaemons(daemon) => warn!(%daemon, "not registered: too many daemons"),
        Event::Peer(node, state) => info!(%node, %state, "peer"),
        Event::Dropped(why) => debug!(%why, "dropped"),
        other => debug!(?other),
    }
}
