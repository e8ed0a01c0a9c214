//! A place at a ctdbd: the connection, the files of the databases, and what an error means for the one who sits there.

use std::path::Path;
use std::time::Duration;

use databases::{Database, Databases, DbError, Limits};
use judge::history::Outcome;
use judge::work::{Db, Store};
use legacy_client::{Client, ConnectError, Options};
use legacy_codec::DbFlags;

/// Between two attempts to get a place.
const PAUSE: Duration = Duration::from_millis(100);
/// How long an answer is waited for that needs no other node.
const CALL: Duration = Duration::from_secs(5);

/// A place at a ctdbd.
pub(crate) struct Seat {
    pub(crate) client: Client,
    pub(crate) databases: Databases,
    open: Vec<Database>,
}

/// Flags of a database.
const fn flags(store: Store) -> DbFlags {
    match store {
        Store::Volatile => DbFlags::empty(),
        Store::Copied => DbFlags::READONLY,
        Store::Persistent => DbFlags::PERSISTENT,
        Store::Replicated => DbFlags::REPLICATED,
    }
}

impl Seat {
    /// Waits until the daemon is there and lets the databases be attached.
    pub(crate) async fn take(socket: &Path, wanted: &[Db], patience: Duration) -> Self {
        loop {
            match Self::at(socket, wanted, patience).await {
                Ok(seat) => return seat,
                Err(why) => eprintln!("compat-client: {why}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) async fn at(socket: &Path, wanted: &[Db], patience: Duration) -> Result<Self, DbError> {
        let client = connect(socket).await?;
        let limits = Limits { call: CALL, patience };
        let databases = Databases::new(client.clone(), socket, limits);
        let mut open = Vec::new();
        for db in wanted {
            open.push(databases.attach(db.name, flags(db.store)).await?);
        }
        Ok(Self { client, databases, open })
    }

    /// A database by its name. One that was not attached is a mistake of whoever asks.
    pub(crate) fn db(&self, name: &str) -> Result<&Database, DbError> {
        let named = |open: &&Database| open.info().name.as_bytes() == name.as_bytes();
        self.open.iter().find(named).ok_or_else(|| DbError::NotThere(name.to_owned()))
    }
}

/// A connection.
pub(crate) async fn connect(socket: &Path) -> Result<Client, ConnectError> {
    let options = Options { attach_timeout: CALL, call_timeout: CALL, ..Options::default() };
    Client::connect(socket, options).await
}

/// What an error says about a change: `begun` when something may have been changed before it came.
pub(crate) fn missed(error: &DbError, begun: bool) -> Outcome {
    let why = error.to_string();
    // After a time-out a file may still be at work on it.
    let may = begun || error.is_timeout() || matches!(error, DbError::NoOwner);
    if may { Outcome::Unknown { why } } else { Outcome::Refused { why } }
}

/// A record's value.
pub(crate) fn value(data: &[u8]) -> Result<Option<u64>, String> {
    match data {
        [] => Ok(None),
        data => match data.try_into() {
            Ok(bytes) => Ok(Some(u64::from_le_bytes(bytes))),
            Err(_) => Err(format!("a record has {} bytes that nobody wrote: {data:02x?}", data.len())),
        },
    }
}
