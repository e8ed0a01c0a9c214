//! What ctdb-serviced can be asked and tells: services are started, checked and stopped, and how well the node is.
//!
//! Texts are UTF-8. Where a program prints something else, each byte that does not fit is shown as U+FFFD.
//!
//! Written by xdr-gen from `service.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name of a service.
pub const SERVICE_NAME_MAX: u32 = 64;

/// Most services.
pub const SERVICE_MAX: u32 = 1024;

/// Longest reason, and longest name of what a service is made of.
pub const SERVICE_TEXT_MAX: u32 = 1024;

/// Most reasons of an answer.
pub const SERVICE_REASONS_MAX: u32 = 1024;

/// Most addresses of a node.
pub const SERVICE_ADDRESSES_MAX: u32 = 1024;

/// Longest address, as text.
pub const SERVICE_ADDRESS_MAX: u32 = 45;

/// Longest name of a network interface.
pub const SERVICE_INTERFACE_MAX: u32 = 15;

/// Most transitions of one service that are remembered.
pub const SERVICE_TRANSITIONS_MAX: u32 = 1000;

/// Longest output of an operation in an answer.
pub const SERVICE_OUTPUT_MAX: u32 = 1048576;

/// Longest output of an operation in something that is told, and in what is remembered.
pub const SERVICE_TOLD_MAX: u32 = 4096;

/// The name of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ServiceName(pub String);

