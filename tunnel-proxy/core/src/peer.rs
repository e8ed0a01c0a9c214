//! Another node's tunneld: whether it lives and in which life, and when it is given up.
//!
//! `sending` builds envelopes for it, `receiving` reads its envelopes, `hearing` knows whether it is heard. Both ends' boot ids stand in each envelope: when
//! either has changed, nothing that was under way can be trusted any more, and its senders are told.

mod ended;
mod hearing;
mod receiving;
mod sending;
mod shares;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bus::{Daemon, Failure, Node};
use machine::{Time, earliest};
use protocol::tunnel::PeerState;

use crate::envelope::{Channel, Frame, Seq};
use crate::inbound::Inbound;
use crate::limits::{CHANNEL_FORGET, CHANNEL_IDLE, Config, DEAD_BOOTS, HOUSEKEEPING, SEAL_TOLD};
use crate::outbound::{Due, News, Outbound};
use crate::turns::Turns;

use ended::Ended;
use hearing::{Hearing, Standing};
pub(crate) use receiving::Arrival;
use shares::{Channels, Pair, Queued, Waiting};

/// Frames other than data and acknowledgements that may wait; more are left out, and asked for again by the peer.
const CONTROL_QUEUE: usize = 512;

/// News for daemons of this node.
pub(crate) type NewsFor = Vec<(Daemon, News)>;

/// Numbers for the status.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PeerCounters {
    pub(crate) sent: u64,
    pub(crate) resent: u64,
    pub(crate) received: u64,
    pub(crate) failed: u64,
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) node: Node,
    pub(crate) address: String,
    boot: Option<u64>,
    dead_boots: VecDeque<u64>,
    outbound: BTreeMap<Channel, Outbound>,
    outbound_of: BTreeMap<Pair, Channel>,
    channels_out: Channels,
    last_channel: u32,
    inbound: BTreeMap<Channel, Inbound>,
    inbound_of: BTreeMap<Pair, Channel>,
    channels_in: Channels,
    ended: Ended,
    last_message: u64,
    control: VecDeque<Frame>,
    /// Channels with a fragment that may go, and channels with an acknowledgement that waits.
    ready: Turns<Channel>,
    acks: Turns<Channel>,
    queued: Queued,
    waiting: Waiting,
    /// In the nodes file. One that is deleted keeps its numbers: its tunneld may live and remember them.
    listed: bool,
    hearing: Hearing,
    housekeeping: Time,
    wake: Option<Time>,
    /// When it was last told that a seal in its name is not what it has to be.
    unsealed_told: Option<Time>,
    pub(crate) counters: PeerCounters,
}

impl Peer {
    pub(crate) fn new(node: Node, address: String, now: Time) -> Self {
        Self {
            node,
            address,
            boot: None,
            dead_boots: VecDeque::new(),
            outbound: BTreeMap::new(),
            outbound_of: BTreeMap::new(),
            channels_out: Channels::new(),
            last_channel: 0,
            inbound: BTreeMap::new(),
            inbound_of: BTreeMap::new(),
            channels_in: Channels::new(),
            ended: Ended::default(),
            last_message: 0,
            control: VecDeque::new(),
            ready: Turns::default(),
            acks: Turns::default(),
            queued: Queued::new(),
            waiting: Waiting::new(),
            listed: true,
            hearing: Hearing::new(now),
            housekeeping: now + HOUSEKEEPING,
            wake: Some(now),
            unsealed_told: None,
            counters: PeerCounters::default(),
        }
    }

    pub(crate) const fn boot(&self) -> Option<u64> {
        self.boot
    }

    pub(crate) const fn rtt(&self) -> Option<Duration> {
        self.hearing.rtt()
    }

    pub(crate) const fn heard(&self) -> Option<Time> {
        self.hearing.heard()
    }

    /// In charges: what waits in the channels towards it.
    pub(crate) const fn queued(&self) -> usize {
        self.queued.all()
    }

    /// In charges: what it sent that daemons of this node have not taken yet, also on channels that have ended.
    pub(crate) const fn buffered(&self) -> usize {
        self.waiting.all()
    }

    pub(crate) fn channels(&self) -> (usize, usize) {
        (self.outbound.len(), self.inbound.len())
    }

