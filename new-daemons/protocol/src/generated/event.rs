//! What ctdb-eventd can be asked and tells: events are run, how they went, which scripts there are.
//!
//! Texts are UTF-8. Where a script has another name, or prints something else, each byte that does not fit is shown as U+FFFD.
//!
//! Written by xdr-gen from `event.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name of a component, an event or a script.
pub const EVENT_NAME_MAX: u32 = 255;

/// Longest argument, and most bytes of all arguments of an event together.
pub const EVENT_ARGUMENT_MAX: u32 = 262144;

/// Most arguments of an event.
pub const EVENT_ARGUMENTS_MAX: u32 = 262144;

/// Most scripts of a component.
pub const EVENT_SCRIPTS_MAX: u32 = 4096;

/// Most components.
pub const EVENT_COMPONENTS_MAX: u32 = 1024;

/// Most runs of one script that are remembered.
pub const EVENT_RUNS_MAX: u32 = 1000;

/// Longest output of one script in an answer.
pub const EVENT_OUTPUT_MAX: u32 = 1048576;

/// Longest output of one script in something that is told.
pub const EVENT_TOLD_MAX: u32 = 4096;

/// An argument of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EventArgument(pub String);

impl From<String> for EventArgument {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for EventArgument {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventArgument", 262144, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("EventArgument", 262144)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventResult {
    /// All scripts went well.
    Ok,
    /// A script failed.
    Failed,
    /// Its time was over.
    TimedOut,
    /// Another event came first: only "monitor" gives way.
    Cancelled,
    /// Its scripts could not be read.
    NotRun,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl EventResult {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Ok, "ok"),
        (Self::Failed, "failed"),
        (Self::TimedOut, "timed_out"),
        (Self::Cancelled, "cancelled"),
        (Self::NotRun, "not_run"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::TimedOut => 2,
            Self::Cancelled => 3,
            Self::NotRun => 4,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            0 => Self::Ok,
            1 => Self::Failed,
            2 => Self::TimedOut,
            3 => Self::Cancelled,
            4 => Self::NotRun,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(EventResult);

/// What became of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventOutcome {
    /// It went well.
    Ok,
    /// It ended with another exit status than 0.
    Failed,
    /// It was not run, because it is not executable.
    Disabled,
    /// It took too long.
    TimedOut,
    /// A signal ended it.
    Killed,
    /// It could not be run.
    CannotRun,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl EventOutcome {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Ok, "ok"),
        (Self::Failed, "failed"),
        (Self::Disabled, "disabled"),
        (Self::TimedOut, "timed_out"),
        (Self::Killed, "killed"),
        (Self::CannotRun, "cannot_run"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Disabled => 2,
            Self::TimedOut => 3,
            Self::Killed => 4,
            Self::CannotRun => 5,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            0 => Self::Ok,
            1 => Self::Failed,
            2 => Self::Disabled,
            3 => Self::TimedOut,
            4 => Self::Killed,
            5 => Self::CannotRun,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(EventOutcome);

/// How a script went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventEnding {
    /// In a word.
    pub outcome: EventOutcome,
    /// The exit status, the signal, or the error number of Linux why it could not be run; else 0.
    pub code: i32,
}

impl Xdr for EventEnding {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.outcome.encode(w)?;
        w.i32(self.code);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            outcome: EventOutcome::decode(r)?,
            code: r.i32("EventEnding.code")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.outcome.encoded_len()
            + 4
    }
}

/// The end of what a script has printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventOutput {
    /// The last of it.
    pub text: String,
    /// So many bytes before it were left out.
    pub omitted: u64,
}

impl Xdr for EventOutput {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventOutput.text", 1048576, &self.text)?;
        w.u64(self.omitted);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            text: r.string("EventOutput.text", 1048576)?,
            omitted: r.u64("EventOutput.omitted")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.text.len())
            + 8
    }
}

/// A script of an event that was run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventScriptRun {
    /// Its name, without ".script".
    pub script: String,
    /// How it went.
    pub ending: EventEnding,
    /// When it was started.
    pub began: super::common::Time,
    /// How long it took, in microseconds.
    pub took: super::common::Span,
    /// What it printed.
    pub output: EventOutput,
}

impl Xdr for EventScriptRun {
    const MIN_LEN: usize = 40;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventScriptRun.script", 255, &self.script)?;
        self.ending.encode(w)?;
        self.began.encode(w)?;
        self.took.encode(w)?;
        self.output.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            script: r.string("EventScriptRun.script", 255)?,
            ending: EventEnding::decode(r)?,
            began: super::common::Time::decode(r)?,
            took: super::common::Span::decode(r)?,
            output: EventOutput::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.script.len())
            + self.ending.encoded_len()
            + self.began.encoded_len()
            + self.took.encoded_len()
            + self.output.encoded_len()
    }
}

