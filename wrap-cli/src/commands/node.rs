//! `node ping`: asks the ctdbd of each node whether it lives, all at the same time.
//!
//! Each node has the whole time for itself; a node that does not answer is a row of the answer and holds up no other.

use std::time::Instant;

use serde::Serialize;

use super::cluster;
use crate::args::Settings;
use crate::backend::Cluster;
use crate::error::{Error, Failure};
use crate::exit::Exit;
use crate::join::join_all;

/// The answers of all nodes that were asked.
#[derive(Debug, Serialize)]
pub(crate) struct Pings {
    pub(crate) pings: Vec<Ping>,
}

/// What one node answered.
#[derive(Debug, Serialize)]
pub(crate) struct Ping {
    pub(crate) pnn: u32,
    pub(crate) address: String,
    pub(crate) answered: bool,
    /// Round trip in microseconds.
    pub(crate) time_us: Option<u64>,
    /// Clients of its ctdbd.
    pub(crate) clients: Option<u32>,
    pub(crate) error: Option<Reason>,
}

/// Why there is no answer.
#[derive(Debug, Serialize)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip)]
    exit: Exit,
}

impl From<Failure> for Reason {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code(), message: failure.to_string(), exit: failure.exit() }
    }
}

impl Pings {
    /// Done when all answered, partly when some did, and otherwise the reason of the first.
    pub(crate) fn exit(&self) -> Exit {
        let answered = self.pings.iter().filter(|ping| ping.answered).count();
        let reasons = || self.pings.iter().filter_map(|ping| ping.error.as_ref());
        if answered == self.pings.len() {
            Exit::Done
        } else if answered > 0 {
            Exit::Partly
        } else if reasons().any(|reason| reason.exit == Exit::NoAnswer) {
            Exit::NoAnswer
        } else {
            reasons().map(|reason| reason.exit).next().unwrap_or(Exit::Refused)
        }
    }
}

/// Pings the nodes that are named, or this one.
pub(crate) async fn ping<C: Cluster>(cluster: &C, settings: &Settings) -> Result<Pings, Error> {
    let nodes = cluster::node_map(cluster).await?;
    let asked = cluster::many_nodes(cluster, settings, &nodes)?;
    let pings = join_all(asked.into_iter().map(|node| async move {
        let start = Instant::now();
        let answer = cluster.ping(node.pnn).await;
        let time_us = u64::try_from(start.elapsed().as_micros()).ok();
        Ping {
            pnn: node.pnn,
            address: node.address(),
            answered: answer.is_ok(),
            time_us: time_us.filter(|_| answer.is_ok()),
            clients: answer.as_ref().ok().copied(),
            error: answer.err().map(Reason::from),
        }
    }));
    Ok(Pings { pings: pings.await })
}