    /// What is known of it now.
    pub(crate) const fn state(&self) -> PeerState {
        match (self.hearing.silent(), self.boot) {
            (Some(Failure::NoTunneld), _) => PeerState::Absent,
            (Some(_), _) => PeerState::Silent,
            (None, Some(_)) => PeerState::Up,
            (None, None) => PeerState::Greeting,
        }
    }

    pub(crate) const fn wake(&self) -> Option<Time> {
        self.wake
    }

    fn wake_by(&mut self, at: Time) {
        self.wake = earliest(self.wake, Some(at));
    }

    fn control(&mut self, frame: Frame) {
        if self.control.len() < CONTROL_QUEUE {
            self.control.push_back(frame);
        }
    }

    /// A seal in its name is not what it has to be: true when that is to be told.
    pub(crate) fn tells_unsealed(&mut self, now: Time) -> bool {
        let due = self.unsealed_told.is_none_or(|at| now >= at + SEAL_TOLD);
        if due {
            self.unsealed_told = Some(now);
        }
        due
    }

    pub(crate) const fn is_listed(&self) -> bool {
        self.listed
    }

    /// The node was deleted from the nodes file.
    pub(crate) fn unlist(&mut self) -> NewsFor {
        self.listed = false;
        self.fail_outbound(Failure::NoSuchNode)
    }

    /// The node is in the nodes file.
    pub(crate) fn list(&mut self, now: Time, address: String) {
        self.address = address;
        if !self.listed {
            self.listed = true;
            self.link_up(now);
        }
    }

    /// ctdbd is there again: the peer gets its time to answer.
    pub(crate) fn link_up(&mut self, now: Time) {
        self.hearing.begin(now);
        self.wake_by(now);
    }

    /// Ends everything under way towards the peer.
    pub(crate) fn fail_outbound(&mut self, reason: Failure) -> NewsFor {
        let mut all = NewsFor::new();
        for channel in std::mem::take(&mut self.outbound).into_values() {
            self.end(channel, None, reason, &mut all);
        }
        self.outbound_of.clear();
        self.ready.clear();
        self.queued = Queued::new();
        self.channels_out = Channels::new();
        all
    }

    fn end(&mut self, channel: Outbound, next: Option<Seq>, reason: Failure, all: &mut NewsFor) {
        let from = channel.from;
        let mut news = Vec::new();
        channel.fail(next, reason, &mut news);
        let lost = |n: &&News| matches!(n, News::Completed { result: Err(_), .. });
        self.counters.failed += news.iter().filter(lost).map(|_| 1).sum::<u64>();
        all.extend(news.into_iter().map(|n| (from, n)));
    }

    fn remove_outbound(&mut self, id: Channel) -> Option<Outbound> {
        let channel = self.outbound.remove(&id)?;
        self.outbound_of.remove(&(channel.from, channel.to));
        self.ready.remove(id);
        self.queued.change(channel.from, channel.queued(), 0);
        self.channels_out.closed(channel.from);
        Some(channel)
    }

    /// A daemon of this node has gone: nobody waits for its messages, and what came for it is refused.
    pub(crate) fn daemon_gone(&mut self, daemon: Daemon, reason: Failure) {
        let ids: Vec<_> = self.outbound.values().filter(|c| c.from == daemon).map(|c| c.id).collect();
        for id in ids {
            self.remove_outbound(id);
            self.control(Frame::Close { channel: id });
        }
        let ids: Vec<_> = self.inbound.values().filter(|c| c.to == daemon).map(|c| c.id).collect();
        for id in ids {
            self.close_inbound(id, reason, true);
        }
    }

    /// Forgets an inbound channel and remembers how it ended.
    fn close_inbound(&mut self, id: Channel, reason: Failure, tell: bool) {
        let Some(channel) = self.inbound.remove(&id) else { return };
        self.channels_in.closed(channel.from);
        self.waiting.ended((channel.from, channel.to), channel.buffered);
        if self.inbound_of.get(&(channel.from, channel.to)) == Some(&id) {
            self.inbound_of.remove(&(channel.from, channel.to));
        }
        self.acks.remove(id);
        // What waits for the daemon, or is on its way to it, may still arrive there.
        let next = (channel.buffered == 0).then_some(channel.delivered());
        self.ended.remember(id, (next, reason));
        if tell {
            self.control(Frame::Reset { channel: id, next, reason });
        }
    }

