//! Transactions of persistent and replicated databases: one in the cluster at a time, on all nodes or on none.
//!
//! A transaction is a lock in g_lock.tdb, changes that are collected here, and one commit that carries them all (TXN-01,
//! TXN-02). What the commit answers is believed only when it is yes; else the sequence number in the file tells whether
//! it was done (TXN-03). A transaction has to be ended: a lock that is left behind holds until this process has ended.

use std::time::{Duration, Instant};

use bytes::Bytes;
use legacy_client::CallError;
use legacy_codec::{
    Abi, DbFlags, Dest, Exists, LtdbHeader, Pid, Ping, Pnn, ProcessExists, RecBuffer, Record, ServerId,
    SrvId, Trans3Commit, Watcher, Wire,
};

use super::error::DbError;
use super::g_lock::{self, Taken};
use super::{Database, Databases};

/// What it is called in `protocol.h`, with its NUL.
pub const SEQUENCE_NUMBER: &[u8] = b"__db_sequence_number__\0";
/// Between two attempts to take a lock that somebody holds.
const LOCK_PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));
/// Between two attempts to commit.
const COMMIT_PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// How many of those who wait for a lock are told that it is free. They take it one by one, and tell others then.
const ALERTS: usize = 64;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To look at records.
    Read,
    /// To change them.
    Write,
}

/// A transaction that has its lock.
#[derive(Debug)]
#[must_use = "the lock is given back by commit and cancel only"]
pub struct Transaction {
    database: Database,
    g_lock: Database,
    lock_name: Vec<u8>,
    own: ServerId,
    access: Access,
    changes: Changes,
}

/// What is to be changed, in the order in which it was said. Each change is a record of its own, as in C: what deletes a
/// record stands behind what made it, so that there is something to delete.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<(Bytes, LtdbHeader, Bytes)>);

impl Changes {
    /// What a key has come to; `None` when it was not changed.
    pub(super) fn of(&self, key: &[u8]) -> Option<(LtdbHeader, Bytes)> {
        let last = self.0.iter().rfind(|(changed, ..)| changed == key);
        last.map(|(_, header, data)| (*header, data.clone()))
    }

    /// A key gets data after what it was before.
    pub(super) fn add(&mut self, key: &[u8], before: LtdbHeader, data: Bytes, by: Pnn) {
        let header = LtdbHeader { rsn: before.rsn.wrapping_add(1), dmaster: by, ..before };
        self.0.push((Bytes::copy_from_slice(key), header, data));
    }

    /// As records with their headers, the sequence number last.
    pub(super) fn records(&self) -> Result<Vec<Record>, legacy_codec::Error> {
        let mut records = Vec::with_capacity(self.0.len());
        let last = |key: &Bytes| key == SEQUENCE_NUMBER;
        let ordered = self.0.iter().filter(|(key, ..)| !last(key));
        for (key, header, data) in ordered.chain(self.0.iter().filter(|(key, ..)| last(key))) {
            let header = header.encode(Abi::NATIVE)?.bytes;
            let data = Bytes::from([&header[..], &data[..]].concat());
            records.push(Record { reqid: 0, key: key.clone(), data });
        }
        Ok(records)
    }
}

impl Databases {
    /// Waits for the lock of a database and begins a transaction.
    pub async fn begin(&self, database: &Database, access: Access) -> Result<Transaction, DbError> {
        database.must_be(false)?;
        let id = database.id().0;
        let g_lock = self.attach("g_lock.tdb", DbFlags::empty()).await?;
        let own = g_lock::holder(self.pnn());
        let lock_name = format!("transaction_db_0x{id:08x}\0").into_bytes();
        let changes = Changes::default();
        let transaction = Transaction { database: database.clone(), g_lock, lock_name, own, access, changes };
        transaction.lock().await?;
        Ok(transaction)
    }
}

fn doubled(pause: Duration, most: Duration) -> Duration {
    (pause * 2).min(most)
}

impl Transaction {
    async fn lock(&self) -> Result<(), DbError> {
        let deadline = self.database.deadline();
        let (mut pause, most) = LOCK_PAUSE;
        let mut dead = Vec::new();
        loop {
            let own = self.own;
            let gone = std::mem::take(&mut dead);
            let taken =
                self.g_lock.update(&self.lock_name, move |held| match g_lock::take(&held.data, own, &gone) {
                    Ok((change, taken)) => (change, Ok(taken)),
                    Err(error) => (super::Change::Keep, Err(error)),
                });
            match taken.await?? {
                Taken::Yes => return Ok(()),
                Taken::Already => return Err(DbError::Deadlock),
                Taken::HeldBy(holders) => {
                    for holder in holders {
                        if !self.lives(&holder).await? {
                            dead.push(holder);
                        }
                    }
                }
            }
            if Instant::now() >= deadline {
                let time = self.database.shared.limits.get().patience;
                return Err(DbError::TooLate { what: "another transaction did not end", time });
            }
            if dead.is_empty() {
                tokio::time::sleep(pause).await;
                pause = doubled(pause, most);
            }
        }
    }

    /// Whether a holder's process is a client of its node's daemon. A node that cannot be reached has none.
    async fn lives(&self, holder: &ServerId) -> Result<bool, DbError> {
        let Ok(pid) = i32::try_from(holder.pid) else { return Ok(false) };
        let Exists(lives) = self.database.ask::<ProcessExists>(holder.pnn.into(), Pid(pid)).await?;
        Ok(lives)
    }

