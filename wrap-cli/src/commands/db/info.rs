//! `db info` and `db seqnum`: one database.

use schemars::JsonSchema;
use serde::Serialize;

use super::NameArgs;
use crate::backend::databases;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::render::table::{Column, facts};

/// How the records of a database are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// In memory, each record on the node that changed it last.
    Volatile,
    /// On disk, whole on every node.
    Persistent,
    /// Whole on every node, empty after a restart.
    Replicated,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Volatile => "volatile",
            Self::Persistent => "persistent",
            Self::Replicated => "replicated",
        }
    }
}

impl From<databases::Kind> for Kind {
    fn from(kind: databases::Kind) -> Self {
        match kind {
            databases::Kind::Volatile => Self::Volatile,
            databases::Kind::Persistent => Self::Persistent,
            databases::Kind::Replicated => Self::Replicated,
        }
    }
}

impl From<Kind> for databases::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Volatile => Self::Volatile,
            Kind::Persistent => Self::Persistent,
            Kind::Replicated => Self::Replicated,
        }
    }
}

/// What is known about a database.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Facts {
    /// As C writes it, such as `0x4e66c2b2`.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Its file on the node.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// Whether copies of records are given out.
    pub(crate) readonly: bool,
    /// Whether contended records are kept for a while.
    pub(crate) sticky: bool,
    pub(crate) healthy: bool,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

impl From<databases::Facts> for Facts {
    fn from(facts: databases::Facts) -> Self {
        Self {
            id: format!("{:#010x}", facts.id),
            name: facts.name,
            path: facts.path,
            kind: facts.kind.into(),
            readonly: facts.readonly,
            sticky: facts.sticky,
            healthy: facts.unhealthy.is_none(),
            problem: facts.unhealthy,
        }
    }
}

impl Facts {
    pub(super) fn flags(&self) -> String {
        match (self.readonly, self.sticky) {
            (false, false) => "-",
            (true, false) => "readonly",
            (false, true) => "sticky",
            (true, true) => "readonly|sticky",
        }
        .into()
    }

    pub(super) fn health(&self) -> String {
        self.problem.clone().unwrap_or_else(|| "OK".into())
    }
}

/// One database, as a node has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Info {
    pub(crate) node: u32,
    #[serde(flatten)]
    pub(crate) facts: Facts,
}

impl Shown for Info {
    fn table(&self) -> String {
        let it = &self.facts;
        facts(&[
            ("Name", it.name.clone()),
            ("Id", it.id.clone()),
            ("Kind", it.kind.word().into()),
            ("Flags", it.flags()),
            ("Health", it.health()),
            ("Node", self.node.to_string()),
            ("Path", it.path.clone()),
        ])
    }
}

pub(crate) async fn run(cx: &Context, args: NameArgs) -> Result<Info, Error> {
    let cluster = cx.databases().await?;
    let nodes = view::node_map(&*cluster).await?;
    let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
    let question = "the database";
    let found = cluster.database(node, &args.database).await;
    let facts = found.map_err(|failure| Error::Question { node, question, failure })?.into();
    Ok(Info { node, facts })
}

/// How many transactions a database has seen.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Seqnum {
    pub(crate) seqnum: u64,
}

impl Columns for Seqnum {
    const COLUMNS: &'static [Column] = &[("SEQNUM", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.seqnum.to_string()]]
    }
}

pub(crate) async fn seqnum(cx: &Context, args: NameArgs) -> Result<Answers<Seqnum>, Error> {
    let cluster = cx.databases().await?;
    ask(cx, &*cluster, |pnn| {
        let (cluster, name) = (cluster.clone(), args.database.clone());
        async move { Ok(Seqnum { seqnum: cluster.database_seqnum(pnn, &name).await? }) }
    })
    .await
}
