//! The loop that drives the tunnel, in a thread of its own on the reactor: sockets in, effects out. It decides nothing.
//!
//! A message crosses two of these loops on each way, so what one turn costs is what the tunnel costs: no other task shares
//! this thread. What the tunneld is beside the tunnel - a daemon on the bus, its door, its programs - is the shell's, on the
//! other side of a mailbox.

use std::path::PathBuf;
use std::time::Duration;

use bus::Daemon;
use bus_sockets::{Arrival, Clock, Delivery, Receiver, Senders, send_once, socket_of};
use machine::{Machine, Time};
use protocol::tunnel::Status;
use reactor::datagram::Rest;
use reactor::{Interest, Mailbox, Mailer, Reactor, Ready, Token, mailbox};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};
use tunnel_core::{Effect, Event, Input, Keys, Tunnel, session};

use crate::ctdbd::Ctdbd;

/// Reads of one source before the others get their turn.
const TURN: usize = 32;

/// What waits in the mailbox at most.
const MAIL: usize = 256;

/// Events that the shell has not taken yet.
const TOLD: usize = 4096;

/// Of these, as many as are kept free for news of ctdbd and of other nodes: daemons of this node may make any number.
const RESERVED: usize = 1024;

const MAILBOX: Token = Token(0);
const DAEMONS: Token = Token(1);
const CTDBD: Token = Token(2);
const LOCALS: u64 = 16;

/// A run of a daemon: each has a connection of its own.
type Run = (Daemon, u64);

/// What the shell says.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Tell the state.
    Status(oneshot::Sender<Status>),
    /// Give up a node after so long without a word.
    PeerTimeout(Duration),
    /// Seal with these keys.
    Keys(Keys),
    /// Say good-bye and end.
    Stop,
}

/// The tunnel and its sockets.
#[derive(Debug)]
pub(crate) struct Carrier {
    tunnel: Tunnel,
    reactor: Reactor,
    mailbox: Mailbox<Wish>,
    told: mpsc::Sender<Event>,
    clock: Clock,
    /// Of the last wake-up: what is done in one go happens at one time.
    now: Time,
    ctdbd: Ctdbd,
    /// ctdbd is to be connected.
    connect: bool,
    receiver: Receiver,
    /// Where the daemons of this node are.
    dir: PathBuf,
    locals: Senders<Run>,
    ready: Vec<Ready>,
    came: Vec<Arrival>,
    outcomes: Vec<(Run, Delivery)>,
}

/// The shell's ends of a carrier: where it says what it wants, and where it hears what happens.
pub(crate) type Ends = (Mailer<Wish>, mpsc::Receiver<Event>);

impl Carrier {
    pub(crate) fn new(
        tunnel: Tunnel,
        receiver: Receiver,
        ctdbd: PathBuf,
        dir: PathBuf,
    ) -> std::io::Result<(Self, Ends)> {
        let reactor = Reactor::new()?;
        let (mailer, mailbox) = mailbox(&reactor, MAILBOX, MAIL)?;
        reactor.add(&receiver, DAEMONS, Interest::Read)?;
        let (told, events) = mpsc::channel(TOLD);
        let clock = Clock::default();
        let carrier = Self {
            tunnel,
            reactor,
            mailbox,
            told,
            clock,
            now: clock.now(),
            ctdbd: Ctdbd::new(ctdbd, CTDBD),
            connect: false,
            receiver,
            dir,
            locals: Senders::new(LOCALS..u64::MAX),
            ready: Vec::new(),
            came: Vec::new(),
            outcomes: Vec::new(),
        };
        Ok((carrier, (mailer, events)))
    }

    /// Carries until it is to stop.
    pub(crate) fn run(mut self) {
        self.now = self.clock.now();
        self.input(Input::Start);
        loop {
            self.effects();
            if std::mem::take(&mut self.connect) {
                self.connect();
                continue;
            }
            if !self.wait() {
                break;
            }
            // After reading: what has come meanwhile must not be taken for silence.
            if self.tunnel.poll_timeout().is_some_and(|at| self.now >= at) {
                self.tunnel.tick(self.now);
            }
        }
        self.input(Input::Stop);
        self.effects();
    }

    fn input(&mut self, input: Input) {
        self.tunnel.handle(self.now, input);
    }

    fn connect(&mut self) {
        let input = match self.ctdbd.connect(&self.reactor) {
            Ok(()) => session::Input::Connected,
            Err(why) => session::Input::ConnectFailed(why),
        };
        self.input(Input::Ctdbd(input));
    }

