//! Where the event daemon finds its files: as C's `path.c` says.
//!
//! In ctdb's test mode everything is below `CTDB_BASE`; else at the places of Debian's package.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The directories of one ctdb.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// Configuration and scripts.
    etc: PathBuf,
    /// Sockets and pid files.
    run: PathBuf,
    /// `CTDB_BASE` of the test mode.
    base: Option<PathBuf>,
}

impl Paths {
    pub(crate) fn from_environment() -> Self {
        let value = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        match (env::var_os("CTDB_TEST_MODE"), value("CTDB_BASE")) {
            (Some(_), Some(base)) => {
                let base = PathBuf::from(base);
                Self { etc: base.clone(), run: base.join("run"), base: Some(base) }
            }
            _ => Self { etc: "/etc/ctdb".into(), run: "/run/ctdb".into(), base: None },
        }
    }

    /// Those of a daemon in the frame, which has a directory of configuration and nothing else of ctdb.
    pub(crate) fn of_frame(directory: &Path) -> Self {
        Self { etc: directory.to_owned(), run: directory.to_owned(), base: None }
    }

    pub(crate) fn etc(&self, name: impl AsRef<Path>) -> PathBuf {
        self.etc.join(name)
    }

    pub(crate) fn run(&self, name: &str) -> PathBuf {
        self.run.join(name)
    }

    /// The directory of the bus: what the environment says, what was said, or `bus` beside the socket of ctdbd.
    pub(crate) fn bus(&self, said: Option<&Path>) -> PathBuf {
        let named = env::var_os("CTDB_BUS_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
        named.or_else(|| said.map(Path::to_owned)).unwrap_or_else(|| self.run("bus"))
    }

    /// What stands for the host in the log: in test mode each node is one.
    pub(crate) fn host(&self) -> String {
        let node = self.base.as_ref().and_then(|base| base.file_name());
        let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host = node.map(|name| name.to_string_lossy().into_owned()).or_else(kernel).unwrap_or_default();
        if host.trim().is_empty() { "unknown".to_owned() } else { host.trim().to_owned() }
    }
}
