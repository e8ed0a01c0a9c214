//! The file with the number of the process. It is locked, as C's daemons lock theirs (`pidfile_context_create`), so that
//! a second daemon does not start, C's or ours, and it is removed with its owner.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;

use super::error::FrameError;

/// A pid file of this process; it goes with it.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    /// Closing it gives up the lock.
    _file: File,
}

fn whole_file() -> libc::flock {
    #[allow(clippy::cast_possible_truncation)] // Constants that fit, of a type that differs from the field's.
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

impl PidFile {
    /// Takes the place of whoever was there and is gone.
    ///
    /// # Errors
    /// When another process has locked the file, or it cannot be had.
    pub fn take(path: PathBuf) -> Result<Self, FrameError> {
        let failed = |error: io::Error| FrameError::PidFile { path: path.clone(), error };
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags(flags)
            .open(&path)
            .map_err(failed)?;
        if fcntl(&file, FcntlArg::F_SETLK(&whole_file())).is_err() {
            let mut holder = whole_file();
            let asked = fcntl(&file, FcntlArg::F_GETLK(&mut holder));
            asked.map_err(|error| failed(error.into()))?;
            return Err(FrameError::Running { path, pid: holder.l_pid });
        }
        // The lock is what counts: on a full disk the file stays empty.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
        Ok(Self { path, _file: file })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
