//! Locks that somebody else of this process holds: the handle is told, and takes none of its own.
//!
//! A thread that may not wait has its locks taken by another one, outside libtdb. Then the handle is marked (FRZ-22): what
//! it does under a mark touches no lock at all, so a mark without a lock behind it destroys the file. A chain's mark is for
//! one chain at a time. Under the mark of a whole file no transaction can be started, which is what [`Unlocked`] is for.
//! Everything goes when it is dropped, since a mark that is left behind would be a lock that nobody holds.

use std::ffi::c_uint;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::error::{Code, Error};
use crate::ffi;
use crate::flags::OpenFlags;
use crate::handle::{Tdb, bytes};

/// A chain counts as locked for writing.
#[derive(Debug)]
#[must_use = "the mark goes when this is dropped"]
pub struct ChainMark<'t> {
    tdb: &'t Tdb,
    key: Vec<u8>,
    _thread: PhantomData<*const ()>,
}

/// The whole file counts as locked for writing, and a transaction as running.
#[derive(Debug)]
#[must_use = "the mark goes when this is dropped"]
pub struct WholeMark<'t> {
    tdb: &'t Tdb,
    _thread: PhantomData<*const ()>,
}

/// A handle that takes no locks at all: the whole file, its transaction lock and, until a commit is done, libtdb's open
/// lock are held for it (FRZ-25).
#[derive(Debug)]
#[must_use = "locks are taken again when this is dropped"]
pub struct Unlocked<'t>(&'t mut Tdb);

/// The list of free pieces, for writing.
#[derive(Debug)]
#[must_use = "the lock goes when this is dropped"]
pub struct FreelistLock<'t> {
    tdb: &'t Tdb,
    _thread: PhantomData<*const ()>,
}

/// The number of the list of free pieces among the chains.
const FREELIST: i32 = -1;

const FOR_WRITING: i32 = libc::F_WRLCK;

impl Tdb {
    /// Marks the chain of a key, which a thread of this process has locked outside libtdb.
    pub fn mark_chain(&self, key: &[u8]) -> Result<ChainMark<'_>, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; the key is only read.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_chainlock_mark(context, bytes(key)) };
        self.done("mark of a chain", status)?;
        Ok(ChainMark { tdb: self, key: key.to_vec(), _thread: PhantomData })
    }

    /// Marks the whole file, which a thread of this process has locked outside libtdb, its transaction lock too.
    pub fn mark_whole(&self) -> Result<WholeMark<'_>, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_lockall_mark(context) };
        self.done("mark of the file", status)?;
        // SAFETY: the same.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_transaction_write_lock_mark(context) };
        let failed = self.done("mark of a transaction", status);
        if failed.is_err() {
            // SAFETY: the same; it was marked just now.
            #[expect(unsafe_code, reason = "calls libtdb")]
            unsafe {
                ffi::tdb_lockall_unmark(context);
            }
        }
        failed.map(|()| WholeMark { tdb: self, _thread: PhantomData })
    }

    /// From now on no lock is taken: the caller has all of them.
    pub fn unlocked(&mut self) -> Result<Unlocked<'_>, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; no lock or mark of it is held, since `self` is
        // borrowed alone.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_add_flags(context, NOLOCK);
        }
        Ok(Unlocked(self))
    }

    /// Takes the lock of the list of free pieces; `None` when somebody else has it. A store that needs room would wait for
    /// it, whatever else is locked.
    pub fn try_freelist(&self) -> Result<Option<FreelistLock<'_>>, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_lock_nonblock(context, FREELIST, FOR_WRITING) };
        match self.done("lock of the free pieces", status) {
            Ok(()) => Ok(Some(FreelistLock { tdb: self, _thread: PhantomData })),
            Err(Error::Tdb { code: Code::LOCK, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

const NOLOCK: c_uint = OpenFlags::NOLOCK.bits().cast_unsigned();

impl Deref for Unlocked<'_> {
    type Target = Tdb;

    fn deref(&self) -> &Tdb {
        self.0
    }
}

impl DerefMut for Unlocked<'_> {
    fn deref_mut(&mut self) -> &mut Tdb {
        self.0
    }
}

impl Drop for ChainMark<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is open, since the handle is borrowed; the chain was marked once for this value.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_chainlock_unmark(self.tdb.context(), bytes(&self.key));
        }
    }
}

impl Drop for WholeMark<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is open, since the handle is borrowed; both were marked once for this value.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_transaction_write_lock_unmark(self.tdb.context());
            ffi::tdb_lockall_unmark(self.tdb.context());
        }
    }
}

impl Drop for Unlocked<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is open, since the handle is borrowed.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_remove_flags(self.0.context(), NOLOCK);
        }
    }
}

impl Drop for FreelistLock<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is open, since the handle is borrowed; this thread took the lock once for this value.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_unlock(self.tdb.context(), FREELIST, FOR_WRITING);
        }
    }
}
