//! What `ctdb-tunneld` says of itself (`tunnel.x`), under the short names that those use who ask it.

pub use crate::generated::tunnel::*;
pub use crate::generated::tunnel::{
    TunnelCounters as Counters, TunnelDaemon as DaemonStatus, TunnelLink as CtdbdLink,
    TunnelLinkState as LinkState, TunnelPeer as PeerStatus, TunnelPeerState as PeerState,
    TunnelStatus as Status, TunnelText as Text,
};

#[allow(clippy::derivable_impls)] // The generator derives no default: not every type has one.
impl Default for Counters {
    fn default() -> Self {
        Self {
            envelopes_out: 0,
            envelopes_in: 0,
            envelopes_bad: 0,
            datagrams_bad: 0,
            delivered: 0,
            failed: 0,
            answers_dropped: 0,
        }
    }
}
