//! Many connections that do nothing, some that come and go, and walks over all nodes: W8.

use std::os::unix::net::UnixStream;

use databases::{Change, DbError};
use judge::history::{Op, Outcome, Workload};
use judge::work::{WALKED, databases};
use legacy_codec::{AttachFlags, DbAttach, Dest, Text};

use super::{Answer, Desk, Last};
use crate::seat::connect;

/// The connections of those who do nothing.
pub(super) struct Crowd {
    _idle: Vec<UnixStream>,
}

fn name() -> &'static str {
    databases(Workload::W8).first().map_or("", |db| db.name)
}

/// Makes the connections, and the records that are missing.
pub(super) async fn gather(desk: &Desk<'_>) -> Result<Crowd, Last> {
    let mut idle = Vec::new();
    for _ in 0..desk.options.idle {
        let connected = UnixStream::connect(&desk.options.place.socket);
        idle.push(connected.map_err(|error| Last::Gone(error.to_string()))?);
    }
    // So many come at once that ctdbd has no time for one more, or a recovery comes between.
    while let Err(error) = fill(desk).await {
        if !desk.seat.client.is_up() {
            return Err(Last::Gone(error.to_string()));
        }
        if *desk.ends.borrow() {
            break;
        }
        desk.pause().await;
    }
    Ok(Crowd { _idle: idle })
}

/// Makes the records that are missing.
async fn fill(desk: &Desk<'_>) -> Result<(), DbError> {
    let db = desk.seat.db(name())?;
    if db.traverse(Dest::CURRENT_NODE, drop).await? < WALKED {
        for key in 0..WALKED {
            let key = format!("k{key}");
            let made = db.update(key.as_bytes(), |held| {
                let new = Change::Store(bytes::Bytes::copy_from_slice(&1_u64.to_le_bytes()));
                (if held.data.is_empty() { new } else { Change::Keep }, ())
            });
            made.await?;
        }
    }
    Ok(())
}

/// Somebody comes, attaches and goes; then all records are counted. A wrong one makes one more record.
pub(super) async fn walk(desk: &Desk<'_>, op: &Op) -> Answer {
    let Op::Walk { db, .. } = op else { return Answer::broken(format!("{op:?} is no walk")) };
    let db = match desk.seat.db(db) {
        Ok(db) => db,
        Err(error) => return Answer::broken(error.to_string()),
    };
    let walked = async {
        let guest = connect(&desk.options.place.socket).await?;
        guest.call::<DbAttach>(Dest::CURRENT_NODE, (Text::new(name()), AttachFlags::empty())).await?;
        if desk.options.wrong {
            db.write(b"one more", bytes::Bytes::copy_from_slice(&1_u64.to_le_bytes())).await?;
        }
        db.traverse(Dest::CURRENT_NODE, drop).await
    };
    match walked.await {
        Ok(records) => Answer::new(Outcome::Counted { records }),
        // A connection of its own that could not be made says nothing about the daemon.
        Err(error) => {
            let last = (!desk.seat.client.is_up()).then(|| Last::Gone(error.to_string()));
            Answer { outcome: Outcome::Refused { why: error.to_string() }, last }
        }
    }
}
