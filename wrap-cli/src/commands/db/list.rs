//! `db list` and `db status`: the databases of nodes, and whether they are in order.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::info::Facts;
use crate::backend::databases::Records;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::table::{Column, or_dash, table};

/// Arguments of `db list`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ListArgs {
    /// Read the files of this node, and show records, bytes, and how much of a file is neither key nor data
    #[arg(long)]
    size: bool,
}

/// The databases of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    pub(crate) node: u32,
    pub(crate) databases: Vec<Listed>,
}

/// A database.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) facts: Facts,
    /// With `--size`.
    pub(crate) size: Option<Size>,
}

/// How large the file of a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Size {
    pub(crate) records: usize,
    /// Of the file.
    pub(crate) bytes: u64,
    /// Of keys and data.
    pub(crate) used_bytes: u64,
    /// How much of the file is neither: tables, heads of records, and what is free.
    pub(crate) other_percent: u64,
}

impl Size {
    fn new(records: usize, bytes: u64, used_bytes: u64) -> Self {
        let other = bytes.saturating_sub(used_bytes);
        let other_percent = other.saturating_mul(100).checked_div(bytes).unwrap_or(0);
        Self { records, bytes, used_bytes, other_percent }
    }
}

impl Shown for List {
    fn table(&self) -> String {
        let mut columns: Vec<Column> =
            vec![("ID", false), ("NAME", false), ("KIND", false), ("FLAGS", false), ("HEALTH", false)];
        let sized = self.databases.iter().any(|db| db.size.is_some());
        if sized {
            columns.extend([("RECORDS", true), ("BYTES", true), ("OTHER", true)]);
        }
        columns.push(("PATH", false));
        let rows = self.databases.iter().map(|Listed { facts: db, size }| {
            let mut row =
                vec![db.id.clone(), db.name.clone(), db.kind.word().into(), db.flags(), db.health()];
            if sized {
                row.push(or_dash(size.map(|size| size.records)));
                row.push(or_dash(size.map(|size| size.bytes)));
                row.push(or_dash(size.map(|size| format!("{} %", size.other_percent))));
            }
            row.push(db.path.clone());
            row
        });
        table(&columns, rows)
    }
}

pub(crate) async fn list(cx: &Context, args: ListArgs) -> Result<List, Error> {
    let cluster = cx.databases().await?;
    let nodes = view::node_map(&*cluster).await?;
    let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
    if args.size && node != cluster.this_node() {
        return Err(Error::Words("the files of another node cannot be read here; ask on that node".into()));
    }
    let question = "its databases";
    let found =
        cluster.databases(node).await.map_err(|failure| Error::Question { node, question, failure })?;
    let mut databases = Vec::new();
    for facts in found.into_iter().map(Facts::from) {
        let size = if args.size { Some(size(&*cluster, &facts).await?) } else { None };
        databases.push(Listed { facts, size });
    }
    Ok(List { node, databases })
}

/// Reads the file of a database.
async fn size(cluster: &dyn Records, facts: &Facts) -> Result<Size, Error> {
    let question = "the records of a file";
    let records = cluster.file_records(&facts.name).await;
    let records =
        records.map_err(|failure| Error::Question { node: cluster.this_node(), question, failure })?;
    let bytes =
        std::fs::metadata(&facts.path).map_err(|error| Error::file(facts.path.as_ref(), &error))?.len();
    let used: usize = records.iter().map(|record| record.key.len() + record.data.len()).sum();
    Ok(Size::new(records.len(), bytes, u64::try_from(used).unwrap_or(u64::MAX)))
}

/// Whether the databases of a node are in order.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Number of databases.
    pub(crate) databases: usize,
    /// Those that are damaged.
    pub(crate) unhealthy: Vec<Facts>,
}

impl Columns for Health {
    const COLUMNS: &'static [Column] = &[("DATABASES", true), ("UNHEALTHY", true), ("WHAT", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let what: Vec<_> = self.unhealthy.iter().map(|db| format!("{}: {}", db.name, db.health())).collect();
        let what = if what.is_empty() { "-".into() } else { what.join("; ") };
        vec![vec![self.databases.to_string(), self.unhealthy.len().to_string(), what]]
    }

    /// No, when one is damaged.
    fn exit(&self) -> Exit {
        if self.unhealthy.is_empty() { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn status(cx: &Context, _: NoArgs) -> Result<Answers<Health>, Error> {
    let cluster = cx.databases().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = cluster.clone();
        async move {
            let databases = cluster.databases(pnn).await?;
            let unhealthy = databases.iter().filter(|db| db.unhealthy.is_some()).cloned();
            Ok(Health { databases: databases.len(), unhealthy: unhealthy.map(Facts::from).collect() })
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_file_is_told_how_much_is_neither_key_nor_data() {
        assert_eq!(Size::new(3, 1000, 250).other_percent, 75);
        assert_eq!(Size::new(0, 0, 0).other_percent, 0);
        assert_eq!(Size::new(1, 100, 200).other_percent, 0, "it grew meanwhile");
    }
}
