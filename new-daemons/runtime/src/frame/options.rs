//! The options that every daemon has, in front of its own. What is said here goes before the configuration.

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser};
use config::{Location, Take};

use super::error::FrameError;
use crate::configuration;

/// Options of every daemon.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Directory of ctdb.conf and conf.d [default: /etc/ctdb]
    #[arg(long, value_name = "DIR", env = "CTDB_CONFIG_DIR")]
    pub config_dir: Option<PathBuf>,

    /// What to log: ERROR, WARNING, NOTICE, INFO, DEBUG, or tracing's error, warn, info, debug, trace and filters
    /// [default: `log level` of the section logging, or NOTICE]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// Where to log to: stderr, journal, syslog, or file:PATH [default: `location` of the section logging, or the journal under
    /// systemd, or stderr]
    #[arg(long, value_name = "LOCATION")]
    pub log_location: Option<String>,

    /// File for the number of the process; it is locked as long as the daemon runs
    #[arg(long, value_name = "PATH")]
    pub pid_file: Option<PathBuf>,
}

impl Common {
    /// The directory of the configuration. One that was named has to be there.
    pub(crate) fn directory(&self) -> Result<PathBuf, FrameError> {
        match &self.config_dir {
            Some(path) if !path.is_dir() => Err(FrameError::Directory(path.clone())),
            Some(path) => Ok(path.clone()),
            None => Ok(configuration::directory()),
        }
    }

    pub(crate) fn log_location(&self) -> Result<Option<Location>, FrameError> {
        let Some(text) = &self.log_location else { return Ok(None) };
        let location = Location::take(text);
        let wrong = |why| FrameError::LogOption { option: "--log-location", value: text.clone(), why };
        location.map(Some).map_err(wrong)
    }
}

#[derive(Parser)]
struct All<O: Args> {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    own: O,
}

/// Reads the command line; ends the process with status 2 and what is wrong when it makes no sense.
pub(crate) fn parse<O: Args>(
    name: &'static str,
    about: &'static str,
    log_variable: &'static str,
) -> (Common, O) {
    let command = All::<O>::command().name(name).about(about).version(env!("CARGO_PKG_VERSION"));
    let command = command.mut_arg("log_level", |level| level.env(log_variable));
    let matches = command.get_matches();
    match All::<O>::from_arg_matches(&matches) {
        Ok(all) => (all.common, all.own),
        Err(error) => error.exit(),
    }
}
