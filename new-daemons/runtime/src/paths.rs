//! Where things are on a node when nobody says otherwise.

use std::path::{Path, PathBuf};

/// The socket of the local ctdbd: `CTDB_SOCKET`; in ctdb's test mode (`CTDB_TEST_MODE` set) `run/ctdbd.socket` below
/// `CTDB_BASE`; else `/run/ctdb/ctdbd.socket`.
#[must_use]
pub fn ctdbd_socket() -> PathBuf {
    let path = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(socket) = path("CTDB_SOCKET") {
        return socket;
    }
    match (path("CTDB_TEST_MODE"), path("CTDB_BASE")) {
        (Some(_), Some(base)) => base.join("run/ctdbd.socket"),
        _ => PathBuf::from("/run/ctdb/ctdbd.socket"),
    }
}

/// The bus directory that belongs to a ctdbd: `bus` beside its socket.
#[must_use]
pub fn bus_dir(ctdbd_socket: &Path) -> PathBuf {
    ctdbd_socket.parent().unwrap_or(Path::new(".")).join("bus")
}
