//! A cluster of real ctdbd: its making, its health, its end.
//!
//! While a cluster exists it owns a directory and a loopback network; both go when it is dropped. After a panic, and
//! after a failed call of the harness itself, the logs are kept under cargo's target directory and their ends printed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::binaries::{binary, product, target_dir};
use crate::daemon::{Daemon, DaemonBuilder};
use crate::error::Result;
use crate::event_relay;
use crate::layout::{Layout, Timing};
use crate::namespaces::{self, Namespaces};
use crate::node::{Node, with_logs};
use crate::packages::{Tool, require};
use crate::recorder::Recorder;
use crate::status::Status;
use crate::wait::wait_until;
use crate::warden::Site;

/// How long a cluster may take to become healthy on a busy machine.
const HEALTHY: Duration = Duration::from_secs(60);

/// What kind of cluster to start.
#[derive(Clone, Debug)]
pub struct Builder {
    nodes: u8,
    timing: Timing,
    log_level: String,
    tunables: Vec<(String, u32)>,
    wait: bool,
    record: Option<PathBuf>,
    files: Vec<(String, String)>,
    env: Vec<(String, OsString)>,
    record_events: bool,
    /// The nodes whose event daemon is ours.
    eventd_of: Vec<u8>,
    debian_scripts: bool,
    namespaces: bool,
    /// From which the switch between namespaces draws.
    seed: u64,
    installed: bool,
}

impl Builder {
    /// How many nodes, at most 254.
    #[must_use]
    pub fn nodes(mut self, nodes: u8) -> Self {
        self.nodes = nodes;
        self
    }

    /// How quickly the cluster notices things; fast unless said otherwise.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// ctdbd's log level; `NOTICE` unless said otherwise.
    #[must_use]
    pub fn log_level(mut self, level: &str) -> Self {
        level.clone_into(&mut self.log_level);
        self
    }

    /// Sets a tunable on all nodes.
    #[must_use]
    pub fn tunable(mut self, name: &str, value: u32) -> Self {
        self.tunables.push((name.to_owned(), value));
        self
    }

    /// Records what the nodes say to each other, from the first packet on, in this pcap file.
    #[must_use]
    pub fn record(mut self, file: PathBuf) -> Self {
        self.record = Some(file);
        self
    }

    /// Puts a file into each node's directory; one that starts with `#!` can be run. It may take the place of one that
    /// every node has.
    #[must_use]
    pub fn file(mut self, name: &str, content: &str) -> Self {
        self.files.push((name.to_owned(), content.to_owned()));
        self
    }

