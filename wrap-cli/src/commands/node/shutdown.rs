//! `node shutdown`: ends the daemons of nodes.

use super::done::{Done, done};
use crate::commands::asked::{Answers, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    let cluster = cx.nodes().await?;
    cx.confirm("This ends ctdbd on the nodes that are named; their clients lose it.")?;
    ask(cx, &*cluster, async |pnn| done(cluster.shutdown(pnn), "shutting down").await).await
}
