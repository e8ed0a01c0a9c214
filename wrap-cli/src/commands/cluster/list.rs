//! `cluster list`: the nodes as one of them sees them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Settings;
use crate::backend::Cluster;
use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::model::Node;
use crate::render::table::{here, table};

/// All nodes of the cluster.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    /// Deleted nodes are left out.
    pub(crate) nodes: Vec<Line>,
}

/// One node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Line {
    pub(crate) pnn: u32,
    pub(crate) address: String,
    /// The flags by name, or `OK`.
    pub(crate) state: String,
    pub(crate) flags_raw: u32,
    pub(crate) this_node: bool,
}

/// Collects the list.
pub(crate) async fn list(cluster: &dyn Cluster, settings: &Settings) -> Result<List, Error> {
    let nodes = view::node_map(cluster).await?;
    let asked = view::one_node(cluster, settings, &nodes)?;
    let line = |node: Node| Line {
        pnn: node.pnn,
        address: node.address(),
        state: node.flags.text(),
        flags_raw: node.raw,
        this_node: node.pnn == asked,
    };
    let nodes = view::judged(cluster, asked, nodes).await?;
    Ok(List { nodes: nodes.into_iter().filter(|node| !node.flags.deleted).map(line).collect() })
}

impl Shown for List {
    fn table(&self) -> String {
        let rows = self.nodes.iter().map(|node| {
            vec![node.pnn.to_string(), node.address.clone(), node.state.clone(), here(node.this_node)]
        });
        table(&[("PNN", true), ("ADDRESS", false), ("STATE", false), ("", false)], rows)
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<List, Error> {
    list(&*cx.cluster().await?, &cx.settings).await
}
