//! What goes into an endpoint and what comes out of it.

use std::time::Duration;

use bytes::Bytes;

use crate::PASS_ABOVE;
use crate::address::{Address, Daemon, Node};
use crate::failure::{Failure, Undelivered};
use crate::gather::Gather;
use crate::outgoing::Ticket;

/// How an endpoint behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub daemon: Daemon,
    /// Differs from one run to the next.
    pub incarnation: u64,
    /// Between two attempts to reach the tunneld.
    pub retry: Duration,
    /// After so long without a word the tunneld is taken for dead. It speaks each second.
    pub silence: Duration,
    /// Bodies of more than this go to a neighbour as a file.
    pub pass_above: usize,
}

impl Config {
    /// The usual times.
    #[must_use]
    pub const fn new(daemon: Daemon, incarnation: u64) -> Self {
        let (retry, silence) = (Duration::from_millis(200), Duration::from_secs(5));
        Self { daemon, incarnation, retry, silence, pass_above: PASS_ABOVE }
    }
}

/// What happens to an endpoint.
#[derive(Debug)]
pub enum Input {
    /// The first input: look for the tunneld.
    Start,
    /// [`Effect::Connect`] worked.
    Connected,
    /// The tunneld's socket is not there, or nobody listens, or a send was refused.
    Unreachable,
    /// One datagram of [`Effect::Transmit`] has been taken by the socket.
    Transmitted,
    /// A datagram came.
    Datagram(Bytes),
    /// A datagram came with a file of the length that [`crate::datagram::passed_len`] found, and this is its content.
    Passed {
        /// The datagram.
        datagram: Bytes,
        /// The file.
        body: Bytes,
    },
    /// The last [`Effect::Local`] to this daemon is in its socket.
    LocalSent(Daemon),
    /// The daemon's socket refuses, or is not there.
    LocalGone {
        /// The daemon.
        daemon: Daemon,
        /// The connection was made for this datagram.
        fresh: bool,
    },
    /// The body of the last [`Effect::Local`] to this daemon cannot be passed as a file.
    NotPassed(Daemon),
    /// Send this to that daemon.
    Send {
        /// Comes back in [`Effect::Completed`].
        ticket: Ticket,
        /// For whom.
        to: Address,
        /// Up to 16 MiB.
        body: Bytes,
    },
    /// The driver leaves the socket alone because the application does not read: silence means nothing.
    NotReading,
    /// Say good-bye.
    Stop,
}

/// Why the tunneld was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostReason {
    /// Its socket refuses.
    Refused,
    /// It said nothing for too long.
    Silent,
    /// It was restarted, or had taken this daemon for dead.
    Forgotten,
    /// It does not register this daemon, and says why.
    NotRegistered(Failure),
}

/// What an endpoint wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connect to the tunneld's socket.
    Connect,
    /// Send this datagram there, waiting for room; then say [`Input::Transmitted`].
    Transmit(Gather),
    /// Send this to the socket of a daemon of this node, waiting for room; then say [`Input::LocalSent`],
    /// [`Input::LocalGone`] or [`Input::NotPassed`].
    Local {
        /// The daemon.
        to: Daemon,
        /// The datagram in its pieces.
        datagram: Gather,
        /// The content of a sealed file that goes with it.
        passed: Option<Bytes>,
    },
    /// Close the connection to this daemon; what still waits there is void.
    LocalClose(Daemon),
    /// Registered at the tunneld: messages to other nodes flow from now on.
    Up {
        /// This node, once ctdbd has told it.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// The tunneld's connection to ctdbd came or went.
    Link {
        /// This node, once known.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// The tunneld is gone; it is looked for again. Said once, and once more when the one that is found refuses.
    Lost(LostReason),
    /// A message came.
    Received {
        /// From whom.
        from: Address,
        /// The message, put together again.
        body: Bytes,
    },
    /// The end of a message that was sent.
    Completed {
        /// Of [`Input::Send`].
        ticket: Ticket,
        /// Delivered to the receiver's socket, or why not.
        result: Result<(), Undelivered>,
    },
}
