//! Nodes in network namespaces of their own, with a switch between them whose links can be cut and made bad.
//!
//! A process below a warden holds each namespace; it has no name anywhere. When the processes are gone, so are the
//! namespaces and the links in them: nothing has to be taken down, however a test ends. Programs on the node's Unix
//! socket stay where they are; ctdbd alone lives in the namespace. Needs root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::packages::{Tool, require};
use crate::switch::{Counts, Rule, Switch};
use crate::tool::run;
use crate::wait::wait_until;
use crate::warden::{Site, Spec, Stdin, Tree};

/// How long a change of the network may take.
const PROMPT: Duration = Duration::from_secs(20);

/// The address of node `pnn`; each cluster has all of this network for itself.
pub(crate) fn address(pnn: u8) -> String {
    format!("10.77.0.{}", pnn + 1)
}

/// A namespace and the process that holds it.
struct Namespace(Arc<Tree>);

impl Namespace {
    fn new(site: &Site, name: &str) -> Result<Self> {
        let log = site.dir().join(format!("{name}.log"));
        let holder = site.start(&Spec {
            name: format!("network namespace {name}"),
            program: Tool::Unshare.path()?,
            args: ["--net", "--mount", "sleep", "infinity"].map(Into::into).into(),
            env: Vec::new(),
            stdin: Stdin::Null,
            log: log.clone(),
        })?;
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net"));
        let pid = holder.pid().to_string();
        wait_until(PROMPT, &format!("there is a network namespace {name}"), || {
            match (holder.ended(), of(&pid), of("self")) {
                (Some(how), ..) => Ok(Err(how.0)),
                (None, Ok(its), Ok(ours)) if its != ours => Ok(Ok(())),
                (None, its, _) => Err(format!("{its:?}")),
            }
        })?
        .map_err(|status| Error::Tool {
            command: "unshare --net".to_owned(),
            status,
            output: fs::read_to_string(&log).unwrap_or_default(),
        })?;
        Ok(Self(holder))
    }

    fn file(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.0.pid()).into()
    }

    /// Lets the directory of a node take the places of an installed ctdb's directories, for whoever enters the namespace.
    fn install(&self, base: &Path) -> Result<()> {
        let base = base.display();
        let mut command = Command::new(Tool::Nsenter.path()?);
        command.arg(format!("--mount={}", self.mounts().display())).args(["sh", "-c"]).arg(format!(
            "mount -t tmpfs none /run && mkdir /run/ctdb && mkdir {base}/var && mount --bind {base}/run /run/ctdb && \
             mount --bind {base}/var /var/lib/ctdb && mount --bind {base} /etc/ctdb"
        ));
        run(command, PROMPT)?.ok().map(drop)
    }

    fn mounts(&self) -> PathBuf {
        format!("/proc/{}/ns/mnt", self.0.pid()).into()
    }

    /// Runs `ip` in it.
    fn ip(&self, words: &str) -> Result<()> {
        let mut command = Command::new(Tool::Nsenter.path()?);
        command.arg(format!("--net={}", self.file().display())).arg(Tool::Ip.path()?);
        run(command_with(command, words), PROMPT)?.ok().map(drop)
    }
}

fn command_with(mut command: Command, words: &str) -> Command {
    command.args(words.split(' '));
    command
}

/// The namespaces of a cluster.
pub(crate) struct Namespaces {
    nodes: Vec<Namespace>,
    switch: Switch,
}

impl Namespaces {
    pub(crate) fn new(site: &Site, nodes: u8, seed: u64) -> Result<Self> {
        require(&[Tool::Unshare, Tool::Nsenter, Tool::Ip])?;
        let all = (0..nodes).map(|pnn| Namespace::new(site, &format!("net.{pnn}")));
        let nodes: Vec<Namespace> = all.collect::<Result<_>>()?;
        let ports: Vec<(PathBuf, String)> =
            (0..).zip(&nodes).map(|(pnn, node)| (node.file(), address(pnn))).collect();
        let switch = Switch::start(site, seed, &ports)?;
        for ((_, address), node) in ports.iter().zip(&nodes) {
            let port = Switch::INTERFACE;
            node.ip(&format!("address add {address}/24 dev {port}"))?;
            node.ip(&format!("link set {port} up"))?;
            node.ip("link set lo up")?;
            // Two places for public addresses. Event scripts take what is called lo as working; of others they ask a program
            // that need not be installed. On the loopback device itself all of an address's network is local.
            node.ip("link add lo1 up type veth peer name lo2")?;
            node.ip("link set lo2 up")?;
        }
        Ok(Self { nodes, switch })
    }

    /// Lets the directories of the nodes take the places of an installed ctdb's; returns where their mounts can be entered.
    pub(crate) fn install(&self, bases: &[&Path]) -> Result<Vec<PathBuf>> {
        let all = self.nodes.iter().zip(bases);
        all.map(|(node, base)| node.install(base).map(|()| node.mounts())).collect()
    }

    /// Where the namespace of each node can be entered.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.nodes.iter().map(Namespace::file)
    }
}

impl Cluster {
    fn switch(&self) -> Result<&Switch> {
        let none = || Error::State { name: "the cluster".to_owned(), state: "not in network namespaces" };
        self.note(self.namespaces.get().map(|all| &all.switch).ok_or_else(none))
    }

    /// From now on what goes from one node to another, `None` being all, goes by this rule.
    ///
    /// # Errors
    /// When the cluster was not built with [`crate::Builder::namespaces`].
    pub fn link(&self, from: Option<usize>, to: Option<usize>, rule: Rule) -> Result<()> {
        let done = self.switch()?.set(from, to, rule);
        self.note(done)
    }

    /// What became of the packets between the nodes.
    ///
    /// # Errors
    /// As [`Cluster::link`].
    pub fn packets(&self) -> Result<Counts> {
        let counts = self.switch()?.counts();
        self.note(counts)
    }

    /// Pulls the plug of node `pnn`: from now on nothing from or to it arrives, and nobody is told.
    ///
    /// # Errors
    /// As [`Cluster::link`].
    pub fn cut_off(&self, pnn: usize) -> Result<()> {
        self.plug(pnn, Rule { cut: true, ..Rule::default() })
    }

    /// Puts the plug of node `pnn` back.
    ///
    /// # Errors
    /// As [`Cluster::link`].
    pub fn plug_in(&self, pnn: usize) -> Result<()> {
        self.plug(pnn, Rule::default())
    }

    fn plug(&self, pnn: usize, rule: Rule) -> Result<()> {
        self.link(Some(pnn), None, rule)?;
        self.link(None, Some(pnn), rule)
    }
}
