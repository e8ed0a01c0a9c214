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
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::libc::MFD_NOEXEC_SEAL;
use nix::sys::memfd::{MFdFlags, memfd_create};

/// Nobody writes to it, makes it longer or shorter, or takes these back.
const SEALS: SealFlag = SealFlag::F_SEAL_SHRINK
    .union(SealFlag::F_SEAL_GROW)
    .union(SealFlag::F_SEAL_WRITE)
    .union(SealFlag::F_SEAL_SEAL);

/// A sealed file with this content.
pub fn make(body: &Bytes) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let fd = match memfd_create("bus", flags | MFdFlags::from_bits_retain(MFD_NOEXEC_SEAL)) {
        // Linux before 6.3.
        Err(Errno::EINVAL) => memfd_create("bus", flags),
        other => other,
    }?;
    let mut file = File::from(fd);
    file.write_all(body)?;
    fcntl(&file, FcntlArg::F_ADD_SEALS(SEALS))?;
    Ok(file.into())
}

/// The content of a file that came, when it is sealed and exactly `len` bytes long.
pub fn read(fd: OwnedFd, len: usize) -> io::Result<Bytes> {
    let refuse = |why| Err(io::Error::new(ErrorKind::InvalidData, why));
    let found = fcntl(&fd, FcntlArg::F_GET_SEALS).map(SealFlag::from_bits_retain);
    if !found.is_ok_and(|found| found.contains(SEALS)) {
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
