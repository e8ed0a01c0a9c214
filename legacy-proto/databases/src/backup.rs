//! Files of `ctdb backupdb`: a head of five numbers and a name, then buffers of records, all as the machine has them.
//!
//! Reads what the C tool wrote and writes what it reads (`struct db_header`, `ctdb_rec_buffer_write`; words of 8 bytes, as
//! on all 64-bit machines). Lengths are compared with what the file has before memory is taken, and every buffer is
//! walked before anything of it is handed out (HOST-14). A file that is written appears under its name when it is whole.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::{BufMut, Bytes, BytesMut};
use legacy_codec::{Abi, DbFlags, DbId, RecBuffer, Record, Wire};

use super::error::DbError;

/// `DB_VERSION`.
const VERSION: u64 = 3;
/// `MAX_DB_NAME`, with its NUL.
const NAME_LEN: usize = 64;
const HEAD_LEN: usize = 5 * 8 + NAME_LEN;
/// Bytes of records after which a buffer is closed: `MAX_REC_BUFFER_SIZE`.
const BUFFER_LEN: usize = 100_000;
/// Number and id before the records of a buffer.
const BUFFER_HEAD: usize = 8;

/// What is wrong with a backup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It ends too early.
    #[error("not a backup, or only a part of one: it ends too early")]
    Short,
    /// It is of another version of the format, or no backup.
    #[error("wrong version of backup file, expected {VERSION}, got {0}")]
    Version(u64),
    /// The records make no sense.
    #[error("buffer {0} is damaged: {1}")]
    Buffer(u64, legacy_codec::Error),
    /// The numbers at its head are not those of its records.
    #[error("it says that it has {stated} records and has {found}")]
    Count {
        /// At its head.
        stated: u64,
        /// In it.
        found: u64,
    },
    /// The name of the database does not fit.
    #[error("the name of the database is too long for a backup")]
    Name,
}

/// What stands before the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Of the database.
    pub flags: DbFlags,
    /// Number of buffers.
    pub buffers: u64,
    /// Number of records in them.
    pub records: u64,
    /// The database.
    pub name: Vec<u8>,
}

impl Head {
    fn decode(bytes: &[u8; HEAD_LEN]) -> Result<Self, Problem> {
        let (numbers, name) = bytes.split_at(5 * 8);
        let mut words = numbers.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word));
        let mut word = || words.next().unwrap_or_default();
        let version = word();
        if version != VERSION {
            return Err(Problem::Version(version));
        }
        let timestamp = word().cast_signed();
        let [flags, ..] = word().to_le_bytes();
        let (buffers, records) = (word(), word());
        let name = &name[..NAME_LEN - 1];
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        Ok(Self { timestamp, flags: DbFlags::from_bits_retain(flags), buffers, records, name })
    }

    fn encode(&self) -> Result<Bytes, Problem> {
        if self.name.len() >= NAME_LEN {
            return Err(Problem::Name);
        }
        let flags = u64::from(self.flags.bits());
        let mut bytes = BytesMut::with_capacity(HEAD_LEN);
        for word in [VERSION, self.timestamp.cast_unsigned(), flags, self.buffers, self.records] {
            bytes.put_slice(&word.to_ne_bytes());
        }
        bytes.put_slice(&self.name);
        bytes.put_bytes(0, HEAD_LEN - bytes.len());
        Ok(bytes.freeze())
    }
}

/// A backup that is being read.
pub struct Contents {
    path: PathBuf,
    reader: Box<dyn Read>,
    head: Head,
    read: u64,
    records: u64,
}

