//! `ip move`: an address leaves all nodes but one, and that one takes it.
//!
//! Nodes do not look after their addresses meanwhile. What is refused is tried again until the time is over: a node does
//! one thing at a time with an address (IP-16). The facts are those of `moveip` and `control_moveip`.

use std::net::IpAddr;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::run::hold;
use crate::backend::Addresses;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::model::ip_address;
use crate::nodes::NodeList;
use futures_util::future::join_all;

/// Between two tries.
const AGAIN: Duration = Duration::from_secs(1);

/// Arguments of `ip move`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Move {
    /// Public address
    #[arg(value_name = "ADDR", value_parser = ip_address, add = ArgValueCompleter::new(live::addresses))]
    address: IpAddr,

    /// Node that is to have it; -n names it as well
    #[arg(value_name = "NODE", add = ArgValueCompleter::new(live::nodes))]
    to: Option<NodeList>,
}

/// Where an address is now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Moved {
    pub(crate) address: String,
    pub(crate) node: u32,
}

impl Shown for Moved {
    fn table(&self) -> String {
        format!("{} is on node {} now\n", self.address, self.node)
    }
}

pub(crate) async fn run(cx: &Context, wanted: Move) -> Result<Moved, Error> {
    let list = match (wanted.to, &cx.nodes) {
        (Some(to), None) => to,
        (None, Some(to)) => to.clone(),
        (None, None) => return Err(Error::Words("where to? Name the node with -n".into())),
        (Some(_), Some(_)) => return Err(Error::Words("the node is named twice; leave one out".into())),
    };
    let cluster = cx.addresses().await?;
    let nodes = view::node_map(&*cluster).await?;
    let [target] = list.select(&nodes)?[..] else {
        return Err(Error::OneNode { command: cx.command.clone() });
    };
    let to = target.pnn;
    if target.flags.inactive {
        let failure = Failure::Refused(format!("it is {} and hosts no addresses", target.flags.text()));
        return Err(Error::Question { node: to, question: "taking the address", failure });
    }
    let failed = |question| move |failure: Failure| Error::Question { node: to, question, failure };
    let known = cluster.addresses(to).await.map_err(failed("its public addresses"))?;
    if !known.iter().any(|address| address.ip == wanted.address) {
        let cannot = Failure::Refused(format!("it is not configured for {}", wanted.address));
        return Err(failed("taking the address")(cannot));
    }
    let paused = cluster.pause_address_checks(hold(cx)).await;
    paused.map_err(|failure| Error::Question {
        node: cluster.this_node(),
        question: "telling the nodes that an address moves",
        failure,
    })?;
    let others = nodes.iter().filter(|node| node.pnn != to && !node.flags.inactive);
    let others: Vec<u32> = others.map(|node| node.pnn).collect();
    let deadline = Instant::now() + cx.timeout;
    loop {
        match once(&*cluster, &others, wanted.address, to).await {
            Ok(()) => return Ok(Moved { address: wanted.address.to_string(), node: to }),
            Err(Error::Question { failure: Failure::Refused(_), .. })
                if Instant::now() + AGAIN < deadline =>
            {
                sleep(AGAIN).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn once(cluster: &dyn Addresses, others: &[u32], ip: IpAddr, to: u32) -> Result<(), Error> {
    let released = join_all(others.iter().map(|of| cluster.release_address(*of, ip, to))).await;
    for (node, released) in others.iter().zip(released) {
        released.map_err(|failure| Error::Question {
            node: *node,
            question: "giving up the address",
            failure,
        })?;
    }
    let taken = cluster.take_address(to, ip).await;
    taken.map_err(|failure| Error::Question { node: to, question: "taking the address", failure })
}
