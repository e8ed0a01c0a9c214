//! Programs that a daemon runs on its events: what is registered, what they do, what they have done.
//!
//! Written by xdr-gen from `callback.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name of a callback, and of a user.
pub const CALLBACK_NAME_MAX: u32 = 32;

/// Longest path, argument, pattern, topic, subject, and reason.
pub const CALLBACK_TEXT_MAX: u32 = 4096;

/// Most patterns of a callback.
pub const CALLBACK_PATTERNS_MAX: u32 = 32;

/// Most arguments of a callback.
pub const CALLBACK_ARGUMENTS_MAX: u32 = 64;

/// Most callbacks of a daemon; those that are removed and still run are counted too.
pub const CALLBACK_MAX: u32 = 1024;

/// Most runs of a callback at the same time.
pub const CALLBACK_RUNS_MAX: u32 = 64;

/// Most attempts, and most events given up, that are remembered.
pub const CALLBACK_HISTORY_MAX: u32 = 64;

/// Most bytes of a program's output that are remembered.
pub const CALLBACK_OUTPUT_MAX: u32 = 16384;

/// What a daemon that has callbacks can be asked about them, beside its own requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackRequest {
    /// What is registered: nothing, answered by tc_callback_list.
    List,
    /// What they do: tc_callback_which, answered by tc_callback_status.
    Status,
    /// What they have done: tc_callback_which, answered by tc_callback_history.
    History,
    /// Have this one, or have it otherwise: tc_callback_register. It is the caller's; nobody else can change it.
    Register,
    /// Keep it: tc_callback_renew.
    Renew,
    /// Have it no longer: tc_callback_which, with a name.
    Remove,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl CallbackRequest {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::List, "list"),
        (Self::Status, "status"),
        (Self::History, "history"),
        (Self::Register, "register"),
        (Self::Renew, "renew"),
        (Self::Remove, "remove"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::List => 60001,
            Self::Status => 60002,
            Self::History => 60003,
            Self::Register => 60004,
            Self::Renew => 60005,
            Self::Remove => 60006,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            60001 => Self::List,
            60002 => Self::Status,
            60003 => Self::History,
            60004 => Self::Register,
            60005 => Self::Renew,
            60006 => Self::Remove,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(CallbackRequest);

/// A path, argument, pattern, topic, subject, or reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CallbackText(pub String);

impl From<String> for CallbackText {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for CallbackText {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("CallbackText", 4096, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("CallbackText", 4096)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// The name of a callback, or of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CallbackName(pub String);

impl From<String> for CallbackName {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for CallbackName {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("CallbackName", 32, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("CallbackName", 32)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// How the runs of a callback follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackOrder {
    /// One event after the other, each in a run of its own.
    Serial,
    /// Each event in a run of its own, several at the same time.
    Parallel,
    /// One run after the other, each with the latest event of each subject that has come meanwhile.
    Coalesce,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl CallbackOrder {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Serial, "serial"),
        (Self::Parallel, "parallel"),
        (Self::Coalesce, "coalesce"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Serial => 1,
            Self::Parallel => 2,
            Self::Coalesce => 3,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Serial,
            2 => Self::Parallel,
            3 => Self::Coalesce,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(CallbackOrder);

/// What a callback is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRow {
    /// Its name: up to 32 letters, digits, '.', '_' and '-'.
    pub name: CallbackName,
    /// The events on which it is run: their names, or their beginnings and '*'.
    pub events: Vec<CallbackText>,
    /// The absolute path of the program, or its name in the directory of callbacks.
    pub path: CallbackText,
    /// Its first arguments.
    pub arguments: Vec<CallbackText>,
    /// As whom it is run, when not as the daemon's user.
    pub user: Option<CallbackName>,
    /// How long it may take.
    pub time_limit: super::common::Span,
    /// How its runs follow one another.
    pub order: CallbackOrder,
    /// How often it is run again for the same event when it fails.
    pub retries: u32,
    /// The pause before it is run again; each further one is twice as long.
    pub backoff: super::common::Span,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for CallbackRow {
    const MIN_LEN: usize = 48;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.name.encode(w)?;
        w.list("CallbackRow.events", 32, &self.events)?;
        self.path.encode(w)?;
        w.list("CallbackRow.arguments", 64, &self.arguments)?;
        w.optional(self.user.as_ref())?;
        self.time_limit.encode(w)?;
        self.order.encode(w)?;
        w.u32(self.retries);
        self.backoff.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: CallbackName::decode(r)?,
            events: r.list("CallbackRow.events", 32)?,
            path: CallbackText::decode(r)?,
            arguments: r.list("CallbackRow.arguments", 64)?,
            user: r.optional("CallbackRow.user")?,
            time_limit: super::common::Span::decode(r)?,
            order: CallbackOrder::decode(r)?,
            retries: r.u32("CallbackRow.retries")?,
            backoff: super::common::Span::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.name.encoded_len()
            + list_len(&self.events)
            + self.path.encoded_len()
            + list_len(&self.arguments)
            + optional_len(self.user.as_ref())
            + self.time_limit.encoded_len()
            + self.order.encoded_len()
            + 4
            + self.backoff.encoded_len()
            + self.more.encoded_len()
    }
}

/// A registration over the bus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRegister {
    /// What is to be run, and when.
    pub row: CallbackRow,
    /// For how long; it ends with the registrant too.
    pub lease: super::common::Span,
}

impl Xdr for CallbackRegister {
    const MIN_LEN: usize = 56;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.row.encode(w)?;
        self.lease.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            row: CallbackRow::decode(r)?,
            lease: super::common::Span::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.row.encoded_len()
            + self.lease.encoded_len()
    }
}

/// That a registration is still wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRenew {
    /// The callback, by its name.
    pub name: CallbackName,
    /// For how long from now.
    pub lease: super::common::Span,
}

impl Xdr for CallbackRenew {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.name.encode(w)?;
        self.lease.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: CallbackName::decode(r)?,
            lease: super::common::Span::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.name.encoded_len()
            + self.lease.encoded_len()
    }
}

/// One callback, or all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackWhich {
    /// Its name; absent for all.
    pub name: Option<CallbackName>,
}

impl Xdr for CallbackWhich {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.optional(self.name.as_ref())?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: r.optional("CallbackWhich.name")?,
        })
    }

    fn encoded_len(&self) -> usize {
        optional_len(self.name.as_ref())
    }
}

