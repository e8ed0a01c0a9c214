//! A daemon's end of the bus as a machine: sending and receiving, to neighbours without anybody's help and to other nodes
//! through the tunneld, registration there, and noticing that it is gone.
//!
//! Every message that was taken by [`Input::Send`] ends in exactly one [`Effect::Completed`]. A daemon of the own node is
//! always reached directly, however its node was written, so that messages to it keep their order.

mod io;
mod registration;

use std::collections::VecDeque;

use bytes::Bytes;
use machine::{Machine, Time, earliest};
use protocol::probe::PROBE_NAME;

use crate::MESSAGE_MAX;
use crate::address::{Address, Daemon, Node};
use crate::datagram::{self, DATAGRAM_MAX, Frame, ToDaemon, ToTunnel};
use crate::failure::{Failure, Undelivered};
use crate::local::{Ended, LocalDatagram, Locals};
use crate::outgoing::{Outgoing, Ticket};
use crate::reassembly::{Reassembly, UNFINISHED_MAX};

pub use io::{Config, Effect, Input, LostReason};
use registration::{Due, Registration, Word};

/// Datagrams that are handed to the driver before it has sent the first of them.
const DRIVER_QUEUE: usize = 4;

/// One daemon's end of the bus.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    registration: Registration,
    /// This node, as far as known.
    node: Option<Node>,
    /// Registration and good-bye go before messages.
    control: VecDeque<ToTunnel>,
    with_driver: usize,
    outgoing: Outgoing,
    locals: Locals,
    reassembly: Reassembly,
    effects: VecDeque<Effect>,
    bad_datagrams: u64,
}

impl Endpoint {
    /// An endpoint that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        let locals = Locals::new(config.daemon, config.incarnation.rotate_left(32), config.pass_above);
        Self {
            registration: Registration::new(config.retry, config.silence),
            config,
            node: None,
            control: VecDeque::new(),
            with_driver: 0,
            outgoing: Outgoing::default(),
            locals,
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

    /// This node, as far as it has ever been known.
    #[must_use]
    pub const fn node(&self) -> Option<Node> {
        self.node
    }

    fn is_up(&self) -> bool {
        self.registration.is_up()
    }

    fn complete(&mut self, ticket: Ticket, reason: Failure, in_doubt: bool) {
        self.effects.push_back(Effect::Completed { ticket, result: Err(Undelivered { reason, in_doubt }) });
    }

    fn lose(&mut self, now: Time, reason: LostReason) {
        self.with_driver = 0;
        let (why, tell) = self.registration.lose(now, reason);
        for (ticket, in_doubt) in self.outgoing.fail_all() {
            self.complete(ticket, why, in_doubt);
        }
        self.control.clear();
        // Half a message stays: its rest may lie in the socket, and counts as delivered.
        if tell {
            self.effects.push_back(Effect::Lost(reason));
        }
    }

    fn register(&mut self, now: Time) {
        self.control.clear();
        self.control.push_back(ToTunnel::Register { incarnation: self.config.incarnation });
        self.registration.ask(now);
    }

    fn send(&mut self, now: Time, ticket: Ticket, to: Address, body: Bytes) {
        let node = if self.node == Some(to.node) { Node::LOCAL } else { to.node };
        let to = Address { node, ..to };
        let refusal = if body.len() > MESSAGE_MAX {
            Failure::BadMessage
        } else if self.registration.is_stopped() {
            Failure::TunneldGone
        } else if node == Node::LOCAL && !is_tunneld(to.daemon) {
            return self.send_here(now, ticket, to.daemon, body);
        } else if let Some(why) = self.registration.away() {
            why
        } else if self.is_up() && self.node.is_none() && node != Node::LOCAL {
            // Nobody knows yet which node this is, so nobody is on another one.
            Failure::NoCtdbd
        } else {
            return match self.outgoing.push(to, ticket, body) {
                Ok(()) => {}
                Err(why) => self.complete(ticket, why, false),
            };
        };
        self.complete(ticket, refusal, false);
    }

    fn send_here(&mut self, now: Time, ticket: Ticket, to: Daemon, body: Bytes) {
        match self.locals.push(now, to, ticket, body) {
            Ok(closed) => self.effects.extend(closed.map(Effect::LocalClose)),
            Err(why) => self.complete(ticket, why, false),
        }
    }

    /// The tunneld says which node this is, or that it does not know. Messages that waited for that go their way.
    fn learn(&mut self, now: Time, node: Option<Node>) {
        self.node = node.or(self.node);
        let misled = |to: &Address| match self.node {
            Some(here) => to.node == here,
            None => to.node != Node::LOCAL,
        };
        for (to, ticket, body) in self.outgoing.take_waiting(misled) {
            self.send(now, ticket, to, body);
        }
    }

    fn datagram(&mut self, now: Time, bytes: Bytes, mut passed: Option<Bytes>) {
        let Ok((daemon, mut frames)) = datagram::open(bytes) else {
            self.bad_datagrams += 1;
            return;
        };
        if daemon != self.config.daemon {
            self.bad_datagrams += 1;
            return;
        }
        while !frames.is_empty() {
            let Ok(frame) = ToDaemon::take(&mut frames) else {
                self.bad_datagrams += 1;
                return;
            };
            match frame {
                ToDaemon::Direct { from, message, fragment } => {
                    let from = Address { node: Node::LOCAL, daemon: from };
                    if let Some(body) = self.reassembly.take(now, from, message, &fragment) {
                        self.effects.push_back(Effect::Received { from, body });
                    }
                }
                ToDaemon::Passed { from, len } => match passed.take() {
                    Some(body) if u32::try_from(body.len()) == Ok(len) => {
                        let from = Address { node: Node::LOCAL, daemon: from };
                        self.effects.push_back(Effect::Received { from, body });
                    }
                    _ => self.bad_datagrams += 1,
                },
                of_tunneld => {
                    self.registration.hear(now);
                    self.frame(now, of_tunneld);
                }
            }
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
                if self.registration.is_asked_for() && incarnation == self.config.incarnation {
                    self.lose(now, LostReason::NotRegistered(reason));
                }
            }
            ToDaemon::Deliver { from, message, fragment } => {
                if let Some(body) = self.reassembly.take(now, from, message, &fragment) {
                    self.effects.push_back(Effect::Received { from, body });
                }
            }
            ToDaemon::Accepted { token, upto } => self.outgoing.accepted(token, upto),
            ToDaemon::Completed { token, result } => {
                if let Some(ticket) = self.outgoing.completed(token) {
                    self.effects.push_back(Effect::Completed { ticket, result });
                }
            }
            ToDaemon::Alive | ToDaemon::Direct { .. } | ToDaemon::Passed { .. } => {}
            ToDaemon::Forgotten => {
                if self.is_up() {
                    self.lose(now, LostReason::Forgotten);
                }
            }
            ToDaemon::Link { node, attached } => {
                self.learn(now, node);
                self.effects.push_back(Effect::Link { node: self.node, attached });
            }
        }
    }

