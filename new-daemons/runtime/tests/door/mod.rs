//! The HTTP door of a daemon on real sockets: what is served, what is refused, and what nobody who comes can do to it.

mod client;
mod events;
mod hostile;
mod neighbours;
mod presence;
mod served;

use std::path::PathBuf;
use std::pin::Pin;

use bus::Daemon;
use bytes::Bytes;
use protocol::Announcement;
use protocol::common::Code;
use protocol::interface::Refusal;
use protocol::services::tunnel::{Serve, Served};
use protocol::tunnel::{TunnelEcho, TunnelPeerChanged, TunnelPeerState, TunnelPeers, TunnelStatus};
use runtime::frame::Sockets;
use runtime::http::prometheus_client::metrics::gauge::Gauge;
use runtime::http::prometheus_client::registry::Registry;
use runtime::http::{Door, Limits, Places};
use runtime::{Bus, Observed, Station};
use tempfile::TempDir;

/// A daemon that echoes, has no status to tell, and never says who its peers are.
struct Fake;

impl Serve for Fake {
    async fn echo(&self, argument: TunnelEcho) -> Result<TunnelEcho, Refusal> {
        Ok(argument)
    }
    async fn status(&self, (): ()) -> Result<TunnelStatus, Refusal> {
        Err(Refusal::new(Code::Busy, "ask again"))
    }
    async fn peers(&self, (): ()) -> Result<TunnelPeers, Refusal> {
        std::future::pending().await
    }
}

struct Numbers;

impl Observed for Numbers {
    fn observe<'a>(&'a self, registry: &'a mut Registry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let seven: Gauge = Gauge::default();
            seven.set(7);
            registry.register("seven", "Always the same", seven);
        })
    }
}

struct House {
    dir: TempDir,
    path: PathBuf,
    station: Station,
    door: Door,
}

fn daemon(instance: u32) -> Daemon {
    Daemon { name: "tunnel".parse().unwrap(), instance }
}

/// The socket of a daemon's door.
fn socket(dir: &TempDir, instance: u32) -> PathBuf {
    dir.path().join(format!("tunnel.{instance}.http"))
}

impl House {
    fn open(limits: Limits) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), None, limits)
    }

    fn open_in(dir: TempDir, bus: Option<Bus>, limits: Limits) -> Self {
        let station = Station::new(daemon(0), bus, Box::new(Served(Fake)), Some(Box::new(Numbers)));
        let path = socket(&dir, 0);
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let places = Places { socket: Some(path.clone()), listen, beyond_loopback: false };
        let door = Door::open(station.clone(), &places, limits, &mut Sockets::default()).unwrap();
        Self { dir, path, station, door }
    }
}

/// An event about a node.
fn peer(node: u32) -> Announcement {
    Announcement::new("", &[], TunnelPeerChanged { node, state: TunnelPeerState::Up })
}

/// As opaque data is written in JSON.
fn base64(data: &[u8]) -> String {
    protocol::json::opaque(&Bytes::copy_from_slice(data)).as_str().unwrap().to_owned()
}
