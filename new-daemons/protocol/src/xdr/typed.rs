//! Whole values as XDR: the trait of every generated type, and what their code is made of.
//!
//! Bounds hold in both directions: what [`Xdr::decode`] refuses, [`Xdr::encode`] refuses to write. A list takes memory
//! only after its count was compared with its bound and with the bytes that are left. Values that may hold themselves
//! are nested [`DEPTH_MAX`] deep at most. The layout is RFC 4506; what it leaves open is said in docs/protocol.md.

use bytes::Bytes;

use super::{Reader, Writer, XdrError, padding};

/// How deep values that hold themselves may be nested.
pub const DEPTH_MAX: u8 = 32;

/// A value with a layout in XDR.
pub trait Xdr: Sized {
    /// No value of this type takes fewer bytes.
    const MIN_LEN: usize;

    /// Appends the value, or says which bound it exceeds. What was appended until then is of no use.
    fn encode(&self, w: &mut Writer) -> Result<(), XdrError>;

    /// Reads one value; its opaque data are slices of the packet.
    fn decode(r: &mut Reader) -> Result<Self, XdrError>;

    /// The bytes that [`Xdr::encode`] appends.
    fn encoded_len(&self) -> usize;

    /// The value as a packet of its own.
    fn to_bytes(&self) -> Result<Bytes, XdrError> {
        let mut w = Writer::default();
        self.encode(&mut w)?;
        Ok(w.finish())
    }

    /// The value that `bytes` are; bytes behind it are an error.
    fn from_bytes(bytes: &Bytes) -> Result<Self, XdrError> {
        let mut r = Reader::new(bytes.clone());
        let value = Self::decode(&mut r)?;
        r.finish()?;
        Ok(value)
    }
}

macro_rules! scalars {
    ($( $type:ty, $method:ident, $len:literal, $what:literal; )+) => { $(
        impl Xdr for $type {
            const MIN_LEN: usize = $len;
            fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
                w.$method(*self);
                Ok(())
            }
            fn decode(r: &mut Reader) -> Result<Self, XdrError> {
                r.$method($what)
            }
            fn encoded_len(&self) -> usize {
                $len
            }
        }
    )+ };
}

scalars! {
    i32, i32, 4, "int";
    u32, u32, 4, "unsigned int";
    i64, i64, 8, "hyper";
    u64, u64, 8, "unsigned hyper";
    f32, f32, 4, "float";
    f64, f64, 8, "double";
    bool, bool, 4, "bool";
}

/// Nothing: no bytes.
impl Xdr for () {
    const MIN_LEN: usize = 0;
    fn encode(&self, _: &mut Writer) -> Result<(), XdrError> {
        Ok(())
    }
    fn decode(_: &mut Reader) -> Result<Self, XdrError> {
        Ok(())
    }
    fn encoded_len(&self) -> usize {
        0
    }
}

impl<T: Xdr> Xdr for Box<T> {
    const MIN_LEN: usize = T::MIN_LEN;
    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        T::encode(self, w)
    }
    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        T::decode(r).map(Self::new)
    }
    fn encoded_len(&self) -> usize {
        T::encoded_len(self)
    }
}

/// Bytes of an opaque or a string of `len` bytes.
#[must_use]
pub const fn opaque_len(len: usize) -> usize {
    4 + len + padding(len)
}

/// Bytes of a list.
#[must_use]
pub fn list_len<T: Xdr>(items: &[T]) -> usize {
    4 + array_len(items)
}

/// Bytes of an array whose length is fixed.
#[must_use]
pub fn array_len<T: Xdr>(items: &[T]) -> usize {
    items.iter().map(T::encoded_len).sum()
}

/// Bytes of a value that may be absent.
#[must_use]
pub fn optional_len<T: Xdr>(value: Option<&T>) -> usize {
    4 + value.map_or(0, T::encoded_len)
}

fn too_long(what: &'static str, len: usize, max: usize) -> XdrError {
    XdrError::TooLong { what, len: u32::try_from(len).unwrap_or(u32::MAX), max }
}

impl Reader {
    /// `int`
    pub fn i32(&mut self, what: &'static str) -> Result<i32, XdrError> {
        self.u32(what).map(u32::cast_signed)
    }

