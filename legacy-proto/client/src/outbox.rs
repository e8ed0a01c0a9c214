//! What has yet to be written, in order.
//!
//! Small pieces are put together, since copying them costs less than naming them to the kernel one by one; large ones
//! are kept as they are and written from where they lie.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// Pieces below this are copied together.
const SMALL: usize = 1 << 10;
/// A put-together piece that reached this size is closed.
const FULL: usize = 64 << 10;
/// Pieces named to the kernel at once.
pub(crate) const GATHER: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pieces: VecDeque<Bytes>,
    /// Small pieces behind all of `pieces`.
    tail: BytesMut,
    len: usize,
}

impl Outbox {
    /// Bytes waiting.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        if piece.len() < SMALL {
            if self.tail.capacity() - self.tail.len() < piece.len() {
                self.close_tail();
                self.tail.reserve(FULL);
            }
            self.tail.extend_from_slice(&piece);
        } else {
            self.close_tail();
            self.pieces.push_back(piece);
        }
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
    }

    /// Fills `slices` with the first pieces; says how many.
    pub(crate) fn gather<'a>(&'a mut self, slices: &mut [IoSlice<'a>; GATHER]) -> usize {
        self.close_tail();
        let mut count = 0;
        for (slot, piece) in slices.iter_mut().zip(&self.pieces) {
            *slot = IoSlice::new(piece);
            count += 1;
        }
        count
    }

    /// Forgets the first `len` bytes: they are written.
    pub(crate) fn advance(&mut self, mut len: usize) {
        self.len -= len;
        while let Some(piece) = self.pieces.front_mut() {
            if piece.len() > len {
                piece.advance(len);
                return;
            }
            len -= piece.len();
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(outbox: &mut Outbox, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); GATHER];
            let count = outbox.gather(&mut slices);
            let taken: Vec<u8> = slices[..count].iter().flat_map(|s| s.iter().copied()).take(step).collect();
            all.extend_from_slice(&taken);
            outbox.advance(taken.len());
        }
        all
    }

    #[test]
    fn pieces_of_all_sizes_are_written_in_order_however_little_the_socket_takes() {
        let lens = [0, 44, 3, 5000, 44, 1 << 10, 1023, 20_000, 7];
        for step in [1, 100, 4096, 1 << 20] {
            let mut outbox = Outbox::default();
            let mut expected = Vec::new();
            for (len, fill) in lens.iter().zip(1..) {
                outbox.push(Bytes::from(vec![fill; *len]));
                expected.extend(vec![fill; *len]);
            }
            assert_eq!(outbox.len(), expected.len());
            assert!(written(&mut outbox, step) == expected, "step {step}");
        }
    }

    #[test]
    fn small_pieces_share_memory_and_large_ones_are_not_copied() {
        let mut outbox = Outbox::default();
        let large = Bytes::from(vec![7; 2000]);
        outbox.push(Bytes::from_static(b"head"));
        outbox.push(Bytes::from_static(b"head"));
        outbox.push(large.clone());
        outbox.push(Bytes::from_static(b"pad"));
        let mut slices = [IoSlice::new(&[]); GATHER];
        assert_eq!(outbox.gather(&mut slices), 3);
        assert_eq!(slices[0].len(), 8);
        assert_eq!(slices[1].as_ptr(), large.as_ptr());
    }
}