impl From<String> for ServiceName {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for ServiceName {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("ServiceName", 64, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("ServiceName", 64)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// A reason, for a person: one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ServiceText(pub String);

impl From<String> for ServiceText {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for ServiceText {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("ServiceText", 1024, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("ServiceText", 1024)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// What a service is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKind {
    /// Event scripts of a component.
    Script,
    /// A unit of systemd.
    Systemd,
    /// An OCF resource agent.
    Ocf,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ServiceKind {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Script, "script"),
        (Self::Systemd, "systemd"),
        (Self::Ocf, "ocf"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Script => 1,
            Self::Systemd => 2,
            Self::Ocf => 3,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Script,
            2 => Self::Systemd,
            3 => Self::Ocf,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ServiceKind);

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceState {
    /// It is not wanted.
    Disabled,
    /// It does not run, and is not to run now.
    Stopped,
    /// It waits for another service that it requires.
    Blocked,
    /// It is being started.
    Starting,
    /// It runs, and its checks go well.
    Up,
    /// Its last checks have failed, not yet often enough to count.
    Failing,
    /// It has failed.
    Failed,
    /// It changes too often, and counts as failed until it has been quiet.
    Flapping,
    /// It is being stopped.
    Stopping,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ServiceState {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Disabled, "disabled"),
        (Self::Stopped, "stopped"),
        (Self::Blocked, "blocked"),
        (Self::Starting, "starting"),
        (Self::Up, "up"),
        (Self::Failing, "failing"),
        (Self::Failed, "failed"),
        (Self::Flapping, "flapping"),
        (Self::Stopping, "stopping"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Disabled => 1,
            Self::Stopped => 2,
            Self::Blocked => 3,
            Self::Starting => 4,
            Self::Up => 5,
            Self::Failing => 6,
            Self::Failed => 7,
            Self::Flapping => 8,
            Self::Stopping => 9,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Disabled,
            2 => Self::Stopped,
            3 => Self::Blocked,
            4 => Self::Starting,
            5 => Self::Up,
            6 => Self::Failing,
            7 => Self::Failed,
            8 => Self::Flapping,
            9 => Self::Stopping,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ServiceState);

/// What the service daemon does as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServicePhase {
    /// Nobody has asked for the services yet.
    Waiting,
    /// They are being started.
    Starting,
    /// They were started, and are checked.
    Running,
    /// They are being stopped.
    Stopping,
    /// They were stopped.
    Stopped,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ServicePhase {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Waiting, "waiting"),
        (Self::Starting, "starting"),
        (Self::Running, "running"),
        (Self::Stopping, "stopping"),
        (Self::Stopped, "stopped"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Waiting => 1,
            Self::Starting => 2,
            Self::Running => 3,
            Self::Stopping => 4,
            Self::Stopped => 5,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Waiting,
            2 => Self::Starting,
            3 => Self::Running,
            4 => Self::Stopping,
            5 => Self::Stopped,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ServicePhase);

/// Who starts and stops the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceManager {
    /// This daemon.
    Ctdb,
    /// Somebody else; this daemon only checks and listens.
    Outside,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ServiceManager {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Ctdb, "ctdb"),
        (Self::Outside, "outside"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Ctdb => 1,
            Self::Outside => 2,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Ctdb,
            2 => Self::Outside,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ServiceManager);

/// What is done with a service, or has changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceOperation {
    /// It was started.
    Start,
    /// It was checked.
    Check,
    /// It was stopped.
    Stop,
    /// It was told its addresses.
    Reconfigure,
    /// Somebody outside has reported on it.
    Report,
    /// Somebody has given a command.
    Command,
    /// A service that it requires has changed.
    Required,
    /// The configuration was read again.
    Configuration,
    /// It changed too often, or has been quiet for long enough.
    Damping,
    /// The daemon was started again, and has found it.
    Adoption,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ServiceOperation {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Start, "start"),
        (Self::Check, "check"),
        (Self::Stop, "stop"),
        (Self::Reconfigure, "reconfigure"),
        (Self::Report, "report"),
        (Self::Command, "command"),
        (Self::Required, "required"),
        (Self::Configuration, "configuration"),
        (Self::Damping, "damping"),
        (Self::Adoption, "adoption"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Start => 1,
            Self::Check => 2,
            Self::Stop => 3,
            Self::Reconfigure => 4,
            Self::Report => 5,
            Self::Command => 6,
            Self::Required => 7,
            Self::Configuration => 8,
            Self::Damping => 9,
            Self::Adoption => 10,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            1 => Self::Start,
            2 => Self::Check,
            3 => Self::Stop,
            4 => Self::Reconfigure,
            5 => Self::Report,
            6 => Self::Command,
            7 => Self::Required,
            8 => Self::Configuration,
            9 => Self::Damping,
            10 => Self::Adoption,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ServiceOperation);

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceOutcome {
    /// It went well.
    Ok,
    /// It failed, with an exit status where there is one.
    Failed,
    /// The service does not run.
    NotRunning,
    /// It took too long.
    TimedOut,
    /// A signal ended it.
    Killed,
    /// It could not be begun.
    CannotRun,
    /// It has ended, and nobody saw how: it was begun by a daemon that is no more.
    Unseen,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl ServiceOutcome {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Ok, "ok"),
        (Self::Failed, "failed"),
        (Self::NotRunning, "not_running"),
        (Self::TimedOut, "timed_out"),
        (Self::Killed, "killed"),
        (Self::CannotRun, "cannot_run"),
        (Self::Unseen, "unseen"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::NotRunning => 2,
            Self::TimedOut => 3,
            Self::Killed => 4,
            Self::CannotRun => 5,
            Self::Unseen => 6,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            0 => Self::Ok,
            1 => Self::Failed,
            2 => Self::NotRunning,
            3 => Self::TimedOut,
            4 => Self::Killed,
            5 => Self::CannotRun,
            6 => Self::Unseen,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(ServiceOutcome);

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceEnding {
    /// In a word.
    pub outcome: ServiceOutcome,
    /// The exit status, or the signal; else 0.
    pub code: i32,
}

impl Xdr for ServiceEnding {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.outcome.encode(w)?;
        w.i32(self.code);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            outcome: ServiceOutcome::decode(r)?,
            code: r.i32("ServiceEnding.code")?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.outcome.encoded_len()
            + 4
    }
}

/// The end of what an operation has printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceOutput {
    /// The last of it.
    pub text: String,
    /// So many bytes before it were left out.
    pub omitted: u64,
}

impl Xdr for ServiceOutput {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("ServiceOutput.text", 1048576, &self.text)?;
        w.u64(self.omitted);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            text: r.string("ServiceOutput.text", 1048576)?,
            omitted: r.u64("ServiceOutput.omitted")?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.text.len())
            + 8
    }
}

/// An operation that has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceDone {
    /// The operation that has ended.
    pub operation: ServiceOperation,
    /// How it ended.
    pub ending: ServiceEnding,
    /// Why it did not go well, for a person; empty when it did.
    pub reason: ServiceText,
    /// When it was begun.
    pub began: super::common::Time,
    /// How long it took, in microseconds.
    pub took: super::common::Span,
    /// What it printed.
    pub output: ServiceOutput,
}

impl Xdr for ServiceDone {
    const MIN_LEN: usize = 44;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.operation.encode(w)?;
        self.ending.encode(w)?;
        self.reason.encode(w)?;
        self.began.encode(w)?;
        self.took.encode(w)?;
        self.output.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            operation: ServiceOperation::decode(r)?,
            ending: ServiceEnding::decode(r)?,
            reason: ServiceText::decode(r)?,
            began: super::common::Time::decode(r)?,
            took: super::common::Span::decode(r)?,
            output: ServiceOutput::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.operation.encoded_len()
            + self.ending.encoded_len()
            + self.reason.encoded_len()
            + self.began.encoded_len()
            + self.took.encoded_len()
            + self.output.encoded_len()
    }
}

/// An operation that goes on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceUnderWay {
    /// The operation that goes on.
    pub operation: ServiceOperation,
    /// When it was begun.
    pub began: super::common::Time,
    /// How long it may take, in microseconds.
    pub limit: super::common::Span,
}

impl Xdr for ServiceUnderWay {
    const MIN_LEN: usize = 20;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.operation.encode(w)?;
        self.began.encode(w)?;
        self.limit.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            operation: ServiceOperation::decode(r)?,
            began: super::common::Time::decode(r)?,
            limit: super::common::Span::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.operation.encoded_len()
            + self.began.encoded_len()
            + self.limit.encoded_len()
    }
}

/// A service came from one state into another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceTransition {
    /// The state before.
    pub before: ServiceState,
    /// The state now.
    pub now: ServiceState,
    /// When.
    pub at: super::common::Time,
    /// By what.
    pub operation: ServiceOperation,
    /// How that ended, when it was an operation.
    pub ending: Option<ServiceEnding>,
    /// Why, for a person.
    pub reason: ServiceText,
    /// What it printed, at most TC_SERVICE_TOLD_MAX bytes.
    pub output: ServiceOutput,
}