    /// `hyper`
    pub fn i64(&mut self, what: &'static str) -> Result<i64, XdrError> {
        self.u64(what).map(u64::cast_signed)
    }

    /// `float`
    pub fn f32(&mut self, what: &'static str) -> Result<f32, XdrError> {
        self.u32(what).map(f32::from_bits)
    }

    /// `double`
    pub fn f64(&mut self, what: &'static str) -> Result<f64, XdrError> {
        self.u64(what).map(f64::from_bits)
    }

    /// `opaque what[N]`
    pub fn fixed<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], XdrError> {
        let pad = padding(N);
        let rest = self.rest();
        if rest.len() < N + pad {
            return Err(XdrError::Truncated { what });
        }
        let mut data = [0; N];
        data.copy_from_slice(&rest[..N]);
        if rest[N..N + pad].iter().any(|b| *b != 0) {
            return Err(XdrError::Padding { what });
        }
        self.at += N + pad;
        Ok(data)
    }

    /// `string what<max>`: UTF-8 without NUL, where a reader in C would see its end.
    pub fn string(&mut self, what: &'static str, max: usize) -> Result<String, XdrError> {
        let text = std::str::from_utf8(self.opaque_ref(what, max)?).map_err(|_| XdrError::Text { what })?;
        if text.contains('\0') {
            return Err(XdrError::Text { what });
        }
        Ok(text.to_owned())
    }

    /// `T *what`
    pub fn optional<T: Xdr>(&mut self, what: &'static str) -> Result<Option<T>, XdrError> {
        self.bool(what)?.then(|| T::decode(self)).transpose()
    }

    /// `T what<max>`
    pub fn list<T: Xdr>(&mut self, what: &'static str, max: usize) -> Result<Vec<T>, XdrError> {
        let wire_len = self.u32(what)?;
        let len = usize::try_from(wire_len).unwrap_or(usize::MAX);
        if len > max {
            return Err(XdrError::TooLong { what, len: wire_len, max });
        }
        self.items(what, len)
    }

    /// `T what[N]`
    pub fn array<T: Xdr, const N: usize>(&mut self, what: &'static str) -> Result<[T; N], XdrError> {
        let items = self.items(what, N)?;
        <[T; N]>::try_from(items).map_err(|_| XdrError::Truncated { what })
    }

    fn items<T: Xdr>(&mut self, what: &'static str, len: usize) -> Result<Vec<T>, XdrError> {
        if len.saturating_mul(T::MIN_LEN) > self.left() {
            return Err(XdrError::Truncated { what });
        }
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(T::decode(self)?);
        }
        Ok(items)
    }

    /// `opaque what<max>` that holds exactly one `T`.
    pub fn held<T: Xdr>(&mut self, what: &'static str, max: usize) -> Result<T, XdrError> {
        let mut inner = Self { bytes: self.opaque(what, max)?, at: 0, depth: self.depth };
        let value = T::decode(&mut inner)?;
        inner.finish()?;
        Ok(value)
    }

    /// `opaque what<max>` that holds nothing yet.
    pub fn held_void(&mut self, what: &'static str) -> Result<(), XdrError> {
        self.opaque_ref(what, 0).map(|_| ())
    }

    /// Goes into a value that may hold itself.
    pub fn enter(&mut self, what: &'static str) -> Result<(), XdrError> {
        if self.depth == DEPTH_MAX {
            return Err(XdrError::Depth { what });
        }
        self.depth += 1;
        Ok(())
    }

    /// Comes out of it.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Nothing may be left.
    pub fn finish(&self) -> Result<(), XdrError> {
        match self.left() {
            0 => Ok(()),
            left => Err(XdrError::Trailing { left }),
        }
    }
}

impl Writer {
    /// `int`
    pub fn i32(&mut self, value: i32) {
        self.u32(value.cast_unsigned());
    }

    /// `hyper`
    pub fn i64(&mut self, value: i64) {
        self.u64(value.cast_unsigned());
    }

    /// `float`
    pub fn f32(&mut self, value: f32) {
        self.u32(value.to_bits());
    }

    /// `double`
    pub fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    /// `opaque what[N]`
    pub fn fixed(&mut self, data: &[u8]) {
        self.append(data);
        self.append(&[0; 3][..padding(data.len())]);
    }

