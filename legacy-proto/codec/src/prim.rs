//! The scalars every struct is made of. With `addr.rs` the only hand-written layouts.
//!
//! Reading is done by nom; writing by `Writer::scalar`. A `long` is 4 or 8 bytes wide by machine type
//! and always 8 in memory here.

use std::fmt;

use nom::Parser;
use nom::bytes::complete::take;

use crate::abi::{Abi, Endian};
use crate::error::{Error, Path};
use crate::macros::wire_as;
use crate::wire::{Reader, Wire, Writer};

macro_rules! scalars {
    ($( $ty:ident |$value:ident| $to:expr ;)+) => { $(
        impl Wire for $ty {
            const NAME: &'static str = stringify!($ty);

            #[inline]
            fn align(abi: Abi) -> usize {
                abi.align_of(size_of::<$ty>())
            }

            fn min_len(_: Abi) -> usize {
                size_of::<$ty>()
            }

            #[inline]
            fn get(reader: &mut Reader) -> Result<Self, Error> {
                reader.align_to(Self::align(reader.abi()))?;
                let endian = reader.abi().endian();
                // The number parsers of nom go byte by byte.
                reader.parse(size_of::<$ty>(), |input| {
                    let (rest, bytes) = take(size_of::<$ty>()).parse(input)?;
                    let bytes = bytes.first_chunk().copied().unwrap_or_default();
                    Ok((rest, match endian {
                        Endian::Little => Self::from_le_bytes(bytes),
                        Endian::Big => Self::from_be_bytes(bytes),
                    }))
                })
            }

            #[inline]
            fn put(&self, writer: &mut Writer) {
                let $value = *self;
                writer.scalar($to, size_of::<$ty>());
            }
        }
    )+ };
}

scalars! {
    u8 |n| n.into();
    u16 |n| n.into();
    u32 |n| n.into();
    i32 |n| n.cast_unsigned().into();
    u64 |n| n;
}

impl Wire for () {
    const NAME: &'static str = "nothing";

    fn align(_: Abi) -> usize {
        1
    }

    fn min_len(_: Abi) -> usize {
        0
    }

    fn get(_: &mut Reader) -> Result<Self, Error> {
        Ok(())
    }

    fn put(&self, _: &mut Writer) {}
}

/// A C `long`: `time_t` and `suseconds_t` of `struct timeval`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CLong(pub i64);

impl Wire for CLong {
    const NAME: &'static str = "long";

    fn align(abi: Abi) -> usize {
        abi.align_of(abi.long())
    }

    fn min_len(abi: Abi) -> usize {
        abi.long()
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        if reader.abi().long() == 8 {
            u64::get(reader).map(|n| Self(n.cast_signed()))
        } else {
            i32::get(reader).map(|n| Self(n.into()))
        }
    }

    fn put(&self, writer: &mut Writer) {
        if writer.abi().long() == 4 && i32::try_from(self.0).is_err() {
            writer.fail(Error::OutOfRange { path: Path::default(), value: self.0 });
        }
        let size = writer.abi().long();
        writer.scalar(self.0.cast_unsigned(), size);
    }
}

/// A C `double`, as its bits: equal means the same bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CDouble(pub u64);

impl CDouble {
    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for CDouble {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

impl fmt::Debug for CDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

wire_as!(CDouble as u64, |d| d.0, CDouble);

/// A C `bool`: one byte. Anything but 0 is true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CBool(pub u8);

impl CBool {
    /// The truth value.
    #[must_use]
    pub fn get(self) -> bool {
        self.0 != 0
    }
}

impl From<bool> for CBool {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

wire_as!(CBool as u8, |b| b.0, CBool);

impl<T: Wire + Copy + Default, const N: usize> Wire for [T; N] {
    const NAME: &'static str = "array";

    fn align(abi: Abi) -> usize {
        T::align(abi)
    }

    fn min_len(abi: Abi) -> usize {
        T::min_len(abi) * N
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        let mut items = [T::default(); N];
        for (i, item) in items.iter_mut().enumerate() {
            *item = T::get(reader).map_err(|e| e.at(i))?;
        }
        Ok(items)
    }

    fn put(&self, writer: &mut Writer) {
        for item in self {
            item.put(writer);
        }
    }
}

/// A text in a fixed array: up to the first NUL, or all of it when there is none (HOST-34).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CName<const N: usize>(pub [u8; N]);

impl<const N: usize> CName<N> {
    /// The text's bytes, cut so that a NUL follows.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(text.bytes()).take(N.saturating_sub(1)) {
            *to = from;
        }
        Self(bytes)
    }

    /// The bytes before the first NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(N);
        &self.0[..end]
    }
}

impl<const N: usize> fmt::Display for CName<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl<const N: usize> fmt::Debug for CName<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.as_bytes()))
    }
}

impl<const N: usize> Wire for CName<N> {
    const NAME: &'static str = "char[]";

    fn align(_: Abi) -> usize {
        1
    }

    fn min_len(_: Abi) -> usize {
        N
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        reader.array().map(Self)
    }

    fn put(&self, writer: &mut Writer) {
        writer.slice(&self.0);
    }
}
