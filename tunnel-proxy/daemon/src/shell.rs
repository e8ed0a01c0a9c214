//! The loop that drives the tunnel: sockets in, effects out. It decides nothing.

use std::path::PathBuf;

use anyhow::Context;
use machine::Machine;
use runtime::datagram::{Receiver, TUNNELD_SOCKET};
use runtime::{Alarm, Clock};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};
use tunnel_core::{CtdbdInput, Effect, Event, Input, Tunnel};

use crate::ctdbd::Ctdbd;
use crate::locals::{Locals, Outcome, Room};

/// Reads of one source before the others get their turn.
const TURN: usize = 32;

pub(crate) struct Shell {
    tunnel: Tunnel,
    clock: Clock,
    ctdbd: Ctdbd,
    receiver: Receiver,
    locals: Locals,
}

impl Shell {
    /// Runs until a signal ends it.
    pub(crate) async fn run(tunnel: Tunnel, socket: PathBuf, dir: PathBuf) -> anyhow::Result<()> {
        let path = dir.join(TUNNELD_SOCKET);
        let receiver =
            Receiver::bind(path.clone()).with_context(|| format!("cannot listen at {}", path.display()))?;
        info!(bus = %path.display(), ctdbd = %socket.display(), "started");
        let (locals, has_room) = Locals::new(dir);
        let mut shell = Self { tunnel, clock: Clock::default(), ctdbd: Ctdbd::new(socket), receiver, locals };
        shell.input(Input::Start);
        shell.serve(has_room).await?;
        shell.input(Input::Stop);
        shell.effects().await;
        info!("stopped");
        Ok(())
    }

    fn input(&mut self, input: Input) {
        self.tunnel.handle(self.clock.now(), input);
    }

    async fn serve(&mut self, mut has_room: mpsc::UnboundedReceiver<Room>) -> anyhow::Result<()> {
        let mut ended =
            tokio::spawn(signalled(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?));
        let mut alarm = Alarm::new(self.clock);
        loop {
            self.effects().await;
            let deadline = self.tunnel.poll_timeout();
            tokio::select! {
                () = self.ctdbd.ready() => {}
                _ = self.receiver.readable() => {}
                Some(room) = has_room.recv() => self.resume(room),
                () = alarm.wait(deadline) => {}
                _ = &mut ended => return Ok(()),
            }
            self.read_ctdbd();
            self.read_daemons();
            // After reading: what has come meanwhile must not be taken for silence.
            let now = self.clock.now();
            if deadline.is_some_and(|at| now >= at) {
                self.tunnel.tick(now);
            }
        }
    }

    fn read_ctdbd(&mut self) {
        for _ in 0..TURN {
            let input = match self.ctdbd.try_read() {
                Ok(Some(bytes)) => CtdbdInput::Received(bytes),
                Ok(None) => return,
                Err(why) => CtdbdInput::Closed(why),
            };
            self.input(Input::Ctdbd(input));
        }
    }

    fn read_daemons(&mut self) {
        for _ in 0..TURN {
            match self.receiver.try_recv() {
                Ok(Some(datagram)) => self.input(Input::Datagram(datagram)),
                Ok(None) => break,
                Err(error) => {
                    warn!(%error, "bus socket");
                    break;
                }
            }
        }
        match self.receiver.take_refused() {
            0 => {}
            count => self.input(Input::Refused(count)),
        }
    }

    fn resume(&mut self, room: Room) {
        while let Some(outcome) = self.locals.resume(room) {
            self.outcome(room, outcome);
        }
    }

    fn outcome(&mut self, (daemon, incarnation): Room, outcome: Outcome) {
        self.input(match outcome {
            Outcome::Sent => Input::Sent { daemon, incarnation },
            Outcome::Gone => Input::Gone { daemon, incarnation },
        });
    }

    async fn effects(&mut self) {
        loop {
            while let Some(effect) = self.tunnel.poll_effect() {
                self.effect(effect).await;
            }
            match self.ctdbd.try_write() {
                Ok(0) => return,
                Ok(bytes) => self.input(Input::Ctdbd(CtdbdInput::Written(bytes))),
                Err(why) => self.input(Input::Ctdbd(CtdbdInput::Closed(why))),
            }
        }
    }

    async fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Connect => {
                let input = match self.ctdbd.connect().await {
                    Ok(()) => CtdbdInput::Connected,
                    Err(why) => CtdbdInput::ConnectFailed(why),
                };
                self.input(Input::Ctdbd(input));
            }
            Effect::Write(bytes) => self.ctdbd.write(bytes),
            Effect::Close => self.ctdbd.close(),
            Effect::Deliver { daemon, incarnation, datagram } => {
                if let Some(outcome) = self.locals.send(daemon, incarnation, datagram) {
                    self.outcome((daemon, incarnation), outcome);
                }
            }
            Effect::Forget { daemon, incarnation } => self.locals.forget(daemon, incarnation),
            Effect::Reject { daemon, datagram } => self.locals.send_once(daemon, &datagram),
            Effect::Event(event) => log(&event),
        }
    }
}

/// Waits for either signal, in a task of its own that the loop need not look at each time.
async fn signalled(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn log(event: &Event) {
    match event {
        Event::Attached(node) => info!(%node, "attached to ctdbd"),
        Event::Lost(reason) => warn!(%reason, "ctdbd is gone; looking for it"),
        Event::Registered(daemon) => debug!(%daemon, "registered"),
        Event::DaemonGone(daemon, how) => debug!(%daemon, how, "daemon is gone"),
        Event::TooManyDaemons(daemon) => warn!(%daemon, "not registered: too many daemons"),
        Event::Peer(node, state) => info!(%node, state, "peer"),
        Event::Dropped(why) => debug!(%why, "dropped"),
        other => debug!(?other),
    }
}