impl Xdr for ServiceTransition {
    const MIN_LEN: usize = 40;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.before.encode(w)?;
        self.now.encode(w)?;
        self.at.encode(w)?;
        self.operation.encode(w)?;
        w.optional(self.ending.as_ref())?;
        self.reason.encode(w)?;
        self.output.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            before: ServiceState::decode(r)?,
            now: ServiceState::decode(r)?,
            at: super::common::Time::decode(r)?,
            operation: ServiceOperation::decode(r)?,
            ending: r.optional("ServiceTransition.ending")?,
            reason: ServiceText::decode(r)?,
            output: ServiceOutput::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.before.encoded_len()
            + self.now.encoded_len()
            + self.at.encoded_len()
            + self.operation.encoded_len()
            + optional_len(self.ending.as_ref())
            + self.reason.encoded_len()
            + self.output.encoded_len()
    }
}

/// One service, or all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceWhich {
    /// Its name; empty for all, where that makes sense.
    pub service: ServiceName,
}

impl Xdr for ServiceWhich {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
    }
}

/// A service in short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceEntry {
    /// Its name.
    pub service: ServiceName,
    /// What it is made of.
    pub kind: ServiceKind,
    /// How it is.
    pub state: ServiceState,
    /// Since when.
    pub since: super::common::Time,
    /// Whether it is wanted.
    pub enabled: bool,
    /// Whether the node is unhealthy without it.
    pub counts: bool,
    /// Why it is not up, for a person; empty when there is nothing to say.
    pub reason: ServiceText,
}

impl Xdr for ServiceEntry {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        self.kind.encode(w)?;
        self.state.encode(w)?;
        self.since.encode(w)?;
        w.bool(self.enabled);
        w.bool(self.counts);
        self.reason.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
            kind: ServiceKind::decode(r)?,
            state: ServiceState::decode(r)?,
            since: super::common::Time::decode(r)?,
            enabled: r.bool("ServiceEntry.enabled")?,
            counts: r.bool("ServiceEntry.counts")?,
            reason: ServiceText::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
            + self.kind.encoded_len()
            + self.state.encoded_len()
            + self.since.encoded_len()
            + 4
            + 4
            + self.reason.encoded_len()
    }
}

/// How well the node is, as far as its services say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceHealth {
    /// What the daemon does.
    pub phase: ServicePhase,
    /// Whether the node may serve clients.
    pub healthy: bool,
    /// Since when.
    pub since: super::common::Time,
    /// Why it may not.
    pub reasons: Vec<ServiceText>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceHealth {
    const MIN_LEN: usize = 24;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.phase.encode(w)?;
        w.bool(self.healthy);
        self.since.encode(w)?;
        w.list("ServiceHealth.reasons", 1024, &self.reasons)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            phase: ServicePhase::decode(r)?,
            healthy: r.bool("ServiceHealth.healthy")?,
            since: super::common::Time::decode(r)?,
            reasons: r.list("ServiceHealth.reasons", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.phase.encoded_len()
            + 4
            + self.since.encoded_len()
            + list_len(&self.reasons)
            + self.more.encoded_len()
    }
}

