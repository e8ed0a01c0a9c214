//! Traverses: walking over all records of a database on all nodes.
//!
//! Sources: `ctdb_traverse_start`, `ctdb_traverse_start_ext`, `ctdb_traverse_all`, `ctdb_traverse_all_ext`. A client
//! sends the start to its daemon, which sends the "all" form to the nodes; each node sends its records back with
//! TRAVERSE_DATA, and the daemon hands them to the client as messages that hold one record each.

use crate::ids::{DbId, Pnn, SrvId};
use crate::macros::wire;
use crate::prim::CBool;

wire! {
    /// `struct ctdb_traverse_start`: a client starts or ends a traverse.
    TraverseStartArgs {
        /// The database.
        db_id: DbId,
        /// Chosen by the client, comes back in each record.
        reqid: u32,
        /// Where the records are sent.
        srvid: SrvId,
    }
}

wire! {
    /// `struct ctdb_traverse_start_ext`: the same, with a choice about empty records.
    TraverseStartExtArgs {
        /// The database.
        db_id: DbId,
        /// Chosen by the client, comes back in each record.
        reqid: u32,
        /// Where the records are sent.
        srvid: SrvId,
        /// Whether records without data are sent too.
        with_empty_records: CBool,
    }
}

wire! {
    /// `struct ctdb_traverse_all`: a daemon asks the nodes for their records.
    TraverseAllArgs {
        /// The database.
        db_id: DbId,
        /// Chosen by the daemon, comes back in each record.
        reqid: u32,
        /// The node that asks.
        pnn: Pnn,
        /// The number the client chose.
        client_reqid: u32,
        /// Where the client wants its records.
        srvid: SrvId,
    }
}

wire! {
    /// `struct ctdb_traverse_all_ext`: the same, with a choice about empty records.
    TraverseAllExtArgs {
        /// The database.
        db_id: DbId,
        /// Chosen by the daemon, comes back in each record.
        reqid: u32,
        /// The node that asks.
        pnn: Pnn,
        /// The number the client chose.
        client_reqid: u32,
        /// Where the client wants its records.
        srvid: SrvId,
        /// Whether records without data are sent too.
        with_empty_records: CBool,
    }
}
