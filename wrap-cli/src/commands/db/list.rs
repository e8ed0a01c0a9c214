//! `db list` and `db status`: the databases of nodes, and whether they are in order.

use schemars::JsonSchema;
use serde::Serialize;

use super::info::Facts;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::table::{Column, table};

/// The databases of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    pub(crate) node: u32,
    pub(crate) databases: Vec<Facts>,
}

impl Shown for List {
    fn table(&self) -> String {
        let columns = [
            ("ID", false),
            ("NAME", false),
            ("KIND", false),
            ("FLAGS", false),
            ("HEALTH", false),
            ("PATH", false),
        ];
        table(
            &columns,
            self.databases.iter().map(|db| {
                vec![
                    db.id.clone(),
                    db.name.clone(),
                    db.kind.word().into(),
                    db.flags(),
                    db.health(),
                    db.path.clone(),
                ]
            }),
        )
    }
}

pub(crate) async fn list(cx: &Context, _: NoArgs) -> Result<List, Error> {
    let cluster = cx.databases().await?;
    let nodes = view::node_map(&*cluster).await?;
    let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
    let question = "its databases";
    let databases =
        cluster.databases(node).await.map_err(|failure| Error::Question { node, question, failure })?;
    Ok(List { node, databases: databases.into_iter().map(Facts::from).collect() })
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
