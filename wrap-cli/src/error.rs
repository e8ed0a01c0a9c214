//! What can go wrong for somebody who typed a command: one line each, saying what, where and what to do.
//!
//! Every error has a code for scripts and an exit status. A node of several that does not answer is no error: it is a
//! row of the answer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exit::Exit;
use crate::nodes::NodeListError;

/// Why one question to one node has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The time for one node is over.
    #[error("no answer within {}", seconds(*.0))]
    NoAnswer(Duration),
    /// The daemon answered that it will not, or cannot.
    #[error("refused: {0}")]
    Refused(String),
    /// The answer cannot be read.
    #[error("malformed answer: {0}")]
    Malformed(String),
    /// The node is not connected to this one.
    #[error("the node is disconnected")]
    Disconnected,
    /// Others were in the way until the time was over.
    #[error("{0}")]
    TooLate(String),
    /// What was named is not there.
    #[error("{0}")]
    NotThere(String),
    /// It is not done to what was named.
    #[error("{0}")]
    Misuse(String),
    /// A file cannot be used.
    #[error("{0}")]
    File(String),
    /// It was tried and did not work.
    #[error("{0}")]
    Failed(String),
    /// The local daemon went away before the answer came.
    #[error("the connection to the local ctdbd was lost: {0}")]
    Lost(String),
    /// A daemon that is asked without ctdbd cannot be asked, or does not do what it should.
    #[error("{}: {message}", .what.display())]
    Daemon {
        /// Its socket, or its name and node.
        what: PathBuf,
        /// What happened.
        message: String,
        /// For scripts.
        code: &'static str,
        /// For the shell.
        exit: Exit,
    },
}

impl Failure {
    /// For scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "no_answer",
            Self::Refused(_) => "refused",
            Self::Malformed(_) => "malformed_answer",
            Self::Disconnected => "disconnected",
            Self::TooLate(_) => "no_answer",
            Self::NotThere(_) => "not_there",
            Self::Misuse(_) => "usage",
            Self::File(_) => "file",
            Self::Failed(_) => "failed",
            Self::Lost(_) => "connection_lost",
            Self::Daemon { code, .. } => code,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NoAnswer(_) | Self::TooLate(_) => Exit::NoAnswer,
            Self::Refused(_) | Self::Malformed(_) | Self::NotThere(_) | Self::Failed(_) => Exit::Refused,
            Self::Disconnected => Exit::Refused,
            Self::Misuse(_) | Self::File(_) => Exit::Usage,
            Self::Lost(_) => Exit::NoDaemon,
            Self::Daemon { exit, .. } => *exit,
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) | Self::TooLate(_) => "; a longer time can be given with -t",
            Self::NotThere(_) | Self::Misuse(_) | Self::File(_) | Self::Failed(_) | Self::Daemon { .. } => "",
            Self::Refused(_) | Self::Disconnected => "",
            Self::Malformed(_) => "; is it a ctdbd of another kind of machine?",
            Self::Lost(_) => "; is it being restarted?",
        }
    }
}

