//! The primitives of XDR (RFC 4506): big endian, every item a multiple of four bytes, padding zero.
//!
//! A [`Reader`] walks a `Bytes` and hands out opaque data as slices of it; every length is compared with the bytes
//! that are left and with the caller's limit before anything is done with it. A [`Writer`] appends to a buffer. Whole
//! values are in `typed`.

mod typed;

use std::ops::Range;

use bytes::Bytes;
use nom::IResult;
use nom::number::complete::{be_u32, be_u64};

pub use typed::{DEPTH_MAX, Xdr, array_len, list_len, opaque_len, optional_len};

/// Why bytes could not be read as XDR, which is the sender's fault, or why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XdrError {
    /// {what}: the packet ends too early
    #[error("{what}: the packet ends too early")]
    Truncated {
        /// The item that was being read.
        what: &'static str,
    },
    /// {what}: length {len} is more than {max}
    #[error("{what}: length {len} is more than {max}")]
    TooLong {
        /// The item that was being read.
        what: &'static str,
        /// The length on the wire.
        len: u32,
        /// The largest length allowed.
        max: usize,
    },
    /// {what}: padding is not zero
    #[error("{what}: padding is not zero")]
    Padding {
        /// The item that was being read.
        what: &'static str,
    },
    /// {what}: value {value} has no meaning here
    #[error("{what}: value {value} has no meaning here")]
    Value {
        /// The item that was being read.
        what: &'static str,
        /// The value on the wire.
        value: u64,
    },
    /// {what}: not text in UTF-8, or with a NUL in it
    #[error("{what}: not text in UTF-8, or with a NUL in it")]
    Text {
        /// The item that was being read or written.
        what: &'static str,
    },
    /// {what}: nested too deeply
    #[error("{what}: nested too deeply")]
    Depth {
        /// The type that holds itself.
        what: &'static str,
    },
    /// {left} bytes are left behind the message
    #[error("{left} bytes are left behind the message")]
    Trailing {
        /// How many.
        left: usize,
    },
}

/// Bytes of zero that bring `len` to a multiple of four.
#[must_use]
pub const fn padding(len: usize) -> usize {
    (4 - len % 4) % 4
}

/// Reads XDR items one after the other.
#[derive(Clone, Debug)]
pub struct Reader {
    bytes: Bytes,
    at: usize,
    depth: u8,
}

impl Reader {
    /// A reader over all of `bytes`.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    #[inline]
    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Bytes not read yet.
    #[must_use]
    #[inline]
    pub const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// True at the end.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.left() == 0
    }

    #[inline]
    fn parse<T>(
        &mut self,
        what: &'static str,
        parser: impl Fn(&[u8]) -> IResult<&[u8], T>,
    ) -> Result<T, XdrError> {
        let (left, value) = parser(self.rest()).map_err(|_| XdrError::Truncated { what })?;
        self.at = self.bytes.len() - left.len();
        Ok(value)
    }

    /// `unsigned int`
    #[inline]
    pub fn u32(&mut self, what: &'static str) -> Result<u32, XdrError> {
        self.parse(what, |input| be_u32(input))
    }

    /// `unsigned hyper`
    #[inline]
    pub fn u64(&mut self, what: &'static str) -> Result<u64, XdrError> {
        self.parse(what, |input| be_u64(input))
    }

    /// `bool`
    #[inline]
    pub fn bool(&mut self, what: &'static str) -> Result<bool, XdrError> {
        match self.u32(what)? {
            0 => Ok(false),
            1 => Ok(true),
            value => Err(XdrError::Value { what, value: value.into() }),
        }
    }

    /// Where the bytes of an opaque are. Its padding has been checked and passed over.
    #[inline]
    fn opaque_at(&mut self, what: &'static str, max: usize) -> Result<Range<usize>, XdrError> {
        let wire_len = self.u32(what)?;
        let len = usize::try_from(wire_len).unwrap_or(usize::MAX);
        if len > max {
            return Err(XdrError::TooLong { what, len: wire_len, max });
        }
        let pad = padding(len);
        if len + pad > self.left() {
            return Err(XdrError::Truncated { what });
        }
        let data = self.at..self.at + len;
        if self.bytes[data.end..data.end + pad].iter().any(|b| *b != 0) {
            return Err(XdrError::Padding { what });
        }
        self.at = data.end + pad;
        Ok(data)
    }

    /// `opaque what<max>`: a slice of the packet, which keeps the packet in memory.
    #[inline]
    pub fn opaque(&mut self, what: &'static str, max: usize) -> Result<Bytes, XdrError> {
        let range = self.opaque_at(what, max)?;
        Ok(self.bytes.slice(range))
    }

    /// The same for one that is only looked at.
    pub fn opaque_ref(&mut self, what: &'static str, max: usize) -> Result<&[u8], XdrError> {
        let range = self.opaque_at(what, max)?;
        Ok(&self.bytes[range])
    }
}