    /// Waits, and takes whatever there is from all sources. False: it is to stop.
    fn wait(&mut self) -> bool {
        let patience = match self.tunnel.poll_timeout() {
            _ if !self.mailbox.sleep() => Some(Duration::ZERO),
            deadline => deadline.map(|at| at.since(self.clock.now())),
        };
        if let Err(error) = self.reactor.wait(patience) {
            warn!(%error, "epoll");
            return false;
        }
        self.now = self.clock.now();
        self.ready.clear();
        self.ready.extend(self.reactor.ready());
        for at in 0..self.ready.len() {
            let ready = self.ready[at];
            match ready.token {
                MAILBOX => {}
                DAEMONS => self.read_daemons(),
                CTDBD => {
                    self.ctdbd.ready(&self.reactor, ready);
                    if ready.readable {
                        self.read_ctdbd();
                    }
                }
                token => {
                    let _ = self.locals.room(token);
                }
            }
        }
        self.mailbox.take().into_iter().all(|wish| self.wish(wish))
    }

    fn wish(&mut self, wish: Wish) -> bool {
        match wish {
            // Whoever gave up waiting has dropped the other end.
            Wish::Status(reply) => drop(reply.send(self.tunnel.status(self.now))),
            Wish::PeerTimeout(timeout) => self.tunnel.set_peer_timeout(timeout),
            Wish::Keys(keys) => self.tunnel.set_keys(keys),
            Wish::Stop => return false,
        }
        true
    }

    fn read_ctdbd(&mut self) {
        for _ in 0..TURN {
            let Some((read, more)) = self.ctdbd.read() else { return };
            self.input(Input::Ctdbd(match read {
                Ok(bytes) => session::Input::Received(bytes),
                Err(why) => session::Input::Closed(why),
            }));
            if !more {
                return;
            }
        }
    }

    fn read_daemons(&mut self) {
        for _ in 0..TURN {
            let rest = self.receiver.receive(&mut self.came);
            for arrival in self.came.drain(..) {
                self.tunnel.handle(self.now, Input::Datagram(arrival.datagram));
            }
            match rest {
                Ok(Rest::More) => {}
                Ok(Rest::Unknown | Rest::Nothing) => break,
                Err(error) => {
                    warn!(%error, "bus socket");
                    break;
                }
            }
        }
        let refused = self.receiver.take_refused();
        if refused > 0 {
            self.input(Input::Refused(refused));
        }
    }

    fn effects(&mut self) {
        loop {
            while let Some(effect) = self.tunnel.poll_effect(self.now) {
                self.effect(effect);
            }
            let written = match self.ctdbd.try_write(&self.reactor) {
                Ok(0) => false,
                Ok(bytes) => {
                    self.input(Input::Written(bytes));
                    true
                }
                Err(why) => {
                    self.input(Input::Ctdbd(session::Input::Closed(why)));
                    true
                }
            };
            self.locals.flush(&self.reactor, &mut self.outcomes);
            if !written && self.outcomes.is_empty() {
                return;
            }
            for (run, outcome) in std::mem::take(&mut self.outcomes) {
                self.outcome(run, outcome);
            }
        }
    }

    fn outcome(&mut self, (daemon, incarnation): Run, outcome: Delivery) {
        self.input(match outcome {
            Delivery::Sent => Input::Sent { daemon, incarnation },
            Delivery::Gone { .. } | Delivery::NotPassed => Input::Gone { daemon, incarnation },
        });
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
                let run = (daemon, incarnation);
                let sent = self.locals.send(run, || socket_of(&self.dir, daemon), datagram, None);
                if let Some(outcome) = sent {
                    self.outcome(run, outcome);
                }
            }
            Effect::Forget { daemon, incarnation } => self.locals.forget((daemon, incarnation)),
            Effect::Reject { daemon, datagram } => send_once(&socket_of(&self.dir, daemon), datagram),
            Effect::Event(event) => self.tell(event),
        }
    }

    fn tell(&self, event: Event) {
        log(&event);
        let free = match event {
            Event::Attached(_) | Event::Lost(_) | Event::Peer(..) => 0,
            Event::Registered(_) | Event::DaemonGone(..) => RESERVED,
            _ => return,
        };
        if self.told.capacity() <= free || self.told.try_send(event).is_err() {
            warn!("an event of the tunnel is not told: too many wait");
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
        Event::Unsealed(node, why) => {
            warn!(%node, %why, "not heeded; `cluster key` of both nodes has to be the same")
        }
        Event::Dropped(why) => debug!(%why, "dropped"),
        other => debug!(?other),
    }
}