/// A registration over the bus, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRegistered {
    /// Who has made it.
    pub owner: CallbackText,
    /// How long it holds unless it is renewed.
    pub left: super::common::Span,
}

impl Xdr for CallbackRegistered {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.owner.encode(w)?;
        self.left.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            owner: CallbackText::decode(r)?,
            left: super::common::Span::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.owner.encoded_len()
            + self.left.encoded_len()
    }
}

/// A callback that is registered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackEntry {
    /// What it is.
    pub row: CallbackRow,
    /// Who wants it; absent when it is the configuration.
    pub registered: Option<CallbackRegistered>,
    /// Why its program would not be started now.
    pub problem: Option<CallbackText>,
}

impl Xdr for CallbackEntry {
    const MIN_LEN: usize = 56;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.row.encode(w)?;
        w.optional(self.registered.as_ref())?;
        w.optional(self.problem.as_ref())?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            row: CallbackRow::decode(r)?,
            registered: r.optional("CallbackEntry.registered")?,
            problem: r.optional("CallbackEntry.problem")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.row.encoded_len()
            + optional_len(self.registered.as_ref())
            + optional_len(self.problem.as_ref())
    }
}

/// The callbacks of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackList {
    /// All of them.
    pub callbacks: Vec<CallbackEntry>,
}

