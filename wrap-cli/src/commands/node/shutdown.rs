//! `node shutdown`: ends the daemons of nodes.

use super::done::{Done, done};
use crate::commands::asked::{Answers, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    cx.confirm(&format!("This ends ctdbd on {}; its clients lose it.", cx.whom()))?;
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| done(cluster.shutdown(pnn), "shutting down").await).await
}
