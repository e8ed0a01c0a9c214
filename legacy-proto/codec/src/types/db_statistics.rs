//! Counters of one database, with its most contended keys.
//!
//! Source: `ctdb_db_statistics_old`. C sends its own memory, pointers included: each hot key is a count and a `TDB_DATA`
//! whose address means nothing here (it counts as padding) and whose size says how many bytes of the keys behind the
//! struct are its own. The sizes are added without overflow and checked against the bytes that are there.

#![allow(unreachable_pub, reason = "wire! makes public structs; two of them are for this file only")]

use bytes::Bytes;

use crate::abi::Abi;
use crate::error::Error;
use crate::layout::{LaidOut, Layout};
use crate::macros::wire;
use crate::types::statistics::{Buckets, LatencyCounter, LockStatistics};
use crate::wire::{Reader, Wire, Writer};

/// Entries for hot keys: `MAX_HOT_KEYS`.
const HOT_KEYS: usize = 10;

/// An address in the sender's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CAddress;

impl Wire for CAddress {
    const NAME: &'static str = "void *";

    fn align(abi: Abi) -> usize {
        abi.align_of(abi.long())
    }

    fn min_len(abi: Abi) -> usize {
        abi.long()
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        reader.align_to(Self::align(reader.abi()))?;
        reader.skip(reader.abi().long()).map(|()| Self)
    }

    fn put(&self, writer: &mut Writer) {
        let abi = writer.abi();
        writer.align_to(Self::align(abi));
        writer.pad(abi.long());
    }
}

impl LaidOut for CAddress {
    const LAYOUT: Layout = Layout::Pointer;
}

/// A C `size_t`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CSize(u64);

impl Wire for CSize {
    const NAME: &'static str = "size_t";

    fn align(abi: Abi) -> usize {
        abi.align_of(abi.long())
    }

    fn min_len(abi: Abi) -> usize {
        abi.long()
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        if reader.abi().long() == 8 {
            u64::get(reader).map(Self)
        } else {
            u32::get(reader).map(|n| Self(n.into()))
        }
    }

    fn put(&self, writer: &mut Writer) {
        let size = writer.abi().long();
        writer.scalar(self.0, size);
    }
}

impl LaidOut for CSize {
    const LAYOUT: Layout = Layout::Long { signed: false };
}

wire! {
    /// An entry for a hot key inside the struct.
    #[derive(Copy, Default)]
    HotKeySlot {
        /// How hot.
        count: u32,
        /// Where the key was.
        address: CAddress,
        /// Bytes of the key.
        size: CSize,
    }
}

wire! {
    /// `struct ctdb_db_statistics_old` up to the keys.
    DbStatisticsHead {
        /// Locks that a child took for ctdbd.
        locks: LockStatistics,
        /// How long vacuuming took.
        vacuum: LatencyCounter,
        /// Read-only copies given out.
        ro_delegations: u32,
        /// Read-only copies called back.
        ro_revokes: u32,
        /// Calls by number of hops.
        hop_count_bucket: Buckets,
        /// Entries behind this.
        num_hot_keys: u32,
        /// The entries.
        hot_keys: [HotKeySlot; HOT_KEYS],
    }
}

/// A key that many nodes want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HotKey {
    /// How often it moved in a second.
    pub count: u32,
    /// The key; empty in an entry that is not used.
    pub key: Bytes,
}

/// `struct ctdb_db_statistics_old`: what was done to one database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DbStatistics {
    /// Locks that a child took for ctdbd.
    pub locks: LockStatistics,
    /// How long vacuuming took.
    pub vacuum: LatencyCounter,
    /// Read-only copies given out.
    pub ro_delegations: u32,
    /// Read-only copies called back.
    pub ro_revokes: u32,
    /// Calls by number of hops.
    pub hop_count_bucket: Buckets,
    /// Entries, as stated; there are always ten.
    pub num_hot_keys: u32,
    /// The entries.
    pub hot_keys: [HotKey; HOT_KEYS],
}

impl LaidOut for DbStatistics {
    const LAYOUT: Layout = Layout::Keyed("DbStatistics", &DbStatisticsHead::LAYOUT);
}

impl Wire for DbStatistics {
    const NAME: &'static str = "DbStatistics";

    fn align(abi: Abi) -> usize {
        DbStatisticsHead::align(abi)
    }

    fn min_len(abi: Abi) -> usize {
        DbStatisticsHead::min_len(abi)
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        let head = DbStatisticsHead::get(reader)?;
        let mut hot_keys = <[HotKey; HOT_KEYS]>::default();
        for (i, (hot, slot)) in hot_keys.iter_mut().zip(head.hot_keys).enumerate() {
            let key = reader.take(usize::try_from(slot.size.0).unwrap_or(usize::MAX));
            let key = key.map_err(|e| e.within("key").at(i).within("hot_keys"))?;
            *hot = HotKey { count: slot.count, key };
        }
        let DbStatisticsHead {
            locks,
            vacuum,
            ro_delegations,
            ro_revokes,
            hop_count_bucket,
            num_hot_keys,
            ..
        } = head;
        Ok(Self { locks, vacuum, ro_delegations, ro_revokes, hop_count_bucket, num_hot_keys, hot_keys })
    }

    fn put(&self, writer: &mut Writer) {
        let mut slots = [HotKeySlot::default(); HOT_KEYS];
        for (slot, hot) in slots.iter_mut().zip(&self.hot_keys) {
            let size = u64::try_from(hot.key.len()).unwrap_or(u64::MAX);
            *slot = HotKeySlot { count: hot.count, address: CAddress, size: CSize(size) };
        }
        let head = DbStatisticsHead {
            locks: self.locks,
            vacuum: self.vacuum,
            ro_delegations: self.ro_delegations,
            ro_revokes: self.ro_revokes,
            hop_count_bucket: self.hop_count_bucket,
            num_hot_keys: self.num_hot_keys,
            hot_keys: slots,
        };
        head.put(writer);
        for hot in &self.hot_keys {
            writer.slice(&hot.key);
        }
    }
}
