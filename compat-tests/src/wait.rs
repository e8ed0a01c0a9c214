//! Waiting for a condition with a deadline, the only kind of waiting that tests do.
//!
//! The probe returns `Err(what it saw)` until the condition holds, so that a missed deadline can say what was there.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(50);

/// Looks every 50 ms until `probe` returns `Ok`, at most for `limit`.
///
/// # Errors
/// [`Error::Deadline`] with the last state that `probe` returned.
pub fn wait_until<T, S: fmt::Display>(
    limit: Duration,
    what: &str,
    mut probe: impl FnMut() -> std::result::Result<T, S>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        let last = match probe() {
            Ok(value) => return Ok(value),
            Err(last) => last.to_string(),
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Deadline { what: what.to_owned(), limit, last, logs: String::new() });
        }
        // A token left over by somebody's unpark only makes the next look earlier.
        thread::park_timeout(left.min(INTERVAL));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_comes_true_ends_the_wait_with_its_value() {
        let mut looks = 0;
        let value = wait_until(Duration::from_secs(10), "three looks", || {
            looks += 1;
            if looks == 3 { Ok("seen") } else { Err(looks) }
        });
        assert_eq!(value.unwrap(), "seen");
        assert_eq!(looks, 3);
    }

    #[test]
    fn a_missed_deadline_says_what_was_wanted_and_what_was_seen() {
        let err = wait_until(Duration::from_millis(30), "the sea is red", || Err::<(), _>("still blue"));
        let text = err.unwrap_err().to_string();
        assert!(text.contains("the sea is red") && text.contains("still blue"), "{text}");
    }
}
