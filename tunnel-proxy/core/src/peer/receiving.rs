//! What comes from a peer: greetings, fragments for local daemons, and news of what was sent to it.

use bus::datagram::Fragment;
use bus::{Address, Daemon, Failure};
use machine::Time;
use protocol::xdr::Reader;

use super::shares::Pair;
use super::{NewsFor, Peer};
use crate::envelope::{Channel, Frame, Head, Seq};
use crate::inbound::{Inbound, Verdict};
use crate::limits::LATE_PACKET;

/// A fragment for a daemon of this node.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) to: Daemon,
    pub(crate) from: Address,
    pub(crate) channel: Channel,
    pub(crate) serial: u64,
    pub(crate) message: u64,
    pub(crate) fragment: Fragment,
}

/// What an envelope brought.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) news: NewsFor,
    /// Frames that could not be read, or could not be true.
    pub(crate) bad: u64,
}

impl Peer {
    /// Reads an envelope whose head has been checked against the node map. `exists` tells whether a daemon is here.
    pub(crate) fn receive(
        &mut self,
        now: Time,
        head: Head,
        mut frames: Reader,
        my_boot: u64,
        exists: &dyn Fn(Daemon) -> bool,
    ) -> Received {
        let mut got = Received::default();
        if self.dead_boots.contains(&head.from_boot) {
            got.bad += 1;
            return got;
        }
        let before = (self.boot, self.hearing.mark());
        while !frames.is_empty() {
            let frame = match Frame::take(&mut frames) {
                Ok(frame) => frame,
                Err(_) => {
                    got.bad += 1;
                    break;
                }
            };
            match frame {
                Frame::Hello { stamp } => self.control(Frame::HelloAnswer { stamp }),
                Frame::HelloAnswer { stamp } => {
                    if self.hearing.is_answer(now, stamp) && head.to_boot == my_boot {
                        self.believe(head.from_boot, &mut got.news);
                        self.hearing.answer_came(now);
                    }
                }
                // From a life of the peer that is not known yet, or for an earlier one of this tunneld: greet first.
                _ if self.boot.is_some_and(|boot| boot != head.from_boot) || head.to_boot != my_boot => {
                    self.hearing.want_hello();
                    break;
                }
                frame => {
                    self.believe(head.from_boot, &mut got.news);
                    self.frame(now, frame, exists, &mut got);
                }
            }
        }
        match self.boot {
            None => self.believe(head.from_boot, &mut got.news),
            // Anybody can make up a boot id; only the tunneld of that node gets the greeting and can answer it.
            Some(boot) if boot != head.from_boot => self.hearing.want_hello(),
            Some(_) => {}
        }
        if self.boot == Some(head.from_boot) {
            self.hearing.hear(now);
        }
        if before != (self.boot, self.hearing.mark()) {
            self.wake_by(now);
        }
        got
    }

    fn frame(&mut self, now: Time, frame: Frame, exists: &dyn Fn(Daemon) -> bool, got: &mut Received) {
        match frame {
            Frame::Hello { .. } | Frame::HelloAnswer { .. } => {}
            Frame::Open { channel, from, to } => self.opened(now, channel, (from, to), exists(to), got),
            Frame::Data { channel, seq, fragment } => self.data(now, channel, seq, fragment, got),
            Frame::Ack { channel, delivered, received, window } => {
                let Some(out) = self.outbound.get_mut(&channel) else { return };
                let before = out.queued();
                let from = out.from;
                let window = usize::try_from(window).unwrap_or(usize::MAX);
                let mut news = Vec::new();
                if !out.ack(now, delivered, received, window, self.hearing.rtt(), &mut news) {
                    got.bad += 1;
                    return;
                }
                self.queued.change(from, before, out.queued());
                if let Some(at) = out.timer() {
                    self.wake_by(at);
                }
                self.hearing.answer_came(now);
                self.update_ready(channel);
                got.news.extend(news.into_iter().map(|n| (from, n)));
            }
            Frame::Ask { channel } => match self.inbound.get_mut(&channel) {
                Some(inbound) => {
                    inbound.ask(now);
                    self.acks.insert(channel);
                }
                None => self.refuse(channel),
            },
            Frame::Reset { channel, next, reason } => {
                if let Some(out) = self.remove_outbound(channel) {
                    self.hearing.answer_came(now);
                    let possible = next.is_none_or(|next| out.may_end_at(next));
                    got.bad += u64::from(!possible);
                    // The channel has ended all the same; what it delivered is anybody's guess.
                    self.end(out, next.filter(|_| possible), reason, &mut got.news);
                }
            }
            Frame::Close { channel } => self.close_inbound(channel, Failure::PeerRestarted, false),
        }
    }