/// All services of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceList {
    /// Who starts and stops them.
    pub manager: ServiceManager,
    /// How well the node is.
    pub health: ServiceHealth,
    /// In the order in which they are started.
    pub services: Vec<ServiceEntry>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceList {
    const MIN_LEN: usize = 36;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.manager.encode(w)?;
        self.health.encode(w)?;
        w.list("ServiceList.services", 1024, &self.services)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            manager: ServiceManager::decode(r)?,
            health: ServiceHealth::decode(r)?,
            services: r.list("ServiceList.services", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.manager.encoded_len()
            + self.health.encoded_len()
            + list_len(&self.services)
            + self.more.encoded_len()
    }
}

/// An address on which clients reach this node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceAddress {
    /// IPv4 or IPv6, as text.
    pub address: String,
    /// Length of its network's prefix.
    pub bits: u32,
    /// The interface that has it; empty when that is not known.
    pub interface: String,
}

impl Xdr for ServiceAddress {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("ServiceAddress.address", 45, &self.address)?;
        w.u32(self.bits);
        w.string("ServiceAddress.interface", 15, &self.interface)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            address: r.string("ServiceAddress.address", 45)?,
            bits: r.u32("ServiceAddress.bits")?,
            interface: r.string("ServiceAddress.interface", 15)?,
        })
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.address.len())
            + 4
            + opaque_len(self.interface.len())
    }
}

/// All addresses on which clients reach this node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceAddresses {
    /// All of them: those that are missing are gone.
    pub addresses: Vec<ServiceAddress>,
}

impl Xdr for ServiceAddresses {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("ServiceAddresses.addresses", 1024, &self.addresses)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            addresses: r.list("ServiceAddresses.addresses", 1024)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.addresses)
    }
}

/// A service in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceCondition {
    /// In short.
    pub entry: ServiceEntry,
    /// The component, the unit or the agent.
    pub made_of: ServiceText,
    /// Services that have to be up before it is started.
    pub required: Vec<ServiceName>,
    /// Services that are started before it.
    pub later_than: Vec<ServiceName>,
    /// What is done with it now.
    pub under_way: Option<ServiceUnderWay>,
    /// What was done with it last, checks apart.
    pub last: Option<ServiceDone>,
    /// How it was checked last.
    pub last_check: Option<ServiceDone>,
    /// When it is checked again.
    pub next_check: Option<super::common::Time>,
    /// Checks that have failed in a row.
    pub failed_in_a_row: u32,
    /// So many make it fail.
    pub fail_after: u32,
    /// Checks that went well in a row, since it failed.
    pub good_in_a_row: u32,
    /// So many make it be up again.
    pub recover_after: u32,
    /// How often it was started again since it was last well.
    pub restarts: u32,
    /// When it is started again.
    pub next_start: Option<super::common::Time>,
    /// Until when it counts as failed because it changed too often, unless it changes again.
    pub held_until: Option<super::common::Time>,
    /// Checks since the daemon was started.
    pub checks: u64,
    /// Those of them that failed.
    pub failed_checks: u64,
    /// The addresses of which it was told.
    pub listen: Vec<ServiceAddress>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceCondition {
    const MIN_LEN: usize = 112;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.entry.encode(w)?;
        self.made_of.encode(w)?;
        w.list("ServiceCondition.required", 1024, &self.required)?;
        w.list("ServiceCondition.later_than", 1024, &self.later_than)?;
        w.optional(self.under_way.as_ref())?;
        w.optional(self.last.as_ref())?;
        w.optional(self.last_check.as_ref())?;
        w.optional(self.next_check.as_ref())?;
        w.u32(self.failed_in_a_row);
        w.u32(self.fail_after);
        w.u32(self.good_in_a_row);
        w.u32(self.recover_after);
        w.u32(self.restarts);
        w.optional(self.next_start.as_ref())?;
        w.optional(self.held_until.as_ref())?;
        w.u64(self.checks);
        w.u64(self.failed_checks);
        w.list("ServiceCondition.listen", 1024, &self.listen)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            entry: ServiceEntry::decode(r)?,
            made_of: ServiceText::decode(r)?,
            required: r.list("ServiceCondition.required", 1024)?,
            later_than: r.list("ServiceCondition.later_than", 1024)?,
            under_way: r.optional("ServiceCondition.under_way")?,
            last: r.optional("ServiceCondition.last")?,
            last_check: r.optional("ServiceCondition.last_check")?,
            next_check: r.optional("ServiceCondition.next_check")?,
            failed_in_a_row: r.u32("ServiceCondition.failed_in_a_row")?,
            fail_after: r.u32("ServiceCondition.fail_after")?,
            good_in_a_row: r.u32("ServiceCondition.good_in_a_row")?,
            recover_after: r.u32("ServiceCondition.recover_after")?,
            restarts: r.u32("ServiceCondition.restarts")?,
            next_start: r.optional("ServiceCondition.next_start")?,
            held_until: r.optional("ServiceCondition.held_until")?,
            checks: r.u64("ServiceCondition.checks")?,
            failed_checks: r.u64("ServiceCondition.failed_checks")?,
            listen: r.list("ServiceCondition.listen", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.entry.encoded_len()
            + self.made_of.encoded_len()
            + list_len(&self.required)
            + list_len(&self.later_than)
            + optional_len(self.under_way.as_ref())
            + optional_len(self.last.as_ref())
            + optional_len(self.last_check.as_ref())
            + optional_len(self.next_check.as_ref())
            + 4
            + 4
            + 4
            + 4
            + 4
            + optional_len(self.next_start.as_ref())
            + optional_len(self.held_until.as_ref())
            + 8
            + 8
            + list_len(&self.listen)
            + self.more.encoded_len()
    }
}

