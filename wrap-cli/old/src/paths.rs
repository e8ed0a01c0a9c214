//! Where the old tool looks for things: the socket, the nodes file, the helpers.
//!
//! With CTDB_TEST_MODE everything is below CTDB_BASE; CTDB_SOCKET names the socket in any case, and CTDB_BASE the nodes
//! file. Later releases heed both in test mode only. Sources: `path_socket`, `read_nodes_file`, `path_helperdir`, Debian's
//! directories.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::output::err;
use crate::release::Newer;

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

/// A variable without which test mode is a broken installation: that ends the program as C ends it.
fn in_test_mode(variable: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| {
        err!("Broken CTDB setup, ", variable, " not set in test mode\n");
        std::process::abort()
    })
}

/// ctdbd's socket.
pub(crate) fn socket() -> PathBuf {
    if let Some(socket) = std::env::var_os("CTDB_SOCKET")
        && (test_mode() || !Newer::SocketInTests.is_spoken())
    {
        return socket.into();
    }
    let run_dir = if test_mode() { join(in_test_mode("CTDB_BASE"), "run") } else { RUN_DIR.into() };
    join(run_dir, "ctdbd.socket").into()
}

/// The nodes file.
pub(crate) fn nodes_file() -> PathBuf {
    let base = base().filter(|_| test_mode() || !Newer::NodesList.is_spoken());
    join(base.unwrap_or_else(|| ETC_DIR.into()), "nodes").into()
}

/// The main file of the configuration.
pub(crate) fn conf_file() -> PathBuf {
    let dir = if test_mode() { in_test_mode("CTDB_BASE") } else { ETC_DIR.into() };
    join(dir, "ctdb.conf").into()
}

/// A helper program: what the variable says, or Debian's own.
pub(crate) fn helper(variable: &str, name: &str) -> OsString {
    if !Newer::Json.is_spoken() {
        return std::env::var_os(variable).unwrap_or_else(|| join(HELPER_DIR.into(), name));
    }
    join(if test_mode() { in_test_mode("CTDB_TEST_HELPER_BINDIR") } else { HELPER_DIR.into() }, name)
}

/// With a slash between them, however the first ends: these paths are shown.
fn join(mut dir: OsString, name: &str) -> OsString {
    dir.push(OsStr::new("/"));
    dir.push(name);
    dir
}