    fn registered(&mut self, now: Time, boot: u64, node: Option<Node>, attached: bool) {
        match self.registration.registered(now, boot) {
            Word::Taken => {}
            Word::Idle => return,
            // This endpoint does not wait for it: begin anew.
            Word::OfAnother => return self.lose(now, LostReason::Forgotten),
        }
        self.control.clear();
        self.learn(now, node);
        self.effects.push_back(Effect::Up { node: self.node, attached });
    }

    /// Fills one datagram with what is waiting.
    fn transmit(&mut self) -> Option<Effect> {
        let waits = !self.control.is_empty() || (self.is_up() && self.outgoing.next_len().is_some());
        if !waits || self.with_driver >= DRIVER_QUEUE {
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

fn is_tunneld(daemon: Daemon) -> bool {
    daemon.name.as_str() == PROBE_NAME
}

/// Room for everything around the data in one frame.
const FRAME_OVERHEAD: usize = 128;

/// Messages to neighbours that have come to their end are effects.
struct Completed<'e>(&'e mut VecDeque<Effect>);

impl Extend<Ended> for Completed<'_> {
    fn extend<I: IntoIterator<Item = Ended>>(&mut self, ended: I) {
        self.0.extend(ended.into_iter().map(|(ticket, result)| Effect::Completed { ticket, result }));
    }
}

impl Machine for Endpoint {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Start => {
                self.registration.connect();
                self.effects.push_back(Effect::Connect);
            }
            Input::Connected => {
                if self.registration.is_connecting() {
                    self.register(now);
                }
            }
            Input::Unreachable => {
                if !self.registration.is_stopped() && self.registration.away().is_none() {
                    self.lose(now, LostReason::Refused);
                }
            }
            Input::Transmitted => self.with_driver = self.with_driver.saturating_sub(1),
            Input::Datagram(bytes) => self.datagram(now, bytes, None),
            Input::Passed { datagram, body } => self.datagram(now, datagram, Some(body)),
            Input::LocalSent(daemon) => {
                self.locals.sent(now, daemon, &mut Completed(&mut self.effects));
            }
            Input::LocalGone { daemon, fresh } => {
                self.locals.gone(daemon, fresh, &mut Completed(&mut self.effects));
            }
            Input::NotPassed(daemon) => self.locals.not_passed(daemon),
            Input::Send { ticket, to, body } => self.send(now, ticket, to, body),
            Input::NotReading => {
                self.reassembly.not_reading(now);
                self.registration.hear(now);
            }
            Input::Stop => {
                if self.is_up() {
                    self.control.push_back(ToTunnel::Deregister);
                }
                for (ticket, in_doubt) in self.outgoing.fail_all() {
                    self.complete(ticket, Failure::TunneldGone, in_doubt);
                }
                self.locals.fail_all(Failure::ReceiverStalled, &mut Completed(&mut self.effects));
                self.registration.stop();
            }
        }
    }

    fn tick(&mut self, now: Time) {
        self.reassembly.tick(now);
        let closed = self.locals.tick(now, &mut Completed(&mut self.effects));
        self.effects.extend(closed.into_iter().map(Effect::LocalClose));
        match self.registration.due(now) {
            Due::Nothing => {}
            Due::Connect => {
                self.registration.connect();
                self.effects.push_back(Effect::Connect);
            }
            Due::Register => self.register(now),
            Due::Silent => self.lose(now, LostReason::Silent),
        }
    }

    fn poll_effect(&mut self, now: Time) -> Option<Effect> {
        if let Some(effect) = self.effects.pop_front() {
            return Some(effect);
        }
        if let Some(LocalDatagram { to, datagram, passed }) = self.locals.next(now) {
            return Some(Effect::Local { to, datagram, passed });
        }
        self.transmit()
    }

    fn poll_timeout(&self) -> Option<Time> {
        earliest(earliest(self.registration.deadline(), self.locals.deadline()), self.reassembly.deadline())
    }

    fn check(&self) {
        self.outgoing.check();
        self.locals.check();
        assert!(self.with_driver <= DRIVER_QUEUE);
    }
}
