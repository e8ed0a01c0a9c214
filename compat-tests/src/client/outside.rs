//! Who looks at a run from outside: samples while it goes on, and what is read and looked for at its end.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use judge::history::Workload;

use super::Clients;
use crate::daemon::Daemon;
use crate::error::Result;
use crate::node::Node;
use crate::tool::run;

/// How long a look at the end may take.
const LOOK: Duration = Duration::from_secs(60);
/// What is looked for while the nodes run.
pub const AUDITS_RUNNING: [&str; 3] = ["cores", "zombies", "files in use"];
/// What is looked for after they were stopped.
pub const AUDITS_STOPPED: [&str; 3] = ["processes", "sockets", "tdbtool check"];

/// A node as `compat-client` wants it named.
fn named(node: &Node) -> String {
    let (socket, base) = (node.socket(), node.base());
    let space = node.namespace().map(|space| format!(":{}", space.display())).unwrap_or_default();
    format!("{}:{}:{}{space}", node.pnn(), socket.display(), base.display())
}

/// Samples that are being taken. Dropping it ends them.
#[derive(Debug)]
pub struct Sampler(Daemon);

impl Sampler {
    /// Takes no more.
    ///
    /// # Errors
    /// When it could not write them all, or does not end.
    pub fn stop(self) -> Result<()> {
        let how = self.0.stop()?;
        if how == "status 0" {
            return Ok(());
        }
        let (command, status, output) = ("compat-client sample".to_owned(), how, self.0.log());
        Err(crate::Error::Tool { command, status, output })
    }
}

impl Clients<'_> {
    fn places(&self) -> impl Iterator<Item = String> {
        self.cluster.nodes().iter().flat_map(|node| ["--at".to_owned(), named(node)])
    }

    /// A history of this name that is merged with the others.
    fn history(&self, name: &str) -> PathBuf {
        let path = self.dir.join(format!("{name}.json"));
        let mut others = self.others.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !others.contains(&path) {
            others.push(path.clone());
        }
        path
    }

    /// Looks at all nodes from now on: what they say, how large they are, and where they have namespaces, which
    /// addresses they have.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn sample(&self) -> Result<Sampler> {
        let builder = self.cluster.daemon("samples", self.program.clone()).arg("sample").args(self.places());
        builder.arg("--history").arg(self.history("samples")).start().map(Sampler)
    }

    /// Reads the files of the workloads on all nodes, after [`Clients::stop`]; on those that let them be read in any case.
    ///
    /// # Errors
    /// When a node does not let them be read, or they make no sense.
    pub fn dump(&self, workloads: &[Workload]) -> Result<()> {
        let words: Vec<String> = workloads.iter().map(ToString::to_string).collect();
        let mut done = Ok(());
        for node in self.cluster.nodes().iter().filter(|_| !words.is_empty()) {
            let mut command = Command::new(&self.program);
            command.args(["dump", "--workloads", &words.join(","), "--node", &node.pnn().to_string()]);
            command.arg("--socket").arg(node.socket());
            command.arg("--history").arg(self.history(&format!("dump.{}", node.pnn())));
            done = done.and(run(command, LOOK)?.ok().map(drop));
        }
        done
    }

    /// Looks for what must not be there, while the nodes run or after they were stopped.
    ///
    /// # Errors
    /// When it cannot be looked for.
    pub fn audit(&self, stopped: bool) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["audit", "--when", if stopped { "stopped" } else { "running" }]).args(self.places());
        command.arg("--history").arg(self.history("audits"));
        run(command, LOOK)?.ok().map(drop)
    }
}