/// An event that was run, up to the script that ended it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventReport {
    /// How the script went that failed last; "ok" when none did.
    pub ending: EventEnding,
    /// In the order in which they ran.
    pub scripts: Vec<EventScriptRun>,
}

impl Xdr for EventReport {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.ending.encode(w)?;
        w.list("EventReport.scripts", 4096, &self.scripts)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            ending: EventEnding::decode(r)?,
            scripts: r.list("EventReport.scripts", 4096)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.ending.encoded_len()
            + list_len(&self.scripts)
    }
}

/// What the event daemon is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventAbout {
    /// Its version.
    pub release: String,
    /// Its process id.
    pub pid: i32,
    /// Whether it serves ctdbd and C's tools at eventd.socket, too.
    pub ctdbd: bool,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventAbout {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventAbout.release", 255, &self.release)?;
        w.i32(self.pid);
        w.bool(self.ctdbd);
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            release: r.string("EventAbout.release", 255)?,
            pid: r.i32("EventAbout.pid")?,
            ctdbd: r.bool("EventAbout.ctdbd")?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.release.len())
            + 4
            + 4
            + self.more.encoded_len()
    }
}

/// Run the scripts of an event. The answer comes when they have ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventRun {
    /// Whose scripts.
    pub component: String,
    /// The event: their first argument.
    pub event: String,
    /// Their other arguments.
    pub args: Vec<EventArgument>,
    /// How long all of them together may take, the time in the queue included, in microseconds; at most a day.
    pub limit: super::common::Span,
    /// Go on behind a script that fails.
    pub all: bool,
}

impl Xdr for EventRun {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventRun.component", 255, &self.component)?;
        w.string("EventRun.event", 255, &self.event)?;
        w.list("EventRun.args", 262144, &self.args)?;
        self.limit.encode(w)?;
        w.bool(self.all);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            component: r.string("EventRun.component", 255)?,
            event: r.string("EventRun.event", 255)?,
            args: r.list("EventRun.args", 262144)?,
            limit: super::common::Span::decode(r)?,
            all: r.bool("EventRun.all")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.component.len())
            + opaque_len(self.event.len())
            + list_len(&self.args)
            + self.limit.encoded_len()
            + 4
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventRan {
    /// In a word.
    pub result: EventResult,
    /// Its number among the runs of this daemon; 0 when it never began.
    pub run: u64,
    /// Its scripts, if any were run to their end.
    pub report: Option<EventReport>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventRan {
    const MIN_LEN: usize = 20;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.result.encode(w)?;
        w.u64(self.run);
        w.optional(self.report.as_ref())?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            result: EventResult::decode(r)?,
            run: r.u64("EventRan.run")?,
            report: r.optional("EventRan.report")?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.result.encoded_len()
            + 8
            + optional_len(self.report.as_ref())
            + self.more.encoded_len()
    }
}

/// How did an event go the last time?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventWhich {
    /// Whose scripts.
    pub component: String,
    /// The event.
    pub event: String,
}

impl Xdr for EventWhich {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventWhich.component", 255, &self.component)?;
        w.string("EventWhich.event", 255, &self.event)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            component: r.string("EventWhich.component", 255)?,
            event: r.string("EventWhich.event", 255)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.component.len())
            + opaque_len(self.event.len())
    }
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventLast {
    /// Nothing when it was not run since the daemon was started.
    pub report: Option<EventReport>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventLast {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.optional(self.report.as_ref())?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            report: r.optional("EventLast.report")?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        optional_len(self.report.as_ref())
            + self.more.encoded_len()
    }
}

/// How did scripts go in the past?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventPast {
    /// Whose scripts.
    pub component: String,
    /// One of them by its name, with or without ".script"; all of them when empty.
    pub script: String,
}

impl Xdr for EventPast {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventPast.component", 255, &self.component)?;
        w.string("EventPast.script", 255, &self.script)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            component: r.string("EventPast.component", 255)?,
            script: r.string("EventPast.script", 255)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.component.len())
            + opaque_len(self.script.len())
    }
}

/// A run of a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventPastRun {
    /// For this event.
    pub event: String,
    /// How it went.
    pub ending: EventEnding,
    /// When it was started.
    pub began: super::common::Time,
    /// How long it took, in microseconds.
    pub took: super::common::Span,
    /// The end of what it printed.
    pub output: EventOutput,
}

impl Xdr for EventPastRun {
    const MIN_LEN: usize = 40;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventPastRun.event", 255, &self.event)?;
        self.ending.encode(w)?;
        self.began.encode(w)?;
        self.took.encode(w)?;
        self.output.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            event: r.string("EventPastRun.event", 255)?,
            ending: EventEnding::decode(r)?,
            began: super::common::Time::decode(r)?,
            took: super::common::Span::decode(r)?,
            output: EventOutput::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.event.len())
            + self.ending.encoded_len()
            + self.began.encoded_len()
            + self.took.encoded_len()
            + self.output.encoded_len()
    }
}

