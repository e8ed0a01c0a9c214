//! Waiting for a moment of the plan.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks while a moment is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// Looks after things until a moment has come.
pub(crate) fn until<E>(moment: Instant, mut look: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    loop {
        look()?;
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::park_timeout(left.min(LOOK));
    }
}
