//! Records on their way: one record, many in a buffer, and the header that stands before the data of each.
//!
//! Sources: `ctdb_rec_data_old`, `ctdb_marshall_buffer`, `ctdb_ltdb_header`, `ctdb_control_schedule_for_deletion`,
//! `ctdb_push_record_data`. A buffer is walked record by record with 64-bit sums before anything of it is believed
//! (HOST-09, HOST-10, HOST-11, HOST-14, HOST-19): it holds exactly as many records as it says, and each has room for its
//! own parts. Keys and data stay slices of the packet; records are not aligned to anything.

use bytes::Bytes;

use crate::abi::{Abi, Endian};
use crate::error::Error;
use crate::flags::RecordFlags;
use crate::ids::{DbId, Generation, Pnn};
use crate::macros::wire;
use crate::text::Prefixed;
use crate::wire::{Reader, Wire, Writer};

wire! {
    /// `struct ctdb_ltdb_header`: stands before the data of every record, in files and on the wire.
    #[derive(Copy, Default)]
    LtdbHeader {
        /// Version of the record.
        rsn: u64,
        /// The node that may change it.
        dmaster: Pnn,
        /// Not used; 0.
        reserved: u32,
        /// Its state.
        flags: RecordFlags,
    }
}

impl LtdbHeader {
    /// The header at the start of stored data, and the data behind it. Less than a header is no record (REC-02).
    pub fn split(stored: &Bytes, abi: Abi) -> Result<(Self, Bytes), Error> {
        let (header, left) = Self::decode(stored, abi)?;
        Ok((header, stored.slice(stored.len() - left..)))
    }
}

/// Bytes of a record before its key: `offsetof(struct ctdb_rec_data_old, data)`.
const RECORD_HEAD: u32 = 16;

/// `struct ctdb_rec_data_old`: a key and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Which traverse it answers; 0 elsewhere.
    pub reqid: u32,
    /// The key.
    pub key: Bytes,
    /// The data. In most places a [`LtdbHeader`] stands at its start.
    pub data: Bytes,
}

impl Record {
    /// The header at the start of the data, and the data behind it.
    pub fn split(&self, abi: Abi) -> Result<(LtdbHeader, Bytes), Error> {
        LtdbHeader::split(&self.data, abi).map_err(|e| e.within("data"))
    }

    /// Whether this ends a traverse: neither key nor data.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.key.is_empty() && self.data.is_empty()
    }

    fn check(stated: u32, key: u32, data: u32) -> Result<(), Error> {
        let parts = u64::from(RECORD_HEAD) + u64::from(key) + u64::from(data);
        if u64::from(stated) == parts { Ok(()) } else { Err(Error::record_length(stated, parts)) }
    }
}

/// Length, request, bytes of key and data: in one step where all of them are there.
fn head(reader: &mut Reader) -> Result<[u32; 4], Error> {
    if reader.left() >= 16 {
        let (endian, bytes) = (reader.abi().endian(), reader.array::<16>()?);
        let word = |at: usize| {
            let word = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            match endian {
                Endian::Little => u32::from_le_bytes(word),
                Endian::Big => u32::from_be_bytes(word),
            }
        };
        return Ok([word(0), word(4), word(8), word(12)]);
    }
    let length = u32::get(reader).map_err(|e| e.within("length"))?;
    let reqid = u32::get(reader).map_err(|e| e.within("reqid"))?;
    let key = u32::get(reader).map_err(|e| e.within("len").within("key"))?;
    let data = u32::get(reader).map_err(|e| e.within("len").within("data"))?;
    Ok([length, reqid, key, data])
}

fn bytes(reader: &mut Reader, len: u32) -> Result<Bytes, Error> {
    reader.take(usize::try_from(len).unwrap_or(usize::MAX))
}

impl Wire for Record {
    const NAME: &'static str = "Record";

    fn align(_: Abi) -> usize {
        1
    }

    fn min_len(_: Abi) -> usize {
        16
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        reader.rebase();
        let [length, reqid, key, data] = head(reader)?;
        Self::check(length, key, data)?;
        let key = bytes(reader, key).map_err(|e| e.within("key"))?;
        let data = bytes(reader, data).map_err(|e| e.within("data"))?;
        Ok(Self { reqid, key, data })
    }

    fn put(&self, writer: &mut Writer) {
        writer.rebase();
        writer.count(16_usize.saturating_add(self.key.len()).saturating_add(self.data.len()));
        self.reqid.put(writer);
        writer.count(self.key.len());
        writer.count(self.data.len());
        writer.slice(&self.key);
        writer.slice(&self.data);
    }
}

