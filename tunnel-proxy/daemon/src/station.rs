//! The tunneld as a daemon among the others, under the name `tunnel`: what it can be asked, what it tells, its numbers.
//!
//! Whoever asks gets a copy of the machine's state, from the loop that drives it. The plain questions that the machine
//! answers itself, under the name `probe`, are in `tunnel-core`.

use std::path::Path;
use std::pin::Pin;

use bus::Daemon;
use protocol::common::{Code, Daemon as Named};
use protocol::interface::Refusal;
use protocol::services::tunnel::{SERVICE, Serve, Served};
use protocol::tunnel::{LinkState, PeerState, Status, Text};
use protocol::tunnel::{
    TunnelDaemonChanged, TunnelEcho, TunnelLinkChanged, TunnelPeerChanged, TunnelPeers, TunnelStatus,
};
use reactor::{Mailer, Refused};
use runtime::http::prometheus_client::metrics::counter::Counter;
use runtime::http::prometheus_client::metrics::family::Family;
use runtime::http::prometheus_client::metrics::gauge::Gauge;
use runtime::http::prometheus_client::registry::Registry;
use runtime::{Bus, Joining, Observed, Station};
use tokio::sync::oneshot;
use tunnel_core::Event;

use crate::carrier::Wish;

/// What the tunneld is ill with while there is no ctdbd.
const CTDBD: &str = "ctdbd";

/// The name of the tunneld among the other daemons.
pub(crate) fn me() -> anyhow::Result<Daemon> {
    Ok(Daemon { name: SERVICE.name.parse()?, instance: 0 })
}

/// Joins the bus in its directory.
pub(crate) fn open(dir: &Path, carrier: &Mailer<Wish>) -> anyhow::Result<Station> {
    let daemon = me()?;
    let release = env!("CARGO_PKG_VERSION").to_owned();
    let bus = Bus::join(Joining { dir: dir.to_owned(), daemon, release, features: 0 })?;
    let asking = || Asking(carrier.clone());
    let station = Station::new(daemon, Some(bus), Box::new(Served(asking())), Some(Box::new(asking())));
    station.health().set(CTDBD, Some("it was not reached yet".to_owned()));
    Ok(station)
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

type Of<M> = Family<[(&'static str, u32); 1], M>;

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(signed(value));
    gauge
}

fn counter(value: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(value);
    counter
}

fn enter(status: &Status, registry: &mut Registry) {
    let tunnel = registry.sub_registry_with_prefix("tunnel");
    let attached = u64::from(status.ctdbd.state == LinkState::Attached);
    tunnel.register("attached", "1 when ctdbd is attached", gauge(attached));
    tunnel.register("attachments", "How often ctdbd was attached", counter(status.ctdbd.attached));
    let daemons = u64::try_from(status.daemons.len()).unwrap_or(u64::MAX);
    tunnel.register("daemons", "Daemons that are registered", gauge(daemons));
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
    let (up, rtt, queued) = (Of::<Gauge>::default(), Of::<Gauge>::default(), Of::<Gauge>::default());
    let (sent, resent) = (Of::<Counter>::default(), Of::<Counter>::default());
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

/// Tells the others what has happened.
pub(crate) fn tell(station: &Station, event: &Event) {
    let link = |node, state, reason: Option<&String>| {
        station.health().set(CTDBD, reason.cloned());
        let word = if state == LinkState::Attached { "attached" } else { "down" };
        let event = TunnelLinkChanged { node, state, reason: reason.map(|text| Text(short(text))) };
        station.tell_about("", &[word], &event);
    };
    let peer = |node: u32, state| {
        let (subject, word) = (node.to_string(), if state == PeerState::Up { "up" } else { "down" });
        station.tell_about(&subject, &[&subject, word], &TunnelPeerChanged { node, state });
    };
    let daemon = |daemon: &Daemon, registered| {
        let (subject, word) = (daemon.to_string(), if registered { "registered" } else { "gone" });
        let daemon = Named { name: daemon.name.to_string(), instance: daemon.instance };
        station.tell_about(&subject, &[&subject, word], &TunnelDaemonChanged { daemon, registered });
    };
    match event {
        Event::Attached(node) => link(Some(node.0), LinkState::Attached, None),
        Event::Lost(reason) => link(None, LinkState::Down, Some(reason)),
        Event::Peer(node, state) => peer(node.0, *state),
        Event::Registered(who) => daemon(who, true),
        Event::DaemonGone(who, _) => daemon(who, false),
        _ => {}
    }
}

/// What fits into a text of the protocol.
fn short(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(256).collect()
}