    async fn unlock(&self) -> Result<(), DbError> {
        let own = self.own;
        let given_back = self
            .g_lock
            .update(&self.lock_name, move |held| match g_lock::give_back(&held.data, own) {
                Ok((change, waiting)) => (change, Ok(waiting)),
                Err(error) => (super::Change::Keep, Err(error)),
            })
            .await??;
        // Who is not told looks again after some seconds.
        let _told = self.alert(&given_back).await;
        Ok(())
    }

    /// Tells processes of Samba that the lock has changed.
    async fn alert(&self, waiting: &[Watcher]) -> Result<(), DbError> {
        if waiting.is_empty() {
            return Ok(());
        }
        for watcher in waiting.iter().take(ALERTS) {
            let alert = watcher
                .alert(self.own)
                .map_err(|source| DbError::Malformed { what: "a watcher of g_lock.tdb", source })?;
            let server = watcher.server;
            self.database.shared.client.send(server.pnn, SrvId(server.pid), alert).await?;
        }
        // Messages are on their way when what was asked after them is answered.
        self.database.ask::<Ping>(Dest::CURRENT_NODE, ()).await?;
        Ok(())
    }

    /// The data of a record as this transaction sees it; empty when there is nothing.
    pub async fn fetch(&self, key: &[u8]) -> Result<Bytes, DbError> {
        Ok(self.current(key).await?.1)
    }

    async fn current(&self, key: &[u8]) -> Result<(LtdbHeader, Bytes), DbError> {
        if let Some(changed) = self.changes.of(key) {
            return Ok(changed);
        }
        let local = self.database.local(key).await?;
        let nothing = LtdbHeader { dmaster: Pnn::UNKNOWN, ..LtdbHeader::default() };
        Ok(local.map_or((nothing, Bytes::new()), |local| (local.header, local.data)))
    }

    /// Gives a record new data. What is there already is no change.
    pub async fn store(&mut self, key: &[u8], data: Bytes) -> Result<(), DbError> {
        if self.access == Access::Read {
            return Err(DbError::ReadOnly);
        }
        let (header, old) = self.current(key).await?;
        if old != data {
            self.changes.add(key, header, data, self.own.pnn);
        }
        Ok(())
    }

    /// Deletes a record; says whether there was one. It stays in the files as an empty one until the next recovery.
    pub async fn delete(&mut self, key: &[u8]) -> Result<bool, DbError> {
        let there = !self.fetch(key).await?.is_empty();
        self.store(key, Bytes::new()).await.map(|()| there)
    }

    async fn sequence_number(&self) -> Result<u64, DbError> {
        let Some(local) = self.database.local(SEQUENCE_NUMBER).await? else { return Ok(0) };
        match local.data[..] {
            [] => Ok(0),
            [a, b, c, d, e, f, g, h] => Ok(u64::from_ne_bytes([a, b, c, d, e, f, g, h])),
            _ => Err(DbError::Senseless("the sequence number of the database is no number")),
        }
    }

    /// Ends the transaction without a change.
    pub async fn cancel(self) -> Result<(), DbError> {
        self.unlock().await
    }

    /// Makes the changes on all nodes. After an error none was made, unless the error says otherwise.
    pub async fn commit(mut self) -> Result<(), DbError> {
        if self.changes.0.is_empty() {
            return self.cancel().await;
        }
        let committed = self.roll_out().await;
        let unlocked = self.unlock().await;
        // What is committed stays so, whatever becomes of the lock: it ends with the process.
        if committed.is_err() { committed } else { unlocked.or(Ok(())) }
    }

    async fn roll_out(&mut self) -> Result<(), DbError> {
        let before = self.sequence_number().await?;
        let after = before.wrapping_add(1);
        self.store(SEQUENCE_NUMBER, Bytes::copy_from_slice(&after.to_ne_bytes())).await?;
        let buffer = self.buffer()?;
        let deadline = self.database.deadline();
        let (mut pause, most) = COMMIT_PAUSE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let client = &self.database.shared.client;
            let asked = client.call_within::<Trans3Commit>(Dest::CURRENT_NODE, buffer.clone(), left).await;
            let Err(error) = asked else { return Ok(()) };
            let answered = matches!(error, CallError::Status { .. });
            let found = if answered { Some(self.sequence_number().await?) } else { None };
            match settled(before, found) {
                Settled::Done => return Ok(()),
                Settled::Open => return Err(DbError::Call(error)),
                Settled::Otherwise(found) => return Err(DbError::Diverged { found, expected: after }),
                Settled::Not if Instant::now() + pause >= deadline => {
                    return Err(DbError::NotCommitted(error));
                }
                Settled::Not => {}
            }
            tokio::time::sleep(pause).await;
            pause = doubled(pause, most);
        }
    }

    /// The changes as one buffer.
    fn buffer(&self) -> Result<RecBuffer, DbError> {
        let malformed = |source| DbError::Malformed { what: "the changes of the transaction", source };
        let records = self.changes.records().map_err(malformed)?;
        RecBuffer::new(self.database.id(), &records).map_err(malformed)
    }
}

/// What became of a commit that failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// A recovery has committed it.
    Done,
    /// Nothing was changed.
    Not,
    /// The recovery that settles it is still to come.
    Open,
    /// Somebody else has been at the database, which has this number.
    Otherwise(u64),
}

/// A commit is answered by a recovery, and the file says how it ended (TXN-03). Without an answer it may still wait for the
/// recovery, which may take back what the file of this node has meanwhile (TXN-06).
pub(crate) fn settled(before: u64, found: Option<u64>) -> Settled {
    match found {
        None => Settled::Open,
        Some(found) if found == before.wrapping_add(1) => Settled::Done,
        Some(found) if found == before => Settled::Not,
        Some(found) => Settled::Otherwise(found),
    }
}
