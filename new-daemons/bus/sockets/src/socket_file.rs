//! The file of a Unix socket at which somebody is found, of datagrams or of streams: made, replaced when it is a dead
//! process's, removed with its owner.
//!
//! Never touches a file that is no socket, nor one that somebody else has put in its place meanwhile.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::sys::socket::{UnixAddr, bind, setsockopt, sockopt::PassCred};

/// The file at which a socket of this process listens.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    id: (u64, u64),
    /// Somebody else made it, and keeps it for the next daemon.
    lent: bool,
}

impl SocketFile {
    /// Listens at `path`. A socket that a dead process left there is replaced; a living one is `AddrInUse`, and so is
    /// anything else.
    pub fn bind(path: PathBuf) -> io::Result<(UnixDatagram, Self)> {
        let dead = || is_refused(UnixDatagram::unbound().and_then(|s| s.connect(&path)));
        let socket = make(&path, || datagrams(&path), dead)?;
        Ok((socket, Self::made(path)?))
    }

    /// The same for a socket to which one connects.
    pub fn listen(path: PathBuf) -> io::Result<(UnixListener, Self)> {
        let dead = || is_refused(UnixStream::connect(&path));
        let listener = make(&path, || UnixListener::bind(&path), dead)?;
        listener.set_nonblocking(true)?;
        Ok((listener, Self::made(path)?))
    }

    fn made(path: PathBuf) -> io::Result<Self> {
        let file = Self { id: id_of(&path)?, path, lent: false };
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }

    /// Listens with a socket that somebody else has opened at `path`, and leaves its file alone.
    pub fn adopt(path: PathBuf, socket: UnixDatagram) -> io::Result<(UnixDatagram, Self)> {
        socket.set_nonblocking(true)?;
        let id = id_of(&path)?;
        Ok((socket, Self { path, id, lent: true }))
    }

    /// The same for a socket to which one connects.
    pub fn adopt_listener(path: PathBuf, listener: UnixListener) -> io::Result<(UnixListener, Self)> {
        listener.set_nonblocking(true)?;
        let id = id_of(&path)?;
        Ok((listener, Self { path, id, lent: true }))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is still there: nobody finds a socket whose file is gone.
    #[must_use]
    pub fn is_there(&self) -> bool {
        id_of(&self.path).is_ok_and(|id| id == self.id)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if !self.lent && self.is_there() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens for datagrams that say who has sent them, from the first one on: what comes between the binding and that would be
/// from nobody.
fn datagrams(path: &Path) -> io::Result<UnixDatagram> {
    // A path that no socket can have is told as everywhere else.
    std::os::unix::net::SocketAddr::from_pathname(path)?;
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, PassCred, &true)?;
    bind(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(socket)
}

fn id_of(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

/// Makes a socket, in the place of a dead process if need be.
fn make<S>(path: &Path, bind: impl Fn() -> io::Result<S>, dead: impl Fn() -> bool) -> io::Result<S> {
    match bind() {
        Err(e) if e.kind() == ErrorKind::AddrInUse => replace(path, e, bind, dead),
        other => other,
    }
}

/// Takes the place of a dead process. Two that try that at the same time take turns, so that neither removes the socket
/// that the other has just made.
fn replace<S>(
    path: &Path,
    in_use: io::Error,
    bind: impl Fn() -> io::Result<S>,
    dead: impl Fn() -> bool,
) -> io::Result<S> {
    let directory = File::open(path.parent().unwrap_or(Path::new(".")))?;
    directory.lock()?;
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if !is_socket || !dead() {
        return Err(in_use);
    }
    fs::remove_file(path)?;
    bind()
}

fn is_refused<S>(probe: io::Result<S>) -> bool {
    probe.is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn kind<T>(result: io::Result<T>) -> Option<ErrorKind> {
        result.err().map(|e| e.kind())
    }

    #[test]
    fn only_the_socket_of_a_dead_process_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0");
        let bind = || SocketFile::bind(path.clone());
        drop(UnixDatagram::bind(&path).unwrap());
        let living = bind().unwrap();
        assert_eq!(kind(bind()), Some(ErrorKind::AddrInUse));
        drop(living);
        assert!(!path.exists());

        fs::write(&path, "precious").unwrap();
        assert_eq!(kind(bind()), Some(ErrorKind::AddrInUse));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
        let elsewhere = dir.path().join("b.0");
        drop(UnixDatagram::bind(&elsewhere).unwrap());
        symlink(&elsewhere, &path).unwrap();
        assert_eq!(kind(bind()), Some(ErrorKind::AddrInUse));
        assert!(elsewhere.exists());
    }

    #[test]
    fn a_listener_takes_the_place_of_a_dead_one_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0.http");
        drop(UnixListener::bind(&path).unwrap());
        let living = SocketFile::listen(path.clone()).unwrap();
        assert_eq!(kind(SocketFile::listen(path.clone())), Some(ErrorKind::AddrInUse));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(living);
        assert!(!path.exists());
        let _datagrams = UnixDatagram::bind(&path).unwrap();
        assert_eq!(kind(SocketFile::listen(path)), Some(ErrorKind::AddrInUse));
    }

    #[test]
    fn an_owner_whose_file_was_taken_away_leaves_that_of_the_next_one_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0");
        let first = SocketFile::bind(path.clone()).unwrap();
        assert!(first.1.is_there());
        fs::remove_file(&path).unwrap();
        assert!(!first.1.is_there());
        let second = SocketFile::bind(path.clone()).unwrap();
        assert!(!first.1.is_there() && second.1.is_there());
        drop(first);
        assert!(second.1.is_there());
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn a_path_that_cannot_be_a_socket_is_an_error_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let long = dir.path().join("x".repeat(120));
        assert_eq!(kind(SocketFile::bind(long)), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(SocketFile::bind(dir.path().join("none/a.0"))), Some(ErrorKind::NotFound));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
