//! What the configuration says to the service daemon.

use std::net::SocketAddr;
use std::path::PathBuf;

use config::{Callback, Http, Section, Service, Serviced, Tunneld};
use runtime::frame::{Frame, FrameError};
use service::Config;

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What the core goes by.
    pub(crate) config: Config,
    /// The directory for what was decided by command.
    pub(crate) state: Option<PathBuf>,
    /// The address of the door.
    pub(crate) listen: Option<SocketAddr>,
}

impl Settings {
    /// The sections that it comes from.
    pub(crate) const SECTIONS: &'static [&'static str] =
        &[Serviced::NAME, Service::NAME, Tunneld::NAME, Http::NAME, Callback::NAME];

    /// What the configuration says now.
    pub(crate) fn of(frame: &Frame) -> Result<Self, FrameError> {
        let Serviced { state_directory: state, http_listen: listen, .. } = frame.section()?;
        let config = Config::from_settings(frame.settings())?;
        // The check of the files has told all of them with their lines; this is for what came past it.
        match config.problems().first() {
            Some(problem) => Err(FrameError::Configuration(vec![problem.to_string()])),
            None => Ok(Self { config, state, listen }),
        }
    }
}
