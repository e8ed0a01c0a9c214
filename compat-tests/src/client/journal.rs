//! What the driver of a run has to say: its own lines of the history.

use std::io;
use std::sync::{Mutex, PoisonError};

use judge::history::{Line, Nanos, Source, What};
use nix::time::{ClockId, clock_gettime};

use crate::error::{Result, io_at};

/// The lines of the driver, in the order in which they were said.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Line>>);

fn now() -> io::Result<Nanos> {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    let part = |part: i64| u64::try_from(part).map_err(io::Error::other);
    Ok(part(time.tv_sec())? * 1_000_000_000 + part(time.tv_nsec())?)
}

impl Journal {
    /// Says something at this moment.
    ///
    /// # Errors
    /// When there is no monotonic clock.
    pub fn say(&self, what: What) -> Result<()> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let t = now().map_err(io_at("the monotonic clock"))?;
        lines.push(Line { t, what });
        Ok(())
    }

    /// All that was said so far.
    ///
    /// # Errors
    /// When a line cannot be written as text.
    pub fn source(&self) -> Result<Source> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for line in &*lines {
            let line = serde_json::to_string(line).map_err(io::Error::other);
            text.push_str(&line.map_err(io_at("a line of the history"))?);
            text.push('\n');
        }
        Ok(Source { text, killed: false })
    }
}
