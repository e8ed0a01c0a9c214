//! What can go wrong with a file: the caller's mistakes, and libtdb's own codes with what was tried.
//!
//! A record that is not there is no error here; the functions that look for one answer `None` or `false`.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// `enum TDB_ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub i32);

impl Code {
    /// The file is damaged: `TDB_ERR_CORRUPT`.
    pub const CORRUPT: Self = Self(1);
    /// The file could not be read or written.
    pub const IO: Self = Self(2);
    /// A lock is held by somebody else, or cannot be taken.
    pub const LOCK: Self = Self(3);
    /// No memory, or no room in the file.
    pub const OOM: Self = Self(4);
    /// The record is there already.
    pub const EXISTS: Self = Self(5);
    /// The lock is not there to be had: `TDB_ERR_NOLOCK`.
    pub const NOLOCK: Self = Self(6);
    /// The record is not there.
    pub const NOEXIST: Self = Self(8);
    /// The arguments make no sense to libtdb.
    pub const EINVAL: Self = Self(9);
    /// The file, or this moment, is for reading only.
    pub const RDONLY: Self = Self(10);
    /// A transaction inside a transaction.
    pub const NESTING: Self = Self(11);
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            0 => "no error given",
            1 => "the file is damaged",
            2 => "reading or writing failed",
            3 | 6 => "locking failed",
            4 => "out of memory or room",
            5 => "the record exists",
            7 => "waiting for a lock took too long",
            8 => "no such record",
            9 => "invalid argument",
            10 => "read only",
            11 => "transactions do not nest",
            n => return write!(f, "error {n}"),
        })
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name of a database is empty, a directory, or has a `/` or a NUL in it.
    #[error("'{0}' cannot be the name of a database")]
    Name(String),
    /// The process has this file open; a second open would drop the locks of the first.
    #[error("{}: already open in this process", .0.display())]
    AlreadyOpen(PathBuf),
    /// The file was not opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// The file, by the path that was given.
        path: PathBuf,
        /// What the system or libtdb says.
        source: io::Error,
    },
    /// Flags that no file shared with others can have.
    #[error("a shared file cannot be opened with flags {0:?}")]
    Flags(crate::OpenFlags),
    /// A closure that was called for a record used its handle.
    #[error("the handle is in use by the caller of this closure")]
    InUse,
    /// libtdb refused.
    #[error("{operation}: {code}")]
    Tdb {
        /// What was tried.
        operation: &'static str,
        /// What libtdb said.
        code: Code,
    },
    /// The file could not be read past libtdb.
    #[error("reading the file: {0}")]
    Read(#[source] io::Error),
}

impl Error {
    /// libtdb's code, when it was libtdb that refused.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        if let Self::Tdb { code, .. } = self { Some(*code) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_was_tried_and_what_happened() {
        let error = Error::Tdb { operation: "store", code: Code::CORRUPT };
        assert_eq!(error.to_string(), "store: the file is damaged");
        assert_eq!(error.code(), Some(Code::CORRUPT));
        assert_eq!(Error::Tdb { operation: "lock", code: Code(99) }.to_string(), "lock: error 99");
        assert_eq!(Error::InUse.code(), None);
    }
}
