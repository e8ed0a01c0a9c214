//! Why a daemon does not start: one line for each reason, and the exit status.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;

use crate::configuration::Unreadable;

/// `EX_CONFIG` of sysexits.h.
const CONFIGURATION: u8 = 78;

/// Why a daemon does not start, or does not take a new configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A file of the configuration cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Mistakes in the configuration, each with its file and line.
    #[error("{}", .0.join("; "))]
    Configuration(Vec<String>),
    /// The directory of the configuration that was named is none.
    #[error("--config-dir {0}: there is no such directory")]
    Directory(PathBuf),
    /// An option of the log.
    #[error("{option} {value}: {why}")]
    LogOption {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What was expected.
        why: String,
    },
    /// The log cannot be opened.
    #[error("the log at {place}: {error}")]
    Log {
        /// Where it would go.
        place: String,
        /// What the system says.
        error: io::Error,
    },
    /// Another process holds the pid file.
    #[error("{path}: process {pid} runs already")]
    Running {
        /// The file.
        path: PathBuf,
        /// The process.
        pid: i32,
    },
    /// The pid file cannot be written.
    #[error("{path}: {error}")]
    PidFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The system refuses something that every process may.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
}

impl From<config::Mistake> for FrameError {
    fn from(mistake: config::Mistake) -> Self {
        Self::Configuration(vec![config::Remark::from(mistake).to_string()])
    }
}

impl FrameError {
    /// One line for each thing that is wrong.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        match self {
            Self::Configuration(lines) => lines.clone().into_iter(),
            other => vec![other.to_string()].into_iter(),
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable(_) | Self::Configuration(_) => CONFIGURATION.into(),
            Self::Directory(_) | Self::LogOption { .. } => 2.into(),
            _ => ExitCode::FAILURE,
        }
    }
}

pub(crate) fn system(what: &'static str) -> impl FnOnce(nix::Error) -> FrameError {
    move |error| FrameError::System { what, error: error.into() }
}
