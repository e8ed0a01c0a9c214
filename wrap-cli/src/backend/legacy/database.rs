//! Databases as a whole, for commands: plain data out of the answers of C ctdbd.
//!
//! What is done to records and files is in `databases`; here types and errors are translated. Questions about one node's
//! databases go to that node; what needs the file is done on this one.

use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

use async_trait::async_trait;
use legacy_codec::{
    DbFlags, DbGetHealth, DbId, DbIdAndFlags, DbSeqnumArgs, DbStatistics, GetDbMap, GetDbName, GetDbPath,
    GetDbSeqnum, GetDbStatistics, LatencyCounter, SetDbReadonly, SetDbSticky,
};

use super::Legacy;
use super::database_files::{backup_facts, failure, kind};
use crate::backend::databases::{BackupFacts, Counters, Databases, Facts, Kind, Latency, Report};
use crate::backend::{Cluster, Tunables};
use crate::error::Failure;
use databases::backup::{self, Contents};
use databases::{DbError, Limits, Step};
use futures_util::future::join_all;

/// The tunable that lets clients attach.
const ATTACH: &str = "AllowClientDBAttach";

impl Legacy {
    /// The databases over this connection, under the times of this command.
    pub(super) fn records(&self) -> Rc<databases::Databases> {
        let limits = Limits::of(self.timeout);
        let made = self.link.databases.get_or_init(|| {
            let client = self.link.client.clone();
            Rc::new(databases::Databases::new(client, &self.link.socket, limits))
        });
        made.set_limits(limits);
        made.clone()
    }

    pub(super) fn db_failure(&self, error: DbError) -> Failure {
        match error {
            DbError::Call(error) => self.failure(error),
            DbError::NoRecord(_) if error.is_timeout() => Failure::NoAnswer(self.timeout),
            error => failure(error),
        }
    }

    pub(super) async fn open(&self, name: &str) -> Result<databases::Database, Failure> {
        let records = self.records();
        let found = records.find(name).await.map_err(|e| self.db_failure(e))?;
        records.open(&found).await.map_err(|e| self.db_failure(e))
    }

    pub(super) async fn id(&self, name: &str) -> Result<DbId, Failure> {
        self.records().find(name).await.map(|found| found.id).map_err(|e| self.db_failure(e))
    }

    /// ctdbd detaches nothing while clients may attach on any node (DB-08), and does not say so.
    async fn why_not_detached(&self) -> Option<Failure> {
        let nodes = self.nodes(self.this_node()).await.ok()?;
        let there = nodes.iter().filter(|node| !node.flags.deleted && !node.flags.disconnected);
        let attach =
            join_all(there.map(|node| async { (node.pnn, self.tunable(node.pnn, ATTACH).await) })).await;
        let open = attach.into_iter().filter(|(_, value)| *value != Ok(0)).map(|(pnn, _)| pnn.to_string());
        let open: Vec<_> = open.collect();
        (!open.is_empty()).then(|| {
            let open = open.join(",");
            Failure::Refused(format!(
                "clients may attach on node {open}; 'tunable set {ATTACH} 0 -n all' first"
            ))
        })
    }

    async fn facts_of(&self, of: u32, db: &DbIdAndFlags) -> Result<Facts, Failure> {
        let id = db.db_id;
        let name = self.call::<GetDbName>(of, id).await?;
        let path = self.call::<GetDbPath>(of, id).await?;
        let unhealthy = self.call::<DbGetHealth>(of, id).await?;
        Ok(Facts {
            id: id.0,
            name: name.to_string(),
            path: path.to_string(),
            kind: kind(db.flags),
            readonly: db.flags.contains(DbFlags::READONLY),
            sticky: db.flags.contains(DbFlags::STICKY),
            unhealthy: unhealthy.map(|reason| reason.to_string()),
        })
    }
}

fn latency(counter: &LatencyCounter) -> Latency {
    let count = u32::try_from(counter.num).unwrap_or(0);
    // In microseconds: what is behind them says nothing.
    let finite = |n: f64| if n.is_finite() { (n * 1e6).round() / 1e6 } else { 0.0 };
    let avg = if count == 0 { 0.0 } else { counter.total.get() / f64::from(count) };
    let (min, avg, max) = (finite(counter.min.get()), finite(avg), finite(counter.max.get()));
    Latency { count, min, avg, max }
}

fn counters(statistics: DbStatistics) -> Counters {
    let used = usize::try_from(statistics.num_hot_keys).unwrap_or(usize::MAX);
    let hot = statistics.hot_keys.into_iter().take(used).filter(|hot| hot.count > 0);
    Counters {
        delegations: statistics.ro_delegations,
        revokes: statistics.ro_revokes,
        locks: statistics.locks.num_calls,
        locks_current: statistics.locks.num_current,
        locks_pending: statistics.locks.num_pending,
        locks_failed: statistics.locks.num_failed,
        lock_buckets: statistics.locks.buckets.to_vec(),
        hop_buckets: statistics.hop_count_bucket.to_vec(),
        lock_latency: latency(&statistics.locks.latency),
        vacuum_latency: latency(&statistics.vacuum),
        hot_keys: hot.map(|hot| (hot.count, hot.key)).collect(),
    }
}

