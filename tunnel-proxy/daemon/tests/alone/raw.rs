//! A daemon of a few lines: a socket with a name, and frames as the test writes them.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use bus::Daemon;
use bus::datagram::{self, DATAGRAM_MAX, Frame, ToDaemon, ToTunnel};

use crate::{SOON, Tunneld};

pub(crate) struct Raw {
    // Not connected: the tunneld speaks from another socket than the one at which it listens.
    socket: UnixDatagram,
    tunneld: PathBuf,
    daemon: Daemon,
    path: PathBuf,
}

impl Raw {
    pub(crate) fn new(tunneld: &Tunneld, instance: u32) -> Self {
        let daemon = Daemon { name: "raw".parse().unwrap(), instance };
        let path = tunneld.bus().join(format!("raw.{instance}"));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        Self { socket, tunneld: tunneld.socket(), daemon, path }
    }

    pub(crate) fn say(&self, frame: ToTunnel) {
        self.socket.send_to(&datagram::encode(self.daemon, &[frame]).into_bytes(), &self.tunneld).unwrap();
    }

    /// The first frame of the next datagram.
    pub(crate) fn hear(&self) -> ToDaemon {
        let mut buffer = vec![0; DATAGRAM_MAX];
        let len = self.socket.recv(&mut buffer).unwrap();
        buffer.truncate(len);
        let (_, mut r) = datagram::open(buffer.into()).unwrap();
        ToDaemon::take(&mut r).unwrap()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