/// The runs of a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventPastScript {
    /// Its name, without ".script".
    pub script: String,
    /// The oldest first.
    pub runs: Vec<EventPastRun>,
}

impl Xdr for EventPastScript {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventPastScript.script", 255, &self.script)?;
        w.list("EventPastScript.runs", 1000, &self.runs)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            script: r.string("EventPastScript.script", 255)?,
            runs: r.list("EventPastScript.runs", 1000)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.script.len())
            + list_len(&self.runs)
    }
}

/// The runs of scripts, as far as they are remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventHistory {
    /// By name.
    pub scripts: Vec<EventPastScript>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventHistory {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("EventHistory.scripts", 4096, &self.scripts)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            scripts: r.list("EventHistory.scripts", 4096)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.scripts)
            + self.more.encoded_len()
    }
}

/// A component of the event daemon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventComponent {
    /// Its name.
    pub component: String,
}

impl Xdr for EventComponent {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventComponent.component", 255, &self.component)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            component: r.string("EventComponent.component", 255)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.component.len())
    }
}

/// A script of a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventScript {
    /// Its name, without ".script".
    pub script: String,
    /// Whether it is run: it is executable.
    pub enabled: bool,
}

impl Xdr for EventScript {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventScript.script", 255, &self.script)?;
        w.bool(self.enabled);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            script: r.string("EventScript.script", 255)?,
            enabled: r.bool("EventScript.enabled")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.script.len())
            + 4
    }
}

/// The scripts of a component, in the order in which they run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventScripts {
    /// All of them.
    pub scripts: Vec<EventScript>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventScripts {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("EventScripts.scripts", 4096, &self.scripts)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            scripts: r.list("EventScripts.scripts", 4096)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.scripts)
            + self.more.encoded_len()
    }
}

/// A script that is to run from now on, or not any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventNamed {
    /// Whose script.
    pub component: String,
    /// Its name, with or without ".script".
    pub script: String,
}

impl Xdr for EventNamed {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventNamed.component", 255, &self.component)?;
        w.string("EventNamed.script", 255, &self.script)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            component: r.string("EventNamed.component", 255)?,
            script: r.string("EventNamed.script", 255)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.component.len())
            + opaque_len(self.script.len())
    }
}

/// A component and what it does now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventQueue {
    /// Its name.
    pub component: String,
    /// The event that runs; empty when none does.
    pub running: String,
    /// Events that wait.
    pub waiting: u32,
}

impl Xdr for EventQueue {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventQueue.component", 255, &self.component)?;
        w.string("EventQueue.running", 255, &self.running)?;
        w.u32(self.waiting);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            component: r.string("EventQueue.component", 255)?,
            running: r.string("EventQueue.running", 255)?,
            waiting: r.u32("EventQueue.waiting")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.component.len())
            + opaque_len(self.running.len())
            + 4
    }
}

/// The components: each has a directory of scripts, a queue and a history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventComponents {
    /// By name.
    pub components: Vec<EventQueue>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventComponents {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("EventComponents.components", 1024, &self.components)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            components: r.list("EventComponents.components", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.components)
            + self.more.encoded_len()
    }
}

/// An event of which something is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventTold {
    /// Its number among the runs of this daemon.
    pub run: u64,
    /// Whose scripts.
    pub component: String,
    /// The event.
    pub event: String,
    /// Its arguments.
    pub args: Vec<EventArgument>,
    /// When it began to run.
    pub began: super::common::Time,
}

impl Xdr for EventTold {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.run);
        w.string("EventTold.component", 255, &self.component)?;
        w.string("EventTold.event", 255, &self.event)?;
        w.list("EventTold.args", 262144, &self.args)?;
        self.began.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            run: r.u64("EventTold.run")?,
            component: r.string("EventTold.component", 255)?,
            event: r.string("EventTold.event", 255)?,
            args: r.list("EventTold.args", 262144)?,
            began: super::common::Time::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        8
            + opaque_len(self.component.len())
            + opaque_len(self.event.len())
            + list_len(&self.args)
            + self.began.encoded_len()
    }
}

/// The scripts of an event begin to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventRunStarted {
    /// Which event.
    pub told: EventTold,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventRunStarted {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.told.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            told: EventTold::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.told.encoded_len()
            + self.more.encoded_len()
    }
}

/// One script in the account of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventLine {
    /// Its name, without ".script".
    pub script: String,
    /// How it went.
    pub ending: EventEnding,
    /// How long it took, in microseconds.
    pub took: super::common::Span,
}

