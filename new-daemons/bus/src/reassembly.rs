//! Puts the pieces of messages together again, per sender.
//!
//! Memory grows with the bytes that arrive, never with a length that was announced. A sender has one message under way
//! at a time; when it begins another, the rest of the first will not come. Nor will it when nothing came for longer than
//! any living sender waits: then it goes, too.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use machine::Time;

use crate::address::{Address, Node};
use crate::datagram::Fragment;

/// Senders with an unfinished message, at most. One more drops the message that waited longest.
const SENDERS_MAX: usize = 256;

/// Bytes of unfinished messages, at most; beyond them, too, the one that waited longest is dropped.
pub const UNFINISHED_MAX: usize = 256 << 20;

/// So long after its last piece the rest of a message of a neighbour is not waited for: a neighbour whose message has not
/// gone on for 30 s has given it up itself.
const PATIENCE_HERE: Duration = Duration::from_secs(45);

/// The same for one from another node: longer than tunnelds can be told to wait for each other.
const PATIENCE_THERE: Duration = Duration::from_secs(3660);

/// Between two looks for such messages.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Partial {
    message: u64,
    total: u32,
    data: BytesMut,
    age: u64,
    /// Its last piece came then.
    touched: Time,
}

/// Messages that were given up because their rest did not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discarded(pub u64);

/// The unfinished messages of all senders.
#[derive(Debug)]
pub struct Reassembly {
    partial: BTreeMap<Address, Partial>,
    bytes: usize,
    limit: usize,
    clock: u64,
    discarded: Discarded,
    /// The next look for those whose rest will not come, while there are any.
    look: Option<Time>,
}

