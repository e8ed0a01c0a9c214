//! Where a value is read: a place in a packet, and where alignment counts from.

use bytes::Bytes;

use crate::abi::{Abi, round_up};
use crate::error::Error;

/// Reads members one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    data: &'a Bytes,
    pos: usize,
    /// Where alignment counts from.
    base: usize,
    abi: Abi,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of a value.
    #[must_use]
    pub fn new(data: &'a Bytes, abi: Abi) -> Self {
        Self { data, pos: 0, base: 0, abi }
    }

    /// Starts at a value inside of `data`.
    pub(crate) fn starting(data: &'a Bytes, at: usize, abi: Abi) -> Self {
        Self { data, pos: at, base: at, abi }
    }

    /// The machine type of the sender.
    #[must_use]
    #[inline]
    pub fn abi(&self) -> Abi {
        self.abi
    }

    /// Bytes not read yet.
    #[must_use]
    #[inline]
    pub fn left(&self) -> usize {
        self.data.len() - self.pos
    }

    /// Skips to the next multiple of `align`.
    #[inline]
    pub fn align_to(&mut self, align: usize) -> Result<(), Error> {
        let at = self.pos - self.base;
        self.advance(round_up(at, align) - at)
    }

    /// Counts alignment from here on.
    #[inline]
    pub(crate) fn rebase(&mut self) {
        self.base = self.pos;
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

    /// Passes over the next `len` bytes.
    pub(crate) fn skip(&mut self, len: usize) -> Result<(), Error> {
        self.advance(len)
    }

    /// All bytes that are left.
    pub(crate) fn take_rest(&mut self) -> Bytes {
        let rest = self.data.slice(self.pos..);
        self.pos = self.data.len();
        rest
    }

    /// The next `len` bytes, as a slice of the packet.
    #[inline]
    pub fn take(&mut self, len: usize) -> Result<Bytes, Error> {
        let start = self.pos;
        self.advance(len)?;
        Ok(self.data.slice(start..self.pos))
    }

    /// The next `N` bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let Some(bytes) = self.data[self.pos..].first_chunk() else {
            return Err(Error::short(self.left(), N));
        };
        let bytes = *bytes;
        self.pos += N;
        Ok(bytes)
    }

    /// Runs a nom parser on what is left; it needs `len` bytes and takes them all.
    #[inline]
    pub(crate) fn parse<O>(
        &mut self,
        len: usize,
        parser: impl FnOnce(&[u8]) -> nom::IResult<&[u8], O>,
    ) -> Result<O, Error> {
        let left = self.left();
        let (_, value) = parser(&self.data[self.pos..]).map_err(|_| Error::short(left, len))?;
        self.advance(len)?;
        Ok(value)
    }

    #[inline]
    fn advance(&mut self, len: usize) -> Result<(), Error> {
        if len > self.left() {
            return Err(Error::short(self.left(), len));
        }
        self.pos += len;
        Ok(())
    }
}
