//! A daemon's end of the bus as a machine: registration, sending, receiving, and noticing that the tunneld is gone.
//!
//! Every message that was taken by [`Input::Send`] ends in exactly one [`Effect::Completed`].

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use machine::{Machine, Time};

use crate::MESSAGE_MAX;
use crate::address::{Address, Daemon, Node};
use crate::datagram::{self, DATAGRAM_MAX, Frame, ToDaemon, ToTunnel};
use crate::failure::{Failure, Undelivered};
use crate::gather::Gather;
use crate::outgoing::{Outgoing, Ticket};
use crate::reassembly::{Reassembly, UNFINISHED_MAX};

/// Datagrams that are handed to the driver before it has sent the first of them.
const DRIVER_QUEUE: usize = 4;

/// How an endpoint behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub daemon: Daemon,
    /// Differs from one run to the next.
    pub incarnation: u64,
    /// Between two attempts to reach the tunneld.
    pub retry: Duration,
    /// After so long without a word the tunneld is taken for dead. It speaks each second.
    pub silence: Duration,
}

impl Config {
    /// The usual times.
    #[must_use]
    pub const fn new(daemon: Daemon, incarnation: u64) -> Self {
        Self { daemon, incarnation, retry: Duration::from_millis(200), silence: Duration::from_secs(5) }
    }
}

/// What happens to an endpoint.
#[derive(Debug)]
pub enum Input {
    /// Begin.
    Start,
    /// [`Effect::Connect`] worked.
    Connected,
    /// The tunneld's socket is not there, or nobody listens, or a send was refused.
    Unreachable,
    /// One datagram of [`Effect::Transmit`] has been taken by the socket.
    Transmitted,
    /// A datagram came.
    Datagram(Bytes),
    /// Send this to that daemon.
    Send {
        /// Comes back in [`Effect::Completed`].
        ticket: Ticket,
        /// For whom.
        to: Address,
        /// Up to 16 MiB.
        body: Bytes,
    },
    /// The driver leaves the socket alone because the application does not read: silence means nothing.
    NotReading,
    /// Say good-bye.
    Stop,
}

/// Why the tunneld was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostReason {
    /// Its socket refuses.
    Refused,
    /// It said nothing for too long.
    Silent,
    /// It was restarted, or had taken this daemon for dead.
    Forgotten,
    /// It does not register this daemon, and says why.
    NotRegistered(Failure),
}

