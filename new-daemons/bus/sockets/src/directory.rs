//! Where the sockets of a node's daemons are.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use bus::Daemon;

/// The file name of the tunneld's socket in the bus directory.
pub const TUNNEL_SOCKET: &str = "tunnel";

/// The socket at which a daemon is reached.
#[must_use]
pub fn socket_of(dir: &Path, daemon: Daemon) -> PathBuf {
    dir.join(format!("{}.{}", daemon.name, daemon.instance))
}

/// Makes the bus directory when it is missing, and refuses one that others could write to.
pub fn prepare_directory(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().recursive(true).mode(0o700).create(dir) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let meta = std::fs::metadata(dir)?;
    let me = nix::unistd::geteuid().as_raw();
    if !meta.is_dir() || (meta.uid() != me && meta.uid() != 0) || meta.mode() & 0o022 != 0 {
        let why = "must be a directory of this user or root that nobody else may write to";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}
