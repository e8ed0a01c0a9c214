//! What happens to a tunneld as an event of the new protocol (`spec/tunnel.x`): what it is about, and in which words.

use bus::Daemon;
use protocol::Announcement;
use protocol::common::Daemon as Named;
use protocol::fit;
use protocol::tunnel::{LinkState, PeerState, Text};
use protocol::tunnel::{TUNNEL_TEXT_MAX, TunnelDaemonChanged, TunnelLinkChanged, TunnelPeerChanged};

use crate::tunnel::Event;

/// What the others are told; none of what is for the log alone.
#[must_use]
pub fn announce(event: &Event) -> Option<Announcement> {
    let link = |node, state, reason: Option<&String>| {
        let word = if state == LinkState::Attached { "attached" } else { "down" };
        let event = TunnelLinkChanged { node, state, reason: reason.map(|text| self::text(text)) };
        Announcement::new("", &[word], event)
    };
    let peer = |node: u32, state| {
        let (subject, word) = (node.to_string(), if state == PeerState::Up { "up" } else { "down" });
        Announcement::new(subject.clone(), &[&subject, word], TunnelPeerChanged { node, state })
    };
    let daemon = |daemon: &Daemon, registered| {
        let (subject, word) = (daemon.to_string(), if registered { "registered" } else { "gone" });
        let daemon = Named { name: daemon.name.to_string(), instance: daemon.instance };
        Announcement::new(subject.clone(), &[&subject, word], TunnelDaemonChanged { daemon, registered })
    };
    match event {
        Event::Attached(node) => Some(link(Some(node.0), LinkState::Attached, None)),
        Event::Lost(reason) => Some(link(None, LinkState::Down, Some(reason))),
        Event::Peer(node, state) => Some(peer(node.0, *state)),
        Event::Registered(who) => Some(daemon(who, true)),
        Event::DaemonGone(who, _) => Some(daemon(who, false)),
        _ => None,
    }
}

fn text(text: &str) -> Text {
    Text(fit::text(text, TUNNEL_TEXT_MAX))
}
