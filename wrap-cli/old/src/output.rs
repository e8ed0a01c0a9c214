//! What the old grammar writes: pieces of bytes to the two streams of the process.
//!
//! Names and addresses come from daemons and from the command line as bytes and go out as they came, UTF-8 or not.
//! Standard output is written line by line and standard error at once, so that both come in C's order when they are one
//! stream. A reader that is gone is nobody's failure.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use legacy_codec::{CName, Text};

/// Something that can be written.
pub(crate) trait Piece {
    /// Adds the bytes.
    fn put(&self, to: &mut Vec<u8>);
}

impl<P: Piece + ?Sized> Piece for &P {
    fn put(&self, to: &mut Vec<u8>) {
        (**self).put(to);
    }
}

impl Piece for str {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl Piece for String {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl Piece for [u8] {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self);
    }
}

impl Piece for Vec<u8> {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self);
    }
}

impl Piece for Bytes {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self);
    }
}

impl Piece for OsStr {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl Piece for OsString {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl Piece for Text {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl<const N: usize> Piece for CName<N> {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
}

impl Piece for fmt::Arguments<'_> {
    fn put(&self, to: &mut Vec<u8>) {
        // A Vec takes everything.
        let _never = to.write_fmt(*self);
    }
}

macro_rules! number_pieces {
    ($($ty:ty)+) => { $(
        impl Piece for $ty {
            fn put(&self, to: &mut Vec<u8>) {
                format_args!("{self}").put(to);
            }
        }
    )+ };
}

number_pieces!(u8 u16 u32 u64 usize i32 i64 char);

/// The pieces as one row of bytes.
pub(crate) fn join(pieces: &[&dyn Piece]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        piece.put(&mut bytes);
    }
    bytes
}

/// Writes to standard output.
pub(crate) fn write_out(bytes: &[u8]) {
    // Nobody is left to be told.
    let _gone = std::io::stdout().write_all(bytes);
}

/// Writes to standard error.
pub(crate) fn write_err(bytes: &[u8]) {
    let _gone = std::io::stderr().write_all(bytes);
}

/// Writes pieces to standard output.
macro_rules! out {
    ($($piece:expr),+ $(,)?) => {
        $crate::output::write_out(&$crate::output::join(&[$(&$piece as &dyn $crate::output::Piece),+]))
    };
}

/// Writes pieces to standard error.
macro_rules! err {
    ($($piece:expr),+ $(,)?) => {
        $crate::output::write_err(&$crate::output::join(&[$(&$piece as &dyn $crate::output::Piece),+]))
    };
}

pub(crate) use {err, out};

/// A row for machines: the separator before, between and behind the words.
pub(crate) fn row(sep: &OsStr, words: &[&dyn Piece]) -> Vec<u8> {
    let mut line = Vec::new();
    sep.put(&mut line);
    for word in words {
        word.put(&mut line);
        sep.put(&mut line);
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_go_out_as_they_came() {
        let word = OsStr::from_bytes(b"a\xff");
        let line = join(&[&"name ", &word, &format_args!(" {:>3}", 7), &Text::new("x"), &1_u32]);
        assert_eq!(line, b"name a\xff   7x1");
        assert_eq!(row(OsStr::new("::"), &[&"a", &1_i32]), b"::a::1::\n");
    }
}
