//! The locks of one file: each chain, and all of them at once. A lock belongs to a process and dies with it.
//!
//! Whoever waits stands in one row, as with libtdb's robust mutexes and with fcntl: who wants the whole file waits for every
//! chain that is held, and nobody who comes later overtakes him (FRZ-02, FRZ-03). Nothing is ever granted that excludes what
//! somebody else has.

use std::collections::VecDeque;

/// The process that a lock belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(pub u32);

/// What is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The chain of some records.
    Chain(u32),
    /// All chains: a freeze, or a transaction.
    Whole,
}

impl Place {
    fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Chain(a), Self::Chain(b)) => a == b,
            _ => true,
        }
    }
}

/// Who has what, and who waits.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Vec<(Owner, Place)>,
    waiting: VecDeque<(Owner, Place)>,
}

impl Locks {
    fn free_for(&self, owner: Owner, place: Place, ahead: usize) -> bool {
        let others = self.held.iter().chain(self.waiting.iter().take(ahead));
        others.filter(|(other, _)| *other != owner).all(|(_, other)| !other.excludes(place))
    }

    /// Takes it at once, or not at all.
    pub(super) fn try_take(&mut self, owner: Owner, place: Place) -> bool {
        let free = self.free_for(owner, place, self.waiting.len());
        if free {
            self.held.push((owner, place));
        }
        free
    }

    /// Takes it, or stands in the row for it. Whether it is held now.
    pub(super) fn take(&mut self, owner: Owner, place: Place) -> bool {
        let now = self.try_take(owner, place);
        if !now {
            self.waiting.push_back((owner, place));
        }
        now
    }

    /// Gives it back. Who has got something by that.
    pub(super) fn release(&mut self, owner: Owner, place: Place) -> Vec<(Owner, Place)> {
        let at = self.held.iter().position(|held| *held == (owner, place));
        let at = at.unwrap_or_else(|| panic!("{owner:?} gives back {place:?}, which it does not hold"));
        self.held.swap_remove(at);
        self.grant()
    }

    /// Does not wait for it any more.
    pub(super) fn withdraw(&mut self, owner: Owner, place: Place) -> Vec<(Owner, Place)> {
        self.waiting.retain(|waits| *waits != (owner, place));
        self.grant()
    }

    /// A process ends, with all that it has and waits for.
    pub(super) fn dies(&mut self, owner: Owner) -> Vec<(Owner, Place)> {
        self.held.retain(|(other, _)| *other != owner);
        self.waiting.retain(|(other, _)| *other != owner);
        self.grant()
    }

    fn grant(&mut self) -> Vec<(Owner, Place)> {
        let (mut granted, mut at) = (Vec::new(), 0);
        while let Some((owner, place)) = self.waiting.get(at).copied() {
            if self.free_for(owner, place, at) {
                self.waiting.remove(at);
                self.held.push((owner, place));
                granted.push((owner, place));
            } else {
                at += 1;
            }
        }
        granted
    }

    pub(super) fn holds(&self, owner: Owner, place: Place) -> bool {
        self.held.contains(&(owner, place))
    }

    /// Everybody who has a lock or waits for one.
    pub(super) fn all(&self) -> impl Iterator<Item = (Owner, Place)> {
        self.held.iter().chain(&self.waiting).copied()
    }
}
