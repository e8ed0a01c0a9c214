//! Records of volatile databases: changed under their chain lock, on the node that is their data master (CLI-07).
//!
//! A record that is not here is moved here by the daemon, and may be gone again before it is locked; then it is moved
//! again. The header is written back as it was found: the daemon counts versions, and whoever changes its fields himself
//! is [`Database::push`]. An empty record is one that is not there (REC-19).

use bytes::Bytes;
use legacy_client::CallError;
use legacy_codec::{
    Abi, CallFlags, CallId, Dest, Generation, GetVnnMap, KeyData, LtdbHeader, Pnn, Prefixed, PushRecord,
    PushedRecord, RecordFlags, ReqCall, ScheduleForDeletion, Wire,
};
use tdb::{Store, Tdb};

use super::error::DbError;
use super::owner::{Waiting, lock};
use super::{Database, Local};

/// How often a record is moved here for one operation.
const TRIES: u32 = 10_000;

/// What becomes of the record of one who only reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is moved to this node, as for a change.
    Move,
    /// It may stay where it is and a copy be taken, if the database allows copies (RO-04); else it is moved.
    Copy,
}

/// A record under its lock.
#[derive(Clone, Debug)]
pub struct Held {
    /// What stands before the data.
    pub header: LtdbHeader,
    /// Empty when there is nothing.
    pub data: Bytes,
}

/// What to do with a record under its lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Leave it as it is.
    Keep,
    /// New data; nothing is written when it is the old.
    Store(Bytes),
    /// New data with another header.
    StoreAs(LtdbHeader, Bytes),
    /// The record goes: it is emptied, and vacuumed later (REC-18).
    Delete,
}

/// How an attempt under the lock ended.
enum Attempt<F, R> {
    Done(LtdbHeader, bool, R),
    /// The record is not here; the closure was not called.
    Elsewhere(F),
}

impl Database {
    /// Has a closure look at a record under its lock, and does what it says. The closure is called once at most, and
    /// must be short: everybody who wants a record of the same chain waits.
    pub async fn update<R: Send + 'static>(
        &self,
        key: &[u8],
        decide: impl FnOnce(&Held) -> (Change, R) + Send + 'static,
    ) -> Result<R, DbError> {
        self.must_be(true)?;
        let deadline = self.deadline();
        let (id, pnn, key) = (self.id(), self.shared.pnn, Bytes::copy_from_slice(key));
        let mut decide = decide;
        for _ in 0..TRIES {
            let wanted = key.clone();
            let attempt = self
                .shared
                .owner
                .run(deadline, move |files, waiting| attempt(files.get(id)?, &wanted, pnn, waiting, decide));
            match attempt.await? {
                Attempt::Done(header, deleted, answer) => {
                    if deleted {
                        let gone = KeyData { db_id: id, header, key };
                        scheduled(self.ask::<ScheduleForDeletion>(Dest::CURRENT_NODE, gone).await)?;
                    }
                    return Ok(answer);
                }
                Attempt::Elsewhere(unused) => {
                    decide = unused;
                    self.call(&key, CallFlags::IMMEDIATE_MIGRATION, CallId::NULL, deadline).await?;
                }
            }
        }
        Err(DbError::Stolen(TRIES))
    }

    async fn call(
        &self,
        key: &Bytes,
        flags: CallFlags,
        call_id: CallId,
        deadline: std::time::Instant,
    ) -> Result<Bytes, DbError> {
        let (db_id, key) = (self.id(), key.clone());
        let call = ReqCall { flags, db_id, call_id, hop_count: 0, key, call_data: Bytes::new() };
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let reply = self.shared.client.record_call(call, left).await.map_err(DbError::NoRecord)?;
        if reply.status == 0 { Ok(reply.data) } else { Err(DbError::refused(&reply)) }
    }

    /// The data of a record; empty when there is nothing.
    pub async fn read(&self, key: &[u8], reading: Reading) -> Result<Bytes, DbError> {
        self.must_be(true)?;
        let deadline = self.deadline();
        let (id, pnn, key) = (self.id(), self.shared.pnn, Bytes::copy_from_slice(key));
        let wanted = key.clone();
        let here = self.shared.owner.run(deadline, move |files, waiting| {
            let tdb = files.get(id)?;
            let _lock = lock(tdb, &wanted, waiting)?;
            Ok(stored(tdb, &wanted)?.filter(|held| may_read(&held.header, pnn, reading)))
        });
        if let Some(held) = here.await? {
            return Ok(held.data);
        }
        let flags =
            if reading == Reading::Copy { CallFlags::WANT_READONLY } else { CallFlags::IMMEDIATE_MIGRATION };
        self.call(&key, flags, CallId::FETCH, deadline).await
    }

    /// Gives a record new data.
    pub async fn write(&self, key: &[u8], data: Bytes) -> Result<(), DbError> {
        self.update(key, |_| (Change::Store(data), ())).await
    }

    /// Deletes a record; says whether there was one.
    pub async fn delete(&self, key: &[u8]) -> Result<bool, DbError> {
        self.update(key, |held| (Change::Delete, !held.data.is_empty())).await
    }

    /// Gives a record new data, and a copy of it to every node (REC-21). Daemons from Samba 4.24 on can.
    pub async fn push(&self, key: &[u8], data: Bytes) -> Result<(), DbError> {
        let stored = data.clone();
        let decide = move |held: &Held| {
            let mut header = held.header;
            // As after a recovery: the data master has the highest version, and all copies count as moved.
            header.rsn += 1;
            header.flags |= RecordFlags::MIGRATED_WITH_DATA;
            (Change::StoreAs(header, stored), header)
        };
        let header = self.update(key, decide).await?;
        let generation: Generation = self.ask::<GetVnnMap>(Dest::CURRENT_NODE, ()).await?.generation;
        let (key, value) = (Prefixed(Bytes::copy_from_slice(key)), Prefixed(data));
        let pushed = PushedRecord { generation, db_id: self.id(), header, key, value };
        self.ask::<PushRecord>(Dest::CURRENT_NODE, pushed).await
    }

    /// A record of this node's file as it is, whoever may change it; `None` when the file has none.
    pub async fn local(&self, key: &[u8]) -> Result<Option<Local>, DbError> {
        let (id, wanted) = (self.id(), Bytes::copy_from_slice(key));
        let work = move |files: &mut super::owner::Files, waiting: &Waiting| {
            let tdb = files.get(id)?;
            let _lock = lock(tdb, &wanted, waiting)?;
            let held = stored(tdb, &wanted)?;
            Ok(held.map(|Held { header, data }| Local { key: wanted, header, data }))
        };
        self.shared.owner.run(self.deadline(), work).await
    }
}

