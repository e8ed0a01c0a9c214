//! A database that is attached, and what C's client library says when something about it fails.
//!
//! The protocol is that of `backend::legacy::databases`; here its errors become C's words and numbers. Sources:
//! `ctdb_attach_*`, `ctdb_set_db_flags_*`, and the numbers that `ctdb_fetch_lock`, `ctdb_transaction_start` and the other
//! functions of `client_db.c` leave behind.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use legacy_client::CallError;
use legacy_codec::{DbFlags, DbId, Text};

use crate::databases::{Database, existing};
use crate::numbers::EINVAL;
use crate::output::{Piece, err};
use crate::paths;
use crate::stop::{Explain, Stop, words};
use crate::tool::{FOREVER, Failure, Tool};
use databases::{Databases, DbError, DbInfo, Limits};

/// `EIO`.
const EIO: i32 = 5;

/// The databases by way of the tool's connection. Records are waited for until the alarm.
pub(crate) fn databases(tool: &Tool) -> Databases {
    let call = tool.limit().unwrap_or(Duration::ZERO);
    Databases::new(tool.client.clone(), &paths::socket(), Limits { call, patience: FOREVER })
}

/// What an error is as a number.
pub(crate) fn failure(error: &DbError) -> Failure {
    match error {
        error if error.is_disconnected() => Failure::Gone,
        DbError::Call(error) | DbError::NotCommitted(error) => error.into(),
        DbError::RecordRefused { status, .. } => Failure::Status(*status),
        error if error.is_timeout() => Failure::NoReply(crate::tool::ETIMEDOUT),
        DbError::File { source, .. } => Failure::NoReply(source.raw_os_error().unwrap_or(EIO)),
        DbError::WrongKind { .. } | DbError::ReadOnly | DbError::Backup { .. } => Failure::NoReply(EINVAL),
        _ => Failure::NoReply(EIO),
    }
}

/// What an error means for the command.
pub(crate) fn stopped(tool: &Tool, error: &DbError) -> Stop {
    tool.stop(failure(error))
}

/// What C's library says about an attempt to attach.
fn say(name: &dyn Piece, flags: DbFlags, error: &DbError) {
    let (control, status) = match error {
        DbError::Call(CallError::Status { control, .. }) => (*control, true),
        DbError::Call(CallError::NoReply { control, .. } | CallError::BadReply { control, .. }) => {
            (*control, false)
        }
        DbError::Unhealthy { reason, .. } => {
            err!("attach: ", name, " database unhealthy (", reason, ")\n");
            return;
        }
        _ => {
            err!("attach: ", name, " tdb_wrap_open failed\n");
            return;
        }
    };
    let number = match failure(error) {
        Failure::NoReply(number) | Failure::Status(number) => number,
        Failure::Gone => return,
    };
    let words = match control {
        "DB_ATTACH" | "DB_ATTACH_PERSISTENT" | "DB_ATTACH_REPLICATED" if status => {
            "failed to get db_id".to_owned()
        }
        "GET_NODEMAP" | "SET_DB_READONLY" | "SET_DB_STICKY" => {
            err!("attach: ", name, format_args!(" set db flags 0x{:08x} failed\n", flags.bits()));
            return;
        }
        control if status => format!("{control} parse failed"),
        control => format!("{control} failed"),
    };
    err!("attach: ", name, " ", words, format_args!(", ret={number}\n"));
}

/// Attaches to a database, which is made where it is not there.
pub(crate) async fn attach(
    tool: &Tool,
    all: &Databases,
    name: &Text,
    flags: DbFlags,
) -> Result<databases::Database, Stop> {
    let refused = |error: DbError| {
        // A name that could leave the directory is refused before ctdbd is asked, which would say this.
        if !databases::is_name(name.as_bytes()) {
            err!("attach: ", name, " failed to get db_id, ret=-1\n");
            return Stop::Failed(-1);
        }
        say(name, flags, &error);
        stopped(tool, &error)
    };
    let info = DbInfo { id: DbId(0), name: name.clone(), flags };
    let db = all.open(&info).await.map_err(refused)?;
    all.set_flags(db.id(), flags).await.map_err(refused)?;
    Ok(db)
}

/// Which databases a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Any database.
    All,
    /// Those whose records move.
    Volatile,
    /// Those that change by transactions.
    Transactions,
}

/// The database that a word names, if it is of the right kind; says so when it is not.
pub(crate) async fn suitable(tool: &Tool, word: &OsStr, wanted: For) -> Result<Database, Stop> {
    let db = existing(tool, word).await?;
    match wanted {
        For::Volatile if db.is_replicated() => err!("DB ", db.name, " is not a volatile database\n"),
        For::Transactions if !db.is_replicated() => err!("Transactions not supported on DB ", db.name, "\n"),
        _ => return Ok(db),
    }
    Err(Stop::Failed(1))
}

/// Attaches to a database that exists.
pub(crate) async fn opened(tool: &Tool, all: &Databases, db: &Database) -> Result<databases::Database, Stop> {
    let opened = attach(tool, all, &db.name, db.flags).await;
    opened.explain(words!("Failed to attach to DB ", db.name, "\n"))
}

/// The bytes that a word means; says that they are a bad key, or value.
pub(crate) fn data(word: &OsString, what: &str) -> Result<bytes::Bytes, Stop> {
    let parsed = crate::words::data(word.as_encoded_bytes());
    parsed.explain(words!("Failed to parse ", what, " ", word, "\n"))
}
