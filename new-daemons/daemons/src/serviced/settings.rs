//! What the configuration says to the service daemon.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::anyhow;
use config::{Callback, Http, Section, Service, Serviced, Tunneld};
use runtime::callbacks::{self, Row};
use runtime::frame::Frame;
use service::Config;

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What the core goes by.
    pub(crate) config: Config,
    /// The directory of the bus, when it is not beside the socket of ctdbd.
    pub(crate) bus: Option<PathBuf>,
    /// The directory for what was decided by command.
    pub(crate) state: Option<PathBuf>,
    pub(crate) http: Http,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) callbacks: Vec<Row>,
}

impl Settings {
    /// The sections that it comes from.
    pub(crate) const SECTIONS: &'static [&'static str] =
        &[Serviced::NAME, Service::NAME, Tunneld::NAME, Http::NAME, Callback::NAME];

    /// What the configuration says now.
    pub(crate) fn of(frame: &Frame) -> anyhow::Result<Self> {
        let (own, tunnel): (Serviced, Tunneld) = (frame.section()?, frame.section()?);
        let wrong = |mistake| anyhow!("{}", config::Remark::from(mistake));
        let config = Config::from_settings(frame.settings()).map_err(wrong)?;
        // The check of the files has told all of them with their lines; this is for what came past it.
        if let Some(problem) = config.problems().first() {
            anyhow::bail!("{problem}");
        }
        Ok(Self {
            config,
            bus: tunnel.bus_directory,
            state: own.state_directory,
            http: frame.section()?,
            listen: own.http_listen,
            callbacks: callbacks::from_settings(frame.settings()).map_err(wrong)?,
        })
    }
}
