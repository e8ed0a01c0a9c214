//! How a C compiler lays out the structs: word size, byte order and the alignment of 8-byte scalars.
//!
//! Nothing here looks at a struct; `wire.rs` applies these three facts. The byte order of a peer shows in its magic
//! word; the word size does not show anywhere, a cluster is expected to be of one machine type (NET-01). Only machine
//! types whose structs were compared with a C compiler's can be had: there is no way to put one together from parts.

use std::fmt;
use std::str::FromStr;

/// Size of `long` and of pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// 4 bytes.
    W32,
    /// 8 bytes.
    W64,
}

/// Byte order of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// The three facts about a machine type that decide how its structs look on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Abi {
    word: Word,
    endian: Endian,
    align8: u8,
}

/// A machine type by a name that is none of [`Abi::VERIFIED`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the structs of machine type {0:?} have not been verified; lp64-le, lp64-be and i386 have")]
pub struct UnverifiedAbi(pub String);

#[cfg(not(any(target_pointer_width = "64", target_arch = "x86")))]
compile_error!(
    "the structs of this machine type (32 bits, other than i386) have not been verified against a C compiler's"
);

impl Abi {
    /// x86-64, aarch64, riscv64, ppc64le.
    pub const LP64_LE: Self = Self { word: Word::W64, endian: Endian::Little, align8: 8 };
    /// s390x, ppc64.
    pub const LP64_BE: Self = Self { word: Word::W64, endian: Endian::Big, align8: 8 };
    /// 32-bit x86, where 8-byte scalars are aligned to 4.
    pub const I386: Self = Self { word: Word::W32, endian: Endian::Little, align8: 4 };

    /// All of them by name.
    pub const VERIFIED: [(&str, Self); 3] =
        [("lp64-le", Self::LP64_LE), ("lp64-be", Self::LP64_BE), ("i386", Self::I386)];

    /// The machine type this program was built for; for one that is not verified the build ends here.
    pub const NATIVE: Self = Self {
        word: if cfg!(target_pointer_width = "64") { Word::W64 } else { Word::W32 },
        endian: if cfg!(target_endian = "big") { Endian::Big } else { Endian::Little },
        align8: if cfg!(target_arch = "x86") { 4 } else { 8 },
    };

    /// Byte order of a packet, from the four bytes of its magic word; `None` when they are not the magic.
    #[must_use]
    pub fn endian_of(magic: [u8; 4]) -> Option<Endian> {
        if u32::from_le_bytes(magic) == crate::MAGIC {
            Some(Endian::Little)
        } else if u32::from_be_bytes(magic) == crate::MAGIC {
            Some(Endian::Big)
        } else {
            None
        }
    }

    /// The 64-bit machine type with the byte order of this packet; `None` when it has no magic word.
    ///
    /// A 32-bit x86 peer looks exactly like [`Abi::LP64_LE`] here: the header has no 8-byte or `long` member.
    #[must_use]
    pub fn detect(packet: &[u8]) -> Option<Self> {
        let magic = packet.get(4..8)?.try_into().ok()?;
        Some(match Self::endian_of(magic)? {
            Endian::Little => Self::LP64_LE,
            Endian::Big => Self::LP64_BE,
        })
    }

    /// What scalars of eight bytes are aligned to.
    pub(crate) const fn align8(self) -> usize {
        self.align8 as usize
    }

    /// Byte order.
    #[must_use]
    pub const fn endian(self) -> Endian {
        self.endian
    }

    /// Bytes in a `long`.
    #[must_use]
    pub const fn long(self) -> usize {
        match self.word {
            Word::W32 => 4,
            Word::W64 => 8,
        }
    }

    /// Alignment of a scalar of `size` bytes.
    #[inline]
    #[must_use]
    pub fn align_of(self, size: usize) -> usize {
        if size == 8 { usize::from(self.align8) } else { size }
    }
}

impl fmt::Display for Abi {
    /// `lp64-le`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::VERIFIED.iter().find(|(_, abi)| abi == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}

impl FromStr for Abi {
    type Err = UnverifiedAbi;

    fn from_str(name: &str) -> Result<Self, UnverifiedAbi> {
        let known = Self::VERIFIED.iter().find(|(known, _)| *known == name);
        known.map(|(_, abi)| *abi).ok_or_else(|| UnverifiedAbi(name.to_owned()))
    }
}

/// `at` rounded up to a multiple of `align`, a power of two. It is done for each member of each struct: no division.
pub(crate) const fn round_up(at: usize, align: usize) -> usize {
    debug_assert!(align.is_power_of_two());
    (at + (align - 1)) & !(align - 1)
}
