//! One of the project's own daemons beside a cluster: started, killed, restarted, and gone with its owner.
//!
//! It runs under a warden like ctdbd does; its standard output and error go to a log file that is saved when a test fails.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::error::{Error, Result};
use crate::wait::wait_until;
use crate::warden::{Site, Spec, Stdin, Tree, Whom};

/// How long a daemon may take to end when it is asked to.
const END: Duration = Duration::from_secs(20);

/// What to start and how.
#[derive(Clone)]
pub struct DaemonBuilder {
    site: Arc<Site>,
    spec: Spec,
}

impl fmt::Debug for DaemonBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl DaemonBuilder {
    pub(crate) fn new(site: Arc<Site>, name: &str, program: PathBuf) -> Self {
        let log = site.dir().join(format!("{}.log", name.replace([' ', '/'], "-")));
        let spec =
            Spec { name: name.to_owned(), program, args: vec![], env: vec![], stdin: Stdin::Null, log };
        Self { site, spec }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.spec.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.spec.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to the environment.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.spec.env.push((key.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The file for its standard output and error; its name should end in `.log` to be saved when a test fails.
    #[must_use]
    pub fn log(mut self, log: PathBuf) -> Self {
        self.spec.log = log;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn start(self) -> Result<Daemon> {
        let tree = self.site.start(&self.spec)?;
        Ok(Daemon { site: self.site, spec: self.spec, tree })
    }
}

/// A running program. Dropping it kills it and whatever it started.
pub struct Daemon {
    site: Arc<Site>,
    spec: Spec,
    tree: Arc<Tree>,
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.spec.name, self.tree.pid())
    }
}

impl Daemon {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.tree.pid()
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.tree.ended().is_none()
    }

    /// How it ended, `status 0` or `signal SIGKILL`; `None` while it runs.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.tree.ended().map(|ended| ended.0)
    }

    /// Where its log is.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.spec.log
    }

    /// What it has printed so far, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.spec.log).unwrap_or_default()).into_owned()
    }

    /// Sends a signal to the program alone.
    ///
    /// # Errors
    /// When its warden does not answer.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.tree.signal(Whom::Main, signal)
    }

    /// Kills it and whatever it started; returns when all of that is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub fn kill9(&self) -> Result<()> {
        self.tree.kill();
        self.wait_ended(END).map(drop)
    }

    /// Asks it to end with SIGTERM, waits, and returns how it ended.
    ///
    /// # Errors
    /// [`Error::Deadline`] with the end of its log.
    pub fn stop(&self) -> Result<String> {
        self.signal(Signal::SIGTERM)?;
        self.wait_ended(END)
    }

    /// Waits until it has ended by itself and returns how.
    ///
    /// # Errors
    /// [`Error::Deadline`] with the end of its log.
    pub fn wait_ended(&self, limit: Duration) -> Result<String> {
        if let Some(ended) = self.tree.wait_gone(limit) {
            return Ok(ended.0);
        }
        let what = format!("{} ends", self.spec.name);
        Err(self.with_log(Error::Deadline { what, limit, last: "it runs".to_owned(), logs: String::new() }))
    }

    /// Kills it if it still runs, and starts it again with the same arguments and log.
    ///
    /// # Errors
    /// When it does not go, or does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.kill9()?;
        self.tree = self.site.start(&self.spec)?;
        Ok(())
    }

    /// Waits for a condition; a missed deadline comes with the end of the log, and so does an early end of the daemon.
    ///
    /// # Errors
    /// [`Error::Deadline`] or [`Error::Tool`].
    pub fn wait<T, S: fmt::Display>(
        &self,
        limit: Duration,
        what: &str,
        mut probe: impl FnMut() -> std::result::Result<T, S>,
    ) -> Result<T> {
        let outcome = wait_until(limit, what, || match (probe(), self.ended()) {
            (Ok(value), _) => Ok(Ok(value)),
            (Err(_), Some(how)) => Ok(Err(how)),
            (Err(last), None) => Err(last),
        });
        let status = match outcome.map_err(|error| self.with_log(error))? {
            Ok(value) => return Ok(value),
            Err(how) => how,
        };
        Err(Error::Tool { command: self.spec.name.clone(), status, output: self.log_tail() })
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn with_log(&self, error: Error) -> Error {
        self.site.mark_failed();
        match error {
            Error::Deadline { what, limit, last, .. } => {
                let logs = format!("\n--- {}:\n{}", self.spec.name, self.log_tail());
                Error::Deadline { what, limit, last, logs }
            }
            other => other,
        }
    }
}
