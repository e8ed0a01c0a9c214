//! Numbers from a seed: SplitMix64, which is small and the same everywhere and for ever.

/// A row of numbers. The same seed gives the same row, for ever.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The row of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The row of one of many who share a seed.
    #[must_use]
    pub fn of(seed: u64, who: u64) -> Self {
        let mut mixed = Self(seed);
        Self(mixed.draw() ^ who.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// The next one.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// At least `from`, at most `to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.draw() % to.saturating_sub(from).saturating_add(1)
    }

    /// One of these; none of none.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let count = u64::try_from(all.len()).ok().filter(|count| *count > 0)?;
        all.get(usize::try_from(self.draw() % count).ok()?).copied()
    }
}
