//! `tunnel status`, `tunnel peers` and `tunnel ping` as tables.

use crate::commands::Shown;
use crate::commands::tunnel::{PeerStatus, Peers, Pings, Status};
use crate::exit::Exit;
use crate::render::table::{facts, milliseconds, or_dash, span, table};

impl Shown for Status {
    fn table(&self) -> String {
        let status = self;
        let link = &status.ctdbd;
        let times = if link.attached == 1 { "once".into() } else { format!("{} times", link.attached) };
        let since = format!("{} for {}, attached {times}", link.state, span(link.since_ms));
        let counters = &status.counters;
        let mut head = vec![
            ("Node", or_dash(status.node)),
            (
                "ctdb-tunneld",
                format!("{}, boot {}, up {}", status.release, status.boot, span(status.uptime_ms)),
            ),
            ("ctdbd", since),
            ("Socket", link.socket.clone()),
        ];
        if let Some(error) = &link.last_error {
            head.push(("Last lost", error.0.clone()));
        }
        head.push((
            "Envelopes",
            format!(
                "{} out, {} in, {} bad",
                counters.envelopes_out, counters.envelopes_in, counters.envelopes_bad
            ),
        ));
        head.push(("Messages", format!("{} delivered, {} failed", counters.delivered, counters.failed)));
        head.push((
            "Dropped",
            format!("{} datagrams, {} answers", counters.datagrams_bad, counters.answers_dropped),
        ));
        let peers = peer_rows(&status.peers);
        let daemons = status.daemons.iter().map(|daemon| {
            vec![
                format!("{}/{}", daemon.name, daemon.instance),
                daemon.queued.to_string(),
                daemon.queued_bytes.to_string(),
                daemon.delivered.to_string(),
            ]
        });
        let columns = [("DAEMON", false), ("QUEUED", true), ("BYTES", true), ("DELIVERED", true)];
        format!("{}\n{peers}\n{}", facts(&head), table(&columns, daemons))
    }
}

fn peer_rows(peers: &[PeerStatus]) -> String {
    let rows = peers.iter().map(|peer| {
        vec![
            peer.node.to_string(),
            peer.address.clone(),
            peer.state.to_string(),
            or_dash(peer.rtt_us.map(milliseconds)),
            peer.heard_ms.map_or_else(|| "-".into(), |ms| format!("{} ago", span(ms))),
            format!("{}/{}", peer.channels_out, peer.channels_in),
            peer.queued_bytes.to_string(),
            peer.sent.to_string(),
            peer.resent.to_string(),
            peer.received.to_string(),
            peer.failed.to_string(),
        ]
    });
    let columns = [
        ("PEER", true),
        ("ADDRESS", false),
        ("STATE", false),
        ("RTT", true),
        ("HEARD", true),
        ("OUT/IN", true),
        ("QUEUED", true),
        ("SENT", true),
        ("RESENT", true),
        ("RECEIVED", true),
        ("FAILED", true),
    ];
    table(&columns, rows)
}

impl Shown for Peers {
    fn table(&self) -> String {
        peer_rows(&self.peers)
    }
}

impl Shown for Pings {
    fn table(&self) -> String {
        let pings = self;
        let mut lines = vec![
            ("Node", pings.node.to_string()),
            ("Packets", format!("{} of {} bytes sent, {} answered", pings.sent, pings.size, pings.answered)),
        ];
        if let Some(t) = &pings.time_us {
            let [min, median, p99, max] = [t.min, t.median, t.p99, t.max].map(milliseconds);
            lines.push(("Round trip", format!("min {min}, median {median}, p99 {p99}, max {max}")));
        }
        if let Some(first) = pings.failures.first() {
            lines.push(("First failure", format!("packet {}: {}", first.packet, first.message)));
        }
        facts(&lines)
    }

    fn exit(&self) -> Exit {
        self.status()
    }
}
