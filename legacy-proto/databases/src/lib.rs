//! Databases of a real ctdbd, as smbd and the C tool use them: a client of records.
//!
//! Owns the ways to a record: by the chain lock and the migration protocol (volatile, [`record`]), by a transaction of the
//! cluster (persistent and replicated, [`transaction`]), by a walk over one node or all ([`local`], [`traverse`]), and
//! the whole at once ([`whole`], [`backup`]). It never shows anything, and never touches a file that ctdbd did not name.
//!
//! ```text
//! let databases = Databases::new(client, socket, Limits::of(timeout));
//! let info = databases.find("locking.tdb").await?;            // name, or id as 0x...; no attach
//! let db = databases.open(&info).await?;                       // attach + open; kept for the next time
//! let db = databases.attach("new.tdb", DbFlags::PERSISTENT).await?;   // makes it where it is not there
//! db.read(key, Reading::Move).await?                           // volatile: Bytes, empty when there is nothing
//! db.write(key, data).await?; db.delete(key).await?; db.push(key, data).await?
//! db.update(key, |record| (Change::Store(..), answer)).await?  // under the lock
//! let mut t = db.begin(Access::Write).await?;                  // persistent, replicated
//! t.fetch(key).await?; t.store(key, data).await?; t.delete(key).await?; t.commit().await?  // or t.cancel().await
//! db.local_records().await?; db.traverse(dest, |record| ..).await?
//! db.replace(None, &mut progress).await?                       // wipe; with a backup::Contents: restore
//! ```
//!
//! Everything ends: each question of the daemon within [`Limits::call`], what may have to wait for other clients or for a
//! recovery within [`Limits::patience`]. Files are used by one thread of their own ([`owner`]), since a chain lock belongs
//! to a thread; a lock is never held while anything is waited for.

pub mod backup;
mod error;
pub mod file;
mod g_lock;
mod local;
mod owner;
mod record;
#[cfg(test)]
mod tests;
mod transaction;
mod traverse;
mod whole;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use legacy_client::Client;
use legacy_codec::{
    AttachFlags, Control, DbAttach, DbAttachPersistent, DbAttachReplicated, DbDetach, DbFlags, DbGetHealth,
    DbId, DbIdAndFlags, DbOpenFlags, Dest, GetDbMap, GetDbName, GetDbPath, GetNodeMap, NodeFlags, Pnn,
    SetDbReadonly, SetDbSticky, Text,
};

pub use error::DbError;
pub use local::Local;
pub use owner::Owner;
pub use record::{Change, Held, Reading};
pub use transaction::{Access, SEQUENCE_NUMBER, Transaction};
pub use whole::Step;

use futures_util::future::join_all;

/// Whether a database can have this name: it is that of a file, in the directory that ctdbd has for it.
#[must_use]
pub fn is_name(name: &[u8]) -> bool {
    tdb::check_name(name).is_ok()
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One question of a daemon.
    pub call: Duration,
    /// A record, a lock or a commit: other clients and recoveries may have to be waited for.
    pub patience: Duration,
}

impl Limits {
    /// The same for both.
    pub fn of(time: Duration) -> Self {
        Self { call: time, patience: time }
    }
}

/// What kind of database it is: how its records are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In memory; each record is on the node that changed it last.
    Volatile,
    /// On disk, whole on every node.
    Persistent,
    /// Whole on every node, empty after a restart.
    Replicated,
}

impl Kind {
    /// By the flags of a database.
    pub fn of(flags: DbFlags) -> Self {
        if flags.contains(DbFlags::PERSISTENT) {
            Self::Persistent
        } else if flags.contains(DbFlags::REPLICATED) {
            Self::Replicated
        } else {
            Self::Volatile
        }
    }

    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Volatile => "volatile",
            Self::Persistent => "persistent",
            Self::Replicated => "replicated",
        }
    }
}

/// A database that a daemon has.
#[derive(Clone, Debug)]
pub struct DbInfo {
    /// Made from its name.
    pub id: DbId,
    /// Unique in a cluster.
    pub name: Text,
    /// Its kind, and what was asked for besides.
    pub flags: DbFlags,
}

impl DbInfo {
    /// By its flags.
    pub fn kind(&self) -> Kind {
        Kind::of(self.flags)
    }
}

/// The databases of the cluster, by way of one connection.
pub struct Databases {
    client: Client,
    socket: PathBuf,
    limits: Rc<Cell<Limits>>,
    owner: Owner,
    names: RefCell<BTreeMap<DbId, Text>>,
    open: RefCell<BTreeMap<DbId, Database>>,
}

