//! The pid file, with the lock that keeps a second event daemon away, whichever of the two kinds it is.
//!
//! The truth is `pidfile_path_create`: a POSIX lock of the whole file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// A pid file of this process; it goes with it.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl PidFile {
    pub(crate) fn take(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.create(true).truncate(false).write(true).mode(0o644).custom_flags(libc::O_NONBLOCK);
        let mut file = options.open(path)?;
        // Of type i16 on this system, where the constants are not.
        let (l_type, l_whence) = (i16::try_from(libc::F_WRLCK), i16::try_from(libc::SEEK_SET));
        let (l_type, l_whence) = (l_type.unwrap_or_default(), l_whence.unwrap_or_default());
        let lock = libc::flock { l_type, l_whence, l_start: 0, l_len: 0, l_pid: 0 };
        fcntl(&file, FcntlArg::F_SETLK(&lock)).map_err(|_| {
            io::Error::new(io::ErrorKind::AlreadyExists, "another event daemon runs and has locked it")
        })?;
        // The lock is what counts: on a full disk the file stays empty.
        let text = format!("{}\n", std::process::id());
        let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        Ok(Self { path: path.to_owned(), _file: file })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
