//! Who has something to do, and whose turn it is.
//!
//! A sorted list in one piece of memory: these sets get their only member and lose it again with each message, and a tree
//! would allocate and free a node each time. It holds peers, channels of one peer, or daemons: few, or bounded.

/// A set whose members take turns in their order.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    members: Vec<T>,
    last: Option<T>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { members: Vec::new(), last: None }
    }
}

impl<T: Copy + Ord> Turns<T> {
    pub(crate) fn insert(&mut self, member: T) {
        if let Err(at) = self.members.binary_search(&member) {
            self.members.insert(at, member);
        }
    }

    pub(crate) fn remove(&mut self, member: T) {
        if let Ok(at) = self.members.binary_search(&member) {
            self.members.remove(at);
        }
    }

    pub(crate) fn contains(&self, member: T) -> bool {
        self.members.binary_search(&member).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        self.members.iter().copied()
    }

    pub(crate) fn clear(&mut self) {
        self.members.clear();
    }

    /// The smallest.
    pub(crate) fn first(&self) -> Option<T> {
        self.members.first().copied()
    }

    pub(crate) fn pop_first(&mut self) -> Option<T> {
        (!self.members.is_empty()).then(|| self.members.remove(0))
    }

    /// The one after the one that was served last.
    pub(crate) fn next(&self) -> Option<T> {
        let after = self.members.partition_point(|m| self.last.is_some_and(|last| *m <= last));
        self.members.get(after).or_else(|| self.members.first()).copied()
    }

    /// This one has had its turn. It remains a member.
    pub(crate) fn served(&mut self, member: T) {
        self.last = Some(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_take_turns_and_come_and_go_in_between() {
        let mut turns = Turns::default();
        let serve = |turns: &mut Turns<u32>| {
            let next = turns.next()?;
            turns.served(next);
            Some(next)
        };
        assert_eq!(serve(&mut turns), None);
        for member in [5, 1, 3, 3, 1] {
            turns.insert(member);
        }
        assert_eq!(turns.iter().collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!([(); 4].map(|()| serve(&mut turns)), [Some(1), Some(3), Some(5), Some(1)]);
        turns.insert(2);
        turns.remove(3);
        turns.remove(4);
        assert_eq!([(); 3].map(|()| serve(&mut turns)), [Some(2), Some(5), Some(1)]);
        assert!(turns.contains(5) && !turns.contains(3));
        assert_eq!((turns.first(), turns.pop_first(), turns.pop_first()), (Some(1), Some(1), Some(2)));
        assert_eq!(serve(&mut turns), Some(5));
        turns.clear();
        assert!(turns.is_empty() && turns.next().is_none() && turns.pop_first().is_none());
    }
}