/// An attached database whose file is open.
#[derive(Clone, Debug)]
pub struct Database {
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    info: DbInfo,
    pnn: Pnn,
    client: Client,
    socket: PathBuf,
    limits: Rc<Cell<Limits>>,
    owner: Owner,
}

impl Databases {
    /// Over this connection; nothing is asked yet, and no thread started. Messages of the connection are not taken: a
    /// traverse makes one of its own to the same socket.
    pub fn new(client: Client, socket: &Path, limits: Limits) -> Self {
        let (socket, limits) = (socket.to_owned(), Rc::new(Cell::new(limits)));
        let owner = Owner::default();
        Self { client, socket, limits, owner, names: RefCell::default(), open: RefCell::default() }
    }

    /// From now on, also for databases that are open.
    pub fn set_limits(&self, limits: Limits) {
        self.limits.set(limits);
    }

    async fn ask<C: Control>(&self, dest: Dest, arg: C::Arg) -> Result<C::Reply, DbError> {
        Ok(self.client.call_within::<C>(dest, arg, self.limits.get().call).await?)
    }

    /// The number of the own node.
    pub fn pnn(&self) -> Pnn {
        self.client.pnn().unwrap_or(Pnn::UNKNOWN)
    }

    /// The databases that a node has, in its order.
    pub async fn list(&self, node: Dest) -> Result<Vec<DbIdAndFlags>, DbError> {
        Ok(self.ask::<GetDbMap>(node, ()).await?.dbs)
    }

    /// The name of a database. A name belongs to its id for ever, so it is asked once.
    pub async fn name(&self, id: DbId) -> Result<Text, DbError> {
        if let Some(name) = self.names.borrow().get(&id) {
            return Ok(name.clone());
        }
        let name = self.ask::<GetDbName>(Dest::CURRENT_NODE, id).await?;
        self.names.borrow_mut().insert(id, name.clone());
        Ok(name)
    }

    /// A database of the own node by its name, or by its id when the word begins with `0x`.
    pub async fn find(&self, word: &str) -> Result<DbInfo, DbError> {
        let there = self.list(Dest::CURRENT_NODE).await?;
        self.close_detached(&there).await?;
        if let Some(digits) = word.strip_prefix("0x") {
            let id = u32::from_str_radix(digits, 16).map(DbId).map_err(|_| DbError::NotThere(word.into()))?;
            let found =
                there.iter().find(|db| db.db_id == id).ok_or_else(|| DbError::NotThere(word.into()))?;
            return Ok(DbInfo { id, name: self.name(id).await?, flags: found.flags });
        }
        for db in &there {
            let name = self.name(db.db_id).await?;
            if name.as_bytes() == word.as_bytes() {
                return Ok(DbInfo { id: db.db_id, name, flags: db.flags });
            }
        }
        Err(DbError::NotThere(word.into()))
    }

    /// Closes files of databases that are gone: while one is open here, ctdbd cannot empty it for a new attach (DB-09).
    async fn close_detached(&self, there: &[DbIdAndFlags]) -> Result<(), DbError> {
        let open: Vec<DbId> = self.open.borrow().keys().copied().collect();
        for id in open.into_iter().filter(|id| there.iter().all(|db| db.db_id != *id)) {
            self.close(id).await?;
        }
        Ok(())
    }

    /// Attaches to a database that is there, and opens its file.
    pub async fn open(&self, info: &DbInfo) -> Result<Database, DbError> {
        self.attach_text(&info.name, info.flags).await
    }

    /// Attaches to a database and opens its file; makes it where it is not there. Flags beyond the kind are set on all
    /// nodes that are connected.
    pub async fn attach(&self, name: &str, flags: DbFlags) -> Result<Database, DbError> {
        tdb::check_name(name.as_bytes())?;
        let database = self.attach_text(&Text::new(name), flags).await?;
        self.set_flags(database.id(), flags).await?;
        Ok(database)
    }