/// Tells of the steps of a wipe or a restore.
fn tell(report: Report<'_>) -> impl FnMut(Step) {
    move |step| match step {
        Step::Calm => report("waiting for recoveries", 0, 0),
        Step::Freeze => report("locking on all nodes", 0, 0),
        Step::Wipe => report("removing the records", 0, 0),
        Step::Push(done, of) => report("sending records", done, of),
        Step::Confirm => report("counting records", 0, 0),
        Step::Commit => report("keeping the records", 0, 0),
        Step::Thaw => report("unlocking", 0, 0),
    }
}

#[async_trait(?Send)]
impl Databases for Legacy {
    async fn databases(&self, of: u32) -> Result<Vec<Facts>, Failure> {
        let map = self.call::<GetDbMap>(of, ()).await?;
        join_all(map.dbs.iter().map(|db| self.facts_of(of, db))).await.into_iter().collect()
    }

    async fn database(&self, of: u32, name: &str) -> Result<Facts, Failure> {
        let id = self.id(name).await?;
        let map = self.call::<GetDbMap>(of, ()).await?;
        match map.dbs.iter().find(|db| db.db_id == id) {
            Some(db) => self.facts_of(of, db).await,
            None => Err(Failure::NotThere(format!("no database {name}"))),
        }
    }

    async fn database_counters(&self, of: u32, name: &str) -> Result<Counters, Failure> {
        let id = self.id(name).await?;
        Ok(counters(self.call::<GetDbStatistics>(of, id).await?))
    }

    async fn database_seqnum(&self, of: u32, name: &str) -> Result<u64, Failure> {
        let db_id = self.id(name).await?;
        self.call::<GetDbSeqnum>(of, DbSeqnumArgs { db_id, unused: 0 }).await
    }

    async fn attach(&self, name: &str, kind: Kind, readonly: bool, sticky: bool) -> Result<Facts, Failure> {
        let mut flags = match kind {
            Kind::Volatile => DbFlags::empty(),
            Kind::Persistent => DbFlags::PERSISTENT,
            Kind::Replicated => DbFlags::REPLICATED,
        };
        flags.set(DbFlags::READONLY, readonly);
        flags.set(DbFlags::STICKY, sticky);
        self.records().attach(name, flags).await.map_err(|e| self.db_failure(e))?;
        self.database(self.link.this_node, name).await
    }

    async fn detach(&self, name: &str) -> Result<(), Failure> {
        let id = self.id(name).await?;
        let Err(error) = self.records().detach(id).await else { return Ok(()) };
        match self.db_failure(error) {
            refused @ Failure::Refused(_) => Err(self.why_not_detached().await.unwrap_or(refused)),
            other => Err(other),
        }
    }

    async fn set_database_flag(&self, of: u32, name: &str, readonly: bool) -> Result<(), Failure> {
        let id = self.id(name).await?;
        if readonly {
            self.call::<SetDbReadonly>(of, id).await
        } else {
            self.call::<SetDbSticky>(of, id).await
        }
    }

    async fn wipe(&self, name: &str, report: Report<'_>) -> Result<(), Failure> {
        let database = self.open(name).await?;
        database.replace(None, &mut tell(report)).await.map_err(|e| self.db_failure(e))
    }

    async fn backup(&self, name: &str, path: &Path, report: Report<'_>) -> Result<BackupFacts, Failure> {
        let database = self.open(name).await?;
        report("reading the records", 0, 0);
        let records = database.local_records().await.map_err(|e| self.db_failure(e))?;
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
        let info = database.info();
        let encoded = backup::encode(info.id, info.name.as_bytes(), info.flags, now, &records);
        let problem = |problem| self.db_failure(DbError::Backup { path: path.to_owned(), problem });
        let (head, pieces) = encoded.map_err(problem)?;
        let all = pieces.iter().map(|piece| u64::try_from(piece.len()).unwrap_or(0)).sum();
        backup::write(path, &pieces, |done| report("writing the file", done, all))
            .map_err(|e| self.db_failure(e))?;
        Ok(backup_facts(&head))
    }

    async fn restore(
        &self,
        path: &Path,
        name: Option<&str>,
        report: Report<'_>,
    ) -> Result<BackupFacts, Failure> {
        let fail = |e| self.db_failure(e);
        let mut contents = Contents::open(path).map_err(fail)?;
        let facts = backup_facts(contents.head());
        let name = match name {
            Some(name) => name.to_owned(),
            None => String::from_utf8(contents.head().name.clone())
                .map_err(|_| Failure::File(format!("{}: name the database", path.display())))?,
        };
        let database = self.records().attach(&name, contents.head().flags).await.map_err(fail)?;
        database.replace(Some(&mut contents), &mut tell(report)).await.map_err(fail)?;
        Ok(BackupFacts { name, ..facts })
    }
}
