//! A walk over all nodes: the daemon collects the records and sends them as messages, the last one empty (DB-10).
//!
//! Records move while the walk goes on, so one may come twice or not at all (DB-14), and a daemon that gives up sends the
//! same end as one that is done (DB-13). What can be noticed is an error: lost messages, a lost connection, silence.

use std::sync::atomic::{AtomicU32, Ordering};

use legacy_client::{Client, Event, Options};
use legacy_codec::{Abi, CBool, Dest, Record, SrvId, TraverseStartExt, TraverseStartExtArgs, Wire};

use super::error::DbError;
use super::{Database, Local};

/// Tells the walks of this process apart.
static NEXT: AtomicU32 = AtomicU32::new(1);

impl Database {
    /// Shows each record that is not empty; says how many. The daemon of `dest` collects them.
    pub async fn traverse(&self, dest: Dest, mut show: impl FnMut(Local)) -> Result<u64, DbError> {
        let limits = self.shared.limits.get();
        let options =
            Options { attach_timeout: limits.call, call_timeout: limits.call, ..Options::default() };
        // The messages of the other connection may be somebody else's.
        let client = Client::connect(&self.shared.socket, options).await?;
        let reqid = NEXT.fetch_add(1, Ordering::Relaxed);
        let own = (u64::from(reqid) << 32) & 0x00FF_FFFF_0000_0000 | u64::from(std::process::id());
        let srvid = SrvId(SrvId::CLIENT_RANGE.0 | own);
        client.subscribe(srvid).await?;
        let args = TraverseStartExtArgs { db_id: self.id(), reqid, srvid, with_empty_records: CBool(0) };
        client.call::<TraverseStartExt>(dest, args).await?;
        self.records_of(&client, srvid, reqid, &mut show).await
    }

    async fn records_of(
        &self,
        client: &Client,
        srvid: SrvId,
        reqid: u32,
        show: &mut impl FnMut(Local),
    ) -> Result<u64, DbError> {
        let mut count = 0;
        loop {
            let time = self.shared.limits.get().patience;
            let event = tokio::time::timeout(time, client.next_event())
                .await
                .map_err(|_| DbError::TooLate { what: "no record of the traverse came", time })?;
            let message = match event {
                Some(Event::Message(message)) if message.srvid == srvid => message,
                Some(Event::Lost(lost)) => return Err(DbError::Lost(lost)),
                Some(Event::Down { .. }) | None => return Err(DbError::Disconnected),
                Some(_) => continue,
            };
            let record = Record::decode(&message.data, Abi::NATIVE)
                .map_err(|source| DbError::Malformed { what: "a record of the traverse", source })?
                .0;
            if record.reqid != reqid {
                continue;
            }
            if record.is_end() {
                return Ok(count);
            }
            let local = Local::split(&record, Abi::NATIVE)?;
            if !local.data.is_empty() {
                count += 1;
                show(local);
            }
        }
    }
}