impl Contents {
    /// Opens a backup and reads its head.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let file = File::open(path).map_err(|source| DbError::File { path: path.to_owned(), source })?;
        Self::read(path, Box::new(BufReader::new(file)))
    }

    /// Reads a backup from anywhere; the path is for errors.
    pub fn read(path: &Path, mut reader: Box<dyn Read>) -> Result<Self, DbError> {
        let path = path.to_owned();
        let mut bytes = [0; HEAD_LEN];
        let head = match reader.read_exact(&mut bytes) {
            Ok(()) => Head::decode(&bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Problem::Short),
            Err(source) => return Err(DbError::File { path, source }),
        };
        match head {
            Ok(head) => Ok(Self { path, reader, head, read: 0, records: 0 }),
            Err(problem) => Err(DbError::Backup { path, problem }),
        }
    }

    /// What stands before the records.
    pub fn head(&self) -> &Head {
        &self.head
    }

    fn take(&mut self, len: u64) -> Result<Bytes, DbError> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(len).read_to_end(&mut bytes);
        match read.map(u64::try_from) {
            Ok(Ok(read)) if read == len => Ok(bytes.into()),
            Ok(_) => Err(self.problem(Problem::Short)),
            Err(source) => Err(DbError::File { path: self.path.clone(), source }),
        }
    }

    fn problem(&self, problem: Problem) -> DbError {
        DbError::Backup { path: self.path.clone(), problem }
    }

    /// The next buffer; `None` behind the last one, when all records were there.
    pub fn next_buffer(&mut self) -> Result<Option<RecBuffer>, DbError> {
        if self.read >= self.head.buffers {
            if self.records != self.head.records {
                let (stated, found) = (self.head.records, self.records);
                return Err(self.problem(Problem::Count { stated, found }));
            }
            return Ok(None);
        }
        let head = self.take(u64::try_from(BUFFER_HEAD).unwrap_or(u64::MAX))?;
        let len = self.take(8)?;
        let len = len.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word));
        let records = self.take(len)?;
        let bytes = Bytes::from([head, records].concat());
        let buffer = RecBuffer::decode_exact(&bytes, Abi::NATIVE)
            .map_err(|error| self.problem(Problem::Buffer(self.read, error)))?;
        self.read += 1;
        self.records += u64::from(buffer.count());
        Ok(Some(buffer))
    }
}

/// The bytes of a backup with these records, in pieces.
pub fn encode(
    id: DbId,
    name: &[u8],
    flags: DbFlags,
    timestamp: i64,
    records: &[Record],
) -> Result<(Head, Vec<Bytes>), Problem> {
    let mut pieces = vec![Bytes::new()];
    let mut rest = records;
    let mut buffers = 0;
    while !rest.is_empty() {
        let mut len = 0;
        let mut count = 0;
        for record in rest {
            len += 16 + record.key.len() + record.data.len();
            count += 1;
            if BUFFER_HEAD + len >= BUFFER_LEN {
                break;
            }
        }
        let (now, later) = rest.split_at(count);
        let buffer = RecBuffer::new(id, now).map_err(|error| Problem::Buffer(buffers, error))?;
        let mut head = BytesMut::with_capacity(BUFFER_HEAD + 8);
        head.put_slice(&id.0.to_ne_bytes());
        head.put_slice(&buffer.count().to_ne_bytes());
        head.put_slice(&u64::try_from(buffer.data().len()).unwrap_or(u64::MAX).to_ne_bytes());
        pieces.extend([head.freeze(), buffer.data().clone()]);
        buffers += 1;
        rest = later;
    }
    let records = u64::try_from(records.len()).unwrap_or(u64::MAX);
    let head = Head { timestamp, flags, buffers, records, name: name.to_vec() };
    pieces[0] = head.encode()?;
    Ok((head, pieces))
}

/// Writes a file that appears under its name when it is whole, for its owner only. What is there and is no ordinary
/// file, such as a pipe, is written to.
pub fn write(path: &Path, pieces: &[Bytes], mut progress: impl FnMut(u64)) -> Result<(), DbError> {
    let fail = |source| DbError::File { path: path.to_owned(), source };
    let plain = fs::metadata(path).is_ok_and(|there| !there.is_file());
    let part = if plain { path.to_owned() } else { beside(path) };
    let done = write_to(&part, pieces, plain, &mut progress)
        .and_then(|()| if plain { Ok(()) } else { fs::rename(&part, path) });
    if done.is_err() && !plain {
        // What is left of it helps nobody.
        let _removed = fs::remove_file(&part);
    }
    done.map_err(fail)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn write_to(path: &Path, pieces: &[Bytes], plain: bool, progress: &mut impl FnMut(u64)) -> io::Result<()> {
    let file = File::options().write(true).create(!plain).truncate(!plain).mode(0o600).open(path)?;
    let mut writer = BufWriter::new(file);
    let mut written = 0;
    for piece in pieces {
        writer.write_all(piece)?;
        written += u64::try_from(piece.len()).unwrap_or(0);
        progress(written);
    }
    let file = writer.into_inner()?;
    if plain { Ok(()) } else { file.sync_all() }
}
