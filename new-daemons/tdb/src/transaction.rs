//! Transactions of one file: all changes or none, also when the machine stops in between.
//!
//! This is not the transaction of a cluster: ctdbd makes one such transaction on each node. A transaction that is dropped
//! is cancelled. Without NOSYNC a commit waits for the disk.

use std::ops::Deref;

use crate::error::{Code, Error};
use crate::ffi;
use crate::handle::Tdb;

/// Changes that only this handle sees, until they are committed.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is cancelled"]
pub struct Transaction<'t> {
    tdb: &'t mut Tdb,
    open: bool,
}

impl Tdb {
    /// Starts a transaction; waits for one of another process to end.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; no lock of it is held, since `self` is borrowed alone.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_transaction_start(context) };
        self.done("start of a transaction", status)?;
        Ok(Transaction { tdb: self, open: true })
    }

    /// Starts a transaction; `None` when another process has one.
    pub fn try_transaction(&mut self) -> Result<Option<Transaction<'_>>, Error> {
        let context = self.enter()?;
        // SAFETY: as in `transaction`.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_transaction_start_nonblock(context) };
        match self.done("start of a transaction", status) {
            Ok(()) => Ok(Some(Transaction { tdb: self, open: true })),
            Err(Error::Tdb { code: Code::LOCK | Code::NOLOCK, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Transaction<'_> {
    /// Keeps the changes. After an error there are none.
    pub fn commit(mut self) -> Result<(), Error> {
        let context = self.tdb.enter()?;
        self.open = false;
        // SAFETY: the context is open and used by this thread only; its transaction is open.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_transaction_commit(context) };
        self.tdb.done("commit", status)
    }
}

impl Deref for Transaction<'_> {
    type Target = Tdb;

    fn deref(&self) -> &Tdb {
        self.tdb
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // SAFETY: the context is open and used by this thread only; its transaction is open.
            #[expect(unsafe_code, reason = "calls libtdb")]
            unsafe {
                // The file was not changed, whatever this says.
                ffi::tdb_transaction_cancel(self.tdb.context());
            }
        }
    }
}
