//! A real clustered smbd on each node, and Samba's own programs as its clients.
//!
//! smbd keeps its locks and open files in databases of ctdb, and its configuration in persistent ones. Guests only;
//! nothing here says what is right.

use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use compat_tests::{Daemon, Tool, require, run};

use crate::stage::{STEP, Stage};

const PORT: u16 = 4445;

/// The smbd of one node.
pub(crate) struct Smbd {
    address: String,
    conf: PathBuf,
    pub(crate) daemon: Daemon,
}

impl Smbd {
    /// Starts smbd beside node `pnn`, with ctdbd at `socket`; returns when it listens.
    pub(crate) fn start(stage: &Stage, pnn: usize, socket: &Path) -> anyhow::Result<Self> {
        require(&[Tool::Smbd, Tool::Smbclient, Tool::Net])?;
        let node = stage.cluster.node(pnn);
        let (base, share) = (node.base().join("smb"), stage.cluster.dir().join("share"));
        for part in ["private", "lock", "state", "cache", "pid", "ncalrpc", "log"] {
            std::fs::create_dir_all(base.join(part))?;
        }
        std::fs::create_dir_all(&share)?;
        let conf = base.join("smb.conf");
        std::fs::write(&conf, smb_conf(&base, &share, node.address(), socket))?;
        let daemon = stage
            .cluster
            .daemon(&format!("smbd of node {pnn}"), Tool::Smbd.path()?)
            .args(["--foreground", "--no-process-group", "--debug-stdout", "-s"])
            .arg(&conf)
            .start()?;
        let address = node.address().to_owned();
        daemon.wait(STEP, "smbd listens", || TcpStream::connect((address.as_str(), PORT)).map(drop))?;
        Ok(Self { address, conf, daemon })
    }

    /// Commands of smbclient in the share, with `;` between them.
    pub(crate) fn client(&self, commands: &str) -> anyhow::Result<String> {
        let mut command = Command::new(Tool::Smbclient.path()?);
        command.args(["-s"]).arg(&self.conf).args(["-N", "-p", &PORT.to_string()]);
        command.arg(format!("//{}/share", self.address)).args(["-c", commands]);
        Ok(run(command, STEP)?.ok()?)
    }

    /// `net`, on this node.
    pub(crate) fn net(&self, words: &str) -> anyhow::Result<String> {
        let mut command = Command::new(Tool::Net.path()?);
        command.arg("-s").arg(&self.conf).args(words.split_whitespace());
        Ok(run(command, STEP)?.ok()?)
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
