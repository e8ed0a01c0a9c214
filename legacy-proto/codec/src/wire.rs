//! The rules of C structs: where a member starts, how long a list may be, which bytes are padding.
//!
//! Padding follows from alignment and is never written down. Positions are counted from the start of the value, not of
//! the packet: a control's data starts at byte 60 and is still laid out as a struct of its own. What C writes member by
//! member without alignment (`packed`) counts from the start of each member. A list's memory is bounded by the bytes
//! that are there, never by the count that came with it (HOST-12, HOST-13).

use std::ops::Range;

use bytes::Bytes;

use crate::abi::{Abi, Endian, round_up};
use crate::error::Error;

/// A value with a C layout.
pub trait Wire: Sized {
    /// Name in error paths.
    const NAME: &'static str;

    /// Alignment in bytes.
    fn align(abi: Abi) -> usize;

    /// Bytes of the shortest value of this type; for a type without lists, of every value.
    fn min_len(abi: Abi) -> usize;

    /// Reads one value, with the padding that belongs to it.
    fn get(reader: &mut Reader) -> Result<Self, Error>;

    /// Writes one value, with the padding that belongs to it.
    fn put(&self, writer: &mut Writer);

    /// Decodes a value from the start of `data`; says how many bytes follow it.
    fn decode(data: &Bytes, abi: Abi) -> Result<(Self, usize), Error> {
        let mut reader = Reader::new(data, abi);
        let value = Self::get(&mut reader).map_err(|e| e.within(Self::NAME))?;
        Ok((value, reader.left()))
    }

    /// Decodes a value that fills `data`.
    fn decode_exact(data: &Bytes, abi: Abi) -> Result<Self, Error> {
        match Self::decode(data, abi)? {
            (value, 0) => Ok(value),
            (_, left) => {
                Err(Error::Trailing { path: crate::error::Path::default(), left }.within(Self::NAME))
            }
        }
    }

    /// The value's bytes, and which of them are padding.
    fn encode(&self, abi: Abi) -> Result<Encoded, Error> {
        let mut writer = Writer::new(abi);
        self.put(&mut writer);
        writer.finish().map_err(|e| e.within(Self::NAME))
    }

    /// Bytes that [`Wire::encode`] would write.
    fn encoded_len(&self, abi: Abi) -> usize {
        let mut writer = Writer::counting(abi);
        self.put(&mut writer);
        writer.len
    }
}

/// What travels in a data field: a struct that fills it, or bytes of somebody else's making.
pub trait Payload: Sized {
    /// Decodes the whole field.
    fn from_payload(data: &Bytes, abi: Abi) -> Result<Self, Error>;
    /// The field's bytes, and which of them are padding.
    fn to_payload(&self, abi: Abi) -> Result<Encoded, Error>;
}

impl<T: Wire> Payload for T {
    fn from_payload(data: &Bytes, abi: Abi) -> Result<Self, Error> {
        Self::decode_exact(data, abi)
    }

    fn to_payload(&self, abi: Abi) -> Result<Encoded, Error> {
        self.encode(abi)
    }
}

impl Payload for Bytes {
    fn from_payload(data: &Bytes, _: Abi) -> Result<Self, Error> {
        Ok(data.clone())
    }

    fn to_payload(&self, _: Abi) -> Result<Encoded, Error> {
        Ok(Encoded { bytes: self.clone(), padding: Vec::new() })
    }
}

/// The open end of a struct: items whose number stands before them.
pub trait Counted: Sized {
    /// Alignment of one item.
    fn item_align(abi: Abi) -> usize;
    /// Number of items.
    fn count(&self) -> usize;
    /// Reads `count` items.
    fn get_items(reader: &mut Reader, count: u32) -> Result<Self, Error>;
    /// Writes the items.
    fn put_items(&self, writer: &mut Writer);
}

impl Counted for Bytes {
    fn item_align(_: Abi) -> usize {
        1
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn get_items(reader: &mut Reader, count: u32) -> Result<Self, Error> {
        reader.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn put_items(&self, writer: &mut Writer) {
        writer.slice(self);
    }
}

impl<T: Wire> Counted for Vec<T> {
    fn item_align(abi: Abi) -> usize {
        T::align(abi)
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn get_items(reader: &mut Reader, count: u32) -> Result<Self, Error> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let possible = reader.left() / T::min_len(reader.abi).max(1);
        let mut items = Vec::with_capacity(count.min(possible));
        for i in 0..count {
            items.push(T::get(reader).map_err(|e| e.at(i))?);
        }
        Ok(items)
    }

    fn put_items(&self, writer: &mut Writer) {
        for item in self {
            item.put(writer);
        }
    }
}

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

    fn counting(abi: Abi) -> Self {
        Self { out: None, len: 0, base: 0, abi, padding: Vec::new(), error: None }
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
