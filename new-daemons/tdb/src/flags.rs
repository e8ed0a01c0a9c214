//! How a file is opened and how a record is stored, as libtdb numbers it.
//!
//! Which flags a database of CTDB has is ctdbd's to say (control DB_OPEN_FLAGS): all who open the file must agree.

use bitflags::bitflags;

use crate::error::Error;

bitflags! {
    /// Flags of `tdb_open`. A bit without a name is kept.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct OpenFlags: i32 {
        /// Empties the file when nobody has it open.
        const CLEAR_IF_FIRST = 0x1;
        /// Only in memory.
        const INTERNAL = 0x2;
        /// Takes no locks.
        const NOLOCK = 0x4;
        /// Reads and writes instead of mapping.
        const NOMMAP = 0x8;
        /// Does not wait for the disk.
        const NOSYNC = 0x40;
        /// Counts changes.
        const SEQNUM = 0x80;
        /// Keeps freed records for reuse in their chain.
        const VOLATILE_FREELIST = 0x100;
        /// Transactions inside transactions are one.
        const ALLOW_NESTING = 0x200;
        /// Transactions inside transactions are refused.
        const DISALLOW_NESTING = 0x400;
        /// Jenkins' hash, as in every file of CTDB.
        const INCOMPATIBLE_HASH = 0x800;
        /// Locks chains by mutexes in the file.
        const MUTEX_LOCKING = 0x1000;
        const _ = !0;
    }
}

impl OpenFlags {
    /// What ctdbd says for a volatile database without mutexes (DB-06).
    pub const VOLATILE: Self =
        Self::NOSYNC.union(Self::CLEAR_IF_FIRST).union(Self::INCOMPATIBLE_HASH).union(Self::DISALLOW_NESTING);
    /// What ctdbd says for a persistent database (DB-06).
    pub const PERSISTENT: Self = Self::DISALLOW_NESTING;

    /// These flags, unless they would keep others from seeing the same file under the same locks.
    pub(crate) fn shareable(self) -> Result<i32, Error> {
        // CONVERT and BIGENDIAN are libtdb's own, told by the file.
        let own = Self::from_bits_retain(0x30);
        if self.intersects(Self::INTERNAL.union(Self::NOLOCK).union(own)) {
            return Err(Error::Flags(self));
        }
        Ok(self.bits())
    }
}

/// How a record is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Whether or not it is there.
    Replace,
    /// Only if it is not there: [`crate::Code::EXISTS`] otherwise.
    Insert,
    /// Only if it is there: [`crate::Code::NOEXIST`] otherwise.
    Modify,
}

impl Store {
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Replace => 1,
            Self::Insert => 2,
            Self::Modify => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_under_which_others_would_not_be_locked_out_are_refused() {
        for flags in [OpenFlags::INTERNAL, OpenFlags::NOLOCK, OpenFlags::from_bits_retain(0x10)] {
            assert!(matches!(flags.shareable(), Err(Error::Flags(f)) if f == flags));
        }
        let volatile = OpenFlags::VOLATILE | OpenFlags::MUTEX_LOCKING;
        assert_eq!(volatile.shareable().unwrap(), 0x1 | 0x40 | 0x400 | 0x800 | 0x1000);
        let unknown = OpenFlags::from_bits_retain(0x4000_0000);
        assert_eq!(unknown.shareable().unwrap(), 0x4000_0000);
    }
}
