//! Calls on one record: W1, W2, W3, W5.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use databases::{Change, Database, DbError, Held, Reading};
use judge::history::{Op, Outcome, Workload};

use super::{Answer, Desk};
use crate::seat::{missed, value};

/// What a wrong reader remembers instead of looking.
#[derive(Default)]
pub(super) struct Memory(RefCell<BTreeMap<String, Option<u64>>>);

pub(super) async fn carry_out(desk: &Desk<'_>, op: &Op, memory: &Memory) -> Answer {
    let Some((name, key)) = op.record() else { return Answer::broken(format!("{op:?} is about no record")) };
    let db = match desk.seat.db(name) {
        Ok(db) => db,
        Err(error) => return Answer::broken(error.to_string()),
    };
    let wrong = desk.options.wrong;
    match op {
        Op::Inc { .. } if wrong => inc_without_lock(db, key).await,
        Op::Inc { .. } => {
            change(db, key, |held| match value(&held.data) {
                Ok(old) => {
                    let new = old.unwrap_or(0) + 1;
                    (store(new), Ok(Some(new)))
                }
                Err(why) => (Change::Keep, Err(why)),
            })
            .await
        }
        Op::Write { value, .. } => {
            let value = *value;
            change(db, key, move |_| (store(value), Ok(None))).await
        }
        Op::Delete { .. } if wrong => Answer::new(Outcome::Done { value: None }),
        Op::Delete { .. } => change(db, key, |_| (Change::Delete, Ok(None))).await,
        Op::Read { .. } => {
            if wrong && let Some(value) = memory.0.borrow().get(key) {
                return Answer::new(Outcome::Done { value: *value });
            }
            let copy = desk.options.workload == Workload::W5;
            let answer = read(db, key, if copy { Reading::Copy } else { Reading::Move }).await;
            if let Outcome::Done { value } = answer.outcome {
                memory.0.borrow_mut().insert(key.to_owned(), value);
            }
            answer
        }
        Op::Commit { .. } | Op::Snapshot { .. } | Op::Walk { .. } => {
            Answer::broken(format!("{op:?} is about no record"))
        }
    }
}

fn store(value: u64) -> Change {
    Change::Store(Bytes::copy_from_slice(&value.to_le_bytes()))
}

/// Changes a record under its lock, where it is.
async fn change(
    db: &Database,
    key: &str,
    decide: impl FnOnce(&Held) -> (Change, Result<Option<u64>, String>) + Send + 'static,
) -> Answer {
    let begun = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&begun);
    let changed = db.update(key.as_bytes(), move |held| {
        seen.store(true, Ordering::Release);
        decide(held)
    });
    match changed.await {
        Ok(Ok(value)) => Answer::new(Outcome::Done { value }),
        Ok(Err(why)) => Answer::broken(why),
        Err(error) => Answer::error(&error, missed(&error, begun.load(Ordering::Acquire))),
    }
}

async fn read(db: &Database, key: &str, reading: Reading) -> Answer {
    match db.read(key.as_bytes(), reading).await {
        Ok(data) => match value(&data) {
            Ok(value) => Answer::new(Outcome::Done { value }),
            Err(why) => Answer::broken(why),
        },
        // Nothing can have been changed.
        Err(error) => Answer::error(&error, Outcome::Refused { why: error.to_string() }),
    }
}

/// Looks and writes in two steps, so that somebody may come between.
async fn inc_without_lock(db: &Database, key: &str) -> Answer {
    let old = match db.read(key.as_bytes(), Reading::Move).await.map(|data| value(&data)) {
        Ok(Ok(old)) => old.unwrap_or(0),
        Ok(Err(why)) => return Answer::broken(why),
        Err(error) => return Answer::error(&error, missed(&error, false)),
    };
    let written: Result<(), DbError> =
        db.write(key.as_bytes(), Bytes::copy_from_slice(&(old + 1).to_le_bytes())).await;
    match written {
        Ok(()) => Answer::new(Outcome::Done { value: Some(old + 1) }),
        Err(error) => Answer::error(&error, missed(&error, true)),
    }
}