impl Xdr for CallbackList {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("CallbackList.callbacks", 1024, &self.callbacks)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            callbacks: r.list("CallbackList.callbacks", 1024)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.callbacks)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackEnding {
    /// With exit status 0.
    Done,
    /// With another exit status.
    Exit,
    /// By a signal.
    Signal,
    /// It took too long.
    TimeLimit,
    /// The daemon ended.
    Stopped,
    /// It was not started.
    NotStarted,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl CallbackEnding {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Done, "done"),
        (Self::Exit, "exit"),
        (Self::Signal, "signal"),
        (Self::TimeLimit, "time_limit"),
        (Self::Stopped, "stopped"),
        (Self::NotStarted, "not_started"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Done => 1,
            Self::Exit => 2,
            Self::Signal => 3,
            Self::TimeLimit => 4,
            Self::Stopped => 5,
            Self::NotStarted => 6,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Done,
            2 => Self::Exit,
            3 => Self::Signal,
            4 => Self::TimeLimit,
            5 => Self::Stopped,
            6 => Self::NotStarted,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(CallbackEnding);

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackAttempt {
    /// Its number.
    pub run: u64,
    /// The number of its first event.
    pub first_event: u64,
    /// The number of its last event.
    pub last_event: u64,
    /// How many events it was given.
    pub events: u32,
    /// The topic of the last one.
    pub topic: CallbackText,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When it was started.
    pub started: super::common::Time,
    /// How long it took.
    pub took: super::common::Span,
    /// How it ended.
    pub ending: CallbackEnding,
    /// The exit status or the number of the signal; 0 when there is none.
    pub status: u32,
    /// How it ended, for a person.
    pub outcome: CallbackText,
    /// The end of what it printed, as text.
    pub output: String,
    /// Bytes that it printed before that.
    pub omitted: u64,
}

impl Xdr for CallbackAttempt {
    const MIN_LEN: usize = 76;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.run);
        w.u64(self.first_event);
        w.u64(self.last_event);
        w.u32(self.events);
        self.topic.encode(w)?;
        w.u32(self.attempt);
        self.started.encode(w)?;
        self.took.encode(w)?;
        self.ending.encode(w)?;
        w.u32(self.status);
        self.outcome.encode(w)?;
        w.string("CallbackAttempt.output", 16384, &self.output)?;
        w.u64(self.omitted);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            run: r.u64("CallbackAttempt.run")?,
            first_event: r.u64("CallbackAttempt.first_event")?,
            last_event: r.u64("CallbackAttempt.last_event")?,
            events: r.u32("CallbackAttempt.events")?,
            topic: CallbackText::decode(r)?,
            attempt: r.u32("CallbackAttempt.attempt")?,
            started: super::common::Time::decode(r)?,
            took: super::common::Span::decode(r)?,
            ending: CallbackEnding::decode(r)?,
            status: r.u32("CallbackAttempt.status")?,
            outcome: CallbackText::decode(r)?,
            output: r.string("CallbackAttempt.output", 16384)?,
            omitted: r.u64("CallbackAttempt.omitted")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + 8
            + 8
            + 4
            + self.topic.encoded_len()
            + 4
            + self.started.encoded_len()
            + self.took.encoded_len()
            + self.ending.encoded_len()
            + 4
            + self.outcome.encoded_len()
            + opaque_len(self.output.len())
            + 8
    }
}

/// Why an event was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackReason {
    /// The program failed as often as it may.
    Failed,
    /// Too many events were waiting.
    Full,
    /// The callback was removed.
    Removed,
    /// The daemon ended.
    Stopping,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl CallbackReason {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Failed, "failed"),
        (Self::Full, "full"),
        (Self::Removed, "removed"),
        (Self::Stopping, "stopping"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Failed => 1,
            Self::Full => 2,
            Self::Removed => 3,
            Self::Stopping => 4,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Failed,
            2 => Self::Full,
            3 => Self::Removed,
            4 => Self::Stopping,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(CallbackReason);

/// An event that was not delivered and will not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackGivenUp {
    /// Its number.
    pub event: u64,
    /// Its topic.
    pub topic: CallbackText,
    /// Its subject.
    pub subject: CallbackText,
    /// Runs that it was in.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: CallbackReason,
    /// When.
    pub at: super::common::Time,
}

impl Xdr for CallbackGivenUp {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.event);
        self.topic.encode(w)?;
        self.subject.encode(w)?;
        w.u32(self.attempts);
        self.reason.encode(w)?;
        self.at.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            event: r.u64("CallbackGivenUp.event")?,
            topic: CallbackText::decode(r)?,
            subject: CallbackText::decode(r)?,
            attempts: r.u32("CallbackGivenUp.attempts")?,
            reason: CallbackReason::decode(r)?,
            at: super::common::Time::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.topic.encoded_len()
            + self.subject.encoded_len()
            + 4
            + self.reason.encoded_len()
            + self.at.encoded_len()
    }
}

/// What has become of a callback's runs and events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackPast {
    /// The callback.
    pub name: CallbackName,
    /// Its last runs, oldest first.
    pub attempts: Vec<CallbackAttempt>,
    /// The last events that were given up, oldest first.
    pub given_up: Vec<CallbackGivenUp>,
}

impl Xdr for CallbackPast {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.name.encode(w)?;
        w.list("CallbackPast.attempts", 64, &self.attempts)?;
        w.list("CallbackPast.given_up", 64, &self.given_up)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: CallbackName::decode(r)?,
            attempts: r.list("CallbackPast.attempts", 64)?,
            given_up: r.list("CallbackPast.given_up", 64)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.name.encoded_len()
            + list_len(&self.attempts)
            + list_len(&self.given_up)
    }
}

/// The past of one callback or of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackHistory {
    /// One for each callback.
    pub callbacks: Vec<CallbackPast>,
}

impl Xdr for CallbackHistory {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("CallbackHistory.callbacks", 1024, &self.callbacks)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            callbacks: r.list("CallbackHistory.callbacks", 1024)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.callbacks)
    }
}

/// A program that runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRun {
    /// Its number.
    pub run: u64,
    /// When it was started.
    pub started: super::common::Time,
    /// How many events it was given.
    pub events: u32,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// Whether it was asked to end.
    pub stopping: bool,
}

