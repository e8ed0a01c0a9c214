//! What `ctdb-tunneld` itself answers, on every node, under the name `tunnel`: an echo and its own state.
//!
//! The messages are those of `tunnel.x`, which need no understanding between the two sides. The state travels as JSON in
//! them: it is read by people and scripts, of other releases too. Its types are those of `tunneld.x`.

pub use crate::generated::tunnel::{TUNNEL_DATA_MAX, TunnelBody, TunnelVerb, TunnelWhat};
pub use crate::tunneld::{
    TunneldCounters as Counters, TunneldDaemon as DaemonStatus, TunneldLink as CtdbdLink,
    TunneldLinkState as LinkState, TunneldPeer as PeerStatus, TunneldPeerState as PeerState,
    TunneldStatus as Status, TunneldText as Text,
};

/// The name under which each tunneld is reached.
pub const DAEMON_NAME: &str = "tunnel";

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
