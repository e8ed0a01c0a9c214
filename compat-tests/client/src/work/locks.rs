//! A lock of all nodes that many want and some holders die with: W9.

use std::time::Duration;

use databases::{Access, DbError};
use judge::history::{Process, Workload};
use judge::work::databases;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Desk, Last};

/// What the lock is called in the history.
const LOCK: &str = "g_lock of w9.tdb";

/// Takes the lock of a transaction, holds it, and gives it back or dies with it.
pub(super) async fn hold(desk: &Desk<'_>, micros: u64, dies: bool) -> Result<(), Last> {
    let name = databases(Workload::W9).first().map_or("", |db| db.name);
    let db = desk.seat.db(name).map_err(|error| Last::Broken(error.to_string()))?;
    let held = if desk.options.wrong {
        None
    } else {
        match desk.seat.databases.begin(db, Access::Write).await {
            Ok(transaction) => Some(transaction),
            Err(error) => return goes_on(&error),
        }
    };
    desk.book.holds(true, LOCK)?;
    tokio::time::sleep(Duration::from_micros(micros)).await;
    if dies && !desk.options.wrong {
        desk.book.state(Process::Ended, "died with the lock")?;
        // As a crash, but without a core file.
        let killed = kill(Pid::this(), Signal::SIGKILL);
        return Err(Last::Broken(format!("cannot die: {killed:?}")));
    }
    desk.book.holds(false, LOCK)?;
    match held {
        Some(transaction) => transaction.cancel().await.or_else(|error| goes_on(&error)),
        None => Ok(()),
    }
}

/// Whether the next attempt can be made with this connection.
fn goes_on(error: &DbError) -> Result<(), Last> {
    if error.is_disconnected() || matches!(error, DbError::Deadlock | DbError::NoOwner) {
        return Err(Last::Gone(error.to_string()));
    }
    Ok(())
}
