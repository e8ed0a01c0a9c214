//! Databases: which there are, and the arguments of what is done to a whole one.
//!
//! Sources: `ctdb_dbid_map_old`, `ctdb_dbid`, `ctdb_pulldb`, `ctdb_pulldb_ext`, `ctdb_transdb`, `ctdb_db_vacuum`.

use crate::flags::DbFlags;
use crate::ids::{DbId, Generation, Pnn, SrvId};
use crate::macros::wire;
use crate::prim::CBool;

wire! {
    /// `struct ctdb_dbid`: a database and its kind.
    DbIdAndFlags {
        /// The database.
        db_id: DbId,
        /// Its kind.
        flags: DbFlags,
    }
}

wire! {
    /// `struct ctdb_dbid_map_old`: the databases of a node.
    DbMap {}
    counted {
        /// The databases.
        dbs: Vec<DbIdAndFlags>,
    }
}

wire! {
    /// `struct ctdb_pulldb`: whose records of a database are asked for.
    PullDbArgs {
        /// The database.
        db_id: DbId,
        /// Only records whose location master this is; [`Pnn::UNKNOWN`] for all.
        lmaster: Pnn,
    }
}

wire! {
    /// `struct ctdb_pulldb_ext`: where the records of a database are sent to, or come from.
    PullDbExtArgs {
        /// The database.
        db_id: DbId,
        /// Only records whose location master this is; [`Pnn::UNKNOWN`] for all.
        lmaster: Pnn,
        /// Messages for this id carry the records.
        srvid: SrvId,
    }
}

wire! {
    /// `struct ctdb_transdb`: a database and the recovery that works on it.
    TransDb {
        /// The database.
        db_id: DbId,
        /// The recovery, under the name of a transaction id.
        transaction: Generation,
    }
}

wire! {
    /// `struct ctdb_db_vacuum`: a database to be vacuumed now.
    DbVacuumArgs packed {
        /// The database.
        db_id: DbId,
        /// Whether all records are looked at, and not only those in the queue.
        full: CBool,
    }
}

wire! {
    /// What GET_DB_SEQNUM is asked with: an id in a field of 8 bytes.
    DbSeqnumArgs {
        /// The database.
        db_id: DbId,
        /// 0; the daemon does not look at it.
        unused: u32,
    }
}
