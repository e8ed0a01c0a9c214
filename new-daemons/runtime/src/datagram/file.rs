//! Bodies that travel as files: anonymous memory that nobody can change any more, passed beside a datagram.
//!
//! The receiver believes nothing: not the length before it has compared it with the datagram's, not the content before it
//! has seen the seals. It reads and does not map, so that a file that changes all the same could only spoil the content.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use bus::MESSAGE_MAX;
use bytes::Bytes;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};

/// Nobody writes to it, makes it longer or shorter, or takes these back.
fn seals() -> SealFlags {
    SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL
}

/// A sealed file with this content.
pub(super) fn make(body: &Bytes) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    let fd = match memfd_create("bus", flags) {
        // Linux before 6.3.
        Err(rustix::io::Errno::INVAL) => memfd_create("bus", flags - MemfdFlags::NOEXEC_SEAL),
        other => other,
    }?;
    let mut file = File::from(fd);
    file.write_all(body)?;
    fcntl_add_seals(&file, seals())?;
    Ok(file.into())
}

/// The content of a file that came, when it is sealed and exactly `len` bytes long.
pub(super) fn read(fd: OwnedFd, len: usize) -> io::Result<Bytes> {
    let refuse = |why| Err(io::Error::new(ErrorKind::InvalidData, why));
    if !fcntl_get_seals(&fd).is_ok_and(|found| found.contains(seals())) {
        return refuse("a file that is not sealed");
    }
    let file = File::from(fd);
    if len > MESSAGE_MAX || usize::try_from(file.metadata()?.len()) != Ok(len) {
        return refuse("a file of another length");
    }
    let mut body = vec![0; len];
    file.read_exact_at(&mut body, 0)?;
    Ok(body.into())
}
