//! What a command may ask of databases and their records, whoever keeps them.
//!
//! A database is named by its name, or by its id as `0x` and digits. Keys and data are bytes; a record without data is
//! one that is not there. Plain data only: the wire stays behind the traits.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;

use super::Cluster;
use crate::error::Failure;

/// What kind of database it is: how its records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Volatile,
    Persistent,
    Replicated,
}

/// A database, as one node has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) readonly: bool,
    pub(crate) sticky: bool,
    /// What is wrong with it.
    pub(crate) unhealthy: Option<String>,
}

/// A time that was measured often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Latency {
    pub(crate) count: u32,
    /// Seconds.
    pub(crate) min: f64,
    pub(crate) avg: f64,
    pub(crate) max: f64,
}

/// What was done to a database on one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counters {
    pub(crate) delegations: u32,
    pub(crate) revokes: u32,
    pub(crate) locks: u32,
    pub(crate) locks_current: u32,
    pub(crate) locks_pending: u32,
    pub(crate) locks_failed: u32,
    pub(crate) lock_buckets: Vec<u32>,
    pub(crate) hop_buckets: Vec<u32>,
    pub(crate) lock_latency: Latency,
    pub(crate) vacuum_latency: Latency,
    /// How often they moved in a second, and the keys.
    pub(crate) hot_keys: Vec<(u32, Bytes)>,
}

/// A record with what stands before its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRecord {
    pub(crate) key: Bytes,
    pub(crate) data: Bytes,
    /// Its version.
    pub(crate) rsn: u64,
    /// The node that may change it.
    pub(crate) dmaster: u32,
    pub(crate) flags: u32,
    /// The names of the flags, as C has them.
    pub(crate) flag_names: Vec<String>,
}

/// What stands at the head of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackupFacts {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Seconds since 1970.
    pub(crate) made_at: i64,
    pub(crate) records: u64,
}

/// How far something long has come: what is done, how much of it, of how much.
pub(crate) type Report<'a> = &'a mut dyn FnMut(&'static str, u64, u64);

/// Databases as a whole.
#[async_trait(?Send)]
pub(crate) trait Databases: Cluster {
    /// The databases of node `of`.
    async fn databases(&self, of: u32) -> Result<Vec<Facts>, Failure>;

    /// One database, as node `of` has it.
    async fn database(&self, of: u32, name: &str) -> Result<Facts, Failure>;

    /// What was done to a database on node `of`.
    async fn database_counters(&self, of: u32, name: &str) -> Result<Counters, Failure>;

    /// The number of transactions that a database has seen on node `of`.
    async fn database_seqnum(&self, of: u32, name: &str) -> Result<u64, Failure>;

    /// Makes a database, or attaches to it, on all nodes.
    async fn attach(&self, name: &str, kind: Kind, readonly: bool, sticky: bool) -> Result<Facts, Failure>;

    /// Closes a volatile database on all nodes.
    async fn detach(&self, name: &str) -> Result<(), Failure>;

    /// Has copies of records given out from now on, or contended records kept for a while, on node `of`.
    async fn set_database_flag(&self, of: u32, name: &str, readonly: bool) -> Result<(), Failure>;

    /// Removes all records on all nodes.
    async fn wipe(&self, name: &str, report: Report<'_>) -> Result<(), Failure>;

    /// Writes the records of this node to a file, in the form of `ctdb backupdb`.
    async fn backup(&self, name: &str, path: &Path, report: Report<'_>) -> Result<BackupFacts, Failure>;

    /// Gives a database the records of a backup, and no others, on all nodes.
    async fn restore(
        &self,
        path: &Path,
        name: Option<&str>,
        report: Report<'_>,
    ) -> Result<BackupFacts, Failure>;
}

/// Records, one by one.
#[async_trait(?Send)]
pub(crate) trait Records: Databases {
    /// The data of a record; empty when there is none. With `copy` it may stay on the node that has it.
    async fn record(&self, database: &str, key: &[u8], copy: bool) -> Result<Bytes, Failure>;

    /// Gives a record new data, if it has the data that is expected; otherwise answers what it has.
    async fn set_record(
        &self,
        database: &str,
        key: &[u8],
        data: Bytes,
        expected: Option<Bytes>,
    ) -> Result<Result<(), Bytes>, Failure>;

    /// Deletes a record; says whether there was one.
    async fn delete_record(&self, database: &str, key: &[u8]) -> Result<bool, Failure>;

    /// Gives a record new data and every node a copy.
    async fn push_record(&self, database: &str, key: &[u8], data: Bytes) -> Result<(), Failure>;

    /// Gives many records new data, as one transaction where the database has transactions; says whether it was one.
    async fn set_records(&self, database: &str, records: Vec<(Bytes, Bytes)>) -> Result<bool, Failure>;

    /// All records that are not empty, wherever they are.
    async fn records(&self, of: u32, database: &str) -> Result<Vec<StoredRecord>, Failure>;

    /// The records in this node's file, whoever may change them.
    async fn file_records(&self, database: &str) -> Result<Vec<StoredRecord>, Failure>;
}
