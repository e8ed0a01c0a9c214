//! Who of this process has which part of a file.
//!
//! Locks of one open file replace each other instead of waiting for each other, so threads wait here first.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Stop;
use super::layout::Span;

/// A wait looks so often whether it was called off.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: Mutex<Vec<Span>>,
    changed: Condvar,
}

impl Claims {
    fn taken(&self) -> MutexGuard<'_, Vec<Span>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody has a part of it. False: called off.
    pub(super) fn claim(&self, span: Span, stop: &Stop) -> bool {
        let mut taken = self.taken();
        loop {
            if stop.is_set() {
                return false;
            }
            if !taken.iter().any(|other| other.meets(span)) {
                taken.push(span);
                return true;
            }
            let waited = self.changed.wait_timeout(taken, LOOK);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn give_back(&self, span: Span) {
        let mut taken = self.taken();
        if let Some(at) = taken.iter().position(|other| *other == span) {
            taken.swap_remove(at);
        }
        drop(taken);
        self.changed.notify_all();
    }
}
