//! The old grammar: the command line of Samba's `ctdb` tool, when the program is called by that name.
//!
//! Every command, option, text and exit status of the C tool, because event scripts, `onnode`, monitoring and people's
//! scripts read them. `options` and `usage` are libpopt's part, `table` lists the commands, `run` joins them, and one file
//! for each kind of thing has the handlers, which ask ctdbd what the C tool asks, in its order. A word that this grammar
//! does not know goes to the new one. Nothing here is a place for new features; the truth is `ctdb/tools/ctdb.c` of the
//! release that `release` finds, from 4.17.12 to Samba's master. `pushrecord` and `--json` are there in any case.

mod address;
mod addresses;
mod attached;
mod capabilities;
mod connections;
mod databases;
mod dump;
mod files;
mod helpers;
mod json;
mod memory;
mod move_address;
mod nodes;
mod nodes_file;
mod numbers;
mod options;
mod output;
mod paths;
mod processes;
mod records;
mod release;
mod reload;
mod run;
mod state;
mod statistics;
mod status;
mod stop;
mod table;
mod tickle;
mod time;
mod tool;
mod transactions;
mod tunables;
mod usage;
mod whole;
mod words;

pub use run::run;

use std::ffi::OsStr;
use std::path::Path;

/// Whether the program was called by the old tool's name.
pub fn is_meant(called: Option<&OsStr>) -> bool {
    called.is_some_and(|path| Path::new(path).file_name() == Some(OsStr::new("ctdb")))
}
