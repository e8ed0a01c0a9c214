//! `node disable`, `enable`, `pause`, `continue`, `ban` and `unban`: the part of nodes in the cluster.
//!
//! Each node is waited for until its own node map shows the change; then the public addresses are handed out again, once
//! for all of them.

use clap::Args;

use super::done::{Done, done};
use crate::backend::NodeChange;
use crate::commands::asked::{Answers, ask};
use crate::commands::row::NoArgs;
use crate::commands::view;
use crate::context::Context;
use crate::error::Error;
use crate::model::Node;

/// Arguments of `node ban`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct BanArgs {
    /// How long
    #[arg(value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

pub(crate) async fn disable(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    cx.confirm(&format!("This takes all public addresses from {}.", cx.whom()))?;
    change(cx, NodeChange::Disable, "disabled").await
}

pub(crate) async fn enable(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    change(cx, NodeChange::Enable, "enabled").await
}

pub(crate) async fn pause(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    cx.confirm(&format!("This takes {} out of the cluster, with all public addresses there.", cx.whom()))?;
    change(cx, NodeChange::Stop, "paused").await
}

pub(crate) async fn continue_(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    change(cx, NodeChange::Continue, "continued").await
}

pub(crate) async fn ban(cx: &Context, args: BanArgs) -> Result<Answers<Done>, Error> {
    let (whom, seconds) = (cx.whom(), args.seconds);
    cx.confirm(&format!(
        "This takes {whom} out of the cluster for {seconds} s, and its databases from its clients."
    ))?;
    change(cx, NodeChange::Ban(seconds), "banned").await
}

pub(crate) async fn unban(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    change(cx, NodeChange::Unban, "unbanned").await
}

async fn change(cx: &Context, change: NodeChange, result: &str) -> Result<Answers<Done>, Error> {
    let cluster = cx.nodes().await?;
    let mut answers = ask(cx, &*cluster, async |pnn| done(cluster.change(pnn, change), result).await).await?;
    let changed = |pnn| answers.nodes.iter().any(|node| node.answered && node.pnn == pnn);
    let takes_out = matches!(change, NodeChange::Ban(_) | NodeChange::Stop);
    let map = view::node_map(&*cluster).await?;
    let is_out = |node: &Node| node.flags.inactive || (takes_out && changed(node.pnn));
    // Where nobody is left there is nobody to hand them out.
    if !map.iter().all(is_out) && answers.nodes.iter().any(|node| node.answered) {
        cx.addresses().await?.reallocate().await.map_err(|failure| Error::Question {
            node: cluster.this_node(),
            question: "handing out the public addresses again",
            failure,
        })?;
        // Which takes its time: a short ban may be over.
        for node in &mut answers.nodes {
            if let Some(done) = &mut node.answer {
                done.result += match cluster.shows(node.pnn, change).await {
                    Ok(true) => "",
                    Ok(false) => ", and not any more",
                    Err(_) => ", and does not answer any more",
                };
            }
        }
    }
    Ok(answers)
}
