//! Where the old tool looks for things: the socket, the nodes file, the helpers.
//!
//! With CTDB_TEST_MODE everything is below CTDB_BASE; CTDB_SOCKET names the socket in any case, and CTDB_BASE the nodes
//! file. Sources: `path_socket`, `read_nodes_file`, Debian's directories.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::output::err;

const RUN_DIR: &str = "/run/ctdb";
const ETC_DIR: &str = "/etc/ctdb";
const HELPER_DIR: &str = "/usr/libexec/ctdb";

/// Whether CTDB_TEST_MODE is set.
pub(crate) fn test_mode() -> bool {
    std::env::var_os("CTDB_TEST_MODE").is_some()
}

fn base() -> Option<OsString> {
    std::env::var_os("CTDB_BASE")
}

/// ctdbd's socket. A test mode without a base is a broken installation and ends the program as C ends it.
pub(crate) fn socket() -> PathBuf {
    if let Some(socket) = std::env::var_os("CTDB_SOCKET") {
        return socket.into();
    }
    let run_dir = match (test_mode(), base()) {
        (false, _) => RUN_DIR.into(),
        (true, Some(base)) => join(base, "run"),
        (true, None) => {
            err!("Broken CTDB setup, CTDB_BASE not set in test mode\n");
            std::process::abort()
        }
    };
    join(run_dir, "ctdbd.socket").into()
}

/// The nodes file.
pub(crate) fn nodes_file() -> PathBuf {
    join(base().unwrap_or_else(|| ETC_DIR.into()), "nodes").into()
}

/// A helper program: what the variable says, or Debian's own.
pub(crate) fn helper(variable: &str, name: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| join(HELPER_DIR.into(), name))
}

/// With a slash between them, however the first ends: these paths are shown.
fn join(mut dir: OsString, name: &str) -> OsString {
    dir.push(OsStr::new("/"));
    dir.push(name);
    dir
}
