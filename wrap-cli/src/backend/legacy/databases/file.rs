//! A TDB file that no daemon is asked about: one record read or written as it is.
//!
//! For looking into files of a ctdbd that does not run, and for repairs. A file that this process has open by way of its
//! database is refused. Nothing here asks where the record's data master is.

use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use tdb::{OpenFlags, Store, Tdb};

use super::error::DbError;
use super::owner::{Owner, lock};

/// The bytes stored for a key, header and all; `None` when there are none.
pub(crate) async fn fetch(
    owner: &Owner,
    path: PathBuf,
    key: Bytes,
    deadline: Instant,
) -> Result<Option<Bytes>, DbError> {
    let work = move |_: &mut super::owner::Files, waiting: &super::owner::Waiting| {
        let tdb = Tdb::open(path, OpenFlags::empty())?;
        let _lock = lock(&tdb, &key, waiting)?;
        Ok(tdb.fetch(&key)?.map(Bytes::from))
    };
    owner.run(deadline, work).await
}

/// Stores bytes for a key, header and all.
pub(crate) async fn store(
    owner: &Owner,
    path: PathBuf,
    key: Bytes,
    stored: Bytes,
    deadline: Instant,
) -> Result<(), DbError> {
    let work = move |_: &mut super::owner::Files, waiting: &super::owner::Waiting| {
        let tdb = Tdb::open(path, OpenFlags::empty())?;
        let _lock = lock(&tdb, &key, waiting)?;
        Ok(tdb.store(&key, &[&stored], Store::Replace)?)
    };
    owner.run(deadline, work).await
}