    fn opened(&mut self, now: Time, id: Channel, pair: Pair, exists: bool, got: &mut Received) {
        if self.inbound.contains_key(&id) || self.ended.contains(id) {
            return; // sent again; the data that follows is answered
        }
        let known = self.inbound_of.get(&pair).copied();
        // One that was made up, with a number from far ahead, is quiet after a while: then the true one gets through.
        let in_use = |k: &Channel| self.inbound.get(k).is_some_and(|c| now < c.used + LATE_PACKET);
        if known.is_some_and(|k| k > id && in_use(&k)) {
            got.bad += 1;
            return; // its data is refused as that of an unknown channel
        }
        if let Some(older) = known {
            self.close_inbound(older, Failure::PeerRestarted, false);
        }
        if !exists || !self.channels_in.may_open(pair.0, self.waiting.pairs_left()) {
            let reason = if exists { Failure::QueueFull } else { Failure::NoSuchDaemon };
            self.ended.remember(id, (Some(0), reason));
            return;
        }
        // Messages of one pair never share a number, whatever channel brings them.
        self.last_message += 1 << 20;
        self.inbound.insert(id, Inbound::new(id, pair.0, pair.1, self.last_message, now));
        self.inbound_of.insert(pair, id);
        self.channels_in.opened(pair.0);
    }

    fn data(&mut self, now: Time, channel: Channel, seq: Seq, fragment: Fragment, got: &mut Received) {
        let Some(inbound) = self.inbound.get_mut(&channel) else {
            self.refuse(channel);
            return;
        };
        let before = inbound.buffered;
        let pair = (inbound.from, inbound.to);
        let limit = self.waiting.limit(pair);
        if let Verdict::Deliver { message } = inbound.data(now, seq, &fragment, limit) {
            self.waiting.change(pair, before, inbound.buffered);
            self.counters.received += 1;
            got.arrivals.push(Arrival {
                to: inbound.to,
                from: Address { node: self.node, daemon: inbound.from },
                channel,
                serial: inbound.serial,
                message,
                fragment,
            });
        }
        if inbound.ack_at().is_some() {
            self.acks.insert(channel);
        }
    }

    /// Answers for a channel that is not open here.
    fn refuse(&mut self, channel: Channel) {
        let (next, reason) = self.ended.get(channel).unwrap_or((None, Failure::PeerRestarted));
        let frame = Frame::Reset { channel, next, reason };
        if self.control.back() != Some(&frame) {
            self.control(frame);
        }
    }

    /// A fragment of a channel that has ended is not kept any more.
    pub(crate) fn released(&mut self, pair: Pair, cost: usize) {
        let open = self.inbound_of.get(&pair).and_then(|id| self.inbound.get(id));
        self.waiting.gone(pair, open.map_or(0, |c| c.buffered), cost);
    }

    /// The daemon has taken the oldest fragment of the channel that waited for it.
    pub(crate) fn taken(&mut self, now: Time, pair: Pair, (channel, serial): (Channel, u64), cost: usize) {
        let same = |inbound: &&mut Inbound| inbound.serial == serial;
        let Some(inbound) = self.inbound.get_mut(&channel).filter(same) else {
            return self.released(pair, cost);
        };
        let before = inbound.buffered;
        inbound.taken(now, cost);
        self.waiting.change(pair, before, inbound.buffered);
        self.acks.insert(channel);
        if let Some(at) = inbound.ack_at() {
            self.wake_by(at);
        }
    }
}
