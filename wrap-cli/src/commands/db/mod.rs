//! `db`: databases and their records.
//!
//! A database is named by its name or by its id, such as `0x4e66c2b2`. The verbs of `db key` do what the kind of the
//! database wants: they move the record here, or make a transaction.

mod attach;
mod backup;
mod cat;
mod flag;
mod hot;
mod info;
mod key;
mod list;
mod octets;
mod progress;
mod record;
mod statistics;
mod tdb;

use clap::Args;
use clap_complete::ArgValueCompleter;

use super::asked::Answers;
use super::row::{NoArgs, rows};
use crate::backend::Cluster;
use crate::error::{Error, Failure};
use crate::live;

rows! {
    "db" "list": One Asks, "List the databases of a node", ["getdbmap"], list::ListArgs => list::List = list::list;
    "db" "info": One Asks, "Show what is known about a database", ["getdbstatus"],
        NameArgs => info::Info = info::run;
    "db" "status": Many Asks, "Tell whether the databases of nodes are in order", ["getdbstatus"],
        NoArgs => Answers<list::Health> = list::status;
    "db" "statistics": Many Asks, "Show what was done to a database", ["dbstatistics"],
        NameArgs => Answers<statistics::Statistics> = statistics::run;
    "db" "hot": Many Asks, "Show the records of all databases that move between nodes most, the hottest first", [],
        NoArgs => Answers<hot::Hot> = hot::run;
    "db" "attach": None Changes, "Make a database, or attach to it", ["attach"],
        attach::AttachArgs => info::Info = attach::attach;
    "db" "detach": None Disturbs, "Close volatile databases on all nodes; their records are lost", ["detach"],
        attach::DetachArgs => attach::Detached = attach::detach;
    "db" "backup": None Changes, "Write the records of a database to a file", ["backupdb"],
        backup::BackupArgs => backup::Written = backup::backup;
    "db" "restore": None Disturbs, "Give a database the records of a backup, and no others", ["restoredb"],
        backup::RestoreArgs => backup::Written = backup::restore;
    "db" "dump-backup": None Asks, "Show the records of a backup", ["dumpdbbackup"],
        backup::FileArgs => record::Dump = backup::dump;
    "db" "wipe": None Disturbs, "Remove all records of a database on all nodes", ["wipedb"],
        NameArgs => backup::Wiped = backup::wipe;
    "db" "seqnum": Many Asks, "Show how many transactions a database has seen", ["getdbseqnum"],
        NameArgs => Answers<info::Seqnum> = info::seqnum;
    "db" "cat": One Asks, "Show the records of a database, wherever they are", ["catdb"],
        NameArgs => record::Dump = cat::cat;
    "db" "flag" "set": Many Changes, "Give out copies of records (readonly), or keep contended ones for a while (sticky)",
        ["setdbreadonly", "setdbsticky"], flag::SetArgs => Answers<flag::Flags> = flag::set;
    "db" "flag" "get": Many Asks, "Show whether copies are given out and contended records kept", [],
        NameArgs => Answers<flag::Flags> = flag::get;
    "db" "key" "get": None Asks, "Show the data of a record", ["readkey", "pfetch"],
        key::GetArgs => key::Data = key::get;
    "db" "key" "set": None Changes, "Give a record new data", ["writekey", "pstore"],
        key::SetArgs => key::Written = key::set;
    "db" "key" "delete": None Changes, "Delete a record", ["deletekey", "pdelete"],
        key::KeyArgs => key::Deleted = key::delete;
    "db" "key" "push": None Changes, "Give a record new data, and every node a copy", ["pushrecord"],
        key::PushArgs => key::Written = key::push;
    "db" "key" "batch": None Changes, "Give many records new data; all or none in a persistent database", ["ptrans"],
        key::BatchArgs => key::Batch = key::batch;
    "db" "tdb" "cat": None Asks, "Show the records in this node's file of a database", ["cattdb"],
        NameArgs => record::Dump = cat::cat_file;
    "db" "tdb" "get": None Asks, "Show a record of a TDB file", ["tfetch"],
        tdb::GetArgs => record::Dump = tdb::get;
    "db" "tdb" "set": None Disturbs, "Store a record in a TDB file, behind the back of all daemons", ["tstore"],
        tdb::SetArgs => tdb::Stored = tdb::set;
}

/// For commands that take a database.
#[derive(Args, Clone, Debug)]
pub(crate) struct NameArgs {
    /// Name of the database, or its id as 0x...
    #[arg(value_name = "DATABASE", value_parser = name, add = ArgValueCompleter::new(live::databases))]
    database: String,
}

/// Names of databases become parts of paths.
fn name(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.contains('/') {
        return Err("write the name of a database, without '/', or its id as 0x...");
    }
    Ok(text.to_owned())
}

/// A question to this node that has no answer.
fn failed(cluster: &dyn Cluster, question: &'static str) -> impl Fn(Failure) -> Error {
    let node = cluster.this_node();
    move |failure| Error::Question { node, question, failure }
}
