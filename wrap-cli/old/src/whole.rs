//! Whole databases: `backupdb`, `restoredb`, `dumpdbbackup`, `wipedb`.
//!
//! Sources: the `control_*` functions of these names.

use std::ffi::OsString;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use legacy_codec::{Abi, Text};

use crate::attached::{For, attach, databases, opened, stopped, suitable};
use crate::databases::existing;
use crate::dump;
use crate::numbers::EINVAL;
use crate::options::Options;
use crate::output::{err, out};
use crate::stop::{Done, Explain, Stop, words};
use crate::table::misused;
use crate::time::date;
use crate::tool::Tool;
use crate::tunables::c_text;
use databases::backup::{self, Contents, Problem};
use databases::{DbError, Step};

/// `EIO`.
const EIO: i32 = 5;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) async fn backupdb(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, path] = args else { return Err(misused("backupdb")) };
    let db = existing(tool, word).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let records = open.local_records().await.map_err(|error| stopped(tool, &error));
    let records = records.explain(words!("Failed to collect records from DB ", db.name, "\n"))?;
    let encoded = backup::encode(db.id, db.name.as_bytes(), db.flags, now(), &records);
    let Ok((_, pieces)) = encoded else {
        err!("Failed to write records to backup file\n");
        return Err(Stop::Failed(EINVAL));
    };
    backup::write(Path::new(path), &pieces, |_| {})
        .map_err(|error| stopped(tool, &error))
        .explain(words!("Failed to open file ", path, " for writing\n"))?;
    out!("Database backed up to ", path, "\n");
    Ok(())
}

/// A backup with its head; says what is wrong with it.
fn contents(path: &OsString) -> Result<Contents, Stop> {
    Contents::open(Path::new(path)).map_err(|error| match error {
        DbError::File { source, .. } => {
            err!("Failed to open file ", path, " for reading\n");
            Stop::Failed(source.raw_os_error().unwrap_or(EIO))
        }
        error => {
            let version = match error {
                DbError::Backup { problem: Problem::Version(version), .. } => version,
                _ => 0,
            };
            err!(format_args!("Wrong version of backup file, expected 3, got {version}\n"));
            Stop::Failed(EINVAL)
        }
    })
}

pub(crate) async fn restoredb(tool: &mut Tool, args: &[OsString]) -> Done {
    let (path, name) = match args {
        [path] => (path, None),
        [path, name] => (path, Some(name)),
        _ => return Err(misused("restoredb")),
    };
    let mut contents = contents(path)?;
    let name: Text = match name {
        Some(name) => c_text(name.as_encoded_bytes()),
        None => c_text(&contents.head().name),
    };
    out!("Restoring database ", name, " from backup @ ", date(contents.head().timestamp), "\n");
    let all = databases(tool);
    let open = attach(tool, &all, &name, contents.head().flags).await;
    let open = open.explain(words!("Failed to attach to DB ", name, "\n"))?;
    if replace(tool, &open, Some(&mut contents)).await? {
        out!("Database ", name, " restored\n");
    }
    Ok(())
}

/// Whether it was done on all nodes. That a node got too few records is told, and is no failure.
// C quirk: it has no number for that, and ends with status 0 behind the message.
async fn replace(
    tool: &Tool,
    open: &databases::Database,
    contents: Option<&mut Contents>,
) -> Result<bool, Stop> {
    let mut ignore = |_: Step| {};
    match open.replace(contents, &mut ignore).await {
        Ok(()) => Ok(true),
        Err(DbError::Incomplete { node, received, sent }) => {
            err!(format_args!("Node {node} received {received} of {sent} records\n"));
            Ok(false)
        }
        Err(error) => Err(stopped(tool, &error)),
    }
}

pub(crate) async fn wipedb(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("wipedb")) };
    let db = suitable(tool, word, For::All).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    replace(tool, &open, None).await?;
    out!("Database ", db.name, " wiped\n");
    Ok(())
}

pub(crate) async fn dumpdbbackup(_: &Options, args: &[OsString]) -> Done {
    // C quirk: it asks for the usage of a command that does not exist, and gets that of all.
    let [path] = args else { return Err(misused("dumpbackup")) };
    let mut contents = contents(path)?;
    let (name, time) = (contents.head().name.clone(), contents.head().timestamp);
    out!("Dumping database ", name, " from backup @ ", date(time), "\n");
    let mut count = 0_u32;
    loop {
        let buffer = match contents.next_buffer() {
            Ok(Some(buffer)) => buffer,
            // That it says another number of records than it has is nothing C looks at.
            Ok(None) | Err(DbError::Backup { problem: Problem::Count { .. }, .. }) => break,
            Err(_) => {
                err!("Failed to read records\n");
                return Err(Stop::Failed(EIO));
            }
        };
        for record in buffer.records() {
            let split = record.and_then(|record| record.split(Abi::NATIVE).map(|parts| (record.key, parts)));
            let Ok((key, (header, value))) = split else {
                err!("Failed to dump records\n");
                return Err(Stop::Failed(EINVAL));
            };
            count += 1;
            dump::record(&key, &header, &value);
        }
    }
    out!(format_args!("Dumped {count} record(s)\n"));
    Ok(())
}
