//! A handle on its way from one thread to another.

use std::path::{Path, PathBuf};

use crate::handle::Tdb;
use crate::registry::OpenFile;

/// An open file that no thread works with. Whoever gets it may make a handle of it again.
#[derive(Debug)]
pub struct Parked {
    open: OpenFile,
    path: PathBuf,
}

// SAFETY: libtdb keeps nothing of a context in its thread but locks. A parked handle has none: guards and transactions borrow
// the handle, which was given away whole, so they have all been dropped. fcntl locks belong to the process, the one that marks
// the file as in use too. The list of open files that libtdb keeps is guarded by the registry.
#[expect(unsafe_code, reason = "moves a handle that holds no lock")]
unsafe impl Send for Parked {}

impl Tdb {
    /// Gives the handle up, so that another thread can have it.
    #[must_use]
    pub fn park(self) -> Parked {
        let (open, path) = self.into_parts();
        Parked { open, path }
    }
}

impl Parked {
    /// A handle for this thread.
    #[must_use]
    pub fn unpark(self) -> Tdb {
        Tdb::from_parts(self.open, self.path)
    }

    /// The path that the file was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
