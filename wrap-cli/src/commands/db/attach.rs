//! `db attach` and `db detach`: databases come and go.

use clap::Args;
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::failed;
use super::info::{Info, Kind};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::live;

/// Arguments of `db attach`.
#[derive(Args, Clone, Debug)]
pub(crate) struct AttachArgs {
    /// Name of the database
    #[arg(value_name = "NAME", value_parser = super::name)]
    name: String,

    /// How its records are kept
    #[arg(value_enum, default_value = "volatile")]
    kind: Kind,

    /// Give out copies of records to those who only read
    #[arg(long)]
    readonly: bool,

    /// Keep contended records on a node for a while
    #[arg(long)]
    sticky: bool,
}

pub(crate) async fn attach(cx: &Context, args: AttachArgs) -> Result<Info, Error> {
    let AttachArgs { name, kind, readonly, sticky } = args;
    if kind != Kind::Volatile && (readonly || sticky) {
        return Err(Error::Words(format!(
            "--readonly and --sticky are for volatile databases, not for a {} one",
            kind.word()
        )));
    }
    let cluster = cx.databases().await?;
    let attached = cluster.attach(&name, kind.into(), readonly, sticky).await;
    let facts = attached.map_err(failed(&*cluster, "attaching the database"))?.into();
    Ok(Info { node: cluster.this_node(), facts })
}

/// Arguments of `db detach`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DetachArgs {
    /// Names of databases, or their ids as 0x...
    #[arg(value_name = "DATABASE", value_parser = super::name, add = ArgValueCompleter::new(live::databases), required = true)]
    databases: Vec<String>,
}

/// Databases that were closed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Detached {
    pub(crate) detached: Vec<String>,
}

impl Shown for Detached {
    fn table(&self) -> String {
        self.detached.iter().map(|name| format!("detached {name}\n")).collect()
    }
}

pub(crate) async fn detach(cx: &Context, args: DetachArgs) -> Result<Detached, Error> {
    let cluster = cx.databases().await?;
    let names = args.databases.join(", ");
    cx.confirm(&format!("This closes {names} on all nodes; the records are lost."))?;
    let mut detached = Vec::new();
    for name in args.databases {
        cluster.detach(&name).await.map_err(failed(&*cluster, "detaching the database"))?;
        detached.push(name);
    }
    Ok(Detached { detached })
}
