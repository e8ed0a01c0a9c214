//! The disk of a node: what was written, and how much of it is still there after a crash.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;

/// A file: its last synced content, and what was written since, oldest first.
#[derive(Clone, Debug)]
struct File<T> {
    synced: Option<T>,
    written: Vec<T>,
}

/// Files by name. `T` is what a file holds as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Disk<T> {
    files: BTreeMap<&'static str, File<T>>,
}

impl<T> Default for Disk<T> {
    fn default() -> Self {
        Self { files: BTreeMap::new() }
    }
}

impl<T> Disk<T> {
    /// Seen by whoever reads from now on, but not safe yet.
    pub(crate) fn write(&mut self, name: &'static str, content: T) {
        let file = self.files.entry(name).or_insert(File { synced: None, written: Vec::new() });
        file.written.push(content);
    }

    /// All that was written to a file is safe.
    pub(crate) fn sync(&mut self, name: &'static str) {
        if let Some(file) = self.files.get_mut(name)
            && let Some(last) = file.written.pop()
        {
            file.synced = Some(last);
            file.written.clear();
        }
    }

    pub(crate) fn read(&self, name: &'static str) -> Option<&T> {
        let file = self.files.get(name)?;
        file.written.last().or(file.synced.as_ref())
    }

    /// The node loses its power: of each file any beginning of what was not synced is left.
    pub(crate) fn crash(&mut self, rng: &mut SmallRng) {
        for file in self.files.values_mut() {
            let left = rng.random_range(0..=file.written.len());
            file.written.truncate(left);
            if let Some(last) = file.written.pop() {
                file.synced = Some(last);
                file.written.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_crash_leaves_what_was_synced_or_any_later_state() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let mut disk = Disk::default();
            for n in 0..5 {
                disk.write("a", n);
                if n == 2 {
                    disk.sync("a");
                }
            }
            assert_eq!(disk.read("a"), Some(&4));
            disk.crash(&mut SmallRng::seed_from_u64(seed));
            seen.insert(*disk.read("a").unwrap());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [2, 3, 4]);
        let mut never = Disk::default();
        never.write("b", 1);
        let mut left = (0..50).map(|seed| {
            let mut disk = never.clone();
            disk.crash(&mut SmallRng::seed_from_u64(seed));
            disk.read("b").copied()
        });
        assert!(left.any(|b| b.is_none()));
    }
}
