//! The files of a node, which its daemon and its clients share: records in chains, locks with owners, transactions, and a
//! disk that forgets what was not synced.
//!
//! It is what libtdb is to the processes of a node. Calls return at once; who has to wait for a lock stands in its row and is
//! told by the world. A write can be made to fail. Who may do what is the business of those who call: here a record is
//! bytes, and locks only exclude each other.

mod file;
mod locks;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use rand::rngs::SmallRng;

use file::File;
pub use file::Kept;
pub use locks::{Owner, Place};

/// Chains of a file. Few, so that records share them.
const CHAINS: u32 = 17;

/// The number of a file on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Db(pub usize);

/// Why a write failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The disk is full.
    NoSpace,
    /// The disk does not work.
    Io,
}

/// Somebody who waited has got what he waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// In which file.
    pub db: Db,
    /// The process whose lock it is now.
    pub owner: Owner,
    /// One chain, or the whole file.
    pub place: Place,
}

/// The files of one node.
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<File>,
    granted: Vec<Granted>,
    /// After how many writes one fails, and how.
    fails: Option<(u64, Failed)>,
}

/// A number for a key, the same everywhere and for ever: FNV.
pub(crate) fn hash(key: &[u8]) -> u32 {
    key.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The chain of a key.
#[must_use]
pub fn chain(key: &[u8]) -> Place {
    Place::Chain((hash(key) >> 7) % CHAINS)
}

impl Files {
    /// Empty files.
    #[must_use]
    pub fn new(all: impl IntoIterator<Item = Kept>) -> Self {
        Self { files: all.into_iter().map(File::new).collect(), granted: Vec::new(), fails: None }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Db> + use<> {
        (0..self.files.len()).map(Db)
    }

    /// Whether it stays over a restart.
    #[must_use]
    pub fn kept(&self, db: Db) -> Kept {
        self.files[db.0].kept
    }

    fn file(&mut self, db: Db) -> &mut File {
        &mut self.files[db.0]
    }

    fn tell(&mut self, db: Db, granted: Vec<(Owner, Place)>) {
        self.granted.extend(granted.into_iter().map(|(owner, place)| Granted { db, owner, place }));
    }

    /// Those who got what they had waited for, since this was asked last.
    pub fn granted(&mut self) -> Vec<Granted> {
        std::mem::take(&mut self.granted)
    }

    /// Locks it now or not at all.
    pub fn try_lock(&mut self, owner: Owner, db: Db, place: Place) -> bool {
        self.file(db).locks.try_take(owner, place)
    }

    /// Locks it, or stands in the row for it. Whether it is locked now.
    pub fn lock(&mut self, owner: Owner, db: Db, place: Place) -> bool {
        self.file(db).locks.take(owner, place)
    }

    /// Gives a lock back. It panics when the owner does not hold it: that would be a mistake of the program that calls.
    pub fn unlock(&mut self, owner: Owner, db: Db, place: Place) {
        let granted = self.file(db).locks.release(owner, place);
        self.tell(db, granted);
    }

    /// Does not wait for a lock any more.
    pub fn withdraw(&mut self, owner: Owner, db: Db, place: Place) {
        let granted = self.file(db).locks.withdraw(owner, place);
        self.tell(db, granted);
    }

    /// Whether an owner holds a lock.
    #[must_use]
    pub fn holds(&self, owner: Owner, db: Db, place: Place) -> bool {
        self.files[db.0].locks.holds(owner, place)
    }

    /// Everybody who holds a lock of a file or waits for one.
    pub fn lockers(&self, db: Db) -> impl Iterator<Item = (Owner, Place)> {
        self.files[db.0].locks.all()
    }

    /// A process ends: its locks are free, and a transaction that it had begun never was.
    pub fn dies(&mut self, owner: Owner) {
        for db in self.all() {
            self.file(db).abandon(owner);
            let granted = self.file(db).locks.dies(owner);
            self.tell(db, granted);
        }
    }

    /// The daemon starts: files that are kept in memory alone begin anew.
    pub fn clear(&mut self) {
        self.files.iter_mut().for_each(File::clear);
    }

    /// The node loses its power.
    pub fn crash(&mut self, rng: &mut SmallRng) {
        self.files.iter_mut().for_each(|file| file.crash(rng));
        self.granted.clear();
    }

    /// From now on the `n`th write fails, counted from 1, and all after it, until [`Files::mend`].
    pub fn fail_at(&mut self, n: u64, how: Failed) {
        self.fails = Some((n.saturating_sub(1), how));
    }

    /// Writes work again.
    pub fn mend(&mut self) {
        self.fails = None;
    }

    fn may_write(&mut self, writes: u64) -> Result<(), Failed> {
        match &mut self.fails {
            Some((left, how)) if *left < writes => Err(*how),
            Some((left, _)) => {
                *left -= writes;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What is stored under a key.
    #[must_use]
    pub fn read(&self, db: Db, key: &[u8]) -> Option<&Bytes> {
        self.files[db.0].records.get(key)
    }

    /// All records, in the order of their keys.
    pub fn walk(&self, db: Db) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.files[db.0].records.iter()
    }

    /// Stores a record.
    ///
    /// # Errors
    /// When the disk does not take it; nothing has changed then.
    pub fn write(&mut self, db: Db, key: &Bytes, value: Bytes) -> Result<(), Failed> {
        self.may_write(1)?;
        self.file(db).write((key.clone(), Some(value)));
        Ok(())
    }

    /// Deletes a record; whether it was there.
    ///
    /// # Errors
    /// When the disk does not take it; nothing has changed then.
    pub fn delete(&mut self, db: Db, key: &Bytes) -> Result<bool, Failed> {
        self.may_write(1)?;
        let there = self.read(db, key).is_some();
        if there {
            self.file(db).write((key.clone(), None));
        }
        Ok(there)
    }

    /// All that was written to a file is safe.
    ///
    /// # Errors
    /// When the disk does not work.
    pub fn sync(&mut self, db: Db) -> Result<(), Failed> {
        self.may_write(1)?;
        self.file(db).sync();
        Ok(())
    }

    /// Begins a transaction, in place of one that was not committed. Its owner holds the whole file.
    pub fn begin(&mut self, owner: Owner, db: Db) {
        self.file(db).transaction = Some((owner, Vec::new()));
    }

    /// Whether an owner has begun a transaction.
    #[must_use]
    pub fn begun(&self, owner: Owner, db: Db) -> bool {
        self.files[db.0].transaction.as_ref().is_some_and(|(other, _)| *other == owner)
    }

    /// Adds a change to the transaction of the file; none: a deletion. Whether there is one.
    pub fn change(&mut self, db: Db, key: &Bytes, value: Option<Bytes>) -> bool {
        let transaction = self.file(db).transaction.as_mut();
        transaction.map(|(_, changes)| changes.push((key.clone(), value))).is_some()
    }

    /// Drops the transaction of a file: nothing has changed.
    pub fn cancel(&mut self, db: Db) {
        self.file(db).transaction = None;
    }

    /// All changes of the transaction at once, and on disk for a file that is kept there.
    ///
    /// # Errors
    /// When the disk does not take it; nothing has changed then, and the transaction is over.
    pub fn commit(&mut self, db: Db) -> Result<(), Failed> {
        let Some((_, changes)) = self.file(db).transaction.take() else { return Ok(()) };
        self.may_write(u64::try_from(changes.len()).unwrap_or(u64::MAX).saturating_add(1))?;
        let file = self.file(db);
        changes.into_iter().for_each(|write| file.write(write));
        file.sync();
        Ok(())
    }
}
