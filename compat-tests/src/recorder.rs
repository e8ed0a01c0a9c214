//! A recording of what the nodes of a cluster say to each other: tcpdump on the cluster's network and ctdbd's port.
//!
//! It listens before the first ctdbd starts, so that every stream is in the file from its first byte. What the file
//! says is the business of `captures`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::daemon::{Daemon, DaemonBuilder};
use crate::error::{Error, Result};
use crate::packages::Tool;
use crate::warden::Site;

/// How long tcpdump may take to listen.
const LISTEN: Duration = Duration::from_secs(20);

/// A tcpdump that runs.
pub(crate) struct Recorder(Daemon);

impl Recorder {
    pub(crate) fn start(site: &Arc<Site>, file: &Path) -> Result<Self> {
        let filter = format!("net {}.0/24 and tcp port 4379", site.net());
        let program = Tool::Tcpdump.path()?;
        // -s 0: whole packets. -U: each at once, so that a kill loses nothing. -B: 32 MiB for what comes faster than
        // it can be written. -Z root: Debian's tcpdump would give up root before it opens the file; without root there
        // is nothing to give up.
        let user = if nix::unistd::geteuid().is_root() { &["-Z", "root"][..] } else { &[] };
        let daemon = DaemonBuilder::new(Arc::clone(site), "tcpdump", program)
            .args(["-i", "lo", "-n", "-s", "0", "-U", "-B", "32768"])
            .args(user)
            .arg("-w")
            .arg(file)
            .arg(filter)
            .start()?;
        daemon.wait(LISTEN, "tcpdump listens", || {
            if daemon.log().contains("listening on") { Ok(()) } else { Err(daemon.log()) }
        })?;
        Ok(Self(daemon))
    }

    /// Ends the recording. A packet that the kernel had to drop is an error: the file is not whole.
    pub(crate) fn stop(&self) -> Result<()> {
        self.0.stop()?;
        let log = self.0.log();
        if log.lines().any(|line| line == "0 packets dropped by kernel") {
            return Ok(());
        }
        Err(Error::Tool { command: "tcpdump".to_owned(), status: "lost packets".to_owned(), output: log })
    }
}