/// Why a command has no answer at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The words of the command line make no sense.
    #[error("{0}")]
    Words(String),
    /// The list of nodes makes no sense.
    #[error(transparent)]
    NodeList(#[from] NodeListError),
    /// `-n` for a command that has no use for it.
    #[error("'{0}' does not take -n: it is about this node, or the whole cluster; leave it out")]
    NodeNotTaken(String),
    /// `--watch` for a command that changes something.
    #[error("'{0}' changes something; --watch is for commands that only ask")]
    WatchNotTaken(String),
    /// Several nodes for a command that asks one.
    #[error("'{command}' asks one node, -n names several; name one")]
    OneNode {
        /// The command.
        command: String,
    },
    /// The one node that is to be asked is not connected to this one.
    #[error("node {node} is disconnected")]
    Disconnected {
        /// Its number.
        node: u32,
    },
    /// ctdbd cannot be reached.
    #[error("{message}")]
    NoCtdbd {
        /// Where, and what to do.
        message: String,
        /// For scripts.
        code: &'static str,
        /// For the shell.
        exit: Exit,
    },
    /// There is no connection to this node's tunneld.
    #[error("{0}; start it, or name its directory with --run-dir")]
    NoTunneld(runtime::BusError),
    /// This process may not ask this node's tunneld.
    #[error("{0}; try as root")]
    NoPermission(runtime::BusError),
    /// This node's tunneld has no place for this program.
    #[error("{0}; try again when one of them has ended")]
    NotRegistered(runtime::BusError),
    /// This node's tunneld went away before the answer came.
    #[error("the connection to ctdb-tunneld was lost; is it being restarted?")]
    TunneldLost,
    /// A tunneld did not answer a question as it should.
    #[error("ctdb-tunneld of node {node}: {message}; 'ctdbctl tunnel status' says more")]
    Tunneld {
        /// The node of that tunneld.
        node: bus::Node,
        /// For scripts.
        code: &'static str,
        /// What was seen.
        message: String,
        /// For the shell.
        exit: Exit,
    },
    /// One question has no answer, and without it there is nothing to show.
    #[error("node {node}, {question}: {failure}{}", .failure.advice())]
    Question {
        /// Whom it was put to.
        node: u32,
        /// What was asked.
        question: &'static str,
        /// What happened.
        failure: Failure,
    },
    /// A daemon that is asked without ctdbd has no answer.
    #[error(transparent)]
    Daemon(Failure),
    /// A file of a database is not what it should be, or cannot be used.
    #[error("{question}: {failure}{}", .failure.advice())]
    OnFile {
        /// What was to be done.
        question: &'static str,
        /// What happened.
        failure: Failure,
    },
    /// A file or a socket cannot be used.
    #[error("{}: {message}", .path.display())]
    File {
        /// The file or the socket.
        path: PathBuf,
        /// Why, in the words of the system.
        message: String,
    },
    /// A file is no recording, or has nothing of what is wanted.
    #[error("{}: {message}", .path.display())]
    NoCapture {
        /// The file that was named.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Standard input cannot be read on.
    #[error("standard input: {0}")]
    Input(String),
    /// The answer cannot be written.
    #[error("standard output: {0}")]
    Output(String),
    /// Something is destroyed, nobody can be asked, and `--yes` is missing.
    #[error("{what} Nobody can be asked here; add --yes")]
    NeedsYes {
        /// What would happen.
        what: String,
    },
    /// The person at the terminal said no.
    #[error("nothing was done")]
    NotConfirmed,
    /// Something on this machine that is no ctdbd cannot be asked, or does not do what it should.
    #[error("{}: {message}", .what.display())]
    Local {
        /// Its socket, or the program.
        what: PathBuf,
        /// What happened.
        message: String,
        /// For scripts.
        code: &'static str,
        /// For the shell.
        exit: Exit,
    },
    /// The program could not start.
    #[error("cannot start: {0}")]
    Start(std::io::Error),
}

impl From<runtime::BusError> for Error {
    fn from(error: runtime::BusError) -> Self {
        match error {
            runtime::BusError::NotRegistered { .. } => Self::NotRegistered(error),
            runtime::BusError::Forbidden { .. } => Self::NoPermission(error),
            _ => Self::NoTunneld(error),
        }
    }
}

impl Error {
    /// A file or a socket that cannot be used.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::File { path: path.into(), message: system(error) }
    }

    /// For scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Words(_)
            | Self::NodeList(_)
            | Self::NodeNotTaken(_)
            | Self::WatchNotTaken(_)
            | Self::OneNode { .. } => "usage",
            Self::Disconnected { .. } => "disconnected",
            Self::NoTunneld(_) => "no_tunneld",
            Self::NotRegistered(_) => "not_registered",
            Self::NoPermission(_) => "no_permission",
            Self::TunneldLost => "connection_lost",
            Self::NoCtdbd { code, .. } | Self::Tunneld { code, .. } | Self::Local { code, .. } => code,
            Self::Input(_) => "input",
            Self::Output(_) => "output",
            Self::Question { failure, .. } | Self::OnFile { failure, .. } | Self::Daemon(failure) => {
                failure.code()
            }
            Self::NeedsYes { .. } => "needs_yes",
            Self::NotConfirmed => "not_confirmed",
            Self::File { .. } => "file",
            Self::NoCapture { .. } => "no_capture",
            Self::Start(_) => "start",
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Words(_) | Self::NodeList(_) | Self::NodeNotTaken(_) | Self::OneNode { .. } => Exit::Usage,
            Self::WatchNotTaken(_) => Exit::Usage,
            Self::File { .. } | Self::NeedsYes { .. } | Self::Input(_) | Self::Output(_) => Exit::Usage,
            Self::NotConfirmed => Exit::No,
            Self::Disconnected { .. } => Exit::Refused,
            Self::NoCapture { .. } => Exit::Refused,
            Self::NoTunneld(runtime::BusError::Silent { .. }) => Exit::NoAnswer,
            Self::NotRegistered(_) => Exit::Refused,
            Self::NoTunneld(_) | Self::NoPermission(_) | Self::TunneldLost | Self::Start(_) => Exit::NoDaemon,
            Self::NoCtdbd { exit, .. } | Self::Tunneld { exit, .. } | Self::Local { exit, .. } => *exit,
            Self::Question { failure, .. } | Self::OnFile { failure, .. } | Self::Daemon(failure) => {
                failure.exit()
            }
        }
    }
}

/// An error of the system in words, without its number.
pub(crate) fn system(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(words, _)| words).to_owned()
}

/// A text of somebody else's making, fit for one line of a terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A time as a person writes it: `10 s`, `0.25 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
