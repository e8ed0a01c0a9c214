//! A TDB file that no daemon is asked about: one record read or written as it is.
//!
//! For looking into files of a ctdbd that does not run, and for repairs. Whoever can wait for locks asks by way of an owner;
//! [`Unowned`] is for tools that do one thing and end. A file that this process has open by way of its database is refused.
//! Nothing here asks where the record's data master is.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use tdb::{OpenFlags, Store, Tdb};

use super::error::DbError;
use super::owner::{Owner, lock};

/// The bytes stored for a key, header and all; `None` when there are none.
pub async fn fetch(
    owner: &Owner,
    path: PathBuf,
    key: Bytes,
    deadline: Instant,
) -> Result<Option<Bytes>, DbError> {
    let work = move |_: &mut super::owner::Files, waiting: &super::owner::Waiting| {
        let tdb = open(path)?;
        let _lock = lock(&tdb, &key, waiting)?;
        Ok(tdb.fetch(&key)?.map(Bytes::from))
    };
    owner.run(deadline, work).await
}

/// Stores bytes for a key, header and all.
pub async fn store(
    owner: &Owner,
    path: PathBuf,
    key: Bytes,
    stored: Bytes,
    deadline: Instant,
) -> Result<(), DbError> {
    let work = move |_: &mut super::owner::Files, waiting: &super::owner::Waiting| {
        let tdb = open(path.clone())?;
        must_be_whole(&tdb, &path)?;
        let _lock = lock(&tdb, &key, waiting)?;
        Ok(tdb.store(&key, &[&stored], Store::Replace)?)
    };
    owner.run(deadline, work).await
}

/// A file that is used at once, by the thread that has opened it.
#[derive(Debug)]
pub struct Unowned {
    tdb: Tdb,
    path: PathBuf,
}

impl Unowned {
    /// Opens a file without emptying it.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        Ok(Self { tdb: Tdb::open(path, OpenFlags::empty())?, path: path.to_owned() })
    }

    /// The bytes stored for a key, header and all; `None` when there are none.
    pub fn fetch(&self, key: &[u8]) -> Result<Option<Bytes>, DbError> {
        Ok(self.tdb.fetch(key)?.map(Bytes::from))
    }

    /// Stores bytes for a key, one part behind the other. A file that is damaged stays as it is.
    pub fn store(&self, key: &[u8], parts: &[&[u8]]) -> Result<(), DbError> {
        must_be_whole(&self.tdb, &self.path)?;
        Ok(self.tdb.store(key, parts, Store::Replace)?)
    }
}

/// Looks through a file before it is changed: a store takes from the list of free pieces and believes it, and could write over
/// records of a damaged one.
fn must_be_whole(tdb: &Tdb, path: &Path) -> Result<(), DbError> {
    tdb.check().map_err(|source| match source.code() {
        Some(tdb::Code::CORRUPT) => DbError::Damaged(path.to_owned()),
        _ => source.into(),
    })
}

/// Opens a file without emptying it. One whose chains are locked by mutexes can be opened only by those who would empty
/// it if nobody else had it open.
fn open(path: PathBuf) -> Result<Tdb, DbError> {
    match Tdb::open(&path, OpenFlags::empty()) {
        Err(tdb::Error::Open { source, .. }) if source.kind() == std::io::ErrorKind::InvalidInput => {
            Err(DbError::Mutexes(path))
        }
        result => Ok(result?),
    }
}
