//! Nodes in network namespaces of their own, with a switch between them whose ports can be pulled.
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
    switch: Namespace,
    nodes: Vec<Namespace>,
}

impl Namespaces {
    pub(crate) fn new(site: &Site, nodes: u8) -> Result<Self> {
        require(&[Tool::Unshare, Tool::Nsenter, Tool::Ip])?;
        let switch = Namespace::new(site, "switch")?;
        switch.ip("link add switch type bridge")?;
        switch.ip("link set switch up")?;
        let mut all = Self { switch, nodes: Vec::new() };
        for pnn in 0..nodes {
            let node = Namespace::new(site, &format!("net.{pnn}"))?;
            all.switch.ip(&format!(
                "link add port{pnn} up master switch type veth peer name eth0 netns {}",
                node.0.pid()
            ))?;
            node.ip(&format!("address add {}/24 dev eth0", address(pnn)))?;
            node.ip("link set eth0 up")?;
            node.ip("link set lo up")?;
            // Two places for public addresses. Event scripts take what is called lo as working; of others they ask a program
            // that need not be installed. On the loopback device itself all of an address's network is local.
            node.ip("link add lo1 up type veth peer name lo2")?;
            node.ip("link set lo2 up")?;
            all.nodes.push(node);
        }
        Ok(all)
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
    fn switch(&self, words: &str) -> Result<()> {
        let namespaces = self.namespaces.get();
        let none = || Error::State { name: "the cluster".to_owned(), state: "not in network namespaces" };
        let done = namespaces.ok_or_else(none).and_then(|all| all.switch.ip(words));
        self.note(done)
    }

    /// Pulls the plug of node `pnn`: from now on nothing from or to it arrives, and nobody is told.
    ///
    /// # Errors
    /// When the cluster was not built with [`crate::Builder::namespaces`].
    pub fn cut_off(&self, pnn: usize) -> Result<()> {
        self.switch(&format!("link set port{pnn} nomaster"))
    }

    /// Puts the plug of node `pnn` back.
    ///
    /// # Errors
    /// When the cluster was not built with [`crate::Builder::namespaces`].
    pub fn plug_in(&self, pnn: usize) -> Result<()> {
        self.switch(&format!("link set port{pnn} master switch"))
    }
}
