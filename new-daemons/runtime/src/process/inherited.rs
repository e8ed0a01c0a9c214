//! Descriptors that a daemon has from whoever started it.
//!
//! A descriptor that goes on to a script can outlive the daemon and keep a pipe open whose end somebody waits for.
//! Everything that Rust opens itself is closed on execution; only what was there before `main` is left to this.

use std::fs;
use std::io;
use std::os::fd::RawFd;

/// Closes all descriptors from 3 on, except `keep`. To be called before the program opens anything.
///
/// # Errors
/// When `/proc/self/fd` cannot be read.
pub fn close_inherited(keep: &[RawFd]) -> io::Result<()> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        found.extend(entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()));
    }
    // One of them was that of the directory and is closed by now: nothing else can have its number.
    for fd in found.into_iter().filter(|fd| *fd > 2 && !keep.contains(fd)) {
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}