    /// Adds a variable to the environment of each ctdbd.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.env.push((key.to_owned(), value.into()));
        self
    }

    /// Records what each node's event daemon is asked and answers, from ctdbd's first question on, in
    /// [`Node::event_recording`]. Such a node can be started once.
    #[must_use]
    pub fn record_events(mut self) -> Self {
        self.record_events = true;
        self
    }

    /// Runs `ctdb-eventd` of this project in place of C's on all nodes.
    #[must_use]
    pub fn our_eventd(self) -> Self {
        let all: Vec<u8> = (0..u8::MAX).collect();
        self.our_eventd_on(&all)
    }

    /// The same on these nodes alone.
    #[must_use]
    pub fn our_eventd_on(mut self, pnns: &[u8]) -> Self {
        pnns.clone_into(&mut self.eventd_of);
        self
    }

    /// Enables the event scripts that Debian's package enables, as it does: by links.
    #[must_use]
    pub fn debian_scripts(mut self) -> Self {
        self.debian_scripts = true;
        self
    }

    /// Gives each node a network namespace of its own, so that [`Cluster::cut_off`] can cut it off and [`Cluster::link`] make
    /// its links bad. Not for clusters that are recorded or left running; needs root.
    #[must_use]
    pub fn namespaces(mut self) -> Self {
        self.namespaces = true;
        self
    }

    /// What is lost and late between the namespaces follows from this number.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs each node as an installed ctdb, not in its test mode: its directory is at `/etc/ctdb` for it, and addresses are
    /// really put on interfaces. In namespaces, with `ctdbd` and the C tool inside; needs root.
    #[must_use]
    pub fn installed(mut self) -> Self {
        self.installed = true;
        self.namespaces()
    }

    /// Returns from [`Builder::start`] as soon as all nodes listen, before the cluster is healthy.
    #[must_use]
    pub fn without_waiting(mut self) -> Self {
        self.wait = false;
        self
    }

    /// Starts the cluster and waits until all nodes are healthy.
    ///
    /// # Errors
    /// When packages are missing, or the cluster does not become healthy within a minute.
    pub fn start(mut self) -> Result<Cluster> {
        require(&[Tool::Ctdbd, Tool::Ctdb])?;
        if self.record_events {
            self = self.file(event_relay::PROGRAM, &event_relay::program()?);
        }
        let eventd = if self.eventd_of.is_empty() { None } else { Some(product("ctdb-eventd")?) };
        let warden = binary("compat-tests", "compat-warden")?;
        let site = Arc::new(Site::claim(&warden, &failure_dir()?)?);
        let address = |pnn| match self.namespaces {
            true => namespaces::address(pnn),
            false => format!("{}.{}", site.net(), pnn + 1),
        };
        let addresses: Vec<String> = (0..self.nodes).map(address).collect();
        let nodes = (0..)
            .zip(&addresses)
            .map(|(pnn, address)| {
                let (mut env, base) = (self.env.clone(), Node::base_in(&site, pnn));
                if self.record_events {
                    env.push(("CTDB_EVENTD".to_owned(), base.join(event_relay::PROGRAM).into()));
                }
                if let (Some(eventd), true) = (&eventd, self.eventd_of.iter().any(|n| u32::from(*n) == pnn)) {
                    env.push(("CTDB_EVENTD".to_owned(), eventd.into()));
                }
                Node::new(Arc::clone(&site), pnn, address.clone(), env)
            })
            .collect();
        // From here on its Drop clears up.
        let cluster = Cluster { site, nodes, recorder: Mutex::default(), namespaces: OnceLock::new() };
        let started = self.bring_up(&cluster, &addresses);
        cluster.note(started)?;
        Ok(cluster)
    }

    fn bring_up(&self, cluster: &Cluster, addresses: &[String]) -> Result<()> {
        let (timing, log_level, tunables) = (self.timing, self.log_level.as_str(), self.tunables.as_slice());
        let (dir, files) = (cluster.dir(), self.files.as_slice());
        let debian_scripts = self.debian_scripts;
        let layout = Layout { dir, addresses, timing, log_level, tunables, files, debian_scripts };
        for pnn in 0..addresses.len() {
            layout.write(pnn)?;
        }
        if self.namespaces {
            let all = Namespaces::new(&cluster.site, self.nodes, self.seed)?;
            cluster.nodes.iter().zip(all.files()).for_each(|(node, file)| node.live_in(file));
            if self.installed {
                let bases: Vec<&Path> = cluster.nodes.iter().map(Node::base).collect();
                cluster.nodes.iter().zip(all.install(&bases)?).for_each(|(node, file)| node.install_in(file));
            }
            // Nobody else sets it.
            let _ = cluster.namespaces.set(all);
        }
        if let Some(file) = &self.record {
            *cluster.recorder() = Some(Recorder::start(&cluster.site, file)?);
        }
        for node in &cluster.nodes {
            node.launch()?;
        }
        for node in &cluster.nodes {
            node.wait_listening()?;
        }
        if self.wait { cluster.wait_healthy(HEALTHY) } else { Ok(()) }
    }
}

/// Running ctdbd processes that form one cluster. Dropping it ends them all.
pub struct Cluster {
    site: Arc<Site>,
    nodes: Vec<Node>,
    recorder: Mutex<Option<Recorder>>,
    pub(crate) namespaces: OnceLock<Namespaces>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} nodes on {} in {}", self.nodes.len(), self.site.net(), self.dir().display())
    }
}

