//! Commits and snapshots: W4.

use std::collections::BTreeMap;

use bytes::Bytes;
use databases::{Access, DbError, Local, SEQUENCE_NUMBER, Transaction};
use judge::history::{Op, Outcome};
use judge::work::{client_of, last_key};
use legacy_codec::Abi;

use super::Answer;
use crate::seat::{Seat, value};

fn refused(error: &DbError) -> Answer {
    Answer::error(error, Outcome::Refused { why: error.to_string() })
}

fn amount(data: &[u8]) -> Result<i64, String> {
    Ok(value(data)?.unwrap_or(0).cast_signed())
}

/// Moves an amount and notes the number of the commit. A wrong one takes and does not give.
pub(super) async fn transfer(seat: &Seat, op: &Op, (from, to, by): (&str, &str, i64), wrong: bool) -> Answer {
    let Op::Commit { db, client, n } = op else { return Answer::broken(format!("{op:?} is no commit")) };
    let db = match seat.db(db) {
        Ok(db) => db,
        Err(error) => return Answer::broken(error.to_string()),
    };
    let mut transaction = match seat.databases.begin(db, Access::Write).await {
        Ok(transaction) => transaction,
        Err(error) => return refused(&error),
    };
    let given = if wrong { 0 } else { by };
    match write(&mut transaction, [(from, -by), (to, given)], &last_key(client), *n).await {
        Ok(Ok(seqnum)) => match transaction.commit().await {
            Ok(()) => Answer::new(Outcome::Committed { seqnum: seqnum + 1 }),
            Err(error @ DbError::NotCommitted(_)) => refused(&error),
            Err(error) => Answer::error(&error, Outcome::Unknown { why: error.to_string() }),
        },
        Ok(Err(why)) => Answer::broken(why),
        Err(error) => {
            let cancelled = transaction.cancel().await;
            cancelled.as_ref().err().map_or_else(|| refused(&error), refused)
        }
    }
}

/// The changes; returns the sequence number before.
async fn write(
    transaction: &mut Transaction,
    moved: [(&str, i64); 2],
    last: &str,
    n: u64,
) -> Result<Result<u64, String>, DbError> {
    let seqnum = match value(&transaction.fetch(SEQUENCE_NUMBER).await?) {
        Ok(seqnum) => seqnum.unwrap_or(0),
        Err(why) => return Ok(Err(why)),
    };
    for (key, by) in moved {
        let old = match amount(&transaction.fetch(key.as_bytes()).await?) {
            Ok(old) => old,
            Err(why) => return Ok(Err(why)),
        };
        let new = Bytes::copy_from_slice(&old.wrapping_add(by).to_le_bytes());
        transaction.store(key.as_bytes(), new).await?;
    }
    transaction.store(last.as_bytes(), Bytes::copy_from_slice(&n.to_le_bytes())).await?;
    Ok(Ok(seqnum))
}

/// Reads all records while nobody can commit.
pub(super) async fn snapshot(seat: &Seat, op: &Op) -> Answer {
    let Op::Snapshot { db } = op else { return Answer::broken(format!("{op:?} is no snapshot")) };
    let db = match seat.db(db) {
        Ok(db) => db,
        Err(error) => return Answer::broken(error.to_string()),
    };
    let transaction = match seat.databases.begin(db, Access::Read).await {
        Ok(transaction) => transaction,
        Err(error) => return refused(&error),
    };
    let records = db.local_records().await;
    let cancelled = transaction.cancel().await;
    let records = match (records, cancelled) {
        (Ok(records), Ok(())) => records,
        (Err(error), _) | (_, Err(error)) => return refused(&error),
    };
    let (mut sum, mut last) = (0_i64, BTreeMap::new());
    for record in &records {
        let local = match Local::split(record, Abi::NATIVE) {
            Ok(local) if local.key == SEQUENCE_NUMBER => continue,
            Ok(local) => local,
            Err(error) => return Answer::broken(error.to_string()),
        };
        let key = String::from_utf8_lossy(&local.key).into_owned();
        let amount = match amount(&local.data) {
            Ok(amount) => amount,
            Err(why) => return Answer::broken(why),
        };
        match client_of(&key) {
            Some(client) => drop(last.insert(client.to_owned(), amount.cast_unsigned())),
            None => sum = sum.wrapping_add(amount),
        }
    }
    Answer::new(Outcome::Saw { sum, last })
}
