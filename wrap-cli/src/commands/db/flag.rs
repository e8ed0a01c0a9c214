//! `db flag`: what a volatile database does beyond its kind. A flag that is set stays until the database is detached.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::NameArgs;
use crate::backend::databases::{Facts, Kind};
use crate::commands::asked::{Answers, Columns, ask};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::render::table::Column;

/// A flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flag {
    /// Copies of records are given out to those who only read.
    Readonly,
    /// Contended records are kept on a node for a while.
    Sticky,
}

/// Arguments of `db flag set`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SetArgs {
    /// Name of the database, or its id as 0x...
    #[arg(value_name = "DATABASE", value_parser = super::name, add = ArgValueCompleter::new(live::databases))]
    database: String,

    /// What is set
    #[arg(value_enum)]
    flag: Flag,
}

/// The flags of a database on one node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Flags {
    pub(crate) readonly: bool,
    pub(crate) sticky: bool,
}

impl From<Facts> for Flags {
    fn from(facts: Facts) -> Self {
        Self { readonly: facts.readonly, sticky: facts.sticky }
    }
}

impl Columns for Flags {
    const COLUMNS: &'static [Column] = &[("READONLY", false), ("STICKY", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let word = |set| if set { "yes" } else { "no" }.to_owned();
        vec![vec![word(self.readonly), word(self.sticky)]]
    }
}

pub(crate) async fn get(cx: &Context, args: NameArgs) -> Result<Answers<Flags>, Error> {
    let cluster = cx.databases().await?;
    ask(cx, &*cluster, |pnn| {
        let (cluster, name) = (cluster.clone(), args.database.clone());
        async move { cluster.database(pnn, &name).await.map(Flags::from) }
    })
    .await
}

pub(crate) async fn set(cx: &Context, args: SetArgs) -> Result<Answers<Flags>, Error> {
    let cluster = cx.databases().await?;
    ask(cx, &*cluster, |pnn| {
        let (cluster, name, flag) = (cluster.clone(), args.database.clone(), args.flag);
        async move {
            let before = cluster.database(pnn, &name).await?;
            if before.kind != Kind::Volatile {
                return Err(Failure::Misuse(format!("{} is not a volatile database", before.name)));
            }
            cluster.set_database_flag(pnn, &name, flag == Flag::Readonly).await?;
            cluster.database(pnn, &name).await.map(Flags::from)
        }
    })
    .await
}
