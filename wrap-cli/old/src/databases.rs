//! Databases as a whole: which there are, what state they are in, and the flags and the end of a volatile one.
//!
//! What is in them is the business of other files. A database is named by its name or by `0x` and its id. Sources:
//! `db_exists`, `control_getdbmap`, `control_getdbstatus`, `control_detach`, `ctdb_detach`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{
    DbDetach, DbFlags, DbGetHealth, DbId, DbSeqnumArgs, GetDbMap, GetDbName, GetDbPath, GetDbSeqnum,
    GetRecMode, GetTunable, NodeFlags, RecMode, SetDbReadonly, SetDbSticky, Text, TunableName,
};

use crate::numbers::{low32, unsigned};
use crate::output::{err, out, row, write_out};
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::{Failure, Tool};

/// A database that exists.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) id: DbId,
    pub(crate) name: Text,
    pub(crate) flags: DbFlags,
}

impl Database {
    /// Whether it is on all nodes alike, so that it changes by transactions.
    pub(crate) fn is_replicated(&self) -> bool {
        self.flags.intersects(DbFlags::PERSISTENT | DbFlags::REPLICATED)
    }
}

/// The database that a word names; says so when there is none.
pub(crate) async fn existing(tool: &Tool, word: &OsStr) -> Result<Database, Stop> {
    find(tool, word).await.map_err(|stop| match stop {
        Stop::Failed(_) => ONE,
        end @ Stop::End(_) => end,
    })
}

async fn find(tool: &Tool, word: &OsStr) -> Result<Database, Stop> {
    let map = tool.call::<GetDbMap>(tool.pnn, ()).await?;
    let none = || {
        err!("No database matching '", word, "' found\n");
        ONE
    };
    if word.as_bytes().starts_with(b"0x") {
        let id = DbId(low32(unsigned(word.as_bytes(), 0).map_err(Stop::Failed)?));
        let db = map.dbs.iter().find(|db| db.db_id == id).ok_or_else(none)?;
        let name = tool.call::<GetDbName>(tool.pnn, id).await?;
        return Ok(Database { id, name, flags: db.flags });
    }
    for db in &map.dbs {
        match tool.call::<GetDbName>(tool.pnn, db.db_id).await {
            Ok(name) if name.as_bytes() == word.as_bytes() => {
                return Ok(Database { id: db.db_id, name, flags: db.flags });
            }
            Ok(_) => {}
            Err(Stop::Failed(_)) => break,
            Err(end @ Stop::End(_)) => return Err(end),
        }
    }
    Err(none())
}

const KINDS: &[(DbFlags, &str)] = &[
    (DbFlags::PERSISTENT, " PERSISTENT"),
    (DbFlags::STICKY, " STICKY"),
    (DbFlags::READONLY, " READONLY"),
    (DbFlags::REPLICATED, " REPLICATED"),
];

pub(crate) async fn getdbmap(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("getdbmap"));
    }
    let map = tool.call::<GetDbMap>(tool.target, ()).await?;
    let sep = &tool.options.separator;
    if tool.options.machine {
        let names = ["ID", "Name", "Path", "Persistent", "Sticky", "Unhealthy", "Readonly", "Replicated"];
        write_out(&row(sep, &names.each_ref().map(|name| name as &dyn crate::output::Piece)));
    } else {
        out!(format_args!("Number of databases:{}\n", map.dbs.len()));
    }
    for db in &map.dbs {
        let (of, id) = (tool.target, db.db_id);
        let name = tool.call::<GetDbName>(of, id).await?;
        let path = tool.call::<GetDbPath>(of, id).await?;
        let health = tool.call::<DbGetHealth>(of, id).await?;
        let has = |flag| u8::from(db.flags.contains(flag));
        if tool.options.machine {
            write_out(&row(
                sep,
                &[
                    &format_args!("0x{:08X}", id.0),
                    &name,
                    &path,
                    &has(DbFlags::PERSISTENT),
                    &has(DbFlags::STICKY),
                    &u8::from(health.is_some()),
                    &has(DbFlags::READONLY),
                    &has(DbFlags::REPLICATED),
                ],
            ));
        } else {
            let kinds = KINDS.iter().filter(|(flag, _)| db.flags.contains(*flag)).map(|(_, word)| *word);
            let unhealthy = health.is_some().then_some(" UNHEALTHY");
            let words: String = kinds.chain(unhealthy).collect();
            out!(format_args!("dbid:0x{:08x} name:", id.0), name, " path:", path, words, "\n");
        }
    }
    Ok(())
}

