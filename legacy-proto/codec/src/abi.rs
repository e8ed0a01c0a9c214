//! How a C compiler lays out the structs: word size, byte order and the alignment of 8-byte scalars.
//!
//! Nothing here looks at a struct; `wire.rs` applies these three facts. The byte order of a peer shows in its magic
//! word; the word size does not show anywhere, a cluster is expected to be of one machine type (NET-01).

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
    /// Size of `long`.
    pub word: Word,
    /// Byte order.
    pub endian: Endian,
    /// Alignment of `uint64_t` inside a struct, in bytes.
    pub align8: u8,
}

impl Abi {
    /// x86-64, aarch64, riscv64, ppc64le.
    pub const LP64_LE: Self = Self { word: Word::W64, endian: Endian::Little, align8: 8 };
    /// s390x, ppc64.
    pub const LP64_BE: Self = Self { word: Word::W64, endian: Endian::Big, align8: 8 };
    /// 32-bit x86, where 8-byte scalars are aligned to 4.
    pub const I386: Self = Self { word: Word::W32, endian: Endian::Little, align8: 4 };

    /// The machine type this program was built for.
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

    /// Bytes in a `long`.
    #[must_use]
    pub const fn long(self) -> usize {
        match self.word {
            Word::W32 => 4,
            Word::W64 => 8,
        }
    }

    /// Alignment of a scalar of `size` bytes.
    #[must_use]
    pub fn align_of(self, size: usize) -> usize {
        if size == 8 { usize::from(self.align8) } else { size }
    }
}

/// `at` rounded up to a multiple of `align`.
pub(crate) const fn round_up(at: usize, align: usize) -> usize {
    at.next_multiple_of(align)
}
