//! The state of the tunneld for people and scripts.

use bytes::Bytes;
use machine::Time;
use protocol::tunnel::{CtdbdLink, DaemonStatus, PeerStatus, Status, Text};

use crate::peer::Peer;
use crate::tunnel::Tunnel;

fn millis(d: std::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn peer_status(now: Time, peer: &Peer) -> PeerStatus {
    let (channels_out, channels_in) = peer.channels();
    PeerStatus {
        node: peer.node.0,
        address: peer.address.clone(),
        state: peer.state(),
        boot: peer.boot().map(|b| Text(format!("{b:016x}"))),
        rtt_us: peer.rtt().map(|d| u64::try_from(d.as_micros()).unwrap_or(u64::MAX)),
        heard_ms: peer.heard().map(|at| millis(now - at)),
        channels_out: count(channels_out),
        channels_in: count(channels_in),
        queued_bytes: count(peer.queued()),
        sent: peer.counters.sent,
        resent: peer.counters.resent,
        received: peer.counters.received,
        failed: peer.counters.failed,
    }
}

impl Tunnel {
    /// The state of this tunneld.
    #[must_use]
    pub fn status(&self, now: Time) -> Status {
        let daemons = self.locals.iter().map(|(daemon, local)| {
            let (queued, queued_bytes, delivered) = local.numbers();
            DaemonStatus {
                name: daemon.name.to_string(),
                instance: daemon.instance,
                queued: count(queued),
                queued_bytes: count(queued_bytes),
                delivered,
            }
        });
        Status {
            release: self.config.version.clone(),
            node: self.link.node.map(|n| n.0),
            boot: format!("{:016x}", self.config.boot),
            uptime_ms: millis(now - self.started),
            ctdbd: CtdbdLink {
                socket: self.config.ctdbd_socket.clone(),
                state: self.link.state(),
                since_ms: millis(now - self.link.since),
                attached: self.link.times_attached,
                last_error: self.link.last_error.clone().map(Text),
            },
            daemons: daemons.collect(),
            peers: self.peers.values().filter(|p| p.is_listed()).map(|p| peer_status(now, p)).collect(),
            counters: self.counters.clone(),
        }
    }

    pub(crate) fn status_json(&self, now: Time) -> Bytes {
        // Invariant: a structure of strings and numbers always has a JSON form.
        serde_json::to_vec(&self.status(now)).unwrap_or_default().into()
    }
}
