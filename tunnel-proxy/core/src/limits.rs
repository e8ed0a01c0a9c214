//! Every bound of the tunnel in one place: how much it keeps, and how long it waits.

use std::time::Duration;

use crate::seal::Keys;

/// What may be under way in one channel: sent, but not yet taken by the receiving daemon. In [`bus::charge`]s.
pub(crate) const CHANNEL_WINDOW: usize = 1 << 20;

/// What one channel may queue at the sending side. A sender that keeps to its window never reaches it.
pub(crate) const CHANNEL_QUEUE: usize = 2 * bus::WINDOW;

/// What all channels towards one peer share, beside a [`bus::RESERVE`] for each and a [`bus::SENDER_POOL`] for each
/// sender, who is not refused before he has used it up.
pub(crate) const PEER_QUEUE: usize = 64 << 20;

/// What the pairs of daemons share whose messages came from one peer and wait for the daemons of this node, beside a
/// [`bus::RESERVE`] for each.
pub(crate) const PEER_BUFFER: usize = 32 << 20;

/// Open channels per peer and direction that senders share, what each may have beside that, and all together.
pub(crate) const PEER_CHANNELS: usize = 1024;
pub(crate) const CHANNEL_RESERVE: usize = 4;
pub(crate) const CHANNELS_MAX: usize = PEER_CHANNELS + LOCAL_DAEMONS * CHANNEL_RESERVE;

/// Closed channels that are remembered, the last ones, so that a late packet does not open them again.
pub(crate) const CLOSED_CHANNELS: usize = 1 << 16;

/// A packet that opens an older channel than the one in use is late, unless that one has been quiet for so long.
pub(crate) const LATE_PACKET: Duration = Duration::from_secs(10);

/// Earlier boot ids of a peer that are remembered, so that a late packet does not bring them back.
pub(crate) const DEAD_BOOTS: usize = 8;

/// Local daemons that may register.
pub(crate) const LOCAL_DAEMONS: usize = 256;

/// What the tunneld's own answers may queue for one daemon of this node.
pub(crate) const LOCAL_ANSWERS: usize = 32 << 20;

/// Notices that may wait for one daemon before it is taken for dead.
pub(crate) const LOCAL_NOTICES: usize = 1 << 17;

/// Datagrams that the driver holds for one daemon.
pub(crate) const LOCAL_DRIVER_QUEUE: usize = 4;

/// What the tunneld's own answers to one asker on another node may queue: the largest message and its overhead.
pub(crate) const ANSWER_QUEUE: usize = bus::MESSAGE_MAX + (1 << 20);

/// Bytes that the driver may hold for ctdbd before envelopes wait.
pub(crate) const LINK_BACKLOG: usize = 1 << 20;

/// An envelope is filled up to this size: one full fragment and what goes with it.
pub(crate) const ENVELOPE_MAX: usize = bus::FRAGMENT_MAX + 4096;

/// An acknowledgement waits so long for company: an answer that it can ride with.
pub(crate) const ACK_DELAY: Duration = Duration::from_millis(2);

/// ... but goes at once when so much has been delivered since the last.
pub(crate) const ACK_EVERY: usize = CHANNEL_WINDOW / 4;

/// Repetition of what is not acknowledged: first, shortest and longest wait.
pub(crate) const RESEND_FIRST: Duration = Duration::from_millis(200);
pub(crate) const RESEND_MIN: Duration = Duration::from_millis(100);
pub(crate) const RESEND_MAX: Duration = Duration::from_secs(1);

/// Greetings: while somebody waits for a first answer, while the peer is silent, and otherwise.
pub(crate) const HELLO_URGENT: Duration = Duration::from_millis(200);
pub(crate) const HELLO_SILENT: Duration = Duration::from_secs(1);
pub(crate) const HELLO_IDLE: Duration = Duration::from_secs(5);

/// A greeting for a reason (an unknown life of the peer) goes at once, but no more often than this.
pub(crate) const HELLO_WANTED: Duration = Duration::from_millis(20);

/// Greetings whose answers are still believed.
pub(crate) const GREETINGS: usize = 8;

/// A channel that carried nothing for so long is closed by the sender, and forgotten by the receiver later.
pub(crate) const CHANNEL_IDLE: Duration = Duration::from_secs(60);
pub(crate) const CHANNEL_FORGET: Duration = Duration::from_secs(300);

/// A daemon that hears nothing else is told so often that the tunneld lives. It also shows whether the daemon does.
pub(crate) const ALIVE_EVERY: Duration = Duration::from_secs(1);

/// That a node's envelopes are not heeded for their seals is told so often.
pub(crate) const SEAL_TOLD: Duration = Duration::from_secs(60);

/// The node map is asked for so often.
pub(crate) const NODEMAP_EVERY: Duration = Duration::from_secs(2);

/// Housekeeping (idle channels, stalled daemons) is done so often.
pub(crate) const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// How a tunneld behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Path of ctdbd's socket, for the status.
    pub ctdbd_socket: String,
    /// Version of the program, for the status.
    pub version: String,
    /// Identity of this run: chance, new at each start, not zero.
    pub boot: u64,
    /// A peer that has been silent for so long while something waits for it is given up: what waits fails. Where nothing
    /// waits, the time between two greetings is added.
    pub peer_timeout: Duration,
    /// The same for a node where no tunneld ever answered.
    pub greeting_timeout: Duration,
    /// A daemon that has not read anything for so long is taken for dead.
    pub stall_timeout: Duration,
    /// What envelopes are sealed with.
    pub keys: Keys,
}

impl Config {
    /// The usual times.
    #[must_use]
    pub fn new(ctdbd_socket: String, version: String, boot: u64) -> Self {
        Self {
            ctdbd_socket,
            version,
            boot,
            peer_timeout: Duration::from_secs(10),
            greeting_timeout: Duration::from_secs(2),
            stall_timeout: Duration::from_secs(30),
            keys: Keys::default(),
        }
    }
}
