//! A real clustered smbd beside a node, and Samba's own programs as its clients.
//!
//! smbd keeps its locks and open files in databases of ctdb, and its configuration in persistent ones. Guests only;
//! nothing here says what is right.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::daemon::Daemon;
use crate::error::{Result, io_at};
use crate::packages::{Tool, require};
use crate::tool::{ToolOutput, run};

const PORT: u16 = 4445;
/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

/// The smbd of one node.
#[derive(Debug)]
pub struct Smbd {
    address: String,
    conf: PathBuf,
    /// Its first process.
    pub daemon: Daemon,
}

impl Smbd {
    /// Starts smbd beside node `pnn`, with ctdbd at `socket`; returns when it listens. All smbds of a cluster have the
    /// same share, `share` in the cluster's directory.
    ///
    /// # Errors
    /// When it is not installed, or does not listen in time.
    pub fn start(cluster: &Cluster, pnn: usize, socket: &Path) -> Result<Self> {
        require(&[Tool::Smbd, Tool::Smbclient, Tool::Smbstatus, Tool::Net])?;
        let node = cluster.node(pnn);
        let (base, share) = (node.base().join("smb"), cluster.dir().join("share"));
        for part in ["private", "lock", "state", "cache", "pid", "ncalrpc", "log"] {
            fs::create_dir_all(base.join(part)).map_err(io_at(base.display()))?;
        }
        fs::create_dir_all(&share).map_err(io_at(share.display()))?;
        let conf = base.join("smb.conf");
        fs::write(&conf, smb_conf(&base, &share, node.address(), socket)).map_err(io_at(conf.display()))?;
        let daemon = cluster
            .daemon(&format!("smbd of node {pnn}"), Tool::Smbd.path()?)
            .args(["--foreground", "--no-process-group", "--debug-stdout", "-s"])
            .arg(&conf)
            .start()?;
        let address = node.address().to_owned();
        daemon.wait(STEP, "smbd listens", || TcpStream::connect((address.as_str(), PORT)).map(drop))?;
        Ok(Self { address, conf, daemon })
    }

    /// `smbclient` in the share, with commands that have `;` between them; not started yet.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn client_command(&self, commands: &str) -> Result<Command> {
        let mut command = Command::new(Tool::Smbclient.path()?);
        command.arg("-s").arg(&self.conf).args(["-N", "-p", &PORT.to_string()]);
        command.arg(format!("//{}/share", self.address)).args(["-c", commands]);
        Ok(command)
    }

    /// Commands of smbclient in the share, with `;` between them.
    ///
    /// # Errors
    /// When one of them fails, or does not end in time.
    pub fn client(&self, commands: &str) -> Result<String> {
        run(self.client_command(commands)?, STEP)?.ok()
    }

    /// `net` on this node; not started yet.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn net_command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(Tool::Net.path()?);
        command.arg("-s").arg(&self.conf).args(words);
        Ok(command)
    }

    /// `net` on this node, whatever comes of it.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn try_net(&self, words: &[&str]) -> Result<ToolOutput> {
        run(self.net_command(words)?, STEP)
    }

    /// `net` on this node; `words` are its arguments with blanks between them.
    ///
    /// # Errors
    /// When it fails, or does not end in time.
    pub fn net(&self, words: &str) -> Result<String> {
        self.try_net(&words.split_whitespace().collect::<Vec<_>>())?.ok()
    }

    /// `smbstatus` on this node: who has what open.
    ///
    /// # Errors
    /// When it fails, or does not end in time.
    pub fn status(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(Tool::Smbstatus.path()?);
        command.arg("-s").arg(&self.conf).args(words);
        run(command, STEP)?.ok()
    }
}

fn smb_conf(base: &Path, share: &Path, address: &str, socket: &Path) -> String {
    let (base, share, socket) = (base.display(), share.display(), socket.display());
    format!(
        "[global]\n netbios name = CLUSTER\n clustering = yes\n ctdbd socket = {socket}\n\
         private dir = {base}/private\n lock directory = {base}/lock\n state directory = {base}/state\n\
         cache directory = {base}/cache\n pid directory = {base}/pid\n ncalrpc dir = {base}/ncalrpc\n\
         log file = {base}/log/log.%m\n interfaces = {address}/8\n bind interfaces only = yes\n\
         smb ports = {PORT}\n map to guest = bad user\n guest account = root\n server role = standalone server\n\
         disable spoolss = yes\n load printers = no\n registry shares = yes\n\
         [share]\n path = {share}\n guest ok = yes\n read only = no\n"
    )
}
