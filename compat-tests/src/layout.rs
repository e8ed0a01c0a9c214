//! The files that a node's ctdbd reads, written as a packager would: `ctdb.conf`, `nodes`, `ctdb.tunables` and the
//! empty directories. What ctdbd does with them is stated in ctdb.conf(5) and ctdb-tunables(7).

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::error::{Result, io_at};

/// How quickly a cluster notices things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// Healthy after about 6 s; a leader's death is noticed after 3 s and a hanging node after 4 s.
    #[default]
    Fast,
    /// As Debian ships it: healthy after about 8 s; 5 s for a dead leader and 30 s for a hanging node.
    Stock,
}

impl Timing {
    /// Seconds without a word from the leader until an election. The leader speaks once a second: with 1 a cluster
    /// never settles, and 2 leaves a busy machine no room.
    fn leader_timeout(self) -> u32 {
        match self {
            Self::Fast => 3,
            Self::Stock => 5,
        }
    }

    fn tunables(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Fast => &[
                ("ElectionTimeout", 1),
                ("KeepaliveInterval", 1),
                ("KeepaliveLimit", 3),
                ("MonitorInterval", 2),
                ("RerecoveryTimeout", 1),
            ],
            Self::Stock => &[],
        }
    }
}

/// What differs between clusters.
pub(crate) struct Layout<'a> {
    /// The cluster's directory.
    pub(crate) dir: &'a Path,
    /// One address per node.
    pub(crate) addresses: &'a [String],
    pub(crate) timing: Timing,
    pub(crate) log_level: &'a str,
    /// Override those of the timing.
    pub(crate) tunables: &'a [(String, u32)],
    /// More files, by their names below the node's directory.
    pub(crate) files: &'a [(String, String)],
    /// Whether the scripts that the package enables are enabled.
    pub(crate) debian_scripts: bool,
}

/// The scripts that Debian's package enables, and where it has them.
const DEBIAN_SCRIPTS: [&str; 4] = ["00.ctdb", "01.reclock", "05.system", "10.interface"];
const DEBIAN_DIR: &str = "/usr/share/ctdb/events/legacy";
/// Else all nodes of a machine would share one directory for what their scripts remember.
const SCRIPT_OPTIONS: &str = "CTDB_SCRIPT_VARDIR=\"$CTDB_BASE/scripts\"\n";

impl Layout<'_> {
    /// Writes everything that node `pnn` needs into its directory.
    pub(crate) fn write(&self, pnn: usize) -> Result<()> {
        let base = self.dir.join(format!("node.{pnn}"));
        let parts = [
            "run",
            "bus",
            "db/volatile",
            "db/persistent",
            "db/state",
            "state",
            "events/legacy",
            "events/notification",
        ];
        for part in parts.map(|part| base.join(part)).iter().chain([&self.dir.join("shared")]) {
            fs::create_dir_all(part).map_err(io_at(part.display()))?;
        }
        let tunables = self.timing.tunables().iter().map(|(name, value)| (*name, *value));
        let tunables = tunables.chain(self.tunables.iter().map(|(name, value)| (name.as_str(), *value)));
        let files = [
            ("nodes", self.addresses.iter().map(|address| format!("{address}\n")).collect()),
            ("public_addresses", String::new()),
            ("ctdb.tunables", tunables.map(|(name, value)| format!("{name}={value}\n")).collect()),
            ("ctdb.conf", self.conf(&base, &self.addresses[pnn])),
        ];
        for (name, content) in files {
            fs::write(base.join(name), content).map_err(io_at(base.join(name).display()))?;
        }
        for name in ["functions", "notify.sh"] {
            let from = Path::new("/etc/ctdb").join(name);
            fs::copy(&from, base.join(name)).map_err(io_at(from.display()))?;
        }
        if self.debian_scripts {
            let options = base.join("script.options");
            fs::write(&options, SCRIPT_OPTIONS).map_err(io_at(options.display()))?;
            for name in DEBIAN_SCRIPTS.map(|name| format!("{name}.script")) {
                let link = base.join("events/legacy").join(&name);
                symlink(Path::new(DEBIAN_DIR).join(name), &link).map_err(io_at(link.display()))?;
            }
        }
        for (name, content) in self.files {
            let path = base.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(io_at(folder.display()))?;
            }
            // A link leads out of here.
            if path.is_symlink() {
                fs::remove_file(&path).map_err(io_at(path.display()))?;
            }
            fs::write(&path, content).map_err(io_at(path.display()))?;
            if content.starts_with("#!") {
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(&path, mode).map_err(io_at(path.display()))?;
            }
        }
        Ok(())
    }

    fn conf(&self, base: &Path, address: &str) -> String {
        let (base, dir) = (base.display(), self.dir.display());
        format!(
            "[logging]\n\tlocation = file:{base}/ctdbd.log\n\tlog level = {level}\n\
             [cluster]\n\tcluster lock = {dir}/shared/lock\n\tnode address = {address}\n\tleader timeout = {leader}\n\
             [database]\n\tvolatile database directory = {base}/db/volatile\n\
             \tpersistent database directory = {base}/db/persistent\n\tstate database directory = {base}/db/state\n",
            level = self.log_level,
            leader = self.timing.leader_timeout(),
        )
    }
}
