//! How one store is shared by many, so that those who do not give back shut out nobody.
//!
//! Each has a reserve that nobody can take from it. What is beyond the reserves comes out of a pool, of which nobody may
//! hold more than is still free: the first few who hold on get much, many get little, and something is always left for
//! the next one (the "dynamic threshold" of shared buffers in switches).

use crate::{FRAGMENT_MAX, charge};

/// What a pair of daemons may always have under way: one fragment.
pub const RESERVE: usize = charge(FRAGMENT_MAX);

/// A pool beside the reserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    size: usize,
    reserve: usize,
    used: usize,
}

impl Share {
    /// A pool of `size` for members that have `reserve` each without it.
    #[must_use]
    pub const fn new(size: usize, reserve: usize) -> Self {
        Self { size, reserve, used: 0 }
    }

    const fn beyond(&self, held: usize) -> usize {
        held.saturating_sub(self.reserve)
    }

    /// What one member may hold now, its reserve included, when `most` is the most that it may ever have beyond it.
    #[must_use]
    pub fn limit(&self, most: usize) -> usize {
        self.size.saturating_sub(self.used).min(most).max(self.reserve)
    }

    /// True when a member may come from `before` to `after` without the pool being more than full.
    #[must_use]
    pub const fn fits(&self, before: usize, after: usize) -> bool {
        self.used + self.beyond(after) <= self.size + self.beyond(before)
    }

    /// A member that held `before` holds `after`.
    pub const fn change(&mut self, before: usize, after: usize) {
        self.used = self.used + self.beyond(after) - self.beyond(before);
    }

    /// What is taken beyond the reserves.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_gets_half_many_get_little_and_the_next_one_always_something() {
        for members in [1, 2, 10, 100, 1000] {
            let mut share = Share::new(1000, 1);
            let mut held = vec![0; members];
            // All take whatever they can get, one by one, and give nothing back.
            for _ in 0..1000 {
                for held in &mut held {
                    if *held < share.limit(usize::MAX) {
                        share.change(*held, *held + 1);
                        *held += 1;
                    }
                }
            }
            let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
            assert!(
                *least >= (1000 / (members + 1)).max(1) && most - least <= 2,
                "{members}: {least} to {most}"
            );
            assert!(share.limit(usize::MAX) >= (1000 / (members + 1)).max(1), "{members}: nothing is left");
        }
    }

    proptest! {
        #[test]
        fn a_pool_is_never_more_than_full_and_knows_what_is_held(steps in proptest::collection::vec((0usize..8, 0usize..60), 0..200)) {
            let mut share = Share::new(100, 10);
            let mut held = [0usize; 8];
            for (who, wanted) in steps {
                let allowed = wanted <= held[who] || wanted <= share.limit(50) || share.fits(held[who], wanted);
                if allowed {
                    share.change(held[who], wanted);
                    held[who] = wanted;
                }
                prop_assert_eq!(share.used(), held.iter().map(|h| h.saturating_sub(10)).sum::<usize>());
                prop_assert!(share.used() <= 100);
                prop_assert!(share.limit(50) >= 10);
            }
        }
    }
}
