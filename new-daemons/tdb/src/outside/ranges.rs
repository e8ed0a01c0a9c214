//! Locks of ranges that belong to the open file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::Stop;
use super::layout::Span;

/// Of the parts in which a long range is taken, the smallest: one chain.
const PART: i64 = 4;

/// Waits for a range. False: called off, and nothing of it is held.
///
/// A long range loses to every reader of a part of it. So its chains are taken by halves, as libtdb does: each wait is for
/// a small one then.
pub(super) fn lock(file: &File, span: Span, stop: &Stop) -> io::Result<bool> {
    let end = span.to;
    if span.parts_to <= span.from {
        return wait(file, span.from, end, stop);
    }
    if !by_halves(file, span.from, span.parts_to, stop)? {
        return Ok(false);
    }
    let rest = wait(file, span.parts_to, end, stop);
    if !matches!(rest, Ok(true)) {
        set(file, libc::F_OFD_SETLK, libc::F_UNLCK, span.from, Some(span.parts_to))?;
    }
    rest
}

fn by_halves(file: &File, from: i64, to: i64, stop: &Stop) -> io::Result<bool> {
    match set(file, libc::F_OFD_SETLK, libc::F_WRLCK, from, Some(to)) {
        Ok(()) => return Ok(true),
        Err(error) if is_taken(&error) => {}
        Err(error) => return Err(error),
    }
    let chains = (to - from) / PART;
    if chains <= 1 {
        return wait(file, from, Some(to), stop);
    }
    let middle = from + chains / 2 * PART;
    if !by_halves(file, from, middle, stop)? {
        return Ok(false);
    }
    let second = by_halves(file, middle, to, stop);
    if !matches!(second, Ok(true)) {
        set(file, libc::F_OFD_SETLK, libc::F_UNLCK, from, Some(middle))?;
    }
    second
}

/// A signal ends the call; then it is looked whether the wait was called off.
fn wait(file: &File, from: i64, to: Option<i64>, stop: &Stop) -> io::Result<bool> {
    while !stop.is_set() {
        match set(file, libc::F_OFD_SETLKW, libc::F_WRLCK, from, to) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

pub(super) fn unlock(file: &File, span: Span) {
    // It can only fail for a lock that is not held.
    let _ = set(file, libc::F_OFD_SETLK, libc::F_UNLCK, span.from, span.to);
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES))
}

fn set(file: &File, command: i32, kind: i32, from: i64, to: Option<i64>) -> io::Result<()> {
    let narrow = |number: i32| i16::try_from(number).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL));
    // SAFETY: all bytes zero is a value of it.
    #[expect(unsafe_code, reason = "makes a structure of C")]
    let mut flock: libc::flock = unsafe { std::mem::zeroed() };
    flock.l_type = narrow(kind)?;
    flock.l_whence = narrow(libc::SEEK_SET)?;
    flock.l_start = from;
    flock.l_len = to.map_or(0, |to| to - from);
    // SAFETY: the descriptor is open as long as `file` is; the structure outlives the call.
    #[expect(unsafe_code, reason = "calls the system")]
    let status = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut flock) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
