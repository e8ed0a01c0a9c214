//! Memory to receive into, which is used again.
//!
//! What is small is copied out of it, so that it holds no more memory than it has bytes. What is large keeps the buffer that
//! it came in; the buffer comes back when nobody has any of its bytes any more.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Buffers of one size.
#[derive(Debug)]
pub(crate) struct Buffers {
    size: usize,
    /// From here on a buffer goes with what came in it.
    large: usize,
    /// Buffers that somebody may still have.
    lent: VecDeque<Bytes>,
    /// So many are remembered.
    kept: usize,
}

impl Buffers {
    pub(crate) const fn new(size: usize, large: usize, kept: usize) -> Self {
        Self { size, large, lent: VecDeque::new(), kept }
    }

    /// One to receive into: full length, and no longer.
    pub(crate) fn get(&mut self) -> BytesMut {
        match self.lent.pop_front().map(Bytes::try_into_mut) {
            Some(Ok(free)) => return free,
            Some(Err(still_used)) => self.lent.push_back(still_used),
            None => {}
        }
        BytesMut::zeroed(self.size)
    }

    /// The first `len` bytes of what `get` gave, which can be received into again.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut, len: usize) -> Bytes {
        if len < self.large {
            return Bytes::copy_from_slice(&buffer[..len]);
        }
        let next = self.get();
        let whole = std::mem::replace(buffer, next).freeze();
        let part = whole.slice(..len);
        if self.lent.len() < self.kept {
            self.lent.push_back(whole);
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_piece_keeps_its_buffer_and_the_buffer_comes_back_when_the_piece_is_gone() {
        let mut buffers = Buffers::new(1000, 500, 2);
        let mut buffer = buffers.get();
        let at = |bytes: &[u8]| bytes.as_ptr();
        let first = at(&buffer);
        buffer[..3].copy_from_slice(b"abc");
        let small = buffers.take(&mut buffer, 3);
        assert_eq!((&small[..], at(&buffer)), (&b"abc"[..], first));
        buffer[..3].copy_from_slice(b"def");
        let large = buffers.take(&mut buffer, 500);
        assert_eq!((&large[..3], at(&large), large.len()), (&b"def"[..], first, 500));
        assert_ne!(at(&buffer), first);
        let other = buffers.take(&mut buffer, 1000);
        assert!(at(&buffer) != first && at(&buffer) != at(&other), "both are in use");
        drop(large);
        let seen: Vec<_> = (0..3).map(|_| at(&buffers.get())).collect();
        assert!(seen.contains(&first), "the buffer that is free was not used again");
        assert_eq!(buffer.len(), 1000);
    }
}