impl Reassembly {
    /// Keeps at most `limit` bytes of unfinished messages, or one message if that is more.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        let discarded = Discarded(0);
        Self { partial: BTreeMap::new(), bytes: 0, limit, clock: 0, discarded, look: None }
    }

    fn remove(&mut self, from: Address) -> Option<Partial> {
        let partial = self.partial.remove(&from)?;
        self.bytes -= partial.data.len();
        Some(partial)
    }

    /// Takes a piece; gives back the message when it was the last.
    pub fn take(&mut self, now: Time, from: Address, message: u64, fragment: &Fragment) -> Option<Bytes> {
        self.clock += 1;
        if fragment.is_first() {
            if self.remove(from).is_some() {
                self.discarded.0 += 1;
            }
            if fragment.is_last() {
                return Some(fragment.data.clone());
            }
            self.make_room(from);
            let data = BytesMut::from(&fragment.data[..]);
            self.bytes += data.len();
            let (total, age) = (fragment.total, self.clock);
            self.partial.insert(from, Partial { message, total, data, age, touched: now });
            self.look.get_or_insert(now + LOOK);
            return None;
        }
        let partial = self.partial.get_mut(&from)?;
        let fits = partial.message == message
            && partial.total == fragment.total
            && u32::try_from(partial.data.len()) == Ok(fragment.offset);
        if !fits {
            self.remove(from);
            self.discarded.0 += 1;
            return None;
        }
        partial.data.extend_from_slice(&fragment.data);
        partial.age = self.clock;
        partial.touched = now;
        self.bytes += fragment.data.len();
        if fragment.is_last() {
            return self.remove(from).map(|p| p.data.freeze());
        }
        self.make_room(from);
        None
    }

    fn make_room(&mut self, keep: Address) {
        while self.partial.len() >= SENDERS_MAX || self.bytes > self.limit {
            let others = self.partial.iter().filter(|(from, _)| **from != keep);
            let Some(oldest) = others.min_by_key(|(_, p)| p.age).map(|(from, _)| *from) else { return };
            self.remove(oldest);
            self.discarded.0 += 1;
        }
    }

    /// Gives up messages whose rest will not come any more.
    pub fn tick(&mut self, now: Time) {
        if self.look.is_none_or(|at| now < at) {
            return;
        }
        let patience = |from: &Address| if from.node == Node::LOCAL { PATIENCE_HERE } else { PATIENCE_THERE };
        let over = self.partial.iter().filter(|(from, p)| now >= p.touched + patience(from));
        for from in over.map(|(from, _)| *from).collect::<Vec<_>>() {
            self.remove(from);
            self.discarded.0 += 1;
        }
        self.look = (!self.partial.is_empty()).then(|| now + LOOK);
    }

    /// When [`Self::tick`] has something to look at.
    #[must_use]
    pub const fn deadline(&self) -> Option<Time> {
        self.look
    }

    /// Nothing was read for a while: that nothing came says nothing.
    pub fn not_reading(&mut self, now: Time) {
        self.partial.values_mut().for_each(|p| p.touched = now);
    }

    /// Messages given up so far.
    #[must_use]
    pub const fn discarded(&self) -> Discarded {
        self.discarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Daemon;

    fn piece(total: u32, offset: u32, data: &'static [u8]) -> Fragment {
        Fragment { total, offset, data: Bytes::from_static(data) }
    }

    fn from(n: u32) -> Address {
        format!("{n}/ip").parse().unwrap()
    }

    #[test]
    fn pieces_of_two_senders_are_kept_apart() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        assert_eq!(r.take(Time::ZERO, from(1), 1, &piece(4, 0, b"ab")), None);
        assert_eq!(r.take(Time::ZERO, from(2), 1, &piece(3, 0, b"xyz")), Some(Bytes::from_static(b"xyz")));
        assert_eq!(r.take(Time::ZERO, from(1), 1, &piece(4, 2, b"cd")), Some(Bytes::from_static(b"abcd")));
        assert_eq!(r.discarded(), Discarded(0));
    }

    #[test]
    fn a_message_whose_rest_does_not_come_is_dropped_whole() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        assert_eq!(r.take(Time::ZERO, from(1), 1, &piece(4, 0, b"ab")), None);
        assert_eq!(r.take(Time::ZERO, from(1), 2, &piece(2, 0, b"xy")), Some(Bytes::from_static(b"xy")));
        assert_eq!(r.take(Time::ZERO, from(1), 1, &piece(4, 2, b"cd")), None);
        assert_eq!(r.take(Time::ZERO, from(1), 3, &piece(4, 0, b"ab")), None);
        assert_eq!(r.take(Time::ZERO, from(1), 3, &piece(4, 3, b"d")), None);
        assert_eq!(r.take(Time::ZERO, from(1), 3, &piece(4, 2, b"cd")), None);
        assert_eq!(r.discarded(), Discarded(2));
    }

    /// Kilobytes of this process that are in memory.
    fn resident() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn what_senders_leave_behind_that_are_gone_is_given_back_within_a_minute() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        let here = |n: u32| Address { node: Node::LOCAL, daemon: Daemon { instance: n, ..from(1).daemon } };
        let data = Bytes::from(vec![7; 64 << 10]);
        let before = resident();
        let later = |seconds| Time::ZERO + Duration::from_secs(seconds);
        for offset in (0..1 << 20).step_by(64 << 10) {
            for n in 0..250 {
                let piece = Fragment { total: 16 << 20, offset, data: data.clone() };
                assert_eq!(r.take(later(0), here(n), 1, &piece), None);
            }
        }
        let peak = resident();
        assert!(peak - before > 250 << 10, "{before} kB, then {peak} kB");
        // One of them lives and goes on.
        for second in 1..=60 {
            if second == 40 {
                let piece = Fragment { total: 16 << 20, offset: 1 << 20, data: data.clone() };
                assert_eq!(r.take(later(second), here(3), 1, &piece), None);
            }
            r.tick(later(second));
        }
        assert_eq!(
            (r.partial.keys().copied().collect::<Vec<_>>(), r.discarded()),
            (vec![here(3)], Discarded(249))
        );
        assert_eq!(r.bytes, (1 << 20) + (64 << 10));
        let after = resident();
        assert!(
            after < before + (peak - before) / 5,
            "{before} kB, {peak} kB at the peak, {after} kB after it"
        );
    }

    #[test]
    fn nobody_is_given_up_who_was_not_read_or_is_on_another_node() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        let here = Address { node: Node::LOCAL, ..from(1) };
        let later = |seconds| Time::ZERO + Duration::from_secs(seconds);
        for from in [here, from(1)] {
            assert_eq!(r.take(later(0), from, 1, &piece(4, 0, b"ab")), None);
        }
        r.not_reading(later(600));
        r.tick(later(640));
        assert_eq!(r.take(later(640), here, 1, &piece(4, 2, b"cd")), Some(Bytes::from_static(b"abcd")));
        r.tick(later(3600));
        assert_eq!(r.take(later(3600), from(1), 1, &piece(4, 2, b"cd")), Some(Bytes::from_static(b"abcd")));
        r.tick(later(3700));
        assert_eq!((r.deadline(), r.discarded()), (None, Discarded(0)));
    }

    #[test]
    fn unfinished_messages_of_many_senders_are_bounded() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        for n in 0..1000 {
            assert_eq!(r.take(Time::ZERO, from(n), 1, &piece(4, 0, b"ab")), None);
        }
        assert_eq!(r.partial.len(), SENDERS_MAX);
        let mut small = Reassembly::new(3);
        for n in 0..10 {
            assert_eq!(small.take(Time::ZERO, from(n), 1, &piece(4, 0, b"ab")), None);
            assert!(small.bytes <= 4, "{} bytes", small.bytes);
        }
        assert_eq!(r.take(Time::ZERO, from(999), 1, &piece(4, 2, b"cd")), Some(Bytes::from_static(b"abcd")));
    }
}
