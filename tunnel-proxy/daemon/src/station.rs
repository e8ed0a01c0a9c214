//! The tunneld as a daemon among the others, under the name `tunnel`: what it can be asked, and its numbers.
//!
//! Whoever asks gets a copy of the machine's state, from the loop that drives it. The plain questions that the machine
//! answers itself, under the name `probe`, are in `tunnel-core`.

use protocol::common::Code;
use protocol::interface::Refusal;
use protocol::services::tunnel::{Serve, Served};
use protocol::tunnel::{LinkState, PeerState, Status, TunnelEcho, TunnelPeers, TunnelStatus};
use reactor::{Mailer, Refused};
use runtime::http::numbers::{Each, counter, gauge};
use runtime::http::prometheus_client::registry::Registry;
use runtime::presence::Face;
use tokio::sync::oneshot;

use crate::carrier::Wish;

/// What others see of it.
pub(crate) fn face(carrier: &Mailer<Wish>) -> Face {
    let asking = Asking(carrier.clone());
    let (asked, look) = (asking.clone(), move || {
        let asking = asking.clone();
        async move { asking.state().await.ok() }
    });
    Face::new(Served(asked), runtime::observed(look, enter))
}

/// Asks the loop.
#[derive(Clone, Debug)]
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

fn enter(status: Status, registry: &mut Registry) {
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
    let peers = tunnel.sub_registry_with_prefix("peer");
    Each::new(peers, "node", status.peers.iter().map(|peer| (peer.node, peer)))
        .gauge("up", "1 when the tunneld of the node answers", |peer| {
            Some(u8::from(peer.state == PeerState::Up))
        })
        .gauge("rtt_microseconds", "Smoothed round trip", |peer| peer.rtt_us)
        .gauge("queued_bytes", "Bytes that wait to be sent or acknowledged", |peer| Some(peer.queued_bytes))
        .counter("fragments_sent", "Fragments sent for the first time", |peer| peer.sent)
        .counter("fragments_resent", "Fragments sent again", |peer| peer.resent);
}