    /// The peer lives under this boot id. When that is news, nothing that was under way can be trusted.
    fn believe(&mut self, boot: u64, all: &mut NewsFor) {
        if self.boot == Some(boot) {
            return;
        }
        if let Some(old) = self.boot.replace(boot) {
            self.dead_boots.push_back(old);
            if self.dead_boots.len() > DEAD_BOOTS {
                self.dead_boots.pop_front();
            }
            all.append(&mut self.fail_outbound(Failure::PeerRestarted));
            for channel in std::mem::take(&mut self.inbound).into_values() {
                self.waiting.ended((channel.from, channel.to), channel.buffered);
            }
            self.inbound_of.clear();
            self.channels_in = Channels::new();
            self.ended.clear();
            // Earlier versions believe no number from far up of somebody who is new to them.
            self.last_channel = 0;
            self.acks.clear();
            self.control.clear();
            self.hearing.forget_answers();
        }
    }

    const fn standing(&self) -> Standing {
        match self.boot {
            None => Standing::Unknown,
            Some(_) if self.queued.all() > 0 => Standing::Waited,
            Some(_) => Standing::Idle,
        }
    }

    /// Does what is due and says when to come again.
    pub(crate) fn tick(&mut self, now: Time, config: &Config) -> NewsFor {
        let mut all = NewsFor::new();
        if self.wake.is_none_or(|at| now < at) {
            return all;
        }
        if let Some(reason) = self.hearing.give_up(now, self.standing(), config) {
            all.append(&mut self.fail_outbound(reason));
        }
        if self.hearing.greet(now, self.standing()) {
            self.control(Frame::Hello { stamp: now.as_nanos() });
        }
        self.tick_channels(now);
        if now >= self.housekeeping {
            self.housekeeping = now + HOUSEKEEPING;
            self.forget_idle(now);
        }
        let standing = self.standing();
        self.wake = [
            self.hearing.silence_ends(standing, config),
            Some(self.hearing.next_hello(now, standing)),
            Some(self.housekeeping),
            self.outbound.values().filter_map(Outbound::timer).min(),
            // One that is due goes as soon as ctdbd takes it; waiting for that needs no timer.
            self.acks.iter().filter_map(|id| self.inbound.get(&id)?.ack_at()).filter(|at| *at > now).min(),
        ]
        .into_iter()
        .fold(None, earliest);
        all
    }

    fn tick_channels(&mut self, now: Time) {
        let mut asks = Vec::new();
        for (id, channel) in &mut self.outbound {
            match channel.due(now) {
                Due::Nothing => {}
                Due::Resend => {
                    self.ready.insert(*id);
                }
                Due::Ask => asks.push(*id),
            }
        }
        for channel in asks {
            self.control(Frame::Ask { channel });
        }
    }

    fn forget_idle(&mut self, now: Time) {
        let idle = |c: &&Outbound| c.is_empty() && now >= c.used + CHANNEL_IDLE;
        let ids: Vec<_> = self.outbound.values().filter(idle).map(|c| c.id).collect();
        for id in ids {
            self.remove_outbound(id);
            self.control(Frame::Close { channel: id });
        }
        let idle = |c: &&Inbound| c.buffered == 0 && now >= c.used + CHANNEL_FORGET;
        let ids: Vec<_> = self.inbound.values().filter(idle).map(|c| c.id).collect();
        for id in ids {
            self.close_inbound(id, Failure::PeerRestarted, false);
        }
    }

    pub(crate) fn check(&self) {
        self.outbound.values().for_each(Outbound::check);
        self.queued.check(self.outbound.values().map(|c| (&c.from, c.queued())));
        self.waiting.check(self.inbound.values().map(|c| ((c.from, c.to), c.buffered)));
        self.channels_out.check(self.outbound.values().map(|c| &c.from));
        self.channels_in.check(self.inbound.values().map(|c| &c.from));
        assert_eq!(self.outbound.len(), self.outbound_of.len());
        for (id, channel) in &self.outbound {
            assert!(channel.ready().is_none() || self.ready.contains(*id), "{id:?} is ready and not listed");
            assert!(
                channel.timer().is_none() || self.wake <= channel.timer(),
                "{id:?} has a timer that nobody watches"
            );
        }
        for (id, channel) in &self.inbound {
            channel.check();
            assert_eq!(channel.ack_at().is_some(), self.acks.contains(*id), "acknowledgement of {id:?}");
        }
        self.ended.check();
        assert!(self.wake.is_some());
    }
}
