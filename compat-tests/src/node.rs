//! One node of a cluster: its ctdbd, what can be done to it, and what it says.
//!
//! Operators' commands go through Debian's own `ctdb` tool. Signals go through the warden, which alone knows for sure
//! which processes belong to the node.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::error::{Error, Result};
use crate::event_relay;
use crate::packages::Tool;
use crate::processes::{Process, descendants};
use crate::status::Status;
use crate::tool::{ToolOutput, run};
use crate::wait::wait_until;
use crate::warden::{Site, Spec, Stdin, Tree, Whom};

/// How long an operator's command may take.
const COMMAND: Duration = Duration::from_secs(60);
/// How long ctdbd may take to listen, or to end.
const UP_OR_DOWN: Duration = Duration::from_secs(30);

/// One node.
pub struct Node {
    pnn: u32,
    address: String,
    base: PathBuf,
    site: Arc<Site>,
    /// For ctdbd alone.
    extra: Mutex<Vec<(String, OsString)>>,
    tree: Mutex<Option<Arc<Tree>>>,
    /// The network namespace of its ctdbd, if that is not the one of the test.
    namespace: OnceLock<PathBuf>,
    /// Where its directory stands in for that of an installed ctdb, if it does.
    mounts: OnceLock<PathBuf>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} at {} in {}", self.pnn, self.address, self.base.display())
    }
}

impl Node {
    pub(crate) fn new(site: Arc<Site>, pnn: u32, address: String, extra: Vec<(String, OsString)>) -> Self {
        let base = Self::base_in(&site, pnn);
        let extra = Mutex::new(extra);
        Self {
            pnn,
            address,
            base,
            site,
            extra,
            tree: Mutex::new(None),
            namespace: OnceLock::new(),
            mounts: OnceLock::new(),
        }
    }

    /// Its ctdbd will be started in this network namespace.
    pub(crate) fn live_in(&self, namespace: PathBuf) {
        // Said once, before the first start.
        let _ = self.namespace.set(namespace);
    }

    /// Its ctdbd and the C tool will find its directory where that of an installed ctdb is.
    pub(crate) fn install_in(&self, mounts: PathBuf) {
        // Said once, before the first start.
        let _ = self.mounts.set(mounts);
    }

