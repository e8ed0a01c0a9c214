//! Where the files and sockets of C CTDB are on this node. The truth is `ctdb/common/path.c` and Debian's directories.
//!
//! In test mode (`CTDB_TEST_MODE` set) everything is below `CTDB_BASE`. Scripts and their helpers go by `CTDB_BASE` alone.

use std::env::var_os;
use std::path::{Path, PathBuf};

fn variable(name: &str) -> Option<PathBuf> {
    var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where everything is below in test mode.
fn base() -> Option<PathBuf> {
    variable("CTDB_TEST_MODE").and(variable("CTDB_BASE"))
}

/// The directory of the configuration.
pub(crate) fn etc_dir() -> PathBuf {
    base().unwrap_or_else(|| "/etc/ctdb".into())
}

/// The directory of what the package brings.
pub(crate) fn data_dir() -> PathBuf {
    base().map_or_else(|| "/usr/share/ctdb".into(), |base| base.join("share"))
}

/// The socket of the event daemon: beside that of ctdbd if there is one, else where it belongs.
pub(crate) fn eventd_socket(ctdbd_socket: &Path) -> PathBuf {
    let beside = ctdbd_socket.with_file_name("eventd.socket");
    let run_dir = || base().map_or_else(|| "/run/ctdb".into(), |base| base.join("run"));
    // One that may not be looked at is there, too.
    if beside.try_exists().unwrap_or(true) { beside } else { run_dir().join("eventd.socket") }
}

/// A helper program: what the variable says, or Debian's own.
pub(crate) fn helper(variable_name: &str, program: &str) -> PathBuf {
    variable(variable_name).unwrap_or_else(|| Path::new("/usr/libexec/ctdb").join(program))
}