/// A record that was emptied is deleted, whether the daemon is willing to vacuum it soon or not: a walk finds it later.
pub(super) fn scheduled(asked: Result<(), DbError>) -> Result<(), DbError> {
    match asked {
        Err(DbError::Call(CallError::Status { .. })) => Ok(()),
        asked => asked,
    }
}

/// What the file has for a key. A record without room for a header is damage (REC-02).
fn stored(tdb: &Tdb, key: &[u8]) -> Result<Option<Held>, DbError> {
    let Some(bytes) = tdb.fetch(key)? else { return Ok(None) };
    let (header, data) = LtdbHeader::split(&bytes.into(), Abi::NATIVE)
        .map_err(|source| DbError::Malformed { what: "a record in the file", source })?;
    Ok(Some(Held { header, data }))
}

fn attempt<R, F: FnOnce(&Held) -> (Change, R)>(
    tdb: &Tdb,
    key: &[u8],
    pnn: Pnn,
    waiting: &Waiting,
    decide: F,
) -> Result<Attempt<F, R>, DbError> {
    let _lock = lock(tdb, key, waiting)?;
    let Some(held) = stored(tdb, key)?.filter(|held| may_change(&held.header, pnn)) else {
        return Ok(Attempt::Elsewhere(decide));
    };
    let (change, answer) = decide(&held);
    let deleted = match change {
        Change::Keep => false,
        Change::Store(data) if data == held.data => false,
        Change::Store(data) => put(tdb, key, held.header, &data).map(|()| false)?,
        Change::StoreAs(header, data) => put(tdb, key, header, &data).map(|()| false)?,
        Change::Delete => put(tdb, key, held.header, &[]).map(|()| true)?,
    };
    Ok(Attempt::Done(held.header, deleted, answer))
}

fn put(tdb: &Tdb, key: &[u8], header: LtdbHeader, data: &[u8]) -> Result<(), DbError> {
    let header = header
        .encode(Abi::NATIVE)
        .map_err(|source| DbError::Malformed { what: "the header of a record", source })?;
    Ok(tdb.store(key, &[&header.bytes, data], Store::Replace)?)
}

/// The data master may change a record, unless others have copies: the daemon has to call them back first (RO-08).
pub(super) fn may_change(header: &LtdbHeader, pnn: Pnn) -> bool {
    header.dmaster == pnn && !header.flags.intersects(RecordFlags::READONLY)
}

/// The data master has the truth; a copy may be read by those who do not mind, until it is called back (CLI-08).
pub(super) fn may_read(header: &LtdbHeader, pnn: Pnn, reading: Reading) -> bool {
    let called_back = RecordFlags::RO_REVOKING_READONLY | RecordFlags::RO_REVOKE_COMPLETE;
    let copy = header.flags.contains(RecordFlags::RO_HAVE_READONLY) && !header.flags.intersects(called_back);
    header.dmaster == pnn || (copy && reading == Reading::Copy)
}
