//! What goes into the calls machine and what comes out of it.

use std::time::Duration;

use bytes::Bytes;
pub use protocol::interface::Refusal;

use crate::address::{Address, Daemon, Node};
use crate::failure::{Failure, Undelivered};
use crate::outgoing::Ticket;

macro_rules! numbers {
    ($( $(#[$doc:meta])* $name:ident; )+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);
    )+ };
}

numbers! {
    /// The caller's number for a call; each is used once.
    CallId;
    /// This side's number for a request that came.
    RequestId;
    /// The subscriber's number for a subscription; each is used once.
    SubscriptionId;
    /// The number of a watch; each is used once.
    WatchId;
}

/// Who this is.
#[derive(Clone, Debug)]
pub struct Me {
    /// Its name.
    pub daemon: Daemon,
    /// Differs from one run to the next; not 0.
    pub incarnation: u64,
    /// Version of the program, for people.
    pub release: String,
    /// What it can do beyond the version of the protocol: one bit each.
    pub features: u64,
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// no such daemon on that node
    #[error("no such daemon on that node")]
    NoSuchDaemon,
    /// the daemon does not know this request
    #[error("the daemon does not know this request")]
    NoSuchRequest,
    /// the daemon refused it
    #[error("{0}")]
    Refused(Refusal),
    /// no answer came in time
    #[error("no answer in time (it may have been done)")]
    Timeout,
    /// the daemon ended, or was started anew, before it answered
    #[error("the daemon ended before it answered (it may have been done)")]
    PeerGone,
    /// the request did not reach the daemon, or its way is cut
    #[error("{0}")]
    Undelivered(Undelivered),
    /// the daemon speaks another version of the protocol
    #[error("{0}")]
    Incompatible(String),
    /// the request is larger than a message may be
    #[error("the request is larger than a message may be")]
    TooLarge,
    /// too much is under way in this daemon
    #[error("too many calls are open")]
    TooMany,
    /// this side has left the bus
    #[error("this side has left the bus (it may have been done)")]
    Closed,
}

impl CallError {
    /// Whether the request may have been done all the same.
    #[must_use]
    pub const fn in_doubt(&self) -> bool {
        match self {
            Self::Timeout | Self::PeerGone | Self::Closed => true,
            Self::Undelivered(why) => why.in_doubt,
            // Whoever refuses says so instead of doing it.
            Self::NoSuchDaemon
            | Self::NoSuchRequest
            | Self::Refused(_)
            | Self::Incompatible(_)
            | Self::TooLarge
            | Self::TooMany => false,
        }
    }
}

/// Why a peer is not there now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absence {
    /// Nobody of that name.
    NoSuchDaemon,
    /// The way to it is cut.
    Unreachable(Failure),
    /// It speaks another version of the protocol, or does not want this.
    Refuses(String),
}

/// What a subscription brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// From now on events come.
    Up,
    /// None come any more until it is up again; what happens meanwhile is lost.
    Down(Absence),
    /// Something happened.
    Event {
        /// Its name, as the publisher has it.
        topic: String,
        /// What belongs to it.
        body: Bytes,
    },
    /// Events before this were lost: so many, or an unknown number when the publisher was started anew or forgot.
    Gap(Option<u64>),
}

/// What is seen of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Up {
        /// Which run of it.
        incarnation: u64,
    },
    /// It is not.
    Down(Absence),
}

/// What happens to the machine.
#[derive(Debug)]
pub enum Input {
    /// Ask a daemon for something.
    Call {
        /// Comes back in [`Effect::Answered`].
        id: CallId,
        /// The daemon that is asked.
        to: Address,
        /// For what.
        number: u32,
        /// What belongs to it.
        body: Bytes,
        /// How long the caller waits.
        patience: Duration,
    },
    /// The caller does not wait any more.
    Cancel(CallId),
    /// Requests are taken from now on, or not any more.
    Serve(bool),
    /// The answer to a request that came.
    Reply {
        /// Of [`Effect::Request`].
        request: RequestId,
        /// What became of it.
        answer: Result<Bytes, Refusal>,
    },
    /// Be told of events of a daemon whose topic begins so.
    Subscribe {
        /// Comes back in [`Effect::News`].
        id: SubscriptionId,
        /// The daemon whose events they are.
        to: Address,
        /// How the topics begin.
        prefix: String,
    },
    /// No more of them.
    Unsubscribe(SubscriptionId),
    /// Tell an event to all who subscribed.
    Publish {
        /// Its name, of which subscribers want a beginning.
        topic: String,
        /// What belongs to it.
        body: Bytes,
    },
    /// Say when a daemon comes and goes.
    Watch {
        /// Comes back in [`Effect::Watched`].
        id: WatchId,
        /// The daemon that is watched.
        to: Address,
    },
    /// No more of it.
    Unwatch(WatchId),
    /// A message came.
    Received {
        /// From whom.
        from: Address,
        /// The message, not yet decoded.
        body: Bytes,
    },
    /// The end of a message of [`Effect::Send`].
    Completed {
        /// Of the effect.
        ticket: Ticket,
        /// Delivered, or why not.
        result: Result<(), Undelivered>,
    },
    /// The number of this node, now that it is known.
    Node(Node),
}

/// What the machine wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this, and say what became of it.
    Send {
        /// Comes back in [`Input::Completed`].
        ticket: Ticket,
        /// To whom.
        to: Address,
        /// The message, encoded.
        body: Bytes,
    },
    /// The end of a call.
    Answered {
        /// Of [`Input::Call`].
        id: CallId,
        /// The answer, or why there is none.
        result: Result<Bytes, CallError>,
    },
    /// Somebody asks. Wants one [`Input::Reply`].
    Request {
        /// For the reply.
        request: RequestId,
        /// The daemon that asks.
        from: Address,
        /// For what.
        number: u32,
        /// What belongs to it.
        body: Bytes,
        /// How long somebody waits.
        patience: Duration,
    },
    /// Nobody waits for this reply any more.
    Withdrawn(RequestId),
    /// Something about a subscription.
    News {
        /// Of [`Input::Subscribe`].
        id: SubscriptionId,
        /// An event, a gap, or a word about the publisher.
        news: News,
    },
    /// Something about a watched daemon: at first, and whenever it changes.
    Watched {
        /// Of [`Input::Watch`].
        id: WatchId,
        /// Whether it is there, and which run of it.
        presence: Presence,
    },
    /// A message of somebody who does not speak this protocol.
    Foreign {
        /// The daemon that has sent it.
        from: Address,
        /// The message as it came.
        body: Bytes,
    },
}

/// What was ignored, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Messages that could not be read, or said what cannot be.
    pub malformed: u64,
    /// Replies that nobody waits for.
    pub late_replies: u64,
    /// Messages of, or for, a run that has ended.
    pub other_runs: u64,
    /// Replies that were not sent because nobody waits for them any more.
    pub unwanted: u64,
}
