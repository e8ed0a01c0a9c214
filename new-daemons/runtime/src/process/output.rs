//! What a program prints, kept in bounded memory: the end of it, and how much there was before.

pub use machine::Output;

/// An output that grows. Holds at most twice the limit, so that dropping bytes costs a move now and then and not each time.
#[derive(Debug)]
pub(crate) struct Tail {
    limit: usize,
    bytes: Vec<u8>,
    omitted: u64,
}

impl Tail {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, bytes: Vec::new(), omitted: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let surplus = bytes.len().saturating_sub(self.limit);
        self.omit(surplus);
        let rest = bytes.get(surplus..).unwrap_or_default();
        if self.bytes.len() + rest.len() > self.limit.saturating_mul(2) {
            self.cut(self.limit - rest.len());
        }
        self.bytes.extend_from_slice(rest);
    }

    /// Keeps the last `keep` bytes.
    fn cut(&mut self, keep: usize) {
        let surplus = self.bytes.len().saturating_sub(keep);
        self.bytes.drain(..surplus);
        self.omit(surplus);
    }

    fn omit(&mut self, count: usize) {
        self.omitted = self.omitted.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(crate) fn take(&mut self) -> Output {
        self.cut(self.limit);
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.shrink_to_fit();
        Output { bytes, omitted: std::mem::take(&mut self.omitted) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept_and_the_others_counted_however_they_arrive() {
        let all: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for piece in [1, 3, 9, 10, 11, 19, 20, 21, 999, 1000] {
            let mut tail = Tail::new(10);
            for bytes in all.chunks(piece) {
                tail.push(bytes);
                assert!(tail.bytes.len() <= 20, "pieces of {piece}");
            }
            assert_eq!(tail.take(), Output { bytes: all[990..].to_vec(), omitted: 990 }, "pieces of {piece}");
        }
        let mut tail = Tail::new(0);
        tail.push(b"abc");
        assert_eq!(tail.take(), Output { bytes: Vec::new(), omitted: 3 });
    }
}
