//! Locks of the whole cluster: records of g_lock.tdb that say who holds them (TXN-01).
//!
//! Decides, from the bytes of a record, whether a lock can be had, and by whom it is held if not; asking whether the
//! holders live is `transaction.rs`. ctdb's tool and Samba write these records in two ways that neither reads of the
//! other. Both are read here; what is written is the tool's. So a transaction of smbd is waited for, which the C tool
//! does not do.

use bytes::Bytes;
use legacy_codec::{Abi, GLock, GLockList, Payload, SambaGLock, ServerId, WatchedRecord};

use super::error::DbError;
use super::record::Change;

/// `CTDB_G_LOCK_READ`, `CTDB_G_LOCK_WRITE`.
const READ: u32 = 0;
const WRITE: u32 = 1;

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// As ctdb's tool writes it; also nobody.
    Tool(Vec<GLock>),
    /// As Samba writes it: alone, together.
    Samba { exclusive: Option<ServerId>, shared: Vec<ServerId> },
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

impl Lock {
    /// From the data of a record.
    pub(super) fn parse(data: &Bytes) -> Result<Self, DbError> {
        // Samba's form is never a list of whole locks of these types: its first word counts watchers, and what would
        // be a holder's process begins in the middle of a word.
        match GLockList::from_payload(data, Abi::NATIVE) {
            Ok(GLockList(locks)) if is_tools(&locks) => return Ok(Self::Tool(locks)),
            _ => {}
        }
        let senseless = |source| DbError::Malformed { what: "a record of g_lock.tdb", source };
        let watched = WatchedRecord::stored(data).map_err(senseless)?;
        let Some(lock) = SambaGLock::stored(&watched.data).map_err(senseless)? else {
            return Ok(Self::Samba { exclusive: None, shared: Vec::new() });
        };
        let exclusive = (lock.exclusive.pid != 0).then_some(lock.exclusive);
        Ok(Self::Samba { exclusive, shared: lock.shared })
    }

    /// Those who keep a taker out.
    fn in_the_way(&self, write: bool) -> Vec<ServerId> {
        match self {
            Self::Tool(locks) => {
                let against = |lock: &&GLock| write || lock.lock_type != READ;
                locks.iter().filter(against).map(|lock| lock.holder).collect()
            }
            Self::Samba { exclusive, shared } => {
                let shared = shared.iter().filter(|_| write);
                exclusive.iter().chain(shared).copied().collect()
            }
        }
    }

    fn has(&self, server: &ServerId) -> bool {
        match self {
            Self::Tool(locks) => locks.iter().any(|lock| lock.holder == *server),
            Self::Samba { exclusive, shared } => {
                exclusive.iter().chain(shared).any(|holder| holder == server)
            }
        }
    }

    /// Without these holders.
    fn without(&self, gone: &[ServerId]) -> Self {
        let stays = |server: &ServerId| !gone.contains(server);
        match self {
            Self::Tool(locks) => {
                Self::Tool(locks.iter().filter(|lock| stays(&lock.holder)).copied().collect())
            }
            Self::Samba { exclusive, shared } => Self::Samba {
                exclusive: exclusive.filter(stays),
                shared: shared.iter().copied().filter(stays).collect(),
            },
        }
    }

    /// The locks in the tool's form. Samba's are kept only as readers beside readers.
    fn into_list(self) -> Vec<GLock> {
        match self {
            Self::Tool(locks) => locks,
            Self::Samba { shared, .. } => {
                shared.into_iter().map(|holder| GLock { lock_type: READ, holder }).collect()
            }
        }
    }
}

fn change(locks: Vec<GLock>) -> Result<Change, DbError> {
    if locks.is_empty() {
        return Ok(Change::Delete);
    }
    let encoded = GLockList(locks)
        .to_payload(Abi::NATIVE)
        .map_err(|source| DbError::Malformed { what: "a record of g_lock.tdb", source })?;
    Ok(Change::Store(encoded.bytes))
}

/// Takes a lock for `own`, if nobody but the dead keeps it out.
pub(super) fn take(
    data: &Bytes,
    own: ServerId,
    write: bool,
    dead: &[ServerId],
) -> Result<(Change, Taken), DbError> {
    let lock = Lock::parse(data)?.without(dead);
    if lock.has(&own) {
        return Ok((Change::Keep, Taken::Already));
    }
    let others = lock.in_the_way(write);
    if !others.is_empty() {
        return Ok((Change::Keep, Taken::HeldBy(others)));
    }
    let mut locks = lock.into_list();
    locks.push(GLock { lock_type: if write { WRITE } else { READ }, holder: own });
    Ok((change(locks)?, Taken::Yes))
}

/// Gives a lock of `own` back; a lock that is not held is left alone.
pub(super) fn give_back(data: &Bytes, own: ServerId) -> Result<Change, DbError> {
    match Lock::parse(data)? {
        lock @ Lock::Tool(_) if lock.has(&own) => change(lock.without(&[own]).into_list()),
        _ => Ok(Change::Keep),
    }
}
