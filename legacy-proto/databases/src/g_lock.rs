//! Locks of the whole cluster: records of g_lock.tdb that say who holds them (TXN-01).
//!
//! Decides, from the bytes of a record, whether a lock can be had, and by whom it is held if not; asking whether the
//! holders live is `transaction.rs`. ctdb's tool and Samba write these records in two ways: the tool takes a lock of
//! Samba for one whose holder is dead, and Samba takes one of the tool for damage (`ctdb_g_lock_pull`,
//! `dbwrap_watch_rec_parse`, `g_lock_parse`); so neither waits for the other. Both are read here, and what is written is
//! Samba's form with a stand-in in front of the watchers, which the tool reads as a lock of the holder: both wait for it.
//! While somebody of Samba waits the tool cannot read the record, and fails. A lock is always taken alone, since there is
//! no record that names a reader in both forms.

use bytes::Bytes;
use legacy_codec::{Abi, GLock, GLockList, Payload, Pnn, SambaGLock, ServerId, WatchedRecord, Watcher, Wire};

use super::error::DbError;
use super::record::Change;

/// `CTDB_G_LOCK_READ`, `CTDB_G_LOCK_WRITE`.
const READ: u32 = 0;
const WRITE: u32 = 1;
/// `SERVERID_UNIQUE_ID_NOT_TO_VERIFY`: that the process is there is enough. Samba finds other unique ids in files that
/// only its own processes have.
const NOT_TO_VERIFY: u64 = u64::MAX;

/// This process as a holder of locks.
pub(super) fn holder(pnn: Pnn) -> ServerId {
    ServerId { pid: std::process::id().into(), task_id: 0, pnn, unique_id: NOT_TO_VERIFY }
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// As ctdb's tool writes it; also nobody.
    Tool(Vec<GLock>),
    /// As Samba writes it, and this program. `None` is a record with watchers alone.
    Samba { watchers: Vec<Watcher>, lock: Option<SambaGLock> },
}

/// How an attempt to take a lock ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    /// These stand in the way.
    HeldBy(Vec<ServerId>),
    /// The taker has it already.
    Already,
}

fn is_tools(locks: &[GLock]) -> bool {
    locks.iter().all(|lock| matches!(lock.lock_type, READ | WRITE) && lock.holder.pid != 0)
}

fn senseless(source: legacy_codec::Error) -> DbError {
    DbError::Malformed { what: "a record of g_lock.tdb", source }
}

/// A watcher that is none: in front of the others it makes the record begin with what the tool reads as a lock of this
/// holder. The record's first word, the number of watchers, is the kind of the lock there, and 1 is a writer. To Samba it
/// is a process that has ended, since the low half of the process number is what follows that word in a lock of the tool:
/// padding.
fn stand_in(server: ServerId) -> Result<Watcher, DbError> {
    let holder = ServerId { task_id: server.pnn.0, unique_id: 0, ..server };
    let lock = GLock { lock_type: WRITE, holder }.encode(Abi::NATIVE).map_err(senseless)?.bytes;
    // What is left is the kind of a second lock, a reader: the tool takes him for dead when it gets so far.
    let mut bytes = [0; 32];
    for (byte, of_lock) in bytes.iter_mut().zip(lock.iter().skip(size_of::<u32>())) {
        *byte = *of_lock;
    }
    Watcher::stored(bytes).map_err(senseless)
}

fn is_stand_in(watcher: &Watcher) -> bool {
    watcher.server.pid & u64::from(u32::MAX) == 0
}

impl Lock {
    /// From the data of a record.
    pub(super) fn parse(data: &Bytes) -> Result<Self, DbError> {
        // Samba's form is never a list of whole locks of these types: its first word counts watchers, and what would
        // be a holder's process begins in the middle of a word; of a second, behind a stand-in, it is 0.
        match GLockList::from_payload(data, Abi::NATIVE) {
            Ok(GLockList(locks)) if is_tools(&locks) => return Ok(Self::Tool(locks)),
            _ => {}
        }
        let WatchedRecord { watchers, data } = WatchedRecord::stored(data).map_err(senseless)?;
        let lock = SambaGLock::stored(&data).map_err(senseless)?;
        Ok(Self::Samba { watchers, lock })
    }

    /// Those who hold it, alone or together.
    fn holders(&self) -> Vec<ServerId> {
        match self {
            Self::Tool(locks) => locks.iter().map(|lock| lock.holder).collect(),
            Self::Samba { lock: None, .. } => Vec::new(),
            Self::Samba { lock: Some(lock), .. } => {
                let alone = Some(lock.exclusive).filter(|holder| holder.pid != 0);
                alone.into_iter().chain(lock.shared.iter().copied()).collect()
            }
        }
    }

    /// The processes that wait, and the lock without its holders.
    fn into_parts(self) -> (Vec<Watcher>, SambaGLock) {
        let free = || SambaGLock {
            exclusive: ServerId::default(),
            lock_epoch: 0,
            // Before Samba 4.15 this is where the readers are counted.
            data_epoch: 0,
            shared: Vec::new(),
            data: Bytes::new(),
        };
        match self {
            Self::Tool(_) => (Vec::new(), free()),
            Self::Samba { mut watchers, lock } => {
                watchers.retain(|watcher| !is_stand_in(watcher));
                let lock = lock.unwrap_or_else(free);
                let lock_epoch = lock.lock_epoch.wrapping_add(1);
                (
                    watchers,
                    SambaGLock { exclusive: ServerId::default(), shared: Vec::new(), lock_epoch, ..lock },
                )
            }
        }
    }
}

fn stored(watchers: Vec<Watcher>, data: Bytes) -> Result<Change, DbError> {
    Ok(Change::Store(WatchedRecord { watchers, data }.to_stored().map_err(senseless)?))
}

/// Takes a lock for `own`, if nobody but the dead keeps it out. Those who wait for it go on waiting.
pub(super) fn take(data: &Bytes, own: ServerId, dead: &[ServerId]) -> Result<(Change, Taken), DbError> {
    let lock = Lock::parse(data)?;
    let mut others = lock.holders();
    others.retain(|holder| !dead.contains(holder));
    if others.contains(&own) {
        return Ok((Change::Keep, Taken::Already));
    }
    if !others.is_empty() {
        return Ok((Change::Keep, Taken::HeldBy(others)));
    }
    let (mut watchers, lock) = lock.into_parts();
    watchers.insert(0, stand_in(own)?);
    let lock = SambaGLock { exclusive: own, ..lock };
    Ok((stored(watchers, lock.to_stored().map_err(senseless)?)?, Taken::Yes))
}

/// Gives a lock of `own` back, and says who waits for it; a lock that is not held is left alone.
pub(super) fn give_back(data: &Bytes, own: ServerId) -> Result<(Change, Vec<Watcher>), DbError> {
    let lock = Lock::parse(data)?;
    if lock.holders() != [own] || matches!(lock, Lock::Tool(_)) {
        return Ok((Change::Keep, Vec::new()));
    }
    let (watchers, lock) = lock.into_parts();
    let protects = !lock.data.is_empty();
    if watchers.is_empty() && !protects {
        return Ok((Change::Delete, watchers));
    }
    let data = if protects { lock.to_stored().map_err(senseless)? } else { Bytes::new() };
    Ok((stored(watchers.clone(), data)?, watchers))
}