impl Cluster {
    /// A cluster of three nodes, fast timing, unless the builder is told otherwise.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            nodes: 3,
            timing: Timing::Fast,
            log_level: "NOTICE".to_owned(),
            tunables: Vec::new(),
            wait: true,
            record: None,
            files: Vec::new(),
            env: Vec::new(),
            record_events: false,
            eventd_of: Vec::new(),
            debian_scripts: false,
            namespaces: false,
            seed: 0,
            installed: false,
        }
    }

    /// Node `pnn`. A number that the cluster does not have is a mistake of the test and panics.
    #[must_use]
    #[track_caller]
    pub fn node(&self, pnn: usize) -> &Node {
        &self.nodes[pnn]
    }

    /// All nodes, running or not.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The cluster's directory; it is deleted with the cluster.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.site.dir()
    }

    /// The first three octets of its network, as in `127.120.7`.
    #[must_use]
    pub fn net(&self) -> &str {
        self.site.net()
    }

    /// Waits until every node that runs sees every node of the cluster `OK`, agrees with the others on one generation
    /// and one leader, and has recovered, with every node an lmaster.
    ///
    /// # Errors
    /// [`crate::Error::Deadline`] with what was seen last and the ends of all logs.
    pub fn wait_healthy(&self, limit: Duration) -> Result<()> {
        let all: Vec<u32> = self.nodes.iter().map(Node::pnn).collect();
        self.wait_healthy_nodes(&all, limit)
    }

    /// The same for a part: each of `pnns` sees each of `pnns` `OK` and has recovered with the others, and the
    /// lmasters are these nodes alone: before the recovery that a lost node is due, all else looks well already.
    ///
    /// # Errors
    /// [`crate::Error::Deadline`] with what was seen last and the ends of all logs.
    pub fn wait_healthy_nodes(&self, pnns: &[u32], limit: Duration) -> Result<()> {
        self.wait(limit, "the cluster is healthy", || self.look_healthy(pnns))
    }

    /// The same, looked at once.
    ///
    /// # Errors
    /// What was seen instead.
    pub fn look_healthy(&self, pnns: &[u32]) -> std::result::Result<(), String> {
        let members: BTreeSet<u32> = pnns.iter().copied().collect();
        let watched: Vec<&Node> = self.nodes.iter().filter(|node| pnns.contains(&node.pnn())).collect();
        let ok = |status: &Status| pnns.iter().all(|pnn| status.node(*pnn).is_some_and(|line| line.is_ok()));
        // The quick question first: the other one waits for a word of the leader.
        for node in &watched {
            let seen = node.node_status().map_err(|error| error.to_string())?;
            if !ok(&seen) {
                let flags = seen.nodes.iter().map(|line| format!("{}:{}", line.pnn, line.flags.join("|")));
                return Err(format!("node {} sees {}", node.pnn(), flags.collect::<Vec<_>>().join(" ")));
            }
        }
        // All nodes at once: each answer takes up to the second between two words of the leader.
        let answers: Vec<_> = thread::scope(|scope| {
            let asked: Vec<_> = watched.iter().map(|node| scope.spawn(|| node.status())).collect();
            asked.into_iter().map(|answer| answer.join()).collect()
        });
        let mut first: Option<Status> = None;
        for (node, answer) in watched.iter().zip(answers) {
            let seen =
                answer.map_err(|_| "a look panicked".to_owned())?.map_err(|error| error.to_string())?;
            let agrees =
                first.as_ref().is_none_or(|f| (f.generation, f.leader) == (seen.generation, seen.leader));
            let settled = seen.recovered && seen.generation.is_some() && seen.leader.is_some();
            if !ok(&seen) || !settled || !agrees || !seen.lmasters.iter().eq(&members) {
                return Err(format!("node {} sees {seen}", node.pnn()));
            }
            first.get_or_insert(seen);
        }
        Ok(())
    }

    /// Waits for a condition of the test's own; a missed deadline comes with the ends of all logs.
    ///
    /// # Errors
    /// [`crate::Error::Deadline`] with what the probe returned last.
    pub fn wait<T, S: fmt::Display>(
        &self,
        limit: Duration,
        what: &str,
        probe: impl FnMut() -> std::result::Result<T, S>,
    ) -> Result<T> {
        let nodes: Vec<&Node> = self.nodes.iter().collect();
        self.note(wait_until(limit, what, probe).map_err(|error| with_logs(error, &nodes)))
    }

    /// A program of the project, to run beside the cluster. It dies with the cluster at the latest.
    #[must_use]
    pub fn daemon(&self, name: &str, program: PathBuf) -> DaemonBuilder {
        DaemonBuilder::new(Arc::clone(&self.site), name, program)
    }

    /// The same on the network of node `pnn`: inside its namespaces, if it has some.
    ///
    /// # Errors
    /// When the program that enters them is missing.
    pub fn daemon_on(&self, pnn: usize, name: &str, program: PathBuf) -> Result<DaemonBuilder> {
        let (program, args) = self.node(pnn).enter(program, Vec::new())?;
        Ok(self.daemon(name, program).args(args))
    }

    /// Starts `ctdb-tunneld` beside node `pnn`; its log is `tunneld.log` in the node's directory.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub fn start_tunneld(&self, pnn: usize) -> Result<Daemon> {
        let node = self.node(pnn);
        let builder = self
            .daemon(&format!("tunneld of node {pnn}"), product("ctdb-tunneld")?)
            .log(node.base().join("tunneld.log"))
            .args(["--log-location", "stderr", "--config-dir"])
            .arg(node.base())
            .arg("--ctdb-socket")
            .arg(node.socket())
            .arg("--run-dir")
            .arg(node.bus_dir());
        self.note(builder.start())
    }

    /// Starts `ctdb-serviced` beside node `pnn`; its log is `serviced.log` in the node's directory.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub fn start_serviced(&self, pnn: usize) -> Result<Daemon> {
        let node = self.node(pnn);
        let builder = self
            .daemon(&format!("serviced of node {pnn}"), product("ctdb-serviced")?)
            .log(node.base().join("serviced.log"))
            .env("CTDBCTL", node.ctdbctl_line()?)
            .args(["--log-location", "stderr", "--config-dir"])
            .arg(node.base())
            .arg("--run-dir")
            .arg(node.bus_dir())
            .arg("--state-dir")
            .arg(node.base().join("state"));
        self.note(builder.start())
    }

    fn recorder(&self) -> MutexGuard<'_, Option<Recorder>> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the recording of [`Builder::record`]; without one there is nothing to do.
    ///
    /// # Errors
    /// [`crate::Error::Tool`] when packets are missing in the file.
    pub fn stop_recording(&self) -> Result<()> {
        let stopped = self.recorder().take().map_or(Ok(()), |recorder| recorder.stop());
        self.note(stopped)
    }

    /// Keeps the logs of this cluster, as after a panic. For tests that report their failure by returning an error.
    pub fn mark_failed(&self) {
        self.site.mark_failed();
    }

    pub(crate) fn note<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.mark_failed();
        }
        result
    }

    /// Lets everything run on after this process has ended, and returns the directory. It is deleted when the last
    /// ctdbd has been shut down and the last daemon has ended.
    ///
    /// # Errors
    /// When a warden does not answer.
    pub fn leave_running(self) -> Result<PathBuf> {
        self.site.leave()?;
        Ok(self.dir().to_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let failed = thread::panicking() || self.site.has_failed();
        if failed {
            for node in &self.nodes {
                eprintln!("--- the end of ctdbd's log on node {}:\n{}", node.pnn(), node.log_tail(15));
            }
        }
        if let Some(saved) = self.site.close(failed) {
            eprintln!("--- all logs of the cluster: {}", saved.display());
        }
    }
}

/// Where the logs of this cluster go if the test fails: named after the test's thread, the process and a count.
fn failure_dir() -> Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let current = thread::current();
    let name: String = current.name().unwrap_or("test").replace("::", ".").replace('/', "_");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(target_dir()?.join("compat-logs").join(format!("{name}-{}-{count}", std::process::id())))
}
