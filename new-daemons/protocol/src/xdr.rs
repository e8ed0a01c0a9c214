//! The primitives of XDR (RFC 4506): big endian, every item a multiple of four bytes, padding zero.
//!
//! A [`Reader`] walks a `Bytes` and hands out opaque data as slices of it; every length is compared with the bytes
//! that are left and with the caller's limit before anything is done with it. A [`Writer`] appends to a buffer.

use bytes::{BufMut, Bytes, BytesMut};
use nom::IResult;
use nom::bytes::complete::take;
use nom::number::complete::{be_u32, be_u64};

/// Why bytes could not be read as XDR. All of these are the sender's fault.
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
}

/// Bytes of zero that bring `len` to a multiple of four.
#[must_use]
pub const fn padding(len: usize) -> usize {
    (4 - len % 4) % 4
}

/// Reads XDR items one after the other.
#[derive(Clone, Debug)]
pub struct Reader {
    rest: Bytes,
}

impl Reader {
    /// A reader over all of `bytes`.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// True at the end.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn number<T>(
        &mut self,
        what: &'static str,
        parse: impl Fn(&[u8]) -> IResult<&[u8], T>,
    ) -> Result<T, XdrError> {
        let (left, value) = parse(&self.rest).map_err(|_| XdrError::Truncated { what })?;
        let used = self.rest.len() - left.len();
        let _ = self.rest.split_to(used);
        Ok(value)
    }

    /// `unsigned int`
    pub fn u32(&mut self, what: &'static str) -> Result<u32, XdrError> {
        self.number(what, |input| be_u32(input))
    }

    /// `unsigned hyper`
    pub fn u64(&mut self, what: &'static str) -> Result<u64, XdrError> {
        self.number(what, |input| be_u64(input))
    }

    /// `bool`
    pub fn bool(&mut self, what: &'static str) -> Result<bool, XdrError> {
        match self.u32(what)? {
            0 => Ok(false),
            1 => Ok(true),
            value => Err(XdrError::Value { what, value: value.into() }),
        }
    }

    /// `opaque what<max>`: a slice of the packet.
    pub fn opaque(&mut self, what: &'static str, max: usize) -> Result<Bytes, XdrError> {
        let wire_len = self.u32(what)?;
        let len = usize::try_from(wire_len).unwrap_or(usize::MAX);
        if len > max {
            return Err(XdrError::TooLong { what, len: wire_len, max });
        }
        let pad = padding(len);
        if len + pad > self.rest.len() {
            return Err(XdrError::Truncated { what });
        }
        let data = self.rest.split_to(len);
        let zeros: IResult<&[u8], &[u8]> = take(pad)(&self.rest[..]);
        match zeros {
            Ok((_, zeros)) if zeros.iter().all(|b| *b == 0) => {}
            _ => return Err(XdrError::Padding { what }),
        }
        let _ = self.rest.split_to(pad);
        Ok(data)
    }
}

/// What a writer makes room for at once: the head of a packet and some frames, so that it need not grow item by item.
const ROOM: usize = 192;

/// Appends XDR items to a buffer.
#[derive(Debug, Default)]
pub struct Writer {
    buf: BytesMut,
}

impl Writer {
    /// An empty writer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { buf: BytesMut::with_capacity(capacity) }
    }

    fn room(&mut self, len: usize) -> &mut BytesMut {
        if self.buf.capacity() - self.buf.len() < len {
            self.buf.reserve(len.max(ROOM));
        }
        &mut self.buf
    }

    /// `unsigned int`
    pub fn u32(&mut self, value: u32) {
        self.room(4).put_u32(value);
    }

    /// `unsigned hyper`
    pub fn u64(&mut self, value: u64) {
        self.room(8).put_u64(value);
    }

    /// `bool`
    pub fn bool(&mut self, value: bool) {
        self.u32(value.into());
    }

    /// `opaque<>`. Data of 4 GiB and more cannot be described; callers bound it long before.
    pub fn opaque(&mut self, data: &[u8]) {
        self.opaque_head(data.len());
        let padding = padding(data.len());
        let room = self.room(data.len() + padding);
        room.put_slice(data);
        room.put_bytes(0, padding);
    }

    /// The length word of an opaque whose `len` bytes and padding the caller appends from elsewhere.
    pub fn opaque_head(&mut self, len: usize) {
        debug_assert!(u32::try_from(len).is_ok());
        self.u32(u32::try_from(len).unwrap_or(u32::MAX));
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// True before the first item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.buf.freeze()
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
