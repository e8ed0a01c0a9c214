//! What keeps a file in good order: walks chain by chain, free pieces, wiping, the count of changes.

use std::ops::ControlFlow;

use crate::error::Error;
use crate::ffi;
use crate::handle::{Call, Tdb, visit_one};

impl Tdb {
    /// How many chains the file has.
    #[must_use]
    pub fn chains(&self) -> u32 {
        // SAFETY: the context is open; the number is one of the header that was checked at open.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let chains = unsafe { ffi::tdb_hash_size(self.context()) };
        // A C `int` for an unsigned number of the header.
        chains.cast_unsigned()
    }

    /// Shows the records of one chain, until one is answered with a break; says how many were shown.
    ///
    /// It waits for the chain's lock unless that is held or marked. The closure must be short.
    pub fn walk_chain(
        &self,
        chain: u32,
        mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        let context = self.enter()?;
        let mut count = 0_usize;
        let mut each = |key: &[u8], data: &[u8]| {
            count += 1;
            visit(key, data)
        };
        let mut call = Call::new(self.inside(), &mut each);
        // SAFETY: the context is open and used by this thread only; `visit_one` gets the pointer to `call`, which lives
        // until the call returns. A chain that is not there is refused by libtdb.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_traverse_chain(context, chain, visit_one, call.pointer()) };
        call.finish();
        if status < 0 { Err(self.failure("walk of a chain")) } else { Ok(count) }
    }

    /// How many pieces are free. It walks through all of them, under their lock.
    pub fn free_pieces(&self) -> Result<u32, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let count = unsafe { ffi::tdb_freelist_size(context) };
        u32::try_from(count).map_err(|_| self.failure("count of free pieces"))
    }

    /// Writes all records anew, one behind the other, so that what is free is one piece. It is a transaction.
    pub fn repack(&mut self) -> Result<(), Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; no lock of it is held, since `self` is borrowed alone.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_repack(context) };
        self.done("repack", status)
    }

    /// Removes all records.
    pub fn wipe(&mut self) -> Result<(), Error> {
        let context = self.enter()?;
        // SAFETY: as in `repack`.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_wipe_all(context) };
        self.done("wipe", status)
    }

    /// From now on this handle counts its changes.
    pub fn count_changes(&self) {
        // SAFETY: the context is open; this sets a flag of it.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_enable_seqnum(self.context());
        }
    }

    /// Counts one change more, without a lock.
    pub fn bump_seqnum(&self) -> Result<(), Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_increment_seqnum_nonblock(context);
        }
        Ok(())
    }

    /// So many deleted records stay in their chain, to be used again without the lock of the free pieces.
    pub fn keep_dead(&self, pieces: u16) {
        // SAFETY: the context is open; this sets a number of it.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_set_max_dead(self.context(), pieces.into());
        }
    }
}
