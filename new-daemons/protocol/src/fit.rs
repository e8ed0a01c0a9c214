//! What a daemon says, made to fit the bounds of its messages: texts are shortened, and what no message takes is replaced.
//!
//! Bounds are those of the `.x` files. Bytes that are no text become U+FFFD, and so does NUL.

use std::time::Duration;

use crate::common::{More, Span, Time};

impl More {
    /// Nothing that a newer release knows.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }
}

impl From<Duration> for Span {
    fn from(span: Duration) -> Self {
        Self(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Time {
    /// So many microseconds after the beginning of 1970.
    #[must_use]
    pub fn since_1970(micros: u64) -> Self {
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// A bound of a message as a length.
#[must_use]
pub fn bound(max: u32) -> usize {
    usize::try_from(max).unwrap_or(usize::MAX)
}

/// A number of things as a message counts them.
#[must_use]
pub fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}

/// The beginning of a text, of at most `max` bytes.
#[must_use]
pub fn text(text: &str, max: u32) -> String {
    let mut text = text.replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(bound(max)));
    text
}

/// The beginning of some bytes as a text of at most `max` bytes.
#[must_use]
pub fn bytes(bytes: &[u8], max: u32) -> String {
    text(&String::from_utf8_lossy(bytes), max)
}

/// The end of a text, of at most `max` bytes, and `omitted` with what is left out of it.
#[must_use]
pub fn tail(text: &str, omitted: u64, max: u32) -> (String, u64) {
    let text = text.replace('\0', "\u{fffd}");
    let from = text.ceil_char_boundary(text.len().saturating_sub(bound(max)));
    (text.get(from..).unwrap_or_default().to_owned(), more(omitted, from))
}

/// The end of some bytes as a text of at most `max` bytes, and `omitted` with the bytes that are left out of it.
#[must_use]
pub fn tail_of_bytes(bytes: &[u8], omitted: u64, max: u32) -> (String, u64) {
    let max = bound(max);
    let whole = if bytes.len() <= max { lossy(bytes) } else { String::new() };
    if bytes.len() <= max && whole.len() <= max {
        return (whole, omitted);
    }
    // A byte that is no text takes three. What is cut begins with a whole letter.
    let fitting = if bytes.len() > max && std::str::from_utf8(bytes).is_ok_and(|t| !t.contains('\0')) {
        max
    } else {
        max / 3
    };
    let mut from = bytes.len().saturating_sub(fitting);
    from += bytes.iter().skip(from).take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    (lossy(bytes.get(from..).unwrap_or_default()), more(omitted, from))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

fn more(omitted: u64, bytes: usize) -> u64 {
    omitted.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_ends_or_begins_with_a_whole_letter_and_is_counted() {
        assert_eq!(text("aéé", 4), "aé");
        assert_eq!(text("\0b", 3), "\u{fffd}");
        assert_eq!(bytes(b"\xffxyz", 4), "\u{fffd}x");
        assert_eq!(tail("aéé", 5, 3), ("é".to_owned(), 8));
        assert_eq!(tail("aéé", 5, 9), ("aéé".to_owned(), 5));
    }

    #[test]
    fn the_end_of_any_bytes_fits_and_no_byte_is_lost_from_the_count() {
        for odd in ["é".repeat(50).into_bytes(), vec![0; 99], vec![0xff; 41], b"plain".repeat(20), Vec::new()]
        {
            for max in 0..120 {
                let (kept, omitted) = tail_of_bytes(&odd, 7, max);
                assert!(kept.len() <= bound(max), "{max}: {}", kept.len());
                let letters = kept.replace('\u{fffd}', "?").len();
                assert_eq!(letters + usize::try_from(omitted).unwrap() - 7, odd.len(), "{max}");
            }
        }
    }
}
