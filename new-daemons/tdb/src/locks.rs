//! Locks of chains: who holds one may read, decide and write without anybody in between.
//!
//! ctdbd and smbd take the same locks, so a lock is held briefly and never while something else is waited for. It goes
//! when it is dropped, and with the process however that ends. A thread that takes two must have an order for them.

use std::marker::PhantomData;

use crate::error::{Code, Error};
use crate::ffi;
use crate::handle::{Tdb, bytes};

/// The lock of the chain that a key lies in, for writing.
#[derive(Debug)]
#[must_use = "the lock goes when this is dropped"]
pub struct ChainLock<'t> {
    tdb: &'t Tdb,
    key: Vec<u8>,
    _thread: PhantomData<*const ()>,
}

impl Tdb {
    /// Waits for the lock of a key's chain. The wait has no end that could be set: [`Tdb::try_lock`] does not wait.
    pub fn lock(&self, key: &[u8]) -> Result<ChainLock<'_>, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; the key is only read.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_chainlock(context, bytes(key)) };
        self.done("lock", status)?;
        Ok(self.locked(key))
    }

    /// Takes the lock of a key's chain; `None` when somebody else has it.
    pub fn try_lock(&self, key: &[u8]) -> Result<Option<ChainLock<'_>>, Error> {
        let context = self.enter()?;
        // SAFETY: as in `lock`.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_chainlock_nonblock(context, bytes(key)) };
        match self.done("lock", status) {
            Ok(()) => Ok(Some(self.locked(key))),
            Err(Error::Tdb { code: Code::LOCK, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn locked(&self, key: &[u8]) -> ChainLock<'_> {
        ChainLock { tdb: self, key: key.to_vec(), _thread: PhantomData }
    }
}

impl Drop for ChainLock<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is open, since the handle is borrowed; this thread took the lock once for this value. In a
        // closure too, an unlock leaves the mapped file where it is.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            // It can only fail for a lock that is not held.
            ffi::tdb_chainunlock(self.tdb.context(), bytes(&self.key));
        }
    }
}