/// Services in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceStatus {
    /// How well the node is.
    pub health: ServiceHealth,
    /// In the order in which they are started.
    pub services: Vec<ServiceCondition>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceStatus {
    const MIN_LEN: usize = 32;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.health.encode(w)?;
        w.list("ServiceStatus.services", 1024, &self.services)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            health: ServiceHealth::decode(r)?,
            services: r.list("ServiceStatus.services", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.health.encoded_len()
            + list_len(&self.services)
            + self.more.encoded_len()
    }
}

/// What became of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServicePast {
    /// Its name.
    pub service: ServiceName,
    /// The oldest first.
    pub transitions: Vec<ServiceTransition>,
}

impl Xdr for ServicePast {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        w.list("ServicePast.transitions", 1000, &self.transitions)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
            transitions: r.list("ServicePast.transitions", 1000)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
            + list_len(&self.transitions)
    }
}

/// What became of services, as far as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceHistory {
    /// In the order in which they are started.
    pub services: Vec<ServicePast>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceHistory {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("ServiceHistory.services", 1024, &self.services)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            services: r.list("ServiceHistory.services", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.services)
            + self.more.encoded_len()
    }
}

/// A service that was checked because somebody asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceCheck {
    /// Its name.
    pub service: ServiceName,
    /// How it is after the check.
    pub state: ServiceState,
    /// How the check went.
    pub done: ServiceDone,
}

impl Xdr for ServiceCheck {
    const MIN_LEN: usize = 52;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        self.state.encode(w)?;
        self.done.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
            state: ServiceState::decode(r)?,
            done: ServiceDone::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
            + self.state.encoded_len()
            + self.done.encoded_len()
    }
}

/// Services that were checked because somebody asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceChecked {
    /// In the order in which they are started.
    pub services: Vec<ServiceCheck>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceChecked {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("ServiceChecked.services", 1024, &self.services)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            services: r.list("ServiceChecked.services", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.services)
            + self.more.encoded_len()
    }
}

/// What came of a command that takes its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSettled {
    /// What the daemon does now.
    pub phase: ServicePhase,
    /// Whether all was done.
    pub done: bool,
    /// What was not, and why.
    pub reasons: Vec<ServiceText>,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceSettled {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.phase.encode(w)?;
        w.bool(self.done);
        w.list("ServiceSettled.reasons", 1024, &self.reasons)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            phase: ServicePhase::decode(r)?,
            done: r.bool("ServiceSettled.done")?,
            reasons: r.list("ServiceSettled.reasons", 1024)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.phase.encoded_len()
            + 4
            + list_len(&self.reasons)
            + self.more.encoded_len()
    }
}

