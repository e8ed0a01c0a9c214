//! What goes into a session and what comes out of it: inputs, effects, results, counters.
//!
//! Only data; the meaning is in `session.rs`. Texts of errors are one line each, fit to show to an operator.

use std::time::Duration;

use bytes::Bytes;
use legacy_codec::{
    Abi, Control, ControlRequest, DEFAULT_LIMIT, Dest, Error, FrameError, Pnn, ReplyCall, ReqCall, ReqId,
    SrvId,
};

use crate::backoff::Backoff;

/// What a session is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// When to try again after a connection was lost or refused; `None` = wait for [`Input::Start`].
    pub reconnect: Option<Backoff>,
    /// Machine type of ctdbd.
    pub abi: Abi,
    /// Bytes of the largest packet taken or sent.
    pub max_packet: usize,
    /// How long connecting and attaching may take together, and one change of a subscription.
    pub attach_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reconnect: Some(Backoff::default()),
            abi: Abi::NATIVE,
            max_packet: DEFAULT_LIMIT,
            attach_timeout: Duration::from_secs(10),
        }
    }
}

/// Names a call; chosen by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// What can happen to a session.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect now.
    Start,
    /// [`Effect::Connect`] worked.
    Connected,
    /// [`Effect::Connect`] failed, and how.
    ConnectFailed(String),
    /// Bytes from ctdbd: any number of packets, cut anywhere. Whole packets are not copied.
    Received(Bytes),
    /// The connection is gone, and how.
    Closed(String),
    /// Ask a daemon. Any number may be under way.
    Call {
        /// Comes back in [`Effect::Reply`]. Must not be in use.
        token: Token,
        /// Whom to ask.
        dest: Dest,
        /// What to ask.
        request: ControlRequest,
        /// When to give up.
        timeout: Duration,
    },
    /// Do something with a record, by way of the own daemon (MIG-01). Any number may be under way.
    Record {
        /// Comes back in [`Effect::Record`]. Must not be in use, for a control either.
        token: Token,
        /// What to do with which record.
        call: ReqCall,
        /// When to give up.
        timeout: Duration,
    },
    /// End a call; it ends with [`CallError::Cancelled`].
    Cancel {
        /// The call that is to end.
        token: Token,
    },
    /// Have the messages for a srvid from now on, on this connection and those that follow.
    Subscribe(SrvId),
    /// No longer.
    Unsubscribe(SrvId),
    /// Send a message. Refused while not up, never queued. A large payload is not copied.
    Send {
        /// Where to.
        dest: Dest,
        /// For whom there.
        srvid: SrvId,
        /// What it says, in pieces.
        data: Vec<Bytes>,
    },
}

/// What a driver has to do, or to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Connect to ctdbd's socket; answer [`Input::Connected`] or [`Input::ConnectFailed`].
    Connect,
    /// Write this behind what was to be written before. Pieces may be gathered.
    Write(Bytes),
    /// Close the connection, or stop connecting; forget what was not written. Not answered.
    Close,
    /// Attached: ctdbd answers, and every subscription is in force.
    Up {
        /// Number of ctdbd's node.
        pnn: Pnn,
    },
    /// No longer up. Pending calls have ended before this. Messages under way may be lost.
    Down {
        /// What ended the session.
        reason: DownReason,
    },
    /// An attempt to connect and attach failed.
    AttemptFailed {
        /// What it failed over.
        reason: DownReason,
        /// When the next one is due; `None` = not before [`Input::Start`].
        retry_in: Option<Duration>,
    },
    /// A call ended.
    Reply {
        /// The call, by the token of its owner.
        token: Token,
        /// The reply, or why there is none.
        result: Result<Reply, CallError>,
    },
    /// A call for a record ended. A status that is not 0 is an answer too, and so is REPLY_ERROR, with its text as data.
    Record {
        /// The call, by the token of its owner.
        token: Token,
        /// The reply, or why there is none.
        result: Result<ReplyCall, CallError>,
    },
    /// Answers all [`Input::Subscribe`] of a srvid so far. Once it is accepted, no up without it.
    Subscribed {
        /// The srvid that was asked for.
        srvid: SrvId,
        /// Whether it is in force, or will be when the session is up. After `Err` it is forgotten.
        result: Result<(), CallError>,
    },
    /// A message for one of the subscriptions.
    Message {
        /// For which.
        srvid: SrvId,
        /// What it says: a slice of the bytes received.
        data: Bytes,
    },
    /// Something was dropped. Counted; for the log.
    Rejected {
        /// What and why.
        reason: RejectReason,
    },
}

