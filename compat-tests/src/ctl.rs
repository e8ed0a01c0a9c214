//! `ctdbctl` run beside a node: built when it is stale, pointed at the node's sockets, run to its end.
//!
//! Says nothing about what the answer should be; that is the test's business.

use std::process::Command;
use std::time::Duration;

use crate::binaries::product;
use crate::error::Result;
use crate::node::Node;
use crate::tool::{ToolOutput, run};

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(90);

impl Node {
    /// Runs `ctdbctl` against this node, whatever comes of it.
    ///
    /// # Errors
    /// When it cannot be built, or does not end within 90 s.
    pub fn ctdbctl(&self, args: &[&str]) -> Result<ToolOutput> {
        let mut command = Command::new(product("ctdbctl")?);
        command.args(args).arg("--socket").arg(self.socket()).arg("--run-dir").arg(self.bus_dir());
        command.envs(self.env());
        run(command, LIMIT)
    }

    /// `ctdbctl` with the options that lead to this node, as a word of a script.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn ctdbctl_line(&self) -> Result<String> {
        let (program, socket) = (product("ctdbctl")?, self.socket());
        let (program, socket, bus) = (program.display(), socket.display(), self.bus_dir());
        Ok(format!("{program} --socket {socket} --run-dir {}", bus.display()))
    }
}
