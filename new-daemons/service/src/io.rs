//! What goes into the machine and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use machine::{Level, RequestId};
use serde::{Deserialize, Serialize};

use crate::outcome::{Done, Operation, OperationOutcome};
use crate::saved::{Process, Saved};
use crate::spec::{Config, Spec};
use crate::view::{Health, Phase, State, Transition};

/// Pairs the result of an effect with the effect. Never used twice, not even by a daemon that comes after this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Token(pub u64);

/// An address on which clients reach this node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// Length of its network's prefix.
    pub bits: u8,
    /// The interface that has it; empty when that is not known.
    pub interface: String,
}

/// Which addresses a service has to listen on from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Those on which it does not listen yet.
    pub listen: Vec<Address>,
    /// Those on which it is not to listen any more.
    pub release: Vec<Address>,
    /// All on which it is to listen.
    pub all: Vec<Address>,
}

/// What is to be done with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Look whether it is well.
    Check,
    /// Tell it its addresses.
    Reconfigure(Arc<Change>),
}

impl Work {
    /// Its name among the operations.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Start => Operation::Start,
            Self::Stop => Operation::Stop,
            Self::Check => Operation::Check,
            Self::Reconfigure(_) => Operation::Reconfigure,
        }
    }
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start all services; answered when each is up or has failed.
    Startup,
    /// Stop all services; answered when each is stopped or would not.
    Shutdown,
    /// Check one service, or all, now; answered with the results.
    Check(Option<String>),
    /// Want a service from now on.
    Enable(String),
    /// Want a service no more.
    Disable(String),
    /// Stop a service and start it; answered when it is up or has failed.
    Restart(String),
    /// These are the addresses of the node, and no others.
    Addresses(Vec<Address>),
    /// Somebody outside says how a service is.
    Report {
        /// Its name.
        service: String,
        /// Whether it is well.
        healthy: bool,
        /// Why it is not.
        reason: String,
    },
}

/// Why a command is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// there is no such service
    #[error("there is no service '{0}'")]
    Unknown(String),
    /// somebody outside starts and stops the services
    #[error("services are started and stopped from outside here (manager = outside)")]
    Outside,
    /// reports are not heard
    #[error("reports are only heard where services are managed from outside (manager = outside)")]
    NotOutside,
    /// the service is disabled
    #[error("'{0}' is disabled")]
    Disabled(String),
    /// the service is not checked
    #[error("'{0}' is not checked (checked = no)")]
    NotChecked(String),
    /// the phase does not allow it
    #[error("the services are not running: {0}")]
    Phase(&'static str),
    /// too many requests wait
    #[error("too many requests are waiting")]
    Busy,
    /// too many addresses, or one that is none
    #[error("an address is wrong, or there are too many of them")]
    Addresses,
    /// another command came in between
    #[error("another command came in between: {0}")]
    Overtaken(&'static str),
}

/// A service that was checked because somebody asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its name.
    pub service: String,
    /// How it is after the check.
    pub state: State,
    /// How the check went.
    pub done: Done,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done, or will be.
    Done,
    /// To [`Command::Startup`], [`Command::Shutdown`] and [`Command::Restart`]: what the daemon does
    /// then, what was not done, and why. Empty: all was.
    Settled(Phase, Vec<String>),
    /// To [`Command::Check`], in the order in which services are started.
    Checked(Vec<Checked>),
    /// It is not carried out.
    Refused(Refusal),
}

/// What the driver tells the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// What was decided by command: which services are wanted. The first input, before [`Input::Configure`]; none is needed
    /// when nothing was decided.
    Choices(BTreeMap<String, bool>),
    /// A daemon before this one has left this. Behind [`Input::Choices`], before [`Input::Configure`].
    ///
    /// `running`: its operations that still run, found by their process, or by a mark that they carry in case the daemon
    /// ended before it knew the process. When one of them ends, [`Input::Done`] follows, with [`crate::How::Unknown`] when
    /// nobody could see how. Of the others none is awaited any more.
    Adopt {
        /// What it left.
        saved: Box<Saved>,
        /// What still runs.
        running: BTreeSet<Token>,
    },
    /// What to go by from now on. One that is wrong ([`Config::problems`]) is not taken.
    Configure(Config),
    /// An operation has begun, in this process; not for those that have none.
    Started {
        /// That of the effect that began it.
        token: Token,
        /// Where it runs: the leader of its process group.
        process: Process,
    },
    /// An operation has ended, and nothing of it is left.
    Done {
        /// That of the effect that began it.
        token: Token,
        /// What came of it.
        outcome: OperationOutcome,
    },
    /// Somebody wants something.
    Command {
        /// For the answer.
        id: RequestId,
        /// What is wanted.
        command: Command,
    },
    /// Something has happened to a service: check it now rather than at its time.
    Look(String),
}

/// What others may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A service came into another state.
    State {
        /// What it is.
        spec: Arc<Spec>,
        /// From where to where, and why.
        transition: Arc<Transition>,
    },
    /// The node is well, or not any more.
    Health(Health),
    /// A service was told its addresses.
    Reconfigured {
        /// Its name.
        service: String,
        /// What it was told.
        change: Arc<Change>,
        /// How that went.
        done: Box<Done>,
    },
}

/// What the driver has to do. What comes of one step comes in this order: log, tell, keep, save, end, run, answer;
/// where the health is told it is saved before that, too, that it may not have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write a line to the log.
    Log(Level, String),
    /// Tell whoever wants to know.
    Tell(Notice),
    /// Keep what was decided by command, over the end of the machine; [`Input::Choices`] the next time.
    Keep(BTreeMap<String, bool>),
    /// Write down what a daemon after this one has to know, before the next effect is carried out; [`Input::Adopt`] then.
    Save(Box<Saved>),
    /// End an operation: ask its process group to end, kill what is left of it soon; [`Input::Done`] follows all the same.
    End(Token),
    /// Do something with a service. [`Input::Started`] follows when a process does it, and [`Input::Done`] in the end.
    Run {
        /// For the results.
        token: Token,
        /// Which service.
        spec: Arc<Spec>,
        /// The operation, with what it needs.
        work: Work,
        /// How long it may take. The machine ends it then; a driver that ends it by itself says
        /// [`crate::How::TimedOut`].
        limit: Duration,
    },
    /// Answer a command.
    Answer {
        /// That of the command.
        id: RequestId,
        /// What came of the command.
        answer: Answer,
    },
}
