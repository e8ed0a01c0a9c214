//! `db backup`, `db restore`, `db dump-backup`, `db wipe`: a database as a whole. The files are those of the C tool.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::info::Kind;
use super::progress::Bar;
use super::record::{Dump, Record};
use super::{NameArgs, failed};
use crate::backend::databases::BackupFacts;
use crate::backend::legacy::database_files;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::live;

/// Arguments of `db backup`.
#[derive(Args, Clone, Debug)]
pub(crate) struct BackupArgs {
    /// Name of the database, or its id as 0x...
    #[arg(value_name = "DATABASE", value_parser = super::name, add = ArgValueCompleter::new(live::databases))]
    database: String,

    /// The file; it appears when it is whole
    file: PathBuf,
}

/// Arguments of `db dump-backup`.
#[derive(Args, Clone, Debug)]
pub(crate) struct FileArgs {
    /// A file made by a backup
    file: PathBuf,
}

/// Arguments of `db restore`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RestoreArgs {
    /// A file made by a backup
    file: PathBuf,

    /// Name of the database, if it is not to be that of the backup
    #[arg(value_name = "DATABASE", value_parser = super::name, add = ArgValueCompleter::new(live::databases))]
    database: Option<String>,
}

/// A backup that was written or read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Written {
    pub(crate) file: String,
    pub(crate) database: String,
    pub(crate) kind: Kind,
    pub(crate) records: u64,
    /// When the backup was made, in seconds since 1970.
    pub(crate) made_at: i64,
    #[serde(skip)]
    restored: bool,
}

impl Written {
    fn new(file: &std::path::Path, facts: BackupFacts, restored: bool) -> Self {
        let BackupFacts { name, kind, made_at, records } = facts;
        let file = file.display().to_string();
        Self { file, database: name, kind: kind.into(), records, made_at, restored }
    }
}

impl Shown for Written {
    fn table(&self) -> String {
        let (verb, way) = if self.restored { ("restored", "from") } else { ("backed up", "to") };
        format!("{} {verb} {way} {}, {} records\n", self.database, self.file, self.records)
    }
}

pub(crate) async fn backup(cx: &Context, args: BackupArgs) -> Result<Written, Error> {
    let cluster = cx.databases().await?;
    let bar = Bar::new(&cx.settings);
    let done =
        cluster.backup(&args.database, &args.file, &mut |what, done, of| bar.report(what, done, of)).await;
    drop(bar);
    Ok(Written::new(&args.file, done.map_err(failed(&*cluster, "the backup"))?, false))
}

pub(crate) async fn restore(cx: &Context, args: RestoreArgs) -> Result<Written, Error> {
    let head = database_files::backup_head(&args.file)
        .map_err(|failure| Error::OnFile { question: "the backup", failure })?;
    let cluster = cx.databases().await?;
    let name = args.database.as_ref().unwrap_or(&head.name);
    cx.confirm(&format!(
        "This removes all records of {name} on all nodes and stores {} records of {}.",
        head.records,
        args.file.display()
    ))?;
    let bar = Bar::new(&cx.settings);
    let mut report = |what, done, of| bar.report(what, done, of);
    let done = cluster.restore(&args.file, args.database.as_deref(), &mut report).await;
    drop(bar);
    Ok(Written::new(&args.file, done.map_err(failed(&*cluster, "the restore"))?, true))
}

pub(crate) async fn dump(_: &Context, args: FileArgs) -> Result<Dump, Error> {
    let read = database_files::backup_records(&args.file);
    let (facts, records) = read.map_err(|failure| Error::OnFile { question: "the backup", failure })?;
    Ok(Dump { of: facts.name, records: records.into_iter().map(Record::from).collect(), wanted: false })
}

/// A database without records.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Wiped {
    pub(crate) database: String,
}

impl Shown for Wiped {
    fn table(&self) -> String {
        format!("{} wiped\n", self.database)
    }
}

pub(crate) async fn wipe(cx: &Context, args: NameArgs) -> Result<Wiped, Error> {
    let cluster = cx.databases().await?;
    let question = "the database";
    let facts = cluster.database(cluster.this_node(), &args.database).await;
    let name = facts.map_err(failed(&*cluster, question))?.name;
    cx.confirm(&format!("This removes all records of {name} on all nodes."))?;
    let bar = Bar::new(&cx.settings);
    let done = cluster.wipe(&args.database, &mut |what, done, of| bar.report(what, done, of)).await;
    drop(bar);
    done.map_err(failed(&*cluster, "the wipe"))?;
    Ok(Wiped { database: name })
}