/// `struct ctdb_marshall_buffer`: records of one database, one right behind the other.
///
/// The records stay bytes; [`RecBuffer::records`] gives them out one by one. A value made by a decoder has been walked
/// once and holds what it says.
#[derive(Clone, Debug)]
pub struct RecBuffer {
    /// The database.
    pub db_id: DbId,
    count: u32,
    data: Bytes,
    /// The machine type `data` was made on.
    abi: Abi,
}

impl PartialEq for RecBuffer {
    /// Whether both hold the same records, whatever machine they were made on.
    fn eq(&self, other: &Self) -> bool {
        self.db_id == other.db_id
            && self.count == other.count
            && (self.abi.endian() == other.abi.endian() && self.data == other.data
                || self.abi.endian() != other.abi.endian() && self.records().eq(other.records()))
    }
}

impl Eq for RecBuffer {}

impl RecBuffer {
    /// A buffer with these records.
    pub fn new<'a>(db_id: DbId, records: impl IntoIterator<Item = &'a Record>) -> Result<Self, Error> {
        let abi = Abi::NATIVE;
        let mut writer = Writer::new(abi);
        let mut count = 0_usize;
        for record in records {
            record.put(&mut writer);
            count += 1;
        }
        let data = writer.finish().map_err(|e| e.at(count).within("records"))?.bytes;
        let count = u32::try_from(count)
            .map_err(|_| Error::TooLong { path: crate::error::Path::default(), len: count })?;
        Ok(Self { db_id, count, data, abi })
    }

    /// Number of records.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The records as bytes of the machine they were made on.
    #[must_use]
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The records, one after the other.
    #[must_use]
    pub fn records(&self) -> Records {
        Records { data: self.data.clone(), abi: self.abi, at: 0, left: self.count, index: 0 }
    }
}

/// Gives out the records of a [`RecBuffer`]; ends after the first error.
#[derive(Debug)]
pub struct Records {
    data: Bytes,
    abi: Abi,
    at: usize,
    left: u32,
    index: usize,
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut reader = Reader::starting(&self.data, self.at, self.abi);
        let record = Record::get(&mut reader).map_err(|e| e.at(self.index).within("records"));
        self.at = self.data.len() - reader.left();
        self.index += 1;
        if record.is_err() {
            self.left = 0;
        }
        Some(record)
    }
}

impl Wire for RecBuffer {
    const NAME: &'static str = "RecBuffer";

    fn align(_: Abi) -> usize {
        4
    }

    fn min_len(_: Abi) -> usize {
        8
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        let db_id = DbId::get(reader).map_err(|e| e.within("db_id"))?;
        let count = u32::get(reader).map_err(|e| e.within("count"))?;
        let data = walk(reader, count)?;
        Ok(Self { db_id, count, data, abi: reader.abi() })
    }

    fn put(&self, writer: &mut Writer) {
        self.db_id.put(writer);
        self.count.put(writer);
        if writer.abi().endian() == self.abi.endian() {
            writer.slice(&self.data);
            return;
        }
        for record in self.records() {
            match record {
                Ok(record) => record.put(writer),
                Err(error) => writer.fail(error),
            }
        }
    }
}

/// Steps over `count` records; every step is at least the head of a record, so the bytes bound the steps.
fn walk(reader: &mut Reader, count: u32) -> Result<Bytes, Error> {
    let base = reader.base();
    let mut ahead = reader.clone();
    for i in 0..count {
        step(&mut ahead).map_err(|e| e.at(usize::try_from(i).unwrap_or(usize::MAX)).within("records"))?;
    }
    let data = reader.take(reader.left() - ahead.left())?;
    reader.set_base(base);
    Ok(data)
}

fn step(reader: &mut Reader) -> Result<(), Error> {
    reader.rebase();
    let [length, _, key, data] = head(reader)?;
    Record::check(length, key, data)?;
    let parts = usize::try_from(length.saturating_sub(RECORD_HEAD)).unwrap_or(usize::MAX);
    reader.skip(parts)
}

wire! {
    /// `struct ctdb_control_schedule_for_deletion`: a record that may be vacuumed.
    KeyData {
        /// The database.
        db_id: DbId,
        /// The record's header as it was when it became empty.
        header: LtdbHeader,
    }
    counted {
        /// The key.
        key: Bytes,
    }
}

wire! {
    /// `struct ctdb_push_record_data`: a copy of one record for the other nodes.
    PushedRecord packed {
        /// The recovery it belongs to.
        generation: Generation,
        /// The database.
        db_id: DbId,
        /// The record's header.
        header: LtdbHeader,
        /// The key.
        key: Prefixed<Bytes>,
        /// The data.
        value: Prefixed<Bytes>,
    }
}
