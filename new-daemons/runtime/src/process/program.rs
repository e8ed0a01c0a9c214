//! What is to be run, and starting it.
//!
//! Whether a file may be run is said by the mode bit of its owner, as event scripts have it: it is how people enable and
//! disable one. A file that went away meanwhile is told apart from an interpreter that is missing.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

use super::orphans;
use super::running::{Feed, Running};

/// Bytes of output that are kept unless the caller says otherwise.
const OUTPUT: usize = 64 << 10;

/// What a daemon is told by whoever has started it, and is nobody else's business.
const PRIVATE: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// Why a program was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The file is not there, or not any more.
    #[error("there is no such file")]
    Missing,
    /// Its owner may not execute it.
    #[error("the file is not executable")]
    NotExecutable,
    /// The system refused: a format that cannot be run, a missing interpreter, too many descriptors or processes.
    #[error("{}", Errno::from_raw(*.0).desc())]
    System(i32),
}

impl StartError {
    /// The error of the system that comes closest.
    #[must_use]
    pub const fn errno(self) -> i32 {
        match self {
            Self::Missing => nix::libc::ENOENT,
            Self::NotExecutable => nix::libc::EACCES,
            Self::System(errno) => errno,
        }
    }

    fn system(error: &io::Error) -> Self {
        Self::System(error.raw_os_error().unwrap_or(nix::libc::EIO))
    }
}

/// A program with its arguments, environment and input.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    name: Option<OsString>,
    args: Vec<OsString>,
    env: Vec<(OsString, Option<OsString>)>,
    stdin: Vec<u8>,
    output: usize,
    user: Option<(u32, u32)>,
}

impl Program {
    /// The program at a path, without arguments, with this process's environment and nothing to read.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            name: None,
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            output: OUTPUT,
            user: None,
        }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it sees as its own name; a script with an interpreter does not see it.
    #[must_use]
    pub fn name(mut self, name: impl AsRef<OsStr>) -> Self {
        self.name = Some(name.as_ref().to_owned());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), None));
        self
    }

    /// Takes away what only this process is to know from whoever has started it: systemd's sockets and watchdog.
    #[must_use]
    pub fn without_private(self) -> Self {
        PRIVATE.iter().fold(self, |program, name| program.env_remove(name))
    }

    /// What it can read from standard input, which is `/dev/null` otherwise. It need not read it.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// How many bytes of its output are kept: the last ones.
    #[must_use]
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output = bytes;
        self
    }

    /// As whom it is run: the numbers of a user and of a group, and without any other group. Only root can do that.
    #[must_use]
    pub fn user(mut self, user: u32, group: u32) -> Self {
        self.user = Some((user, group));
        self
    }

    /// Starts it in a process group of its own. To be called inside a tokio runtime with I/O enabled.
    ///
    /// # Errors
    /// Why it does not run; nothing is left behind then.
    pub fn start(&self) -> Result<Running, StartError> {
        orphans::collect();
        self.look()?;
        let system = |error: io::Error| StartError::system(&error);
        // Before the program exists, so that its end is not missed.
        let ended = signal(SignalKind::child()).map_err(system)?;
        let (output, stdout) = io::pipe().map_err(system)?;
        let stderr = stdout.try_clone().map_err(system)?;
        let output = pipe::Receiver::from_owned_fd(output.into()).map_err(system)?;
        let mut command = Command::new(&self.path);
        command.args(&self.args).stdout(stdout).stderr(stderr).process_group(0);
        if let Some(name) = &self.name {
            command.arg0(name);
        }
        if let Some((user, group)) = self.user {
            // With these, the standard library takes away the other groups too.
            command.uid(user).gid(group);
        }
        for (key, value) in &self.env {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        let mut feed = None;
        if self.stdin.is_empty() {
            command.stdin(Stdio::null());
        } else {
            let (stdin, input) = io::pipe().map_err(system)?;
            let input = pipe::Sender::from_owned_fd(OwnedFd::from(input)).map_err(system)?;
            feed = Some(Feed::new(input, self.stdin.clone()));
            command.stdin(stdin);
        }
        let child = orphans::spawn(&mut command).map_err(|error| self.refused(&error))?;
        Ok(Running::new(child, ended, output, self.output, feed))
    }

    fn look(&self) -> Result<(), StartError> {
        match fs::metadata(&self.path) {
            Ok(meta) if meta.permissions().mode() & 0o100 == 0 => Err(StartError::NotExecutable),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StartError::Missing),
            Err(error) => Err(StartError::system(&error)),
        }
    }

    /// A file that was taken away or disabled between the look and the start is as if the look had seen it.
    fn refused(&self, error: &io::Error) -> StartError {
        self.look().err().unwrap_or_else(|| StartError::system(error))
    }
}
