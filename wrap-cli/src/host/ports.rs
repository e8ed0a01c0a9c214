//! Ports of this machine: whether something listens.

use std::io;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, bind, socket};

/// Whether the TCP port is in use. As in C, a socket without options is bound to it, and closed again: nothing is sent.
pub(crate) fn is_in_use(port: u16) -> io::Result<bool> {
    use std::os::fd::AsRawFd;
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, SockProtocol::Tcp)?;
    match bind(socket.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, port)) {
        Ok(()) => Ok(false),
        Err(Errno::EADDRINUSE) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_in_use_while_somebody_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(is_in_use(port).unwrap());
        drop(listener);
        assert!(!is_in_use(port).unwrap());
    }
}