/// The answer to a call, as ctdbd gave it: a failure status is an answer too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status word; the meaning depends on the control.
    pub status: i32,
    /// The data of the reply, as the control lays it out.
    pub data: Bytes,
    /// Error text.
    pub error: Option<String>,
    /// Machine type to decode the data by.
    pub abi: Abi,
}

impl Reply {
    /// The answer to a control of this type.
    pub fn decode<C: Control>(&self) -> Result<C::Reply, Error> {
        C::reply(self.status, &self.data, self.abi)
    }
}

/// Why a call ended without a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// There was no connection when it was made.
    #[error("not connected to ctdbd")]
    NotConnected,
    /// The connection was lost before the reply came.
    #[error("connection to ctdbd lost")]
    Disconnected,
    /// No reply in time.
    #[error("no reply from ctdbd in time")]
    Timeout,
    /// The caller ended it.
    #[error("cancelled")]
    Cancelled,
    /// The request cannot be put into a packet, or into one of the size allowed.
    #[error("request does not fit a packet")]
    TooLarge,
    /// ctdbd refused a subscription.
    #[error("ctdbd refused with status {status}: {}", text.as_deref().unwrap_or("no reason given"))]
    Refused {
        /// Status word.
        status: i32,
        /// Error text.
        text: Option<String>,
    },
}

/// Why a session is not up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownReason {
    /// The socket could not be connected.
    #[error("cannot connect: {0}")]
    ConnectFailed(String),
    /// The connection was closed.
    #[error("connection closed: {0}")]
    Closed(String),
    /// ctdbd sent a packet after which nothing can be trusted.
    #[error("bad packet: {0}")]
    Protocol(FrameError),
    /// Connecting and attaching took too long.
    #[error("ctdbd does not answer")]
    AttachTimeout,
    /// ctdbd did not tell its node's number.
    #[error("ctdbd does not tell its node number: status {status}")]
    NoPnn {
        /// Status of its answer.
        status: i32,
    },
    /// ctdbd refused a subscription made earlier.
    #[error("ctdbd refuses subscription {srvid}: status {status}")]
    SubscriptionRefused {
        /// The srvid that is refused.
        srvid: SrvId,
        /// Status of its answer.
        status: i32,
    },
}

/// What was dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    /// A packet with a bad header.
    #[error("{0}")]
    Frame(FrameError),
    /// A packet with bad content.
    #[error("malformed packet: {0}")]
    Malformed(Error),
    /// A packet no client should get (HOST-29).
    #[error("unexpected operation {op}")]
    UnexpectedOperation {
        /// Its number.
        op: u32,
    },
    /// A reply nobody waits for: too late, doubled or made up (HOST-49).
    #[error("reply {reqid} without a request")]
    UnknownReqId {
        /// Its request id.
        reqid: ReqId,
    },
    /// A reply of another kind than its request asks for.
    #[error("operation {op} does not answer request {reqid}")]
    WrongReply {
        /// Its request id.
        reqid: ReqId,
        /// Number of the operation.
        op: u32,
    },
    /// A message for a srvid that is not subscribed.
    #[error("message for {srvid}, which is not subscribed")]
    NotSubscribed {
        /// For which.
        srvid: SrvId,
    },
    /// Bytes or an end of connection while there was none.
    #[error("input without a connection")]
    NoConnection,
    /// A message to send while not up.
    #[error("message to {dest} not sent: not connected")]
    SendWhileDown {
        /// Where to.
        dest: Dest,
    },
    /// A message to send that is too large.
    #[error("message to {dest} not sent: {len} bytes are too many")]
    SendTooLarge {
        /// Where to.
        dest: Dest,
        /// Its length.
        len: usize,
    },
    /// A call with the token of another one that is under way.
    #[error("call {} is under way already", .0.0)]
    DuplicateToken(Token),
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Times the session went up.
    pub attached: u64,
    /// Times it went down again.
    pub lost: u64,
    /// Attempts to attach that failed.
    pub failed_attempts: u64,
    /// Calls sent.
    pub calls: u64,
    /// Calls that got no reply in time.
    pub timeouts: u64,
    /// Messages sent.
    pub messages_out: u64,
    /// Messages delivered.
    pub messages_in: u64,
    /// Packets taken from the stream.
    pub packets_in: u64,
    /// Things dropped, all kinds together.
    pub rejected: u64,
}