pub(crate) async fn getdbstatus(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("getdbstatus")) };
    let db = existing(tool, word).await?;
    let path = tool.call::<GetDbPath>(tool.target, db.id).await?;
    let health = tool.call::<DbGetHealth>(tool.target, db.id).await?;
    let has = |flag| if db.flags.contains(flag) { "yes" } else { "no" };
    out!(format_args!("dbid: 0x{:08x}\nname: ", db.id.0), db.name, "\npath: ", path, "\n");
    out!(format_args!(
        "PERSISTENT: {}\nREPLICATED: {}\nSTICKY: {}\nREADONLY: {}\n",
        has(DbFlags::PERSISTENT),
        has(DbFlags::REPLICATED),
        has(DbFlags::STICKY),
        has(DbFlags::READONLY)
    ));
    out!("HEALTH: ", health.unwrap_or_else(|| Text::new("OK")), "\n");
    Ok(())
}

pub(crate) async fn getdbseqnum(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("getdbseqnum")) };
    let db = existing(tool, word).await?;
    let question = DbSeqnumArgs { db_id: db.id, unused: 0 };
    let number = tool.call::<GetDbSeqnum>(tool.target, question).await;
    let number = number.explain(words!("Failed to get sequence number for DB ", db.name, "\n"))?;
    out!(format_args!("0x{number:x}\n"));
    Ok(())
}

/// A database that may get a flag of volatile ones.
async fn volatile(tool: &Tool, word: &OsStr, flag: &str) -> Result<DbId, Stop> {
    let db = existing(tool, word).await?;
    if db.is_replicated() {
        err!(flag, " can be set only on volatile DB\n");
        return Err(ONE);
    }
    Ok(db.id)
}

pub(crate) async fn setdbreadonly(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("setdbreadonly")) };
    let id = volatile(tool, word, "READONLY").await?;
    tool.call::<SetDbReadonly>(tool.target, id).await
}

pub(crate) async fn setdbsticky(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("setdbsticky")) };
    let id = volatile(tool, word, "STICKY").await?;
    tool.call::<SetDbSticky>(tool.target, id).await
}

/// Whether all nodes are ready to have a database taken away: none is out, and none lets clients attach.
async fn ready_for_detach(tool: &mut Tool) -> Done {
    let map = tool.nodes().await?;
    let there = |flags: NodeFlags| !flags.intersects(NodeFlags::DISCONNECTED | NodeFlags::DELETED);
    for node in map.nodes.iter().filter(|node| there(node.flags)) {
        let pnn = node.pnn.0;
        if node.flags.is_inactive() {
            err!(format_args!("Database cannot be detached on inactive (stopped or banned) node {pnn}\n"));
            return Err(ONE);
        }
        let name = TunableName { name: Text::new("AllowClientDBAttach") };
        let value = tool.call::<GetTunable>(pnn, name).await;
        let value = value
            .explain(words!(format_args!("Unable to get tunable AllowClientDBAttach from node {pnn}\n")))?;
        if value == 1 {
            err!(format_args!(
                "Database access is still active on node {pnn}. Set AllowclientDBAttach=0 on all nodes.\n"
            ));
            return Err(ONE);
        }
    }
    Ok(())
}

async fn detach_one(tool: &Tool, db: &Database) -> Done {
    let id = db.id;
    let name = tool.ask::<GetDbName>(tool.pnn, id).await.map_err(|failure| {
        say(failure, |number| err!(format_args!("detach: 0x{:x} GET_DBNAME failed, ret={number}\n", id.0)));
        tool.stop(failure)
    })?;
    tool.ask::<DbDetach>(tool.pnn, id).await.map_err(|failure| {
        say(failure, |number| err!("detach: ", name, format_args!(" DB_DETACH failed, ret={number}\n")));
        tool.stop(failure)
    })
}

/// Says something about a failure that has a number.
pub(crate) fn say(failure: Failure, words: impl FnOnce(i32)) {
    match failure {
        Failure::NoReply(number) | Failure::Status(number) => words(number),
        Failure::Gone => {}
    }
}

pub(crate) async fn detach(tool: &mut Tool, args: &[OsString]) -> Done {
    if args.is_empty() {
        return Err(misused("detach"));
    }
    if tool.call::<GetRecMode>(tool.target, ()).await? == RecMode::ACTIVE {
        err!("Database cannot be detached when recovery is active\n");
        return Err(ONE);
    }
    ready_for_detach(tool).await?;
    let mut done = Ok(());
    for word in args {
        let db = match existing(tool, word).await {
            Ok(db) => db,
            Err(Stop::Failed(_)) => continue,
            Err(end @ Stop::End(_)) => return Err(end),
        };
        if db.is_replicated() {
            err!("Only volatile databases can be detached\n");
            return Err(ONE);
        }
        let detached = detach_one(tool, &db).await;
        if detached.is_err() {
            done = detached.explain(words!("Database ", db.name, " detach failed\n"));
            done.or_else(|stop| if matches!(stop, Stop::End(_)) { Err(stop) } else { Ok(()) })?;
        }
    }
    done
}
