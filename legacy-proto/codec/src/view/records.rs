//! Records of a buffer, walked once before anything of it is believed (HOST-09 to HOST-11, HOST-14, HOST-19).

use super::Cell;
use super::out::too_long;
use crate::error::Error;
use crate::flags::RecordFlags;
use crate::ids::{DbId, Pnn};
use crate::types::LtdbHeader;

/// `offsetof(struct ctdb_rec_data_old, data)`.
const HEAD: usize = 16;

/// Bytes of a [`LtdbHeader`]: padded to eight on every machine but 32-bit x86.
const LTDB: usize = super::round_up_native(20);

/// A key and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Which traverse it answers; 0 elsewhere.
    pub reqid: u32,
    /// The key.
    pub key: &'a [u8],
    /// The data, in most places with a header at its start.
    pub data: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record at the start of `bytes`, and what follows it. Nothing when its lengths do not agree or there is less.
    #[inline]
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [length, key, data] = [0, 8, 12].map(|at| u64::from(u32::load(head, at)));
        if length != 16 + key + data {
            return None;
        }
        let (key, rest) = rest.split_at_checked(usize::try_from(key).ok()?)?;
        let (data, rest) = rest.split_at_checked(usize::try_from(data).ok()?)?;
        Some((Self { reqid: u32::load(head, 4), key, data }, rest))
    }

    /// The header at the start of the data, and the data behind it. Less than a header is no record (REC-02).
    #[inline]
    #[must_use]
    pub fn split(&self) -> Option<(LtdbHeader, &'a [u8])> {
        let (head, data) = self.data.split_first_chunk::<LTDB>()?;
        let header = LtdbHeader {
            rsn: u64::load(head, 0),
            dmaster: Pnn::load(head, 8),
            reserved: u32::load(head, 12),
            flags: RecordFlags::load(head, 16),
        };
        Some((header, data))
    }
}

/// Records of one database, one right behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records<'a> {
    /// The database.
    pub db_id: DbId,
    count: u32,
    bytes: &'a [u8],
}

impl<'a> Records<'a> {
    /// A buffer that fills `payload` with as many whole records as it says.
    #[must_use]
    pub fn read(payload: &'a [u8]) -> Option<Self> {
        let (head, bytes) = payload.split_first_chunk::<8>()?;
        let count = u32::load(head, 4);
        let mut rest = bytes;
        // Each step is at least the head of a record, so the bytes bound the steps.
        for _ in 0..count {
            rest = Record::read(rest)?.1;
        }
        rest.is_empty().then_some(Self { db_id: DbId::load(head, 0), count, bytes })
    }

    /// Number of records.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The records, one after the other.
    #[must_use]
    pub const fn iter(&self) -> RecIter<'a> {
        RecIter { rest: self.bytes }
    }
}

impl<'a> IntoIterator for &Records<'a> {
    type Item = Record<'a>;
    type IntoIter = RecIter<'a>;

    fn into_iter(self) -> RecIter<'a> {
        self.iter()
    }
}

/// Gives out the records of a buffer that was walked.
#[derive(Clone, Debug)]
pub struct RecIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for RecIter<'a> {
    type Item = Record<'a>;

    #[inline]
    fn next(&mut self) -> Option<Record<'a>> {
        let (record, rest) = Record::read(self.rest)?;
        self.rest = rest;
        Some(record)
    }
}

/// Builds a buffer of records in memory that is used again.
#[derive(Debug)]
pub struct RecordsOut {
    bytes: Vec<u8>,
    count: u32,
}

impl RecordsOut {
    /// Without records.
    #[must_use]
    pub fn new(db_id: DbId) -> Self {
        let mut all = Self { bytes: Vec::new(), count: 0 };
        all.clear(db_id);
        all
    }

    /// Forgets the records; it is a buffer of this database then.
    pub fn clear(&mut self, db_id: DbId) {
        let mut head = [0; 8];
        db_id.store(&mut head, 0);
        self.bytes.clear();
        self.bytes.extend_from_slice(&head);
        self.count = 0;
    }

    /// Appends a record; `header` stands before its data. After an error nothing has changed.
    #[inline]
    pub fn push(
        &mut self,
        reqid: u32,
        header: Option<&LtdbHeader>,
        key: &[u8],
        data: &[u8],
    ) -> Result<(), Error> {
        let mut head = [0; HEAD + LTDB];
        let before = match header {
            None => 0,
            Some(header) => {
                header.rsn.store(&mut head, HEAD);
                header.dmaster.store(&mut head, HEAD + 8);
                header.reserved.store(&mut head, HEAD + 12);
                header.flags.store(&mut head, HEAD + 16);
                LTDB
            }
        };
        let value = data.len().saturating_add(before);
        let length = value.saturating_add(key.len()).saturating_add(HEAD);
        let count = self.count.checked_add(1).ok_or_else(|| too_long(usize::MAX))?;
        u32::try_from(length).map_err(|_| too_long(length))?.store(&mut head, 0);
        reqid.store(&mut head, 4);
        // Both are part of the length, which has found room.
        u32::try_from(key.len()).unwrap_or(u32::MAX).store(&mut head, 8);
        u32::try_from(value).unwrap_or(u32::MAX).store(&mut head, 12);
        self.bytes.reserve(length);
        self.bytes.extend_from_slice(&head[..HEAD]);
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(&head[HEAD..HEAD + before]);
        self.bytes.extend_from_slice(data);
        self.count = count;
        Ok(())
    }

    /// Number of records.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The buffer, as a control or message carries it.
    #[must_use]
    pub fn bytes(&mut self) -> &[u8] {
        self.count.store(&mut self.bytes, 4);
        &self.bytes
    }
}
