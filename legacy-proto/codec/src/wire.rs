//! The rules of C structs: where a member starts, how long a list may be, which bytes are padding.
//!
//! Padding follows from alignment and is never written down. Positions are counted from the start of the value, not of
//! the packet: a control's data starts at byte 60 and is still laid out as a struct of its own. What C writes member by
//! member without alignment (`packed`) counts from the start of each member. A list's memory is bounded by the bytes
//! that are there, never by the count that came with it (HOST-12, HOST-13).

mod reader;
mod writer;

use bytes::Bytes;

use crate::abi::Abi;
use crate::error::Error;

pub use reader::Reader;
pub use writer::{Encoded, Writer};

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
        writer.written()
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
        let possible = reader.left() / T::min_len(reader.abi()).max(1);
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
