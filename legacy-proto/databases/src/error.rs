//! Why a database did not do what was asked, one line each.
//!
//! What the daemon refused, what took too long and what makes no sense are told apart, since scripts are told so by the
//! exit status. A record that is not there is no error.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use legacy_client::{CallError, ConnectError, NoReply, SendError};
use legacy_codec::ReplyCall;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The node has no such database.
    #[error("no database {0}")]
    NotThere(String),
    /// What was asked is not done to databases of this kind.
    #[error("{name} is a {kind} database")]
    WrongKind {
        /// Its name.
        name: String,
        /// What it is, in one word.
        kind: &'static str,
    },
    /// ctdbd says that the database is damaged.
    #[error("{name} is not healthy: {reason}")]
    Unhealthy {
        /// Its name.
        name: String,
        /// In the words of ctdbd.
        reason: String,
    },
    /// ctdbd names a file that cannot be the one of this database.
    #[error("'{path}' cannot be the file of {name}")]
    Path {
        /// The file.
        path: String,
        /// The database.
        name: String,
    },
    /// A file is damaged, so that nothing may be stored in it.
    #[error("{}: the file is damaged, and nothing was stored; tdbrestore makes a new one of a dump", .0.display())]
    Damaged(PathBuf),
    /// The file was closed, since the database was detached.
    #[error("the database was closed")]
    Closed,
    /// There is no second connection to ctdbd.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// ctdbd did not answer, or not well.
    #[error(transparent)]
    Call(#[from] CallError),
    /// ctdbd did not answer a call for a record.
    #[error("moving a record here: {0}")]
    NoRecord(NoReply),
    /// ctdbd answered that a call for a record failed.
    #[error("moving a record here failed with status {status}{}{text}", if .text.is_empty() { "" } else { ": " })]
    RecordRefused {
        /// Of its answer.
        status: i32,
        /// Its words; may be empty.
        text: String,
    },
    /// A message was not taken.
    #[error("records were not sent: {0}")]
    Send(#[from] SendError),
    /// A lock, a record or a file could not be had in time.
    #[error("{what} within {} s", .time.as_secs_f64())]
    TooLate {
        /// What was waited for.
        what: &'static str,
        /// How long.
        time: Duration,
    },
    /// The record moved away again each time.
    #[error("the record was taken away {0} times before it could be used")]
    Stolen(u32),
    /// A record, a lock or an answer makes no sense.
    #[error("{what}: {source}")]
    Malformed {
        /// Which of them.
        what: &'static str,
        /// Where it ends to make sense.
        source: legacy_codec::Error,
    },
    /// A record makes no sense for what it is used for.
    #[error("{0}")]
    Senseless(&'static str),
    /// A transaction on this database is under way in this process.
    #[error("this process has a transaction on this database already")]
    Deadlock,
    /// The commit failed, and the database is not as it was before nor as it should be after.
    #[error("the transaction failed: the sequence number is {found}, {expected} was expected")]
    Diverged {
        /// What the database has now.
        found: u64,
        /// What it has after a commit.
        expected: u64,
    },
    /// The commit was refused until the time was over; nothing was changed.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(CallError),
    /// A transaction that only reads was asked to write.
    #[error("this transaction only reads")]
    ReadOnly,
    /// Records of a traverse were dropped on the way.
    #[error("{0} messages of the traverse were lost")]
    Lost(u64),
    /// The connection ended while records came.
    #[error("the connection to ctdbd was lost")]
    Disconnected,
    /// A node took in another number of records than were sent.
    #[error("node {node} received {received} of {sent} records")]
    Incomplete {
        /// Its number.
        node: u32,
        /// As it says itself.
        received: u32,
        /// As were counted here.
        sent: u64,
    },
    /// The cluster is not calm enough, or has no node to work on.
    #[error("{0}")]
    NotReady(&'static str),
    /// Stopped by a signal.
    #[error("interrupted; a recovery puts the database in order")]
    Interrupted,
    /// A file that cannot be opened by its path alone.
    #[error("{}: locked by mutexes, or damaged; ask its ctdbd for the record", .0.display())]
    Mutexes(PathBuf),
    /// libtdb refused.
    #[error(transparent)]
    Tdb(#[from] tdb::Error),
    /// A backup cannot be read as one.
    #[error("{}: {problem}", .path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: super::backup::Problem,
    },
    /// A file cannot be used.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// In the words of the system.
        source: io::Error,
    },
    /// The thread that has the files open is gone.
    #[error("the thread that has the files open has ended")]
    NoOwner,
}

impl DbError {
    /// What a call for a record failed with.
    pub fn refused(reply: &ReplyCall) -> Self {
        let text = String::from_utf8_lossy(&reply.data).into_owned();
        // Data of a failed call is text only in REPLY_ERROR.
        let text = if text.chars().any(char::is_control) { String::new() } else { text };
        Self::RecordRefused { status: reply.status, text }
    }

    /// Whether no database can have the name that was said.
    pub fn is_about_name(&self) -> bool {
        matches!(self, Self::Tdb(tdb::Error::Name(_)))
    }

    /// Whether a file cannot be opened, or is not what it should be.
    pub fn is_about_file(&self) -> bool {
        matches!(
            self,
            Self::File { .. }
                | Self::Backup { .. }
                | Self::Mutexes(_)
                | Self::Damaged(_)
                | Self::Tdb(tdb::Error::Open { .. })
        )
    }

    /// Whether it was time that was missing.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Call(error) | Self::NotCommitted(error) => error.is_timeout(),
            Self::NoRecord(error) => *error == NoReply::Timeout,
            Self::TooLate { .. } => true,
            _ => false,
        }
    }

    /// Whether ctdbd is gone.
    pub fn is_disconnected(&self) -> bool {
        match self {
            Self::Call(error) | Self::NotCommitted(error) => error.is_disconnected(),
            Self::NoRecord(error) => matches!(error, NoReply::Disconnected | NoReply::NotConnected),
            Self::Disconnected | Self::Connect(_) | Self::Send(SendError::NotConnected) => true,
            _ => false,
        }
    }
}
