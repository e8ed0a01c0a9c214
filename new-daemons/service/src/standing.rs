//! How well the node was when that was told last, and whether it has to be told again.

use machine::Wall;

#[derive(Debug)]
pub(crate) struct Standing {
    /// None before it was seen.
    healthy: Option<bool>,
    since: Wall,
    /// Why the node was not well when that was told.
    reasons: Vec<String>,
    telling: Telling,
}

/// Whether the last change was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// It was.
    Done,
    /// It is being told; until that was done it is saved that it may not have been.
    Now,
    /// A daemon before this one may not have told it.
    Again,
}

impl Standing {
    pub(crate) const fn new(since: Wall) -> Self {
        Self { healthy: None, since, reasons: Vec::new(), telling: Telling::Done }
    }

    /// As a daemon before this one has seen it.
    pub(crate) const fn inherited(healthy: bool, since: Wall, reasons: Vec<String>, telling: bool) -> Self {
        let telling = if telling { Telling::Again } else { Telling::Done };
        Self { healthy: Some(healthy), since, reasons, telling }
    }

    pub(crate) const fn healthy(&self) -> Option<bool> {
        self.healthy
    }

    pub(crate) const fn since(&self) -> Wall {
        self.since
    }

    pub(crate) fn reasons(&self) -> &[String] {
        &self.reasons
    }

    pub(crate) fn is_being_told(&self) -> bool {
        self.telling == Telling::Now
    }

    /// Takes what is seen. Whether it has to be told.
    pub(crate) fn see(&mut self, at: Wall, healthy: bool) -> bool {
        let changed = self.healthy != Some(healthy);
        if !changed && self.telling != Telling::Again {
            return false;
        }
        if changed {
            (self.healthy, self.since) = (Some(healthy), at);
        }
        self.telling = Telling::Now;
        true
    }

    /// It is told with these.
    pub(crate) fn tell(&mut self, reasons: Vec<String>) {
        self.reasons = reasons;
    }

    /// It was told.
    pub(crate) const fn was_told(&mut self) {
        self.telling = Telling::Done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_once_more_by_the_daemon_after_one_that_was_killed_over_it() {
        let mut standing = Standing::new(Wall(0));
        assert!(standing.see(Wall(1), false) && standing.is_being_told());
        standing.was_told();
        assert!(!standing.see(Wall(2), false));
        let mut after = Standing::inherited(false, Wall(1), Vec::new(), true);
        assert!(after.see(Wall(3), false) && after.since() == Wall(1));
        after.was_told();
        assert!(!after.see(Wall(4), false) && after.see(Wall(5), true));
        assert_eq!((after.healthy(), after.since()), (Some(true), Wall(5)));
    }
}
