//! A whole database at once, on all active nodes: emptied, and filled from a backup (TXN-21).
//!
//! The steps are those of a recovery: lock the database, empty it, send the records, keep it, unlock. Every step is taken
//! by all nodes before the next begins. If one fails, or a signal comes, a recovery is asked for, which puts the database
//! in order. Clients should be stopped: packets under way are not dropped.

use std::time::{Duration, Instant};

use bytes::Bytes;
use legacy_codec::{
    Abi, Control, DbFreeze, DbPushConfirm, DbPushStart, DbSetHealthy, DbThaw, DbTransactionCommit,
    DbTransactionStart, Dest, Generation, GetNodeMap, GetRecMode, GetVnnMap, NodeFlags, Pnn, PullDbExtArgs,
    RecBuffer, RecMode, Record, SetRecMode, SrvId, TransDb, WipeDatabase, Wire,
};

use super::backup::Contents;
use super::error::DbError;
use super::{Database, Kind, all};
use futures_util::future::join_all;

/// Between two looks whether a recovery has ended.
const PAUSE: Duration = Duration::from_millis(200);

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Waiting for a recovery to end.
    Calm,
    /// Locking it on each node, and beginning a transaction.
    Freeze,
    /// Emptying it on each node.
    Wipe,
    /// Buffers sent so far, and in all.
    Push(u64, u64),
    /// Asking each node how many records it got.
    Confirm,
    /// Committing on each node.
    Commit,
    /// Unlocking it.
    Thaw,
}

/// Told of each step; for a progress bar.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(Step);

/// The records that are there. Volatile databases have empty ones for a while (REC-18, REC-19); a node that has no use for
/// one deletes it, takes it for a failure that it had none, and counts nothing from then on (REC-11).
fn without_empty(buffer: RecBuffer) -> Result<RecBuffer, legacy_codec::Error> {
    let records: Vec<Record> = buffer.records().collect::<Result<_, _>>()?;
    let is_there = |record: &&Record| record.split(Abi::NATIVE).map_or(true, |(_, data)| !data.is_empty());
    RecBuffer::new(buffer.db_id, records.iter().filter(is_there))
}

impl Database {
    /// Empties the database, and fills it from a backup if there is one.
    pub async fn replace(
        &self,
        contents: Option<&mut Contents>,
        progress: Progress<'_>,
    ) -> Result<(), DbError> {
        progress(Step::Calm);
        let (nodes, generation) = self.calm().await?;
        let done = tokio::select! {
            done = self.steps(&nodes, generation, contents, progress) => done,
            _ = tokio::signal::ctrl_c() => Err(DbError::Interrupted),
        };
        if done.is_err() {
            // The error is told; this is the way out of a half-done change.
            let _asked = self.ask::<SetRecMode>(Dest::CURRENT_NODE, RecMode::ACTIVE).await;
        }
        done
    }

    async fn steps(
        &self,
        nodes: &[Pnn],
        generation: Generation,
        contents: Option<&mut Contents>,
        progress: Progress<'_>,
    ) -> Result<(), DbError> {
        let id = self.id();
        let transaction = TransDb { db_id: id, transaction: generation };
        progress(Step::Freeze);
        self.on_all::<DbFreeze>(nodes, id).await?;
        self.on_all::<DbTransactionStart>(nodes, transaction.clone()).await?;
        progress(Step::Wipe);
        self.on_all::<WipeDatabase>(nodes, transaction.clone()).await?;
        if let Some(contents) = contents {
            self.push_all(nodes, contents, progress).await?;
        }
        self.on_all::<DbSetHealthy>(nodes, id).await?;
        progress(Step::Commit);
        self.on_all::<DbTransactionCommit>(nodes, transaction).await?;
        progress(Step::Thaw);
        self.on_all::<DbThaw>(nodes, id).await?;
        Ok(())
    }

    /// Sends the buffers of a backup, and makes sure that every node got all records.
    async fn push_all(
        &self,
        nodes: &[Pnn],
        contents: &mut Contents,
        progress: Progress<'_>,
    ) -> Result<(), DbError> {
        // One of the tool's, as C's, and of this process.
        let own = 0x0001_0000_0000_0000 | u64::from(std::process::id());
        let srvid = SrvId(SrvId::TOOL_RANGE.0 | own);
        let start = PullDbExtArgs { db_id: self.id(), lmaster: Pnn(0), srvid };
        self.on_all::<DbPushStart>(nodes, start).await?;
        let buffers = contents.head().buffers;
        let volatile = self.info().kind() == Kind::Volatile;
        let senseless = |source| DbError::Malformed { what: "records of the backup", source };
        let (mut done, mut sent) = (0, 0);
        while let Some(buffer) = contents.next_buffer()? {
            let buffer = if volatile { without_empty(buffer).map_err(senseless)? } else { buffer };
            sent += u64::from(buffer.count());
            let data: Bytes = buffer.encode(Abi::NATIVE).map_err(senseless)?.bytes;
            for node in nodes {
                self.shared.client.send(*node, srvid, data.clone()).await?;
            }
            done += 1;
            progress(Step::Push(done, buffers));
        }
        progress(Step::Confirm);
        let confirmed = self.on_all::<DbPushConfirm>(nodes, self.id()).await?;
        for (node, received) in nodes.iter().zip(confirmed) {
            if u64::from(received) != sent {
                return Err(DbError::Incomplete { node: node.0, received, sent });
            }
        }
        Ok(())
    }

    async fn on_all<C: Control>(&self, nodes: &[Pnn], arg: C::Arg) -> Result<Vec<C::Reply>, DbError>
    where
        C::Arg: Clone,
    {
        all(join_all(nodes.iter().map(|node| self.ask::<C>((*node).into(), arg.clone()))).await)
    }

    /// The active nodes and their generation, when none of them is in a recovery and all are of one generation.
    async fn calm(&self) -> Result<(Vec<Pnn>, Generation), DbError> {
        let deadline = self.deadline();
        loop {
            let map = self.ask::<GetNodeMap>(Dest::CURRENT_NODE, ()).await?;
            let active = map.nodes.iter().filter(|node| !node.flags.intersects(NodeFlags::INACTIVE));
            let nodes: Vec<Pnn> = active.map(|node| node.pnn).collect();
            if nodes.is_empty() {
                return Err(DbError::NotReady("no node is active"));
            }
            let modes = self.on_all::<GetRecMode>(&nodes, ()).await?;
            let maps = self.on_all::<GetVnnMap>(&nodes, ()).await?;
            let generation = maps.first().map_or(Generation::INVALID, |map| map.generation);
            let one = maps.iter().all(|map| map.generation == generation);
            let normal = modes.iter().all(|mode| *mode == RecMode::NORMAL);
            if one && normal && generation != Generation::INVALID {
                return Ok((nodes, generation));
            }
            if Instant::now() >= deadline {
                return Err(DbError::NotReady("a recovery of the cluster did not end in time"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
