//! What goes to a peer: fragments of local daemons queue in their channels; an envelope takes first the answers, then
//! acknowledgements, then fragments of the channels in turn.

use bus::datagram::Fragment;
use bus::{Daemon, Failure, Gather, Node, charge};
use machine::{Time, earliest};

use super::Peer;
use crate::envelope::{Channel, DATA_OVERHEAD, Frame, HEAD_LEN, Head, OPEN_MAX};
use crate::limits::ENVELOPE_MAX;
use crate::outbound::{News, Outbound, Token};
use crate::seal::Keys;

/// Room for one frame that is neither data nor [`Frame::Open`].
const SMALL_FRAME: usize = 32;

impl Peer {
    /// Queues a fragment of a local daemon, or says why not. `most` is what its channel may queue.
    pub(crate) fn send(
        &mut self,
        now: Time,
        (from, to): (Daemon, Daemon),
        token: Token,
        fragment: Fragment,
        most: usize,
        news: &mut Vec<News>,
    ) -> bool {
        let known = self.outbound_of.get(&(from, to)).copied();
        let refusal = match known {
            _ if self.hearing.silent().is_some() => self.hearing.silent(),
            None if !self.may_open(from) => Some(Failure::QueueFull),
            _ => None,
        };
        if refusal.is_some() || (known.is_none() && !fragment.is_first()) {
            // Its first fragment speaks for a message.
            let told = refusal.filter(|_| fragment.is_first());
            news.extend(told.map(|reason| News::refused(token, reason)));
            return false;
        }
        let id = known.unwrap_or_else(|| self.open(now, from, to));
        let Some(channel) = self.outbound.get_mut(&id) else { return false };
        if self.queued.all() == 0 {
            // Silence counts from now on, and greetings are due more often.
            self.hearing.be_patient(now);
            self.wake = earliest(self.wake, Some(now));
        }
        let before = channel.queued();
        let limit = self.queued.limit(from, before, charge(fragment.data.len()), most);
        let taken = channel.push(now, token, fragment, limit, news);
        self.queued.change(from, before, channel.queued());
        self.update_ready(id);
        taken
    }

    fn may_open(&self, from: Daemon) -> bool {
        self.channels_out.may_open(from, 0) && self.last_channel < u32::MAX
    }

    fn open(&mut self, now: Time, from: Daemon, to: Daemon) -> Channel {
        self.last_channel += 1;
        let id = Channel(self.last_channel);
        self.outbound.insert(id, Outbound::new(id, from, to, now));
        self.outbound_of.insert((from, to), id);
        self.channels_out.opened(from);
        id
    }

    pub(super) fn update_ready(&mut self, id: Channel) {
        if self.outbound.get(&id).is_some_and(|c| c.ready().is_some()) {
            self.ready.insert(id);
        } else {
            self.ready.remove(id);
        }
    }

    fn may_send_data(&self) -> bool {
        self.boot.is_some() && self.hearing.silent().is_none() && !self.ready.is_empty()
    }

    fn ack_is_due(&self, now: Time) -> bool {
        self.acks.iter().any(|id| self.inbound.get(&id).and_then(|c| c.ack_at()).is_some_and(|at| now >= at))
    }

    /// The next envelope, while there is something to say.
    pub(crate) fn envelope(&mut self, now: Time, me: Node, my_boot: u64, keys: &Keys) -> Option<Gather> {
        if self.control.is_empty() && !self.may_send_data() && !self.ack_is_due(now) {
            return None;
        }
        let mut g =
            keys.begin(Head { from: me, to: self.node, from_boot: my_boot, to_boot: self.boot.unwrap_or(0) });
        while g.len() + SMALL_FRAME <= ENVELOPE_MAX
            && let Some(frame) = self.control.pop_front()
        {
            frame.emit(&mut g);
        }
        while g.len() + SMALL_FRAME <= ENVELOPE_MAX
            && let Some(id) = self.acks.pop_first()
        {
            if let Some(channel) = self.inbound.get_mut(&id) {
                let window = self.waiting.limit((channel.from, channel.to));
                channel.ack(window).emit(&mut g);
            }
        }
        while self.may_send_data() {
            let Some(id) = self.ready.next() else { break };
            let Some(len) = self.outbound.get(&id).and_then(Outbound::ready) else {
                self.ready.remove(id);
                continue;
            };
            if g.len() + OPEN_MAX + DATA_OVERHEAD + len + 3 > ENVELOPE_MAX {
                break;
            }
            self.emit_fragment(now, id, &mut g);
        }
        (g.len() > HEAD_LEN).then(|| keys.finish(g))
    }

    fn emit_fragment(&mut self, now: Time, id: Channel, g: &mut bus::GatherWriter) {
        self.ready.served(id);
        let Some(channel) = self.outbound.get_mut(&id) else { return };
        let (from, to, known) = (channel.from, channel.to, channel.known);
        let Some((seq, fragment, fresh)) = channel.send(now) else { return };
        let timer = channel.timer();
        if !known {
            Frame::Open { channel: id, from, to }.emit(g);
        }
        Frame::Data { channel: id, seq, fragment }.emit(g);
        if fresh {
            self.counters.sent += 1;
        } else {
            self.counters.resent += 1;
        }
        if let Some(at) = timer {
            self.wake_by(at);
        }
        self.update_ready(id);
    }
}
