//! TDB files, shared with ctdbd and Samba through the libtdb of the system.
//!
//! Owns everything that libtdb leaves to its caller: that a file is open once in a process, that a handle stays with its
//! thread, that a lock is given back, that nothing but the handle's own descriptor reads the file. It never interprets
//! what is stored. The truth about the file format and its locks is libtdb's.
//!
//! Locks of the fcntl kind belong to the process, and closing *any* descriptor of the file drops them all; one of them
//! keeps the next opener with [`OpenFlags::CLEAR_IF_FIRST`] from emptying the file. So a file that is open here must not
//! be opened, read or copied by its path in the same process: [`Tdb::read_at`] reads it.
//!
//! ```no_run
//! let tdb = tdb::Tdb::open("/var/lib/ctdb/volatile/locking.tdb.0", tdb::OpenFlags::VOLATILE)?;
//! let lock = tdb.lock(b"key")?;
//! tdb.store(b"key", &[b"value"], tdb::Store::Replace)?;
//! drop(lock);
//! # Ok::<(), tdb::Error>(())
//! ```
//!
//! A handle cannot leave its thread, unless it is parked ([`Tdb::park`]), which it can be only without locks:
//!
//! ```compile_fail
//! let tdb = tdb::Tdb::open("/tmp/x.tdb", tdb::OpenFlags::empty()).unwrap();
//! std::thread::spawn(move || tdb.seqnum());
//! ```

mod error;
mod ffi;
mod flags;
mod handle;
mod locks;
mod marks;
mod name;
mod outside;
mod parked;
mod pool;
mod registry;
mod transaction;
mod upkeep;

pub use error::{Code, Error};
pub use flags::{OpenFlags, Store};
pub use handle::{Create, Tdb};
pub use locks::ChainLock;
pub use marks::{ChainMark, FreelistLock, Unlocked, WholeMark};
pub use name::check_name;
pub use outside::{Held, Outside, Stop, WaitError, What};
pub use parked::Parked;
pub use pool::{LockPool, Ticket};
pub use registry::mutexes_work;
pub use transaction::Transaction;
