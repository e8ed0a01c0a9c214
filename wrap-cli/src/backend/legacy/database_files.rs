//! Files of databases for commands that need no daemon: backups, and single records of TDB files.
//!
//! Also where records, kinds and errors of databases become plain data, for the commands that do ask a daemon.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use legacy_codec::{Abi, DbFlags, LtdbHeader, Pnn, Record, RecordFlags, Wire};

use crate::backend::databases::{BackupFacts, Kind, StoredRecord};
use crate::error::Failure;
use databases::backup::{Contents, Head};
use databases::{DbError, Local, Owner, file};

/// What an error that is not a question's means for scripts.
pub(super) fn failure(error: DbError) -> Failure {
    let text = error.to_string();
    match error {
        error if error.is_timeout() => Failure::TooLate(text),
        error if error.is_disconnected() => Failure::Lost(text),
        DbError::NotThere(_) => Failure::NotThere(text),
        error if error.is_about_name() => Failure::Misuse(text),
        error if error.is_about_file() => Failure::File(text),
        DbError::WrongKind { .. } => Failure::Misuse(text),
        DbError::Malformed { .. } | DbError::Path { .. } | DbError::Senseless(_) => Failure::Malformed(text),
        _ => Failure::Failed(text),
    }
}

pub(super) fn kind(flags: DbFlags) -> Kind {
    match databases::Kind::of(flags) {
        databases::Kind::Volatile => Kind::Volatile,
        databases::Kind::Persistent => Kind::Persistent,
        databases::Kind::Replicated => Kind::Replicated,
    }
}

/// A record for people and scripts.
pub(super) fn plain(local: Local) -> StoredRecord {
    let Local { key, header, data } = local;
    let names = header.flags.iter_names().map(|(name, _)| name.to_owned());
    StoredRecord {
        key,
        data,
        rsn: header.rsn,
        dmaster: header.dmaster.0,
        flags: header.flags.bits(),
        flag_names: names.collect(),
    }
}

pub(super) fn backup_facts(head: &Head) -> BackupFacts {
    BackupFacts {
        name: String::from_utf8_lossy(&head.name).into_owned(),
        kind: kind(head.flags),
        made_at: head.timestamp,
        records: head.records,
    }
}

/// What a backup says about itself.
pub(crate) fn backup_head(path: &Path) -> Result<BackupFacts, Failure> {
    Contents::open(path).map(|contents| backup_facts(contents.head())).map_err(failure)
}

/// A whole backup.
pub(crate) fn backup_records(path: &Path) -> Result<(BackupFacts, Vec<StoredRecord>), Failure> {
    fn read(path: &Path) -> Result<(BackupFacts, Vec<StoredRecord>), DbError> {
        let mut contents = Contents::open(path)?;
        let facts = backup_facts(contents.head());
        let mut records = Vec::new();
        while let Some(buffer) = contents.next_buffer()? {
            for record in buffer.records() {
                let what = "a record of the backup";
                let record = record.map_err(|source| DbError::Malformed { what, source })?;
                records.push(plain(Local::split(&record, Abi::NATIVE)?));
            }
        }
        Ok((facts, records))
    }
    read(path).map_err(failure)
}

/// A record of a file.
pub(crate) async fn file_record(
    path: &Path,
    key: &[u8],
    timeout: Duration,
) -> Result<Option<StoredRecord>, Failure> {
    let key = Bytes::copy_from_slice(key);
    let deadline = Instant::now() + timeout;
    let fetched = file::fetch(&Owner::default(), path.to_owned(), key.clone(), deadline).await;
    let Some(data) = fetched.map_err(failure)? else { return Ok(None) };
    let local = Local::split(&Record { reqid: 0, key, data }, Abi::NATIVE);
    local.map(|local| Some(plain(local))).map_err(failure)
}

/// Stores a record in a file.
pub(crate) async fn set_file_record(
    path: &Path,
    record: StoredRecord,
    timeout: Duration,
) -> Result<(), Failure> {
    let flags = RecordFlags::from_bits_retain(record.flags);
    let header = LtdbHeader { rsn: record.rsn, dmaster: Pnn(record.dmaster), reserved: 0, flags };
    let header = header.encode(Abi::NATIVE).map_err(|e| Failure::Misuse(e.to_string()))?.bytes;
    let stored = Bytes::from([&header[..], &record.data[..]].concat());
    let deadline = Instant::now() + timeout;
    file::store(&Owner::default(), path.to_owned(), record.key, stored, deadline).await.map_err(failure)
}
