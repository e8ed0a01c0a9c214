//! The service daemon, of this node or of another.
//!
//! One that is just being restarted may be waited for; every other question has its answer or its error at once.

use std::time::Duration;

use bus::Node;
use protocol::interface::Ask;
use protocol::services::service;
use runtime::Bus;
use tokio::time::{Instant, sleep};

use super::{Kind, Peer, is_here};
use crate::args::Settings;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;

static KIND: Kind = Kind { daemon: protocol::daemons::SERVICE, missing: "no_serviced" };

/// How often somebody who waits looks again.
const AGAIN: Duration = Duration::from_millis(200);

/// A service daemon on the bus.
pub(crate) struct Serviced(Peer);

impl Serviced {
    /// That of a node. Nothing is asked yet.
    pub(crate) fn of(node: Node, cx: &Context) -> Result<Self, Error> {
        Self::over(cx.bus()?, node, &cx.settings)
    }

    /// The same, over a bus that was joined.
    pub(crate) fn over(bus: Bus, node: Node, settings: &Settings) -> Result<Self, Error> {
        Peer::of(bus, node, &KIND, settings).map(Self)
    }

    /// Whether this node's is on the bus.
    pub(crate) fn is_here(settings: &Settings) -> bool {
        is_here(&settings.run_dir, &service::SERVICE)
    }

    /// Asks what takes no work.
    pub(crate) async fn ask<A: Ask>(&self, argument: &A::Argument) -> Result<A::Answer, Error> {
        self.ask_within::<A>(argument, self.0.timeout).await
    }

    /// Asks what takes so long at the most.
    pub(crate) async fn ask_within<A: Ask>(
        &self,
        argument: &A::Argument,
        limit: Duration,
    ) -> Result<A::Answer, Error> {
        self.0.ask::<A>(argument, limit, |why| why.text.clone()).await.map_err(Error::Daemon)
    }
}

/// Asks the service daemon of a node, again and again while there is none and the patience lasts.
pub(crate) async fn ask_patiently<A: Ask>(
    node: Node,
    cx: &Context,
    argument: &A::Argument,
    limit: Duration,
    patience: Duration,
) -> Result<A::Answer, Error> {
    let deadline = Instant::now() + patience;
    loop {
        let answer = match Serviced::of(node, cx) {
            Ok(serviced) => serviced.ask_within::<A>(argument, limit).await,
            Err(error) => Err(error),
        };
        match answer {
            Err(error) if error.exit() == Exit::NoDaemon && Instant::now() < deadline => sleep(AGAIN).await,
            answer => return answer,
        }
    }
}
