//! What a service is, as the configuration says it, and what all of them are together.
//!
//! The bounds of numbers and the graph of names are checked here once more, so that the machine can rely on them; lines of
//! files are for the crate `config` to tell.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{HISTORY, OUTPUT};

/// What a service is made of: by what it is started, checked and stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The event scripts of a component.
    Script {
        /// Its name: a directory below `events`.
        component: String,
    },
    /// A unit of systemd.
    Systemd {
        /// Its name, with its suffix.
        unit: String,
    },
    /// An OCF resource agent.
    Ocf {
        /// `ocf:PROVIDER:TYPE`.
        agent: String,
        /// Its parameters.
        parameters: BTreeMap<String, String>,
    },
}

impl Kind {
    /// Its word in the configuration.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Script { .. } => "script",
            Self::Systemd { .. } => "systemd",
            Self::Ocf { .. } => "ocf",
        }
    }

    /// The component, the unit or the agent.
    #[must_use]
    pub fn made_of(&self) -> &str {
        match self {
            Self::Script { component: name }
            | Self::Systemd { unit: name }
            | Self::Ocf { agent: name, .. } => name,
        }
    }
}

/// A program and its arguments, without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its absolute path, or its name in the directory of callbacks.
    pub path: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<String>,
}

/// Whether a service that has failed is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// It is left as it is, and checked on.
    #[default]
    Never,
    /// It is stopped and started, after a pause.
    OnFailure,
}

/// What a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    /// Services that have to be up before it is started, and without which it is not well.
    pub requires: Vec<String>,
    /// Services that are started before it and stopped after it, whatever becomes of them.
    pub after: Vec<String>,
    /// Whether the node is unhealthy when it is not up.
    pub counts: bool,
    /// Whether it is wanted, unless somebody has said otherwise by command.
    pub enabled: bool,
    /// Whether it is checked. One that is not is up when its start went well, or when somebody outside says so.
    pub checked: bool,
    /// How long a start may take; telling it its addresses as well.
    pub start_limit: Duration,
    /// How long a stop may take.
    pub stop_limit: Duration,
    /// How long a check may take.
    pub check_limit: Duration,
    /// From the beginning of one check to that of the next.
    pub check_interval: Duration,
    /// So many checks that fail in a row make it fail.
    pub fail_after: u32,
    /// So many checks that go well in a row make it be up again.
    pub recover_after: u32,
    /// Whether it is started again when it has failed.
    pub restart: Restart,
    /// How often.
    pub restart_limit: u32,
    /// The pause before the first restart; each further one is twice as long.
    pub backoff: Duration,
    /// So many changes between well and failed...
    pub flap_limit: u32,
    /// ... in so much time are too many.
    pub flap_window: Duration,
    /// Then it counts as failed until it has not changed for so long.
    pub flap_hold: Duration,
    /// What it is told its addresses with; none: in its kind's own way.
    pub reconfigure: Option<Program>,
}

impl Spec {
    /// A service with the defaults of the configuration.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        let seconds = Duration::from_secs;
        Self {
            name: name.into(),
            kind,
            requires: Vec::new(),
            after: Vec::new(),
            counts: true,
            enabled: true,
            checked: true,
            start_limit: seconds(60),
            stop_limit: seconds(60),
            check_limit: seconds(30),
            check_interval: seconds(10),
            fail_after: 1,
            recover_after: 1,
            restart: Restart::Never,
            restart_limit: 3,
            backoff: seconds(1),
            flap_limit: 5,
            flap_window: seconds(300),
            flap_hold: seconds(120),
            reconfigure: None,
        }
    }
}

/// When services are started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// When somebody asks: ctdbd, when it starts.
    #[default]
    OnRequest,
    /// With the daemon.
    AtOnce,
}

/// Who starts and stops the services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manager {
    /// This daemon.
    #[default]
    Ctdb,
    /// Somebody else: Pacemaker, systemd. This daemon only checks and listens.
    Outside,
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ctdb => "ctdb",
            Self::Outside => "outside",
        })
    }
}

/// What the daemon goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// When services are started. Only the first configuration's counts.
    pub begin: Begin,
    /// Who starts and stops them. Only the first configuration's counts.
    pub manager: Manager,
    /// Changes of state of each service that are remembered.
    pub history: usize,
    /// Bytes of output that are kept of an operation.
    pub output: usize,
    /// How long changes of addresses are gathered.
    pub settle: Duration,
    /// The services.
    pub services: Vec<Spec>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            begin: Begin::default(),
            manager: Manager::default(),
            history: HISTORY,
            output: OUTPUT,
            settle: Duration::from_millis(500),
            services: Vec::new(),
        }
    }
}
