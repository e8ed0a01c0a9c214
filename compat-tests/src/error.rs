//! What can go wrong in the harness, each in words that a person who reads a failed test can act on.
//!
//! `Debug` prints the same text as `Display`, so that an `unwrap()` in a test shows the message and not its structure.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Result of the harness's calls.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the harness or of what it watches.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Programs that the test needs are not installed; the text is the command that installs them.
    #[error("not installed: {programs}; type: {command}")]
    MissingPackages {
        /// The programs that were not found.
        programs: String,
        /// The one command to type.
        command: String,
    },
    /// There are no such nodes.
    #[error("mix {mix:?}: {why}")]
    Mix {
        /// The letters.
        mix: String,
        /// What is wrong with them.
        why: String,
    },
    /// The Samba that was named instead of Debian's lacks a program.
    #[error("there is no {program} in {dir}, which {variable} names", variable = crate::mix::OTHER_C)]
    OtherC {
        /// The program.
        program: &'static str,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// An operation of the system failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A condition did not come true in time.
    #[error("not within {limit:?}: {what}\nlast seen: {last}{logs}")]
    Deadline {
        /// The condition.
        what: String,
        /// How long was waited.
        limit: Duration,
        /// The state at the last look.
        last: String,
        /// Ends of the logs, where there are any.
        logs: String,
    },
    /// A program ended with a failure.
    #[error("{command}: {status}\n{output}")]
    Tool {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed.
        output: String,
    },
    /// A warden ended early or said something unexpected.
    #[error("warden of {name}: {said}")]
    Warden {
        /// The process it looked after.
        name: String,
        /// Its words, or how it ended.
        said: String,
    },
    /// A call does not fit the state of the process.
    #[error("{name} is {state}")]
    State {
        /// The node or daemon.
        name: String,
        /// Its state.
        state: &'static str,
    },
    /// One of the project's own programs could not be built.
    #[error("{path} is missing or older than its sources, and `{command}` failed:\n{output}")]
    Build {
        /// The program.
        path: PathBuf,
        /// The command that was run.
        command: String,
        /// Its complaints.
        output: String,
    },
    /// The output of a program could not be understood.
    #[error("cannot read the output of {command}: {line:?}")]
    Output {
        /// The command line.
        command: String,
        /// The line in question.
        line: String,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Adds what was tried to an error of the system.
pub(crate) fn io_at(what: impl fmt::Display) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { what: what.to_string(), source }
}