/// What an endpoint wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connect to the tunneld's socket.
    Connect,
    /// Send this datagram there, waiting for room; then say [`Input::Transmitted`].
    Transmit(Gather),
    /// Registered. From now on messages flow.
    Up {
        /// This node, once ctdbd has told it.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// The tunneld's connection to ctdbd came or went.
    Link {
        /// This node, once known.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// The tunneld is gone; it is looked for again. Said once, and once more when the one that is found refuses.
    Lost(LostReason),
    /// A message came.
    Received {
        /// From whom.
        from: Address,
        /// What.
        body: Bytes,
    },
    /// The end of a message that was sent.
    Completed {
        /// Of [`Input::Send`].
        ticket: Ticket,
        /// Delivered to the receiver's socket, or why not.
        result: Result<(), Undelivered>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Stopped,
    /// Nobody there, or nobody who registers this daemon; next attempt then.
    Away(Time, Failure),
    Connecting,
    /// Connected at the first time; the registration is repeated at the second.
    Registering(Time, Time),
    /// Registered at the tunneld with this boot id, last heard then.
    Up {
        boot: u64,
        heard: Time,
    },
}

/// One daemon's end of the bus.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    state: State,
    /// What was said of the loss since there was no tunneld.
    told: Option<LostReason>,
    /// This node, as far as known.
    node: Option<Node>,
    /// Registration and good-bye go before messages.
    control: VecDeque<ToTunnel>,
    with_driver: usize,
    outgoing: Outgoing,
    reassembly: Reassembly,
    effects: VecDeque<Effect>,
    bad_datagrams: u64,
}

impl Endpoint {
    /// An endpoint that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Stopped,
            told: None,
            node: None,
            control: VecDeque::new(),
            with_driver: 0,
            outgoing: Outgoing::default(),
            reassembly: Reassembly::new(UNFINISHED_MAX),
            effects: VecDeque::new(),
            bad_datagrams: 0,
        }
    }

    /// Datagrams that could not be read.
    #[must_use]
    pub const fn bad_datagrams(&self) -> u64 {
        self.bad_datagrams
    }

    /// Messages given up half received.
    #[must_use]
    pub const fn discarded(&self) -> u64 {
        self.reassembly.discarded().0
    }

    /// The next effect that needs no room in the tunneld's socket.
    pub fn poll_notice(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    fn complete(&mut self, ticket: Ticket, reason: Failure, in_doubt: bool) {
        self.effects.push_back(Effect::Completed { ticket, result: Err(Undelivered { reason, in_doubt }) });
    }

    fn lose(&mut self, now: Time, reason: LostReason) {
        self.with_driver = 0;
        let why = match reason {
            LostReason::NotRegistered(why) => why,
            LostReason::Refused | LostReason::Silent | LostReason::Forgotten => Failure::TunneldGone,
        };
        for (ticket, in_doubt) in self.outgoing.fail_all() {
            self.complete(ticket, why, in_doubt);
        }
        self.control.clear();
        // Half a message stays: its rest may lie in the socket, and counts as delivered.
        let refused = |r| matches!(r, LostReason::NotRegistered(_));
        if self.told.is_none_or(|told| refused(reason) && !refused(told)) {
            self.told = Some(reason);
            self.effects.push_back(Effect::Lost(reason));
        }
        self.state = State::Away(now + self.config.retry, why);
    }

    fn register(&mut self, now: Time, since: Time) {
        self.control.clear();
        self.control.push_back(ToTunnel::Register { incarnation: self.config.incarnation });
        self.state = State::Registering(since, now + self.config.retry);
    }

    fn send(&mut self, ticket: Ticket, to: Address, body: Bytes) {
        let refusal = match self.state {
            _ if body.len() > MESSAGE_MAX => Failure::BadMessage,
            State::Away(_, why) => why,
            State::Stopped => Failure::TunneldGone,
            State::Connecting | State::Registering(..) | State::Up { .. } => {
                // One daemon, one name: messages to it keep their order however its node was written.
                let node = if self.node == Some(to.node) { Node::LOCAL } else { to.node };
                return self.outgoing.push(Address { node, ..to }, ticket, body);
            }
        };
        self.complete(ticket, refusal, false);
    }

    fn datagram(&mut self, now: Time, bytes: Bytes) {
        let Ok((daemon, mut frames)) = datagram::open(bytes) else {
            self.bad_datagrams += 1;
            return;
        };
        if daemon != self.config.daemon {
            self.bad_datagrams += 1;
            return;
        }
        if let State::Up { heard, .. } = &mut self.state {
            *heard = now;
        }
        while !frames.is_empty() {
            let Ok(frame) = ToDaemon::take(&mut frames) else {
                self.bad_datagrams += 1;
                return;
            };
            self.frame(now, frame);
        }
    }

    fn frame(&mut self, now: Time, frame: ToDaemon) {
        match frame {
            ToDaemon::Registered { incarnation, boot, node, attached } => {
                if incarnation == self.config.incarnation {
                    self.registered(now, boot, node, attached);
                }
            }
            ToDaemon::Refused { incarnation, reason } => {
                let asked = matches!(self.state, State::Registering(..));
                if asked && incarnation == self.config.incarnation {
                    self.lose(now, LostReason::NotRegistered(reason));
                }
            }
            ToDaemon::Deliver { from, message, fragment } => {
                if let Some(body) = self.reassembly.take(from, message, &fragment) {
                    self.effects.push_back(Effect::Received { from, body });
                }
            }
            ToDaemon::Accepted { token, upto } => self.outgoing.accepted(token, upto),
            ToDaemon::Completed { token, result } => {
                if let Some(ticket) = self.outgoing.completed(token) {
                    self.effects.push_back(Effect::Completed { ticket, result });
                }
            }
            ToDaemon::Alive => {}
            ToDaemon::Forgotten => {
                if self.is_up() {
                    self.lose(now, LostReason::Forgotten);
                }
            }
            ToDaemon::Link { node, attached } => {
                self.node = node;
                self.effects.push_back(Effect::Link { node, attached });
            }
        }
    }

    fn registered(&mut self, now: Time, boot: u64, node: Option<Node>, attached: bool) {
        match self.state {
            // The answer to a repeated registration.
            State::Up { boot: known, .. } if known == boot => return,
            // A registration that this endpoint does not wait for: begin anew.
            State::Up { .. } => return self.lose(now, LostReason::Forgotten),
            State::Registering(..) => {}
            State::Stopped | State::Away(..) | State::Connecting => return,
        }
        self.control.clear();
        self.told = None;
        self.state = State::Up { boot, heard: now };
        self.node = node;
        self.effects.push_back(Effect::Up { node, attached });
    }

    /// Fills one datagram with what is waiting.
    fn transmit(&mut self) -> Option<Effect> {
        if self.with_driver >= DRIVER_QUEUE {
            return None;
        }
        let mut g = datagram::begin(self.config.daemon);
        let empty = g.len();
        while let Some(frame) = self.control.pop_front() {
            frame.emit(&mut g);
        }
        while self.is_up() && self.fits_next(g.len()) {
            let Some(frame) = self.outgoing.next() else { break };
            frame.emit(&mut g);
        }
        if g.len() == empty {
            return None;
        }
        self.with_driver += 1;
        Some(Effect::Transmit(g.finish()))
    }

    fn fits_next(&self, used: usize) -> bool {
        self.outgoing.next_len().is_some_and(|len| used + len + FRAME_OVERHEAD <= DATAGRAM_MAX)
    }
}

