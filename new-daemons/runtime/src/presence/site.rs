//! Where a daemon is to be found, as the command line and the configuration say.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bus::Daemon;
use config::{Http, Tunneld};

use crate::callbacks::{self, Row};
use crate::frame::{Frame, FrameError, Sockets};
use crate::http::{Limits, Places};
use crate::paths;

/// Options of every daemon on the bus.
#[derive(clap::Args, Clone, Debug)]
pub struct BusOptions {
    /// Bus directory [default: `bus directory` of the section tunneld, or `bus` beside the socket of ctdbd]
    #[arg(long, value_name = "DIR", env = "CTDB_BUS_DIR")]
    pub run_dir: Option<PathBuf>,
}

impl BusOptions {
    /// The bus directory: what was said here, what the configuration says, or `bus` beside the socket of ctdbd.
    ///
    /// # Errors
    /// What is wrong in the configuration.
    pub fn directory(&self, frame: &Frame) -> Result<PathBuf, FrameError> {
        self.directory_beside(frame, &paths::ctdbd_socket())
    }

    /// The same for a ctdbd whose socket is there.
    ///
    /// # Errors
    /// What is wrong in the configuration.
    pub fn directory_beside(&self, frame: &Frame, ctdbd: &Path) -> Result<PathBuf, FrameError> {
        let said = || frame.section::<Tunneld>().map(|tunnel| tunnel.bus_directory);
        let dir = self.run_dir.clone().map_or_else(said, |dir| Ok(Some(dir)))?;
        Ok(dir.unwrap_or_else(|| paths::bus_dir(ctdbd)))
    }
}

/// Where a daemon is to be found.
#[derive(Debug)]
pub struct Site {
    /// The bus directory.
    pub dir: PathBuf,
    /// Its door, and the address at which that listens; none while nothing is known of it.
    pub door: Option<(Http, Option<SocketAddr>)>,
    /// What somebody else has opened for it.
    pub sockets: Sockets,
    /// The directory of the configuration.
    pub configuration: PathBuf,
    /// The programs that it runs on its events by the configuration.
    pub callbacks: Vec<Row>,
}

impl Site {
    /// On the bus in a directory, with a door at this address and callbacks, as the configuration of the frame says. What
    /// somebody else has opened for the daemon is taken from there.
    pub(super) fn of_frame(
        frame: &mut Frame,
        dir: PathBuf,
        listen: Option<SocketAddr>,
    ) -> Result<Self, FrameError> {
        let door = Some((frame.section()?, listen));
        let callbacks = callbacks::from_settings(frame.settings())?;
        let configuration = frame.directory().to_owned();
        Ok(Self { dir, door, sockets: std::mem::take(frame.sockets()), configuration, callbacks })
    }

    /// Where the door of the daemon is.
    pub(super) fn places(&self, daemon: Daemon) -> Option<(Places, Limits)> {
        let (http, listen) = self.door.as_ref()?;
        Some((Places::of(http, *listen, daemon, &self.dir)?, Limits::of(http)))
    }
}