/// What a writer makes room for at once: the head of a packet and some frames, so that it need not grow item by item.
const ROOM: usize = 192;

/// Appends XDR items to a buffer.
#[derive(Debug, Default)]
pub struct Writer {
    buf: Vec<u8>,
    depth: u8,
}

impl Writer {
    /// An empty writer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { buf: Vec::with_capacity(capacity), depth: 0 }
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        if self.buf.capacity() - self.buf.len() < bytes.len() {
            self.buf.reserve(bytes.len().max(ROOM));
        }
        self.buf.extend_from_slice(bytes);
    }

    /// `unsigned int`
    #[inline]
    pub fn u32(&mut self, value: u32) {
        self.append(&value.to_be_bytes());
    }

    /// `unsigned hyper`
    #[inline]
    pub fn u64(&mut self, value: u64) {
        self.append(&value.to_be_bytes());
    }

    /// `bool`
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.u32(value.into());
    }

    /// `opaque<>`. Data of 4 GiB and more cannot be described; callers bound it long before.
    pub fn opaque(&mut self, data: &[u8]) {
        self.opaque_head(data.len());
        self.append(data);
        self.append(&[0; 3][..padding(data.len())]);
    }

    /// The length word of an opaque whose `len` bytes and padding the caller appends from elsewhere.
    #[inline]
    pub fn opaque_head(&mut self, len: usize) {
        debug_assert!(u32::try_from(len).is_ok());
        self.u32(u32::try_from(len).unwrap_or(u32::MAX));
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.buf.len()
    }

    /// True before the first item.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.buf.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_opaque_is_padded_with_zeros_and_checked() {
        let mut w = Writer::default();
        w.opaque(b"abcde");
        let bytes = w.finish();
        assert_eq!(&bytes[..], b"\0\0\0\x05abcde\0\0\0");
        assert_eq!(Reader::new(bytes.clone()).opaque("x", 5).unwrap(), "abcde");
        assert_eq!(
            Reader::new(bytes.clone()).opaque("x", 4),
            Err(XdrError::TooLong { what: "x", len: 5, max: 4 })
        );
        let mut dirty = bytes.to_vec();
        dirty[10] = 1;
        assert_eq!(Reader::new(dirty.into()).opaque("x", 5), Err(XdrError::Padding { what: "x" }));
    }

    #[test]
    fn a_length_beyond_the_packet_is_refused_before_use() {
        let mut r = Reader::new(Bytes::from_static(b"\xff\xff\xff\xffabcd"));
        assert_eq!(r.opaque("x", usize::MAX), Err(XdrError::Truncated { what: "x" }));
    }

    proptest! {
        #[test]
        fn every_strict_prefix_fails(data in proptest::collection::vec(any::<u8>(), 0..40), n in any::<u64>()) {
            let mut w = Writer::default();
            w.u64(n);
            w.bool(true);
            w.opaque(&data);
            let bytes = w.finish();
            for cut in 0..bytes.len() {
                let mut r = Reader::new(bytes.slice(..cut));
                let all = (|| { r.u64("n")?; r.bool("b")?; r.opaque("d", 100) })();
                prop_assert!(all.is_err());
            }
            let mut r = Reader::new(bytes);
            prop_assert_eq!(r.u64("n").unwrap(), n);
            prop_assert!(r.bool("b").unwrap());
            prop_assert_eq!(&r.opaque("d", 100).unwrap()[..], &data[..]);
            prop_assert!(r.is_empty());
        }
    }
}