/// Room for everything around the data in one frame.
const FRAME_OVERHEAD: usize = 128;

impl Machine for Endpoint {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Start => {
                self.state = State::Connecting;
                self.effects.push_back(Effect::Connect);
            }
            Input::Connected => {
                if self.state == State::Connecting {
                    self.register(now, now);
                }
            }
            Input::Unreachable => {
                if !matches!(self.state, State::Stopped | State::Away(..)) {
                    self.lose(now, LostReason::Refused);
                }
            }
            Input::Transmitted => self.with_driver = self.with_driver.saturating_sub(1),
            Input::Datagram(bytes) => self.datagram(now, bytes),
            Input::Send { ticket, to, body } => self.send(ticket, to, body),
            Input::NotReading => {
                if let State::Up { heard, .. } = &mut self.state {
                    *heard = now;
                }
            }
            Input::Stop => {
                if self.is_up() {
                    self.control.push_back(ToTunnel::Deregister);
                }
                for (ticket, in_doubt) in self.outgoing.fail_all() {
                    self.complete(ticket, Failure::TunneldGone, in_doubt);
                }
                self.state = State::Stopped;
            }
        }
    }

    fn tick(&mut self, now: Time) {
        match self.state {
            State::Away(retry, _) if now >= retry => {
                self.state = State::Connecting;
                self.effects.push_back(Effect::Connect);
            }
            State::Registering(since, _) if now >= since + self.config.silence => {
                self.lose(now, LostReason::Silent);
            }
            State::Registering(since, again) if now >= again => self.register(now, since),
            State::Up { heard, .. } if now >= heard + self.config.silence => {
                self.lose(now, LostReason::Silent);
            }
            _ => {}
        }
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front().or_else(|| self.transmit())
    }

    fn poll_timeout(&self) -> Option<Time> {
        match self.state {
            State::Stopped | State::Connecting => None,
            State::Away(at, _) | State::Registering(_, at) => Some(at),
            State::Up { heard, .. } => Some(heard + self.config.silence),
        }
    }

    fn check(&self) {
        self.outgoing.check();
        assert!(self.with_driver <= DRIVER_QUEUE);
    }
}