    /// Where its network namespace can be entered, if it has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&Path> {
        self.namespace.get().map(PathBuf::as_path)
    }

    /// How a program is started where the node is: inside its namespaces, if it has some.
    pub(crate) fn enter(&self, program: PathBuf, args: Vec<OsString>) -> Result<(PathBuf, Vec<OsString>)> {
        let Some(net) = self.namespace.get() else { return Ok((program, args)) };
        let mut all: Vec<OsString> = vec![format!("--net={}", net.display()).into()];
        all.extend(self.mounts.get().map(|mounts| format!("--mount={}", mounts.display()).into()));
        all.push(program.into());
        all.extend(args);
        Ok((Tool::Nsenter.path()?, all))
    }

    /// The directory of the node with this number.
    pub(crate) fn base_in(site: &Site, pnn: u32) -> PathBuf {
        site.dir().join(format!("node.{pnn}"))
    }

    /// Its number.
    #[must_use]
    pub fn pnn(&self) -> u32 {
        self.pnn
    }

    /// Its address; ctdbd listens at port 4379 of it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its directory: `CTDB_BASE`.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// ctdbd's socket for clients.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.base.join("run/ctdbd.socket")
    }

    /// The event daemon's socket for clients.
    #[must_use]
    pub fn event_socket(&self) -> PathBuf {
        self.base.join("run/eventd.socket")
    }

    /// What [`crate::Builder::record_events`] has recorded here.
    #[must_use]
    pub fn event_recording(&self) -> PathBuf {
        event_relay::recording(&self.base)
    }

    /// The directory for the sockets of the new daemons.
    #[must_use]
    pub fn bus_dir(&self) -> PathBuf {
        self.base.join("run/bus")
    }

    /// ctdbd's log.
    #[must_use]
    pub fn log(&self) -> String {
        // A log may hold bytes that are not UTF-8.
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.base.join("ctdbd.log")
    }

    /// The environment in which ctdbd and its tools find this node.
    #[must_use]
    pub fn env(&self) -> [(&'static str, &OsStr); 2] {
        [("CTDB_TEST_MODE", OsStr::new("yes")), ("CTDB_BASE", self.base.as_os_str())]
    }

    fn name(&self) -> String {
        format!("node {}", self.pnn)
    }

    fn tree(&self) -> MutexGuard<'_, Option<Arc<Tree>>> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Result<Arc<Tree>> {
        let tree = self.tree().clone().filter(|tree| tree.ended().is_none());
        tree.ok_or_else(|| Error::State { name: self.name(), state: "not running" })
    }

    /// Whether its ctdbd runs (or is stopped by a signal).
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running().is_ok()
    }

    /// The process id of its ctdbd.
    ///
    /// # Errors
    /// [`Error::State`] when it does not run.
    pub fn pid(&self) -> Result<i32> {
        Ok(self.running()?.pid())
    }

    /// Sets a variable in the environment of its ctdbd, or takes it away, from its next start on.
    pub fn set_env(&self, key: &str, value: Option<&OsStr>) {
        let mut extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        extra.retain(|(other, _)| other != key);
        extra.extend(value.map(|value| (key.to_owned(), value.to_owned())));
    }

    /// Starts ctdbd and returns when its socket answers. Health comes later: [`Node::wait_healthy`].
    ///
    /// # Errors
    /// When it runs already, or ends at once; then with the end of its log.
    pub fn start(&self) -> Result<()> {
        self.launch()?;
        self.wait_listening()
    }

    pub(crate) fn launch(&self) -> Result<()> {
        if self.is_running() {
            return Err(Error::State { name: self.name(), state: "running already" });
        }
        let extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let extra = extra.into_iter().map(|(key, value)| (OsString::from(key), value));
        let own = self.env().map(|(key, value)| (OsString::from(key), value.to_owned()));
        // An installed one is in no test mode. Real-time priority is for machines that have nothing else to do.
        let installed = [("CTDB_NOSETSCHED".into(), "1".into())];
        let own = if self.mounts.get().is_some() { installed.to_vec() } else { own.to_vec() };
        // In the foreground it logs to standard error, wherever the configuration points.
        let (program, args) = self.enter(Tool::Ctdbd.path()?, vec!["--interactive".into()])?;
        let spec = Spec {
            name: format!("ctdbd of {}", self.name()),
            program,
            args,
            env: own.into_iter().chain(extra).collect(),
            stdin: Stdin::Pipe,
            log: self.log_path(),
        };
        *self.tree() = Some(self.site.start(&spec)?);
        Ok(())
    }

    pub(crate) fn wait_listening(&self) -> Result<()> {
        let tree = self.running()?;
        self.wait(UP_OR_DOWN, &format!("{} listens", self.name()), || {
            let connected = std::os::unix::net::UnixStream::connect(self.socket());
            match (tree.ended(), connected) {
                (Some(ended), _) => Ok(Err(ended.0)),
                (None, Ok(_)) => Ok(Ok(())),
                (None, Err(error)) => Err(error.to_string()),
            }
        })?
        .map_err(|how| Error::Tool {
            command: "ctdbd --interactive".into(),
            status: how,
            output: self.log_tail(20),
        })
    }

    /// Kills ctdbd and everything below it, as when the machine loses power.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill9(&self) -> Result<()> {
        let tree = self.running()?;
        tree.signal(Whom::All, Signal::SIGKILL)?;
        self.wait_gone(&tree)
    }

    /// `ctdb shutdown`; returns when all processes are gone.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub fn shutdown(&self) -> Result<()> {
        let tree = self.running()?;
        self.ctdb(&["shutdown"])?;
        self.wait_gone(&tree)
    }

    fn wait_gone(&self, tree: &Tree) -> Result<()> {
        self.wait(UP_OR_DOWN, &format!("{} is down", self.name()), || {
            tree.ended().map(|_| ()).ok_or("its processes still run")
        })
    }

    /// Stops ctdbd and everything below it with SIGSTOP: a node that hangs.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> Result<()> {
        self.running()?.signal(Whom::All, Signal::SIGSTOP)
    }

    /// Lets a paused node run again.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.running()?.signal(Whom::All, Signal::SIGCONT)
    }

    /// All processes below its ctdbd, without it.
    ///
    /// # Errors
    /// When it does not run.
    pub fn helpers(&self) -> Result<Vec<Process>> {
        Ok(descendants(self.pid()?))
    }

    /// Sends a signal to ctdbd alone.
    ///
    /// # Errors
    /// When it does not run.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.running()?.signal(Whom::Main, signal)
    }

    /// Runs the C tool on this node and returns its output; an exit status other than 0 is an error.
    ///
    /// # Errors
    /// [`Error::Tool`] with what it printed.
    pub fn ctdb(&self, args: &[&str]) -> Result<String> {
        self.try_ctdb(args)?.ok()
    }

    /// Runs the C tool on this node, whatever comes of it.
    ///
    /// # Errors
    /// When it is not installed, or does not end within a minute.
    pub fn try_ctdb(&self, args: &[&str]) -> Result<ToolOutput> {
        let ctdb = Tool::Ctdb.path()?;
        let mut command = match self.mounts.get() {
            None => Command::new(ctdb),
            Some(_) => {
                let (program, args) = self.enter(ctdb, Vec::new())?;
                let mut command = Command::new(program);
                command.args(args);
                command
            }
        };
        command.args(args);
        if self.mounts.get().is_none() {
            command.envs(self.env());
        }
        run(command, COMMAND)
    }

    /// `ctdb stop`; returns when the node says itself that it is stopped.
    ///
    /// # Errors
    /// When the tool fails.
    pub fn stop(&self) -> Result<()> {
        self.ctdb(&["stop"])?;
        self.wait_flag_of(self.pnn, "STOPPED", COMMAND)
    }

    /// `ctdb continue`; the node is healthy some time later.
    ///
    /// # Errors
    /// When the tool fails.
    pub fn continue_(&self) -> Result<()> {
        self.ctdb(&["continue"]).map(drop)
    }

    /// `ctdb ban`; returns when the node says itself that it is banned.
    ///
    /// # Errors
    /// When the tool fails.
    pub fn ban(&self, seconds: u32) -> Result<()> {
        self.ctdb(&["ban", &seconds.to_string()])?;
        self.wait_flag_of(self.pnn, "BANNED", COMMAND)
    }

    /// `ctdb unban`; the node is healthy some time later.
    ///
    /// # Errors
    /// When the tool fails.
    pub fn unban(&self) -> Result<()> {
        self.ctdb(&["unban"]).map(drop)
    }

    /// `ctdb recover`.
    ///
    /// # Errors
    /// When the tool fails.
    pub fn recover(&self) -> Result<()> {
        self.ctdb(&["recover"]).map(drop)
    }

    /// What this node says about the cluster. The C tool waits for a word of the leader, up to some seconds.
    ///
    /// # Errors
    /// When the tool fails.
    pub fn status(&self) -> Result<Status> {
        Status::parse(&self.ctdb(&["status"])?)
    }

    /// What this node says about the nodes, without waiting for the leader: only `nodes` is filled in.
    ///
    /// # Errors
    /// When the tool fails for another reason than a node that is not well.
    pub fn node_status(&self) -> Result<Status> {
        // Its exit status is the sum of the flags.
        Status::parse(&self.try_ctdb(&["nodestatus", "all"])?.stdout)
    }

    /// Waits until the node says that it is healthy itself and its cluster has recovered.
    ///
    /// # Errors
    /// [`Error::Deadline`] with what it said last.
    pub fn wait_healthy(&self, limit: Duration) -> Result<()> {
        self.wait_ok_of(self.pnn, limit)?;
        self.wait(limit, &format!("{} has recovered", self.name()), || match self.status() {
            Ok(status) if status.recovered && status.node(self.pnn).is_some_and(|line| line.is_ok()) => {
                Ok(())
            }
            Ok(status) => Err(status.to_string()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// Waits until this node sees node `pnn` as disconnected.
    ///
    /// # Errors
    /// [`Error::Deadline`] with what it said last.
    pub fn wait_disconnected_of(&self, pnn: u32, limit: Duration) -> Result<()> {
        self.wait_flag_of(pnn, "DISCONNECTED", limit)
    }

    /// Waits until this node sees node `pnn` as `OK`.
    ///
    /// # Errors
    /// [`Error::Deadline`] with what it said last.
    pub fn wait_ok_of(&self, pnn: u32, limit: Duration) -> Result<()> {
        self.wait_flag_of(pnn, "OK", limit)
    }

    /// Waits until this node sees node `pnn` with `flag`, a word as the C tool prints it.
    ///
    /// # Errors
    /// [`Error::Deadline`] with what it said last.
    pub fn wait_flag_of(&self, pnn: u32, flag: &str, limit: Duration) -> Result<()> {
        self.wait(limit, &format!("{} sees node {pnn} {flag}", self.name()), || match self.node_status() {
            Ok(status) if status.node(pnn).is_some_and(|line| line.has(flag)) => Ok(()),
            Ok(status) => {
                Err(status.nodes.iter().map(|n| format!("{}:{} ", n.pnn, n.flags.join("|"))).collect())
            }
            Err(error) => Err(error.to_string()),
        })
    }

    fn wait<T, S: fmt::Display>(
        &self,
        limit: Duration,
        what: &str,
        probe: impl FnMut() -> std::result::Result<T, S>,
    ) -> Result<T> {
        wait_until(limit, what, probe).map_err(|error| {
            self.site.mark_failed();
            with_logs(error, &[self])
        })
    }

    /// The last lines of ctdbd's log.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let log = self.log();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

/// Adds the ends of the nodes' logs to a missed deadline.
pub(crate) fn with_logs(error: Error, nodes: &[&Node]) -> Error {
    match error {
        Error::Deadline { what, limit, last, mut logs } => {
            for node in nodes {
                logs += &format!("\n--- ctdbd of node {}:\n{}", node.pnn, node.log_tail(12));
            }
            Error::Deadline { what, limit, last, logs }
        }
        other => other,
    }
}