impl Xdr for CallbackRun {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.run);
        self.started.encode(w)?;
        w.u32(self.events);
        w.u32(self.attempt);
        w.bool(self.stopping);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            run: r.u64("CallbackRun.run")?,
            started: super::common::Time::decode(r)?,
            events: r.u32("CallbackRun.events")?,
            attempt: r.u32("CallbackRun.attempt")?,
            stopping: r.bool("CallbackRun.stopping")?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + self.started.encoded_len()
            + 4
            + 4
            + 4
    }
}

/// What a callback does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackState {
    /// The callback.
    pub name: CallbackName,
    /// Its programs that run.
    pub running: Vec<CallbackRun>,
    /// Events that wait.
    pub waiting: u64,
    /// When it is run again after a failure.
    pub next_try: Option<super::common::Time>,
    /// Events that it was to be run on.
    pub taken: u64,
    /// Events of runs that succeeded.
    pub delivered: u64,
    /// Events in whose place a later one of the same subject came.
    pub replaced: u64,
    /// Events that were given up.
    pub given_up: u64,
    /// Runs that have ended.
    pub runs: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Failures since the last success.
    pub failed_in_a_row: u64,
    /// The last run that has ended.
    pub last: Option<CallbackAttempt>,
    /// Whether it is removed and only waits for its programs.
    pub leaving: bool,
}

impl Xdr for CallbackState {
    const MIN_LEN: usize = 84;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.name.encode(w)?;
        w.list("CallbackState.running", 64, &self.running)?;
        w.u64(self.waiting);
        w.optional(self.next_try.as_ref())?;
        w.u64(self.taken);
        w.u64(self.delivered);
        w.u64(self.replaced);
        w.u64(self.given_up);
        w.u64(self.runs);
        w.u64(self.failed);
        w.u64(self.failed_in_a_row);
        w.optional(self.last.as_ref())?;
        w.bool(self.leaving);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            name: CallbackName::decode(r)?,
            running: r.list("CallbackState.running", 64)?,
            waiting: r.u64("CallbackState.waiting")?,
            next_try: r.optional("CallbackState.next_try")?,
            taken: r.u64("CallbackState.taken")?,
            delivered: r.u64("CallbackState.delivered")?,
            replaced: r.u64("CallbackState.replaced")?,
            given_up: r.u64("CallbackState.given_up")?,
            runs: r.u64("CallbackState.runs")?,
            failed: r.u64("CallbackState.failed")?,
            failed_in_a_row: r.u64("CallbackState.failed_in_a_row")?,
            last: r.optional("CallbackState.last")?,
            leaving: r.bool("CallbackState.leaving")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.name.encoded_len()
            + list_len(&self.running)
            + 8
            + optional_len(self.next_try.as_ref())
            + 8
            + 8
            + 8
            + 8
            + 8
            + 8
            + 8
            + optional_len(self.last.as_ref())
            + 4
    }
}

/// What the callbacks of a daemon do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CallbackStatus {
    /// One for each callback.
    pub callbacks: Vec<CallbackState>,
}

impl Xdr for CallbackStatus {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("CallbackStatus.callbacks", 1024, &self.callbacks)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            callbacks: r.list("CallbackStatus.callbacks", 1024)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.callbacks)
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<CallbackRequest>("tc_callback_request"),
    Type::of::<CallbackText>("tc_callback_text"),
    Type::of::<CallbackName>("tc_callback_name"),
    Type::of::<CallbackOrder>("tc_callback_order"),
    Type::of::<CallbackRow>("tc_callback_row"),
    Type::of::<CallbackRegister>("tc_callback_register"),
    Type::of::<CallbackRenew>("tc_callback_renew"),
    Type::of::<CallbackWhich>("tc_callback_which"),
    Type::of::<CallbackRegistered>("tc_callback_registered"),
    Type::of::<CallbackEntry>("tc_callback_entry"),
    Type::of::<CallbackList>("tc_callback_list"),
    Type::of::<CallbackEnding>("tc_callback_ending"),
    Type::of::<CallbackAttempt>("tc_callback_attempt"),
    Type::of::<CallbackReason>("tc_callback_reason"),
    Type::of::<CallbackGivenUp>("tc_callback_given_up"),
    Type::of::<CallbackPast>("tc_callback_past"),
    Type::of::<CallbackHistory>("tc_callback_history"),
    Type::of::<CallbackRun>("tc_callback_run"),
    Type::of::<CallbackState>("tc_callback_state"),
    Type::of::<CallbackStatus>("tc_callback_status"),
];