impl Xdr for EventLine {
    const MIN_LEN: usize = 20;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("EventLine.script", 255, &self.script)?;
        self.ending.encode(w)?;
        self.took.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            script: r.string("EventLine.script", 255)?,
            ending: EventEnding::decode(r)?,
            took: super::common::Span::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.script.len())
            + self.ending.encoded_len()
            + self.took.encoded_len()
    }
}

/// An event has ended, or was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventRunFinished {
    /// Which event.
    pub told: EventTold,
    /// What came of it.
    pub result: EventResult,
    /// The error number of Linux when it was not run; else 0.
    pub code: i32,
    /// How long it took, in microseconds.
    pub took: super::common::Span,
    /// The script that failed or took too long; empty when none did.
    pub culprit: String,
    /// Its scripts in the order in which they ran, without what they printed.
    pub scripts: Vec<EventLine>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventRunFinished {
    const MIN_LEN: usize = 56;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.told.encode(w)?;
        self.result.encode(w)?;
        w.i32(self.code);
        self.took.encode(w)?;
        w.string("EventRunFinished.culprit", 255, &self.culprit)?;
        w.list("EventRunFinished.scripts", 4096, &self.scripts)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            told: EventTold::decode(r)?,
            result: EventResult::decode(r)?,
            code: r.i32("EventRunFinished.code")?,
            took: super::common::Span::decode(r)?,
            culprit: r.string("EventRunFinished.culprit", 255)?,
            scripts: r.list("EventRunFinished.scripts", 4096)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.told.encoded_len()
            + self.result.encoded_len()
            + 4
            + self.took.encoded_len()
            + opaque_len(self.culprit.len())
            + list_len(&self.scripts)
            + self.more.encoded_len()
    }
}

/// A script of an event has ended, or was given up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventScriptFinished {
    /// Which event.
    pub told: EventTold,
    /// How its script went.
    pub line: EventLine,
    /// The end of what it printed, at most TC_EVENT_TOLD_MAX bytes.
    pub output: EventOutput,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventScriptFinished {
    const MIN_LEN: usize = 64;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.told.encode(w)?;
        self.line.encode(w)?;
        self.output.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            told: EventTold::decode(r)?,
            line: EventLine::decode(r)?,
            output: EventOutput::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.told.encoded_len()
            + self.line.encoded_len()
            + self.output.encoded_len()
            + self.more.encoded_len()
    }
}

/// A script takes too long; it is given up, and will be ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EventScriptHung {
    /// Which event.
    pub told: EventTold,
    /// Its name, without ".script".
    pub script: String,
    /// Its process id, if it is known.
    pub pid: Option<i32>,
    /// How long it has run, in microseconds.
    pub took: super::common::Span,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for EventScriptHung {
    const MIN_LEN: usize = 48;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.told.encode(w)?;
        w.string("EventScriptHung.script", 255, &self.script)?;
        w.optional(self.pid.as_ref())?;
        self.took.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            told: EventTold::decode(r)?,
            script: r.string("EventScriptHung.script", 255)?,
            pid: r.optional("EventScriptHung.pid")?,
            took: super::common::Span::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.told.encoded_len()
            + opaque_len(self.script.len())
            + optional_len(self.pid.as_ref())
            + self.took.encoded_len()
            + self.more.encoded_len()
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<EventArgument>("tc_event_argument"),
    Type::of::<EventResult>("tc_event_result"),
    Type::of::<EventOutcome>("tc_event_outcome"),
    Type::of::<EventEnding>("tc_event_ending"),
    Type::of::<EventOutput>("tc_event_output"),
    Type::of::<EventScriptRun>("tc_event_script_run"),
    Type::of::<EventReport>("tc_event_report"),
    Type::of::<EventAbout>("tc_event_about"),
    Type::of::<EventRun>("tc_event_run"),
    Type::of::<EventRan>("tc_event_ran"),
    Type::of::<EventWhich>("tc_event_which"),
    Type::of::<EventLast>("tc_event_last"),
    Type::of::<EventPast>("tc_event_past"),
    Type::of::<EventPastRun>("tc_event_past_run"),
    Type::of::<EventPastScript>("tc_event_past_script"),
    Type::of::<EventHistory>("tc_event_history"),
    Type::of::<EventComponent>("tc_event_component"),
    Type::of::<EventScript>("tc_event_script"),
    Type::of::<EventScripts>("tc_event_scripts"),
    Type::of::<EventNamed>("tc_event_named"),
    Type::of::<EventQueue>("tc_event_queue"),
    Type::of::<EventComponents>("tc_event_components"),
    Type::of::<EventTold>("tc_event_told"),
    Type::of::<EventRunStarted>("tc_event_run_started"),
    Type::of::<EventLine>("tc_event_line"),
    Type::of::<EventRunFinished>("tc_event_run_finished"),
    Type::of::<EventScriptFinished>("tc_event_script_finished"),
    Type::of::<EventScriptHung>("tc_event_script_hung"),
];