    /// `opaque what<max>`
    pub fn bounded(&mut self, what: &'static str, max: usize, data: &[u8]) -> Result<(), XdrError> {
        if data.len() > max {
            return Err(too_long(what, data.len(), max));
        }
        self.opaque(data);
        Ok(())
    }

    /// `string what<max>`: without NUL.
    pub fn string(&mut self, what: &'static str, max: usize, text: &str) -> Result<(), XdrError> {
        if text.contains('\0') {
            return Err(XdrError::Text { what });
        }
        self.bounded(what, max, text.as_bytes())
    }

    /// `T *what`
    pub fn optional<T: Xdr>(&mut self, value: Option<&T>) -> Result<(), XdrError> {
        self.bool(value.is_some());
        value.map_or(Ok(()), |value| value.encode(self))
    }

    /// `T what<max>`
    pub fn list<T: Xdr>(&mut self, what: &'static str, max: usize, items: &[T]) -> Result<(), XdrError> {
        if items.len() > max {
            return Err(too_long(what, items.len(), max));
        }
        self.opaque_head(items.len());
        self.array(items)
    }

    /// `T what[N]`
    pub fn array<T: Xdr>(&mut self, items: &[T]) -> Result<(), XdrError> {
        items.iter().try_for_each(|item| item.encode(self))
    }

    /// `opaque what<max>` that holds exactly one `T`.
    pub fn held<T: Xdr>(&mut self, what: &'static str, max: usize, value: &T) -> Result<(), XdrError> {
        let len = value.encoded_len();
        if len > max {
            return Err(too_long(what, len, max));
        }
        self.opaque_head(len);
        value.encode(self)
    }

    /// `opaque what<max>` that holds nothing yet.
    pub fn held_void(&mut self) {
        self.u32(0);
    }

    /// Goes into a value that may hold itself.
    pub fn enter(&mut self, what: &'static str) -> Result<(), XdrError> {
        if self.depth == DEPTH_MAX {
            return Err(XdrError::Depth { what });
        }
        self.depth += 1;
        Ok(())
    }

    /// Comes out of it.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_the_bytes_cannot_hold_is_refused_before_memory_is_taken() {
        let mut r = Reader::new(Bytes::from_static(b"\x7f\xff\xff\xff\0\0\0\0"));
        assert_eq!(r.list::<u64>("x", usize::MAX), Err(XdrError::Truncated { what: "x" }));
        let mut r = Reader::new(Bytes::from_static(b"\0\0\0\x02\0\0\0\0\0\0\0\0"));
        assert_eq!(r.list::<u32>("x", 1), Err(XdrError::TooLong { what: "x", len: 2, max: 1 }));
    }

    #[test]
    fn a_string_that_c_would_cut_is_neither_written_nor_read() {
        let mut w = Writer::default();
        assert_eq!(w.string("x", 9, "a\0b"), Err(XdrError::Text { what: "x" }));
        for bytes in [&b"\0\0\0\x03a\0b\0"[..], b"\0\0\0\x02\xff\xfe\0\0"] {
            let mut r = Reader::new(Bytes::copy_from_slice(bytes));
            assert_eq!(r.string("x", 9), Err(XdrError::Text { what: "x" }));
        }
    }

    #[test]
    fn what_is_longer_than_its_bound_is_not_written() {
        let mut w = Writer::default();
        assert_eq!(w.bounded("x", 2, b"abc"), Err(XdrError::TooLong { what: "x", len: 3, max: 2 }));
        assert_eq!(w.list("x", 1, &[1_u32, 2]), Err(XdrError::TooLong { what: "x", len: 2, max: 1 }));
        assert_eq!(w.held("x", 4, &1_u64), Err(XdrError::TooLong { what: "x", len: 8, max: 4 }));
    }

    #[test]
    fn an_opaque_that_holds_a_value_holds_nothing_else() {
        let mut w = Writer::default();
        w.opaque(&[0, 0, 0, 7, 0, 0, 0, 8]);
        let bytes = w.finish();
        assert_eq!(Reader::new(bytes.clone()).held::<u32>("x", 8), Err(XdrError::Trailing { left: 4 }));
        assert_eq!(Reader::new(bytes).held::<u64>("x", 8), Ok(0x7_0000_0008));
    }
}
