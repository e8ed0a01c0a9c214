//! `ip reload`, `ip reallocate`, `ip announce`: the file is read again, addresses are handed out, the network is told.
//!
//! While nodes read their files no addresses may be handed out: that is held up on all connected nodes first, and each of
//! them has to agree. The facts are those of `control_reloadips`, `ipreallocate` and `control_gratarp`.

use std::net::IpAddr;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::commands::asked::{Answers, ask};
use crate::commands::node::done::{Done, done};
use crate::commands::row::NoArgs;
use crate::commands::said::Said;
use crate::commands::view;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::model::{interface_name, ip_address};

/// Arguments of `ip announce`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Announcement {
    /// Address
    #[arg(value_name = "ADDR", value_parser = ip_address, add = ArgValueCompleter::new(live::addresses))]
    address: IpAddr,

    /// Interface that it is on
    #[arg(value_name = "IFACE", value_parser = interface_name, add = ArgValueCompleter::new(live::interfaces))]
    interface: String,
}

/// For how long something is held up: in seconds, twice the time that one node may take.
pub(super) fn hold(cx: &Context) -> u32 {
    let seconds = cx.timeout.saturating_mul(2).as_secs().max(1);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

pub(crate) async fn reload(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    let nodes = view::node_map(&*cluster).await?;
    // Before anything is held up: a node that does not exist is a mistake of the command line.
    view::many_nodes(&*cluster, cx, &nodes)?;
    let there = nodes.iter().filter(|node| !node.flags.deleted && !node.flags.disconnected);
    let there: Vec<u32> = there.map(|node| node.pnn).collect();
    let here = cluster.this_node();
    let question = |question| move |failure: Failure| Error::Question { node: here, question, failure };

    let held = cluster.hold_takeover_runs(&there, hold(cx)).await;
    held.map_err(question("holding up the handing out of addresses on all nodes"))?;
    let answers = ask(cx, &*cluster, |pnn| done(cluster.reload_addresses(pnn), "reloaded")).await;
    let resumed = cluster.hold_takeover_runs(&there, 0).await;
    let answers = answers?;
    resumed.map_err(question("allowing addresses to be handed out again"))?;
    cluster.reallocate().await.map_err(question("handing out addresses"))?;
    Ok(answers)
}

pub(crate) async fn reallocate(cx: &Context, _: NoArgs) -> Result<Said, Error> {
    let cluster = cx.addresses().await?;
    let node = cluster.this_node();
    let done = cluster.reallocate().await;
    done.map_err(|failure| Error::Question { node, question: "handing out addresses", failure })?;
    Ok(Said::new("addresses were handed out"))
}

pub(crate) async fn announce(cx: &Context, wanted: Announcement) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| done(cluster.announce(pnn, wanted.address, &wanted.interface), "announced"))
        .await
}
