//! Records, for commands: volatile ones by migration, others by transactions, as the kind of their database says.
//!
//! How that is done is in `databases`; here types and errors are translated.

use async_trait::async_trait;
use bytes::Bytes;
use legacy_codec::{Abi, Dest};

use super::Legacy;
use super::database_files::plain;
use crate::backend::databases::{Records, StoredRecord};
use crate::error::Failure;
use databases::{Access, Change, Database, DbError, Held, Kind, Local, Reading};

/// Whether new data is stored, and what was there if not.
type Exchanged = Result<(), Bytes>;

async fn set(
    databases: &databases::Databases,
    db: &Database,
    key: &[u8],
    data: Bytes,
    expected: Option<Bytes>,
) -> Result<Exchanged, DbError> {
    let differs = move |there: &Bytes| expected.is_some_and(|expected| expected != *there);
    if db.info().kind() == Kind::Volatile {
        return db
            .update(key, move |held: &Held| {
                if differs(&held.data) {
                    (Change::Keep, Err(held.data.clone()))
                } else {
                    (Change::Store(data), Ok(()))
                }
            })
            .await;
    }
    let mut transaction = databases.begin(db, Access::Write).await?;
    let stored = async {
        let there = transaction.fetch(key).await?;
        if differs(&there) {
            return Ok(Err(there));
        }
        transaction.store(key, data).await.map(Ok)
    };
    match stored.await {
        Ok(Ok(())) => transaction.commit().await.map(Ok),
        Ok(Err(there)) => transaction.cancel().await.map(|()| Err(there)),
        Err(error) => give_up(transaction, error).await,
    }
}

/// Gives the lock back; what went wrong first is what is told.
async fn give_up<T>(transaction: databases::Transaction, error: DbError) -> Result<T, DbError> {
    let _unlocked = transaction.cancel().await;
    Err(error)
}

async fn get(
    databases: &databases::Databases,
    db: &Database,
    key: &[u8],
    copy: bool,
) -> Result<Bytes, DbError> {
    if db.info().kind() == Kind::Volatile {
        return db.read(key, if copy { Reading::Copy } else { Reading::Move }).await;
    }
    let transaction = databases.begin(db, Access::Read).await?;
    match transaction.fetch(key).await {
        Ok(data) => transaction.cancel().await.map(|()| data),
        Err(error) => give_up(transaction, error).await,
    }
}

async fn delete(databases: &databases::Databases, db: &Database, key: &[u8]) -> Result<bool, DbError> {
    if db.info().kind() == Kind::Volatile {
        return db.delete(key).await;
    }
    let mut transaction = databases.begin(db, Access::Write).await?;
    match transaction.delete(key).await {
        Ok(there) => transaction.commit().await.map(|()| there),
        Err(error) => give_up(transaction, error).await,
    }
}

async fn set_many(
    databases: &databases::Databases,
    db: &Database,
    records: Vec<(Bytes, Bytes)>,
) -> Result<bool, DbError> {
    if db.info().kind() == Kind::Volatile {
        for (key, data) in records {
            db.write(&key, data).await?;
        }
        return Ok(false);
    }
    let mut transaction = databases.begin(db, Access::Write).await?;
    for (key, data) in records {
        if let Err(error) = transaction.store(&key, data).await {
            return give_up(transaction, error).await;
        }
    }
    transaction.commit().await.map(|()| true)
}

async fn local(db: &Database) -> Result<Vec<StoredRecord>, DbError> {
    let records = db.local_records().await?;
    records.iter().map(|record| Local::split(record, Abi::NATIVE).map(plain)).collect()
}

#[async_trait(?Send)]
impl Records for Legacy {
    async fn record(&self, database: &str, key: &[u8], copy: bool) -> Result<Bytes, Failure> {
        let db = self.open(database).await?;
        get(&self.records(), &db, key, copy).await.map_err(|e| self.db_failure(e))
    }

    async fn set_record(
        &self,
        database: &str,
        key: &[u8],
        data: Bytes,
        expected: Option<Bytes>,
    ) -> Result<Exchanged, Failure> {
        let db = self.open(database).await?;
        set(&self.records(), &db, key, data, expected).await.map_err(|e| self.db_failure(e))
    }

    async fn delete_record(&self, database: &str, key: &[u8]) -> Result<bool, Failure> {
        let db = self.open(database).await?;
        delete(&self.records(), &db, key).await.map_err(|e| self.db_failure(e))
    }

    async fn push_record(&self, database: &str, key: &[u8], data: Bytes) -> Result<(), Failure> {
        let db = self.open(database).await?;
        db.push(key, data).await.map_err(|e| self.db_failure(e))
    }

    async fn set_records(&self, database: &str, records: Vec<(Bytes, Bytes)>) -> Result<bool, Failure> {
        let db = self.open(database).await?;
        set_many(&self.records(), &db, records).await.map_err(|e| self.db_failure(e))
    }

    async fn records(&self, of: u32, database: &str) -> Result<Vec<StoredRecord>, Failure> {
        let db = self.open(database).await?;
        let mut records = Vec::new();
        db.traverse(Dest(of), |local| records.push(plain(local))).await.map_err(|e| self.db_failure(e))?;
        Ok(records)
    }

    async fn file_records(&self, database: &str) -> Result<Vec<StoredRecord>, Failure> {
        let db = self.open(database).await?;
        local(&db).await.map_err(|e| self.db_failure(e))
    }
}
