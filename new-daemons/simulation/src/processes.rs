//! Programs that run on a node: each ends once, by itself or because it was told to, and some do not listen.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// A program that runs.
#[derive(Clone, Copy, Debug)]
struct Process {
    /// Does not end when it is asked to.
    deaf: bool,
    /// Ends because it was told to; its own end, if one lies ahead, does not come.
    ending: bool,
}

/// Those that run, by the key that their starter has for them.
#[derive(Debug)]
pub(crate) struct Processes<K> {
    running: BTreeMap<K, Process>,
}

impl<K> Default for Processes<K> {
    fn default() -> Self {
        Self { running: BTreeMap::new() }
    }
}

impl<K: Copy + Ord + Debug> Processes<K> {
    pub(crate) fn start(&mut self, key: K, deaf: bool) {
        let before = self.running.insert(key, Process { deaf, ending: false });
        assert!(before.is_none(), "{key:?} is started twice");
    }

    /// It is told to end; whether it is deaf to that. None when it runs no more.
    pub(crate) fn tell_to_end(&mut self, key: K) -> Option<bool> {
        let process = self.running.get_mut(&key)?;
        assert!(!process.ending, "{key:?} is ended twice");
        process.ending = true;
        Some(process.deaf)
    }

    /// It ends. False when it did so before: its own end, or the one that it was given, whichever comes first.
    pub(crate) fn end(&mut self, key: K) -> bool {
        self.running.remove(&key).is_some()
    }

    /// Nothing may run any more.
    pub(crate) fn none_is_left(&self) {
        assert!(self.running.is_empty(), "programs run for ever: {:?}", self.running);
    }
}
