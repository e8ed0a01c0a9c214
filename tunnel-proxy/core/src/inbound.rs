//! The receiving end of a channel: puts its fragments in order, counts what the local daemon has taken, and decides when
//! the sender hears of it.

use bus::datagram::Fragment;
use bus::{Daemon, charge};
use machine::Time;

use crate::envelope::{Channel, Frame, Seq};
use crate::limits::{ACK_DELAY, ACK_EVERY};

/// What becomes of a fragment that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The next one: deliver it as a piece of this message.
    Deliver { message: u64 },
    /// Seen before, or one before it is missing, or there is no room.
    Drop,
}

#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) id: Channel,
    /// Tells this channel from one of the same number in another life of the peer.
    pub(crate) serial: u64,
    pub(crate) from: Daemon,
    pub(crate) to: Daemon,
    /// The next fragment to receive, and the next one that the daemon will take.
    received: Seq,
    delivered: Seq,
    message: u64,
    /// Charge of what waits for the daemon.
    pub(crate) buffered: usize,
    /// Charge of what it took since the last acknowledgement.
    unreported: usize,
    ack_at: Option<Time>,
    pub(crate) used: Time,
}

impl Inbound {
    /// `serial` is unique, and messages are numbered from it.
    pub(crate) fn new(id: Channel, from: Daemon, to: Daemon, serial: u64, now: Time) -> Self {
        Self {
            id,
            serial,
            from,
            to,
            received: 0,
            delivered: 0,
            message: serial,
            buffered: 0,
            unreported: 0,
            ack_at: None,
            used: now,
        }
    }

    pub(crate) const fn delivered(&self) -> Seq {
        self.delivered
    }

    pub(crate) const fn ack_at(&self) -> Option<Time> {
        self.ack_at
    }

    fn ack_by(&mut self, at: Time) {
        self.ack_at = Some(self.ack_at.map_or(at, |known| known.min(at)));
    }

    /// The sender wants to know.
    pub(crate) fn ask(&mut self, now: Time) {
        self.ack_by(now);
    }

    /// A fragment came. `limit` is what may wait here now.
    pub(crate) fn data(&mut self, now: Time, seq: Seq, fragment: &Fragment, limit: usize) -> Verdict {
        self.used = now;
        let cost = charge(fragment.data.len());
        if seq != self.received || self.buffered + cost > limit {
            // Something was lost or repeated: say at once what is here.
            self.ack_by(now);
            return Verdict::Drop;
        }
        self.received += 1;
        self.buffered += cost;
        if fragment.is_first() {
            self.message += 1;
        }
        Verdict::Deliver { message: self.message }
    }

    /// The daemon has taken a fragment of this charge, the oldest that waited.
    pub(crate) fn taken(&mut self, now: Time, cost: usize) {
        self.delivered += 1;
        self.buffered = self.buffered.saturating_sub(cost);
        self.unreported += cost;
        let at = if self.unreported >= ACK_EVERY { now } else { now + ACK_DELAY };
        self.ack_by(at);
    }

    pub(crate) fn check(&self) {
        assert!(self.delivered <= self.received, "{:?}: more taken than received", self.id);
        assert!(self.buffered > 0 || self.delivered == self.received, "{:?}: something is missing", self.id);
    }

    /// The acknowledgement to send now, with what may be under way.
    pub(crate) fn ack(&mut self, window: usize) -> Frame {
        self.ack_at = None;
        self.unreported = 0;
        Frame::Ack {
            channel: self.id,
            delivered: self.delivered,
            received: self.received,
            window: u32::try_from(window).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::CHANNEL_WINDOW;
    use bytes::Bytes;

    fn channel() -> Inbound {
        let d = |n: &str| Daemon { name: n.parse().unwrap(), instance: 0 };
        Inbound::new(Channel(1), d("a"), d("b"), 0, Time::ZERO)
    }

    fn piece(len: usize) -> Fragment {
        Fragment { total: u32::try_from(len).unwrap(), offset: 0, data: Bytes::from(vec![0; len]) }
    }

    fn ack_of(c: &mut Inbound) -> (Seq, Seq, u32) {
        match c.ack(CHANNEL_WINDOW) {
            Frame::Ack { delivered, received, window, .. } => (delivered, received, window),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_fragment_is_delivered_once_and_in_order() {
        let mut c = channel();
        let t = Time::ZERO;
        assert_eq!(c.data(t, 1, &piece(5), CHANNEL_WINDOW), Verdict::Drop, "0 is missing");
        assert_eq!(c.ack_at(), Some(t), "the sender hears of the gap at once");
        assert_eq!(c.data(t, 0, &piece(5), CHANNEL_WINDOW), Verdict::Deliver { message: 1 });
        assert_eq!(c.data(t, 0, &piece(5), CHANNEL_WINDOW), Verdict::Drop, "seen before");
        assert_eq!(c.data(t, 1, &piece(5), CHANNEL_WINDOW), Verdict::Deliver { message: 2 });
        assert_eq!((0, 2), (ack_of(&mut c).0, 2));
        c.taken(t, charge(5));
        assert_eq!(c.ack_at(), Some(t + ACK_DELAY), "an answer may still come along");
        assert_eq!(ack_of(&mut c), (1, 2, 1 << 20));
    }

    #[test]
    fn a_sender_that_ignores_the_window_is_not_stored() {
        let mut c = channel();
        let stored = (0..100)
            .filter(|n| c.data(Time::ZERO, *n, &piece(65_536), CHANNEL_WINDOW) != Verdict::Drop)
            .count();
        assert_eq!(stored, 15);
        assert!(c.buffered <= CHANNEL_WINDOW);
        assert_eq!(
            channel().data(Time::ZERO, 0, &piece(65_536), bus::RESERVE),
            Verdict::Deliver { message: 1 },
            "the reserve is enough for one"
        );
    }

    #[test]
    fn a_quarter_of_the_window_is_acknowledged_at_once() {
        let mut c = channel();
        for n in 0..4 {
            c.data(Time::ZERO, n, &piece(65_536), CHANNEL_WINDOW);
        }
        for _ in 0..4 {
            c.taken(Time::ZERO, charge(65_536));
        }
        assert_eq!(c.ack_at(), Some(Time::ZERO));
    }
}