/// What somebody outside knows of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceReport {
    /// Its name.
    pub service: ServiceName,
    /// Whether it is well.
    pub healthy: bool,
    /// Why it is not, for a person.
    pub reason: ServiceText,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceReport {
    const MIN_LEN: usize = 16;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        w.bool(self.healthy);
        self.reason.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
            healthy: r.bool("ServiceReport.healthy")?,
            reason: ServiceText::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
            + 4
            + self.reason.encoded_len()
            + self.more.encoded_len()
    }
}

/// A service came into another state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceStateChanged {
    /// Its name.
    pub service: ServiceName,
    /// What it is made of.
    pub kind: ServiceKind,
    /// Whether the node is unhealthy without it.
    pub counts: bool,
    /// From where to where, and why.
    pub transition: ServiceTransition,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceStateChanged {
    const MIN_LEN: usize = 56;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        self.kind.encode(w)?;
        w.bool(self.counts);
        self.transition.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
            kind: ServiceKind::decode(r)?,
            counts: r.bool("ServiceStateChanged.counts")?,
            transition: ServiceTransition::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
            + self.kind.encoded_len()
            + 4
            + self.transition.encoded_len()
            + self.more.encoded_len()
    }
}

/// The node is well, or not any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceHealthChanged {
    /// Now.
    pub health: ServiceHealth,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceHealthChanged {
    const MIN_LEN: usize = 28;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.health.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            health: ServiceHealth::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.health.encoded_len()
            + self.more.encoded_len()
    }
}

/// A service was told its addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceReconfigured {
    /// Its name.
    pub service: ServiceName,
    /// Those on which it should listen from now on, and did not.
    pub listen: Vec<ServiceAddress>,
    /// Those on which it should not listen any more.
    pub release: Vec<ServiceAddress>,
    /// How that went, its output at most TC_SERVICE_TOLD_MAX bytes.
    pub done: ServiceDone,
    /// Room to grow.
    pub more: super::common::More,
}

impl Xdr for ServiceReconfigured {
    const MIN_LEN: usize = 60;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.service.encode(w)?;
        w.list("ServiceReconfigured.listen", 1024, &self.listen)?;
        w.list("ServiceReconfigured.release", 1024, &self.release)?;
        self.done.encode(w)?;
        self.more.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            service: ServiceName::decode(r)?,
            listen: r.list("ServiceReconfigured.listen", 1024)?,
            release: r.list("ServiceReconfigured.release", 1024)?,
            done: ServiceDone::decode(r)?,
            more: super::common::More::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.service.encoded_len()
            + list_len(&self.listen)
            + list_len(&self.release)
            + self.done.encoded_len()
            + self.more.encoded_len()
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<ServiceName>("tc_service_name"),
    Type::of::<ServiceText>("tc_service_text"),
    Type::of::<ServiceKind>("tc_service_kind"),
    Type::of::<ServiceState>("tc_service_state"),
    Type::of::<ServicePhase>("tc_service_phase"),
    Type::of::<ServiceManager>("tc_service_manager"),
    Type::of::<ServiceOperation>("tc_service_operation"),
    Type::of::<ServiceOutcome>("tc_service_outcome"),
    Type::of::<ServiceEnding>("tc_service_ending"),
    Type::of::<ServiceOutput>("tc_service_output"),
    Type::of::<ServiceDone>("tc_service_done"),
    Type::of::<ServiceUnderWay>("tc_service_under_way"),
    Type::of::<ServiceTransition>("tc_service_transition"),
    Type::of::<ServiceWhich>("tc_service_which"),
    Type::of::<ServiceEntry>("tc_service_entry"),
    Type::of::<ServiceHealth>("tc_service_health"),
    Type::of::<ServiceList>("tc_service_list"),
    Type::of::<ServiceAddress>("tc_service_address"),
    Type::of::<ServiceAddresses>("tc_service_addresses"),
    Type::of::<ServiceCondition>("tc_service_condition"),
    Type::of::<ServiceStatus>("tc_service_status"),
    Type::of::<ServicePast>("tc_service_past"),
    Type::of::<ServiceHistory>("tc_service_history"),
    Type::of::<ServiceCheck>("tc_service_check"),
    Type::of::<ServiceChecked>("tc_service_checked"),
    Type::of::<ServiceSettled>("tc_service_settled"),
    Type::of::<ServiceReport>("tc_service_report"),
    Type::of::<ServiceStateChanged>("tc_service_state_changed"),
    Type::of::<ServiceHealthChanged>("tc_service_health_changed"),
    Type::of::<ServiceReconfigured>("tc_service_reconfigured"),
];
