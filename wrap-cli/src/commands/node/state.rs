//! `node status`: whether nodes are OK, as this node sees them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::{Answers, Columns, FromNode};
use crate::commands::row::NoArgs;
use crate::commands::view;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::model::Flags;
use crate::render::table::Column;

/// The state of one node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct State {
    /// The flags by name, or `OK`.
    pub(crate) state: String,
    pub(crate) flags_ok: bool,
    pub(crate) flags_raw: u32,
    pub(crate) flags: Flags,
}

impl Columns for State {
    const COLUMNS: &'static [Column] = &[("STATE", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.state.clone()]]
    }

    fn exit(&self) -> Exit {
        if self.flags_ok { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Answers<State>, Error> {
    let cluster = cx.nodes().await?;
    let nodes = view::node_map(&*cluster).await?;
    let nodes = view::judged(&*cluster, cluster.this_node(), nodes).await?;
    let wanted = view::many_nodes(&*cluster, &cx.settings, &nodes)?;
    let line = |node: &crate::model::Node| FromNode {
        pnn: node.pnn,
        address: node.address(),
        answered: true,
        answer: Some(State {
            state: node.flags.text(),
            flags_ok: node.raw == 0,
            flags_raw: node.raw,
            flags: node.flags,
        }),
        error: None,
    };
    Ok(Answers { nodes: wanted.into_iter().map(line).collect() })
}
