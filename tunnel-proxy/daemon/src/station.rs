//! The tunneld as a daemon among the others, under the name `tunnel`: what it can be asked, and its numbers.
//!
//! Whoever asks gets a copy of the machine's state, from the loop that drives it. The plain questions that the machine
//! answers itself, under the name `probe`, are in `tunnel-core`.

use std::pin::Pin;

use protocol::common::Code;
use protocol::interface::Refusal;
use protocol::services::tunnel::{Serve, Served};
use protocol::tunnel::{LinkState, PeerState, Status, TunnelEcho, TunnelPeers, TunnelStatus};
use reactor::{Mailer, Refused};
use runtime::Observed;
use runtime::http::numbers::{Of, counter, gauge, signed};
use runtime::http::prometheus_client::metrics::counter::Counter;
use runtime::http::prometheus_client::metrics::gauge::Gauge;
use runtime::http::prometheus_client::registry::Registry;
use runtime::presence::Face;
use tokio::sync::oneshot;

use crate::carrier::Wish;

/// What others see of it.
pub(crate) fn face(carrier: &Mailer<Wish>) -> Face {
    Face::new(Served(Asking(carrier.clone())), Asking(carrier.clone()))
}

/// Asks the loop.
#[derive(Debug)]
struct Asking(Mailer<Wish>);

impl Asking {
    async fn state(&self) -> Result<Status, Refusal> {
        let ends = || Refusal::new(Code::Stopping, "the tunneld is about to end");
        let (reply, state) = oneshot::channel();
        self.0.send(Wish::Status(reply)).map_err(|refused| match refused {
            Refused::Full(_) => Refusal::new(Code::Busy, "too many ask for the state of the tunneld"),
            Refused::Gone(_) => ends(),
        })?;
        state.await.map_err(|_| ends())
    }
}

impl Serve for Asking {
    async fn echo(&self, argument: TunnelEcho) -> Result<TunnelEcho, Refusal> {
        Ok(argument)
    }

    async fn status(&self, (): ()) -> Result<TunnelStatus, Refusal> {
        self.state().await
    }

    async fn peers(&self, (): ()) -> Result<TunnelPeers, Refusal> {
        self.state().await.map(|Status { node, peers, .. }| TunnelPeers { node, peers })
    }
}

impl Observed for Asking {
    fn observe<'a>(&'a self, registry: &'a mut Registry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            if let Ok(status) = self.state().await {
                enter(&status, registry);
            }
        })
    }
}

fn enter(status: &Status, registry: &mut Registry) {
    let tunnel = registry.sub_registry_with_prefix("tunnel");
    let attached = i64::from(status.ctdbd.state == LinkState::Attached);
    tunnel.register("attached", "1 when ctdbd is attached", gauge(attached));
    tunnel.register("attachments", "How often ctdbd was attached", counter(status.ctdbd.attached));
    tunnel.register("daemons", "Daemons that are registered", gauge(status.daemons.len()));
    let totals = &status.counters;
    for (name, text, value) in [
        ("envelopes_out", "Envelopes handed to ctdbd", totals.envelopes_out),
        ("envelopes_in", "Envelopes that ctdbd delivered", totals.envelopes_in),
        ("envelopes_bad", "Packets that were no envelope, or not for this node", totals.envelopes_bad),
        ("datagrams_bad", "Datagrams of daemons that were dropped", totals.datagrams_bad),
        ("delivered", "Messages delivered to daemons of this node", totals.delivered),
        ("failed", "Messages that failed", totals.failed),
    ] {
        tunnel.register(name, text, counter(value));
    }
    let (up, rtt, queued) =
        (Of::<u32, Gauge>::default(), Of::<u32, Gauge>::default(), Of::<u32, Gauge>::default());
    let (sent, resent) = (Of::<u32, Counter>::default(), Of::<u32, Counter>::default());
    for peer in &status.peers {
        let of = [("node", peer.node)];
        up.get_or_create(&of).set(i64::from(peer.state == PeerState::Up));
        if let Some(us) = peer.rtt_us {
            rtt.get_or_create(&of).set(signed(us));
        }
        queued.get_or_create(&of).set(signed(peer.queued_bytes));
        sent.get_or_create(&of).inc_by(peer.sent);
        resent.get_or_create(&of).inc_by(peer.resent);
    }
    let peers = tunnel.sub_registry_with_prefix("peer");
    peers.register("up", "1 when the tunneld of the node answers", up);
    peers.register("rtt_microseconds", "Smoothed round trip", rtt);
    peers.register("queued_bytes", "Bytes that wait to be sent or acknowledged", queued);
    peers.register("fragments_sent", "Fragments sent for the first time", sent);
    peers.register("fragments_resent", "Fragments sent again", resent);
}