    async fn attach_text(&self, name: &Text, flags: DbFlags) -> Result<Database, DbError> {
        tdb::check_name(name.as_bytes())?;
        if let Some(open) = self.open.borrow().values().find(|open| open.info().name == *name) {
            return Ok(open.clone());
        }
        let here = Dest::CURRENT_NODE;
        let arg = (name.clone(), AttachFlags::empty());
        let id = match Kind::of(flags) {
            Kind::Volatile => self.ask::<DbAttach>(here, arg).await?,
            Kind::Persistent => self.ask::<DbAttachPersistent>(here, arg).await?,
            Kind::Replicated => self.ask::<DbAttachReplicated>(here, arg).await?,
        };
        let path = self.ask::<GetDbPath>(here, id).await?;
        if let Some(reason) = self.ask::<DbGetHealth>(here, id).await? {
            let (name, reason) = (name.to_string(), reason.to_string());
            return Err(DbError::Unhealthy { name, reason });
        }
        let flags_of_file = self.ask::<DbOpenFlags>(here, id).await?;
        let pnn = self.pnn();
        let path = checked_path(&path, name, pnn)?;
        let deadline = Instant::now() + self.limits.get().patience;
        let flags_of_file = tdb::OpenFlags::from_bits_retain(flags_of_file);
        self.owner.open(id, path, flags_of_file, deadline).await?;
        let info = DbInfo { id, name: name.clone(), flags };
        let (client, socket, limits) = (self.client.clone(), self.socket.clone(), self.limits.clone());
        let owner = self.owner.clone();
        let shared = Shared { info, pnn, client, socket, limits, owner };
        let database = Database { shared: Rc::new(shared) };
        self.names.borrow_mut().insert(id, name.clone());
        self.open.borrow_mut().insert(id, database.clone());
        Ok(database)
    }

    /// Sets the flags that are not part of the kind on all nodes that are connected.
    pub async fn set_flags(&self, id: DbId, flags: DbFlags) -> Result<(), DbError> {
        if !flags.intersects(DbFlags::READONLY | DbFlags::STICKY) {
            return Ok(());
        }
        let nodes = self.nodes_without(NodeFlags::DISCONNECTED | NodeFlags::DELETED).await?;
        if flags.contains(DbFlags::READONLY) {
            all(join_all(nodes.iter().map(|pnn| self.ask::<SetDbReadonly>((*pnn).into(), id))).await)?;
        }
        if flags.contains(DbFlags::STICKY) {
            all(join_all(nodes.iter().map(|pnn| self.ask::<SetDbSticky>((*pnn).into(), id))).await)?;
        }
        Ok(())
    }

    async fn nodes_without(&self, flags: NodeFlags) -> Result<Vec<Pnn>, DbError> {
        let map = self.ask::<GetNodeMap>(Dest::CURRENT_NODE, ()).await?;
        Ok(map.nodes.iter().filter(|node| !node.flags.intersects(flags)).map(|node| node.pnn).collect())
    }

    /// Closes a volatile database on all nodes. ctdbd refuses while clients may attach anywhere (DB-08).
    pub async fn detach(&self, id: DbId) -> Result<(), DbError> {
        self.close(id).await?;
        self.ask::<DbDetach>(Dest::CURRENT_NODE, id).await
    }

    /// Closes a file of this process; handles of it answer that it is closed.
    pub async fn close(&self, id: DbId) -> Result<(), DbError> {
        let Some(database) = self.open.borrow_mut().remove(&id) else { return Ok(()) };
        let deadline = database.deadline();
        self.owner.close(id, deadline).await
    }
}

/// All answers, or the first error.
fn all<T>(results: Vec<Result<T, DbError>>) -> Result<Vec<T>, DbError> {
    results.into_iter().collect()
}

/// The path as ctdbd says it, if it is that of the file of this database on this node (TXN-18): a file that is opened
/// with CLEAR_IF_FIRST while nobody has it open is emptied, so another one must not be. A ctdbd of one node, such as the
/// stand-in of Samba's tests, may leave the node's number out.
fn checked_path(path: &Text, name: &Text, pnn: Pnn) -> Result<PathBuf, DbError> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let path = Path::new(OsStr::from_bytes(path.as_bytes()));
    let of_this_node = [name.as_bytes(), b".", pnn.0.to_string().as_bytes()].concat();
    let is_its = |file: &OsStr| file.as_bytes() == of_this_node || file.as_bytes() == name.as_bytes();
    if path.is_absolute() && path.file_name().is_some_and(is_its) {
        return Ok(path.to_owned());
    }
    Err(DbError::Path { path: path.to_string_lossy().into_owned(), name: name.to_string() })
}

impl Database {
    /// Its id.
    pub fn id(&self) -> DbId {
        self.shared.info.id
    }

    /// Name, id and flags.
    pub fn info(&self) -> &DbInfo {
        &self.shared.info
    }

    async fn ask<C: Control>(&self, dest: Dest, arg: C::Arg) -> Result<C::Reply, DbError> {
        Ok(self.shared.client.call_within::<C>(dest, arg, self.shared.limits.get().call).await?)
    }

    /// When what begins now has to be done.
    fn deadline(&self) -> Instant {
        Instant::now() + self.shared.limits.get().patience
    }

    fn must_be(&self, volatile: bool) -> Result<(), DbError> {
        let kind = self.info().kind();
        if (kind == Kind::Volatile) == volatile {
            return Ok(());
        }
        Err(DbError::WrongKind { name: self.info().name.to_string(), kind: kind.word() })
    }
}
