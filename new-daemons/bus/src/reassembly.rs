//! Puts the pieces of messages together again, per sender.
//!
//! Memory grows with the bytes that arrive, never with a length that was announced. A sender has one message under way
//! at a time; when it begins another, the rest of the first will not come.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use crate::address::Address;
use crate::datagram::Fragment;

/// Senders with an unfinished message, at most. One more drops the message that waited longest.
const SENDERS_MAX: usize = 256;

/// Bytes of unfinished messages, at most; beyond them, too, the one that waited longest is dropped. Those of senders that
/// ended in the middle of a message go this way.
pub const UNFINISHED_MAX: usize = 256 << 20;

#[derive(Debug)]
struct Partial {
    message: u64,
    total: u32,
    data: BytesMut,
    age: u64,
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
}

impl Reassembly {
    /// Keeps at most `limit` bytes of unfinished messages, or one message if that is more.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { partial: BTreeMap::new(), bytes: 0, limit, clock: 0, discarded: Discarded(0) }
    }

    fn remove(&mut self, from: Address) -> Option<Partial> {
        let partial = self.partial.remove(&from)?;
        self.bytes -= partial.data.len();
        Some(partial)
    }

    /// Takes a piece; gives back the message when it was the last.
    pub fn take(&mut self, from: Address, message: u64, fragment: &Fragment) -> Option<Bytes> {
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
            self.partial.insert(from, Partial { message, total: fragment.total, data, age: self.clock });
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

    /// Messages given up so far.
    #[must_use]
    pub const fn discarded(&self) -> Discarded {
        self.discarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(total: u32, offset: u32, data: &'static [u8]) -> Fragment {
        Fragment { total, offset, data: Bytes::from_static(data) }
    }

    fn from(n: u32) -> Address {
        format!("{n}/ip").parse().unwrap()
    }

    #[test]
    fn pieces_of_two_senders_are_kept_apart() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        assert_eq!(r.take(from(1), 1, &piece(4, 0, b"ab")), None);
        assert_eq!(r.take(from(2), 1, &piece(3, 0, b"xyz")), Some(Bytes::from_static(b"xyz")));
        assert_eq!(r.take(from(1), 1, &piece(4, 2, b"cd")), Some(Bytes::from_static(b"abcd")));
        assert_eq!(r.discarded(), Discarded(0));
    }

    #[test]
    fn a_message_whose_rest_does_not_come_is_dropped_whole() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        assert_eq!(r.take(from(1), 1, &piece(4, 0, b"ab")), None);
        assert_eq!(r.take(from(1), 2, &piece(2, 0, b"xy")), Some(Bytes::from_static(b"xy")));
        assert_eq!(r.take(from(1), 1, &piece(4, 2, b"cd")), None);
        assert_eq!(r.take(from(1), 3, &piece(4, 0, b"ab")), None);
        assert_eq!(r.take(from(1), 3, &piece(4, 3, b"d")), None);
        assert_eq!(r.take(from(1), 3, &piece(4, 2, b"cd")), None);
        assert_eq!(r.discarded(), Discarded(2));
    }

    #[test]
    fn unfinished_messages_of_many_senders_are_bounded() {
        let mut r = Reassembly::new(UNFINISHED_MAX);
        for n in 0..1000 {
            assert_eq!(r.take(from(n), 1, &piece(4, 0, b"ab")), None);
        }
        assert_eq!(r.partial.len(), SENDERS_MAX);
        let mut small = Reassembly::new(3);
        for n in 0..10 {
            assert_eq!(small.take(from(n), 1, &piece(4, 0, b"ab")), None);
            assert!(small.bytes <= 4, "{} bytes", small.bytes);
        }
        assert_eq!(r.take(from(999), 1, &piece(4, 2, b"cd")), Some(Bytes::from_static(b"abcd")));
    }
}
