//! `node status`: whether nodes are OK, as this node sees them, and whether they answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::backend::Cluster;
use crate::commands::asked::{Answers, Columns, ask_all};
use crate::commands::row::NoArgs;
use crate::commands::view;
use crate::context::Context;
use crate::error::{Error, Failure};
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
    state(cx, &*cx.nodes().await?).await
}

/// The flags are what this node believes; a node that is there is asked itself, too, and has to answer.
pub(crate) async fn state(cx: &Context, cluster: &dyn Cluster) -> Result<Answers<State>, Error> {
    let nodes = view::node_map(cluster).await?;
    let nodes = view::judged(cluster, cluster.this_node(), nodes).await?;
    let seen = |pnn| nodes.iter().find(|node| node.pnn == pnn);
    ask_all(cx, cluster, &nodes, async |pnn| {
        let Some(node) = seen(pnn) else { return Err(Failure::NotThere("it is in no node map".into())) };
        if !node.flags.disconnected {
            cluster.ping(pnn).await?;
        }
        Ok(State {
            state: node.flags.text(),
            flags_ok: node.raw == 0,
            flags_raw: node.raw,
            flags: node.flags,
        })
    })
    .await
}
