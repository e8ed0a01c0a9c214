//! Where a value is written: its bytes, which of them are padding, and where alignment counts from.

use std::ops::Range;

use bytes::Bytes;

use crate::abi::{Abi, Endian, round_up};
use crate::error::Error;

/// The bytes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes; padding is zero.
    pub bytes: Bytes,
    /// Ranges of `bytes` that are padding: a C sender may have anything there.
    pub padding: Vec<Range<usize>>,
}

impl Encoded {
    /// Whether `other` has the same bytes, padding aside.
    #[must_use]
    pub fn matches(&self, other: &[u8]) -> bool {
        self.bytes.len() == other.len() && self.starts(other)
    }

    /// Whether `other` starts with these bytes, padding aside.
    pub(crate) fn starts(&self, other: &[u8]) -> bool {
        let mut from = 0;
        // Invariant: the ranges are in the order of the bytes and do not overlap.
        let end = self.bytes.len();
        let pieces = self.padding.iter().map(|pad| (pad.start, pad.end)).chain(std::iter::once((end, end)));
        pieces.into_iter().all(|(start, end)| {
            let piece = std::mem::replace(&mut from, end)..start;
            self.bytes.get(piece.clone()).is_some_and(|own| other.get(piece) == Some(own))
        })
    }
}

/// What a writer makes room for at the start: most packets without a payload, so that it need not grow item by item.
const ROOM: usize = 128;

/// Writes members one after the other, or only counts their bytes.
#[derive(Debug)]
pub struct Writer {
    out: Option<Vec<u8>>,
    len: usize,
    /// Where alignment counts from.
    base: usize,
    abi: Abi,
    padding: Vec<Range<usize>>,
    error: Option<Error>,
}

impl Writer {
    /// Starts an empty value.
    #[must_use]
    pub fn new(abi: Abi) -> Self {
        Self::with_capacity(abi, ROOM)
    }

    /// Starts an empty value of about this many bytes.
    pub(crate) fn with_capacity(abi: Abi, capacity: usize) -> Self {
        Self { out: Some(Vec::with_capacity(capacity)), ..Self::counting(abi) }
    }

    /// Counts the bytes of a value and keeps none of them.
    pub(super) fn counting(abi: Abi) -> Self {
        Self { out: None, len: 0, base: 0, abi, padding: Vec::new(), error: None }
    }

    /// Bytes written so far.
    #[inline]
    pub(super) const fn written(&self) -> usize {
        self.len
    }

    /// The machine type of the receiver.
    #[must_use]
    #[inline]
    pub fn abi(&self) -> Abi {
        self.abi
    }

    /// Writes bytes as they are.
    #[inline]
    pub fn slice(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        if let Some(out) = &mut self.out {
            out.extend_from_slice(bytes);
        }
    }

    /// Writes the low `size` bytes of a number, aligned.
    #[inline]
    pub fn scalar(&mut self, value: u64, size: usize) {
        self.align_to(self.abi.align_of(size));
        // Nearly all are of four bytes; a length that the compiler knows is written without a call.
        match (self.abi.endian(), size) {
            (Endian::Little, 4) => {
                let [a, b, c, d, ..] = value.to_le_bytes();
                self.slice(&[a, b, c, d]);
            }
            (Endian::Little, _) => self.slice(&value.to_le_bytes()[..size]),
            (Endian::Big, _) => self.slice(&value.to_be_bytes()[8 - size..]),
        }
    }

    /// Writes a number of items.
    #[inline]
    pub fn count(&mut self, len: usize) {
        match u32::try_from(len) {
            Ok(len) => self.scalar(len.into(), 4),
            Err(_) => self.fail(Error::TooLong { path: crate::error::Path::default(), len }),
        }
    }

    /// Writes padding up to a multiple of `align`.
    #[inline]
    pub fn align_to(&mut self, align: usize) {
        let at = self.len - self.base;
        self.pad(round_up(at, align) - at);
    }

    /// Counts alignment from here on.
    #[inline]
    pub(crate) fn rebase(&mut self) {
        self.base = self.len;
    }

    /// Where alignment counts from.
    #[inline]
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Counts alignment from where it did before.
    #[inline]
    pub(crate) fn set_base(&mut self, base: usize) {
        self.base = base;
    }

    /// Writes `len` bytes that carry nothing.
    #[inline]
    pub fn pad(&mut self, len: usize) {
        if len == 0 {
            return;
        }
        self.padding.push(self.len..self.len + len);
        self.len += len;
        if let Some(out) = &mut self.out {
            out.resize(out.len() + len, 0);
        }
    }

    pub(crate) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// The bytes, unless a member could not be written.
    pub fn finish(self) -> Result<Encoded, Error> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Encoded { bytes: self.out.unwrap_or_default().into(), padding: self.padding }),
        }
    }
}
