//! Texts of C: bytes that end with a NUL, filling a field or behind their own length.
//!
//! The bytes are kept as they came; the text is what stands before the first NUL (`ctdb_string_pull`,
//! `ctdb_stringn_pull`). Nothing here expects UTF-8.

use std::fmt;

use bytes::Bytes;

use crate::abi::Abi;
use crate::error::Error;
use crate::wire::{Counted, Encoded, Payload, Reader, Wire, Writer};

/// A text of C with the NUL behind it. Empty bytes stand for a null pointer.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Bytes);

impl Text {
    /// No text at all: what a null pointer is sent as.
    pub const NULL: Self = Self(Bytes::new());

    /// The text with a NUL behind it, cut at the first NUL inside.
    #[must_use]
    pub fn new(text: &str) -> Self {
        text.bytes().take_while(|b| *b != 0).chain([0]).collect::<Bytes>().into()
    }

    /// The bytes before the first NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(self.0.len());
        &self.0[..end]
    }

    /// The bytes as they travel, the NUL included.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.0
    }

    /// Whether this stands for a null pointer.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Bytes> for Text {
    /// Takes bytes as they travel.
    fn from(raw: Bytes) -> Self {
        Self(raw)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl Payload for Text {
    /// A text that fills the field; without a NUL it is refused (HOST-08).
    fn from_payload(data: &Bytes, _: Abi) -> Result<Self, Error> {
        if data.contains(&0) { Ok(Self(data.clone())) } else { Err(Error::unterminated().within("Text")) }
    }

    fn to_payload(&self, _: Abi) -> Result<Encoded, Error> {
        Ok(Encoded { bytes: self.0.clone(), padding: Vec::new() })
    }
}

impl Payload for Option<Text> {
    /// An empty field is no text.
    fn from_payload(data: &Bytes, abi: Abi) -> Result<Self, Error> {
        if data.is_empty() { Ok(None) } else { Text::from_payload(data, abi).map(Some) }
    }

    fn to_payload(&self, abi: Abi) -> Result<Encoded, Error> {
        self.as_ref().map_or_else(|| Bytes::new().to_payload(abi), |text| text.to_payload(abi))
    }
}

impl Counted for Text {
    fn item_align(_: Abi) -> usize {
        1
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// All counted bytes belong to it, wherever the NUL is.
    fn get_items(reader: &mut Reader, count: u32) -> Result<Self, Error> {
        Bytes::get_items(reader, count).map(Self)
    }

    fn put_items(&self, writer: &mut Writer) {
        self.0.put_items(writer);
    }
}

/// A member with its 32-bit length right before it: `ctdb_stringn`, `ctdb_tdb_datan`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixed<T>(pub T);

impl<T> From<T> for Prefixed<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Counted> Wire for Prefixed<T> {
    const NAME: &'static str = "Prefixed";

    fn align(_: Abi) -> usize {
        4
    }

    fn min_len(_: Abi) -> usize {
        4
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        let len = u32::get(reader).map_err(|e| e.within("len"))?;
        T::get_items(reader, len).map(Self)
    }

    fn put(&self, writer: &mut Writer) {
        writer.count(self.0.count());
        self.0.put_items(writer);
    }
}
