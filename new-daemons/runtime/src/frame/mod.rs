//! The frame of a daemon: what is the same for all of them, so that a `main` is a few lines.
//!
//! Options, configuration and its reload on SIGHUP, log, pid file, signals, readiness and watchdog, sockets that somebody
//! else has opened, process 1. What a daemon does is its own business: it asks [`Frame::poll`] in each turn of its loop
//! what is wanted of it. The watchdog is petted there and nowhere else, so a loop that hangs is noticed.
//!
//! Exit states: 0 stopped as wanted, 1 could not go on, 2 wrong options, 78 a configuration with mistakes (`EX_CONFIG`).

mod error;
mod init;
mod notify;
mod options;
mod pid_file;
mod signals;
mod sockets;

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::process::ExitCode;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use clap::Args;
use config::{Callback, Change, Changed, Http, Logging, Refused, Section, Settings, Tunneld};
use tracing::{error, info, warn};

use crate::configuration::{self, Here};
use crate::logging::Log;
pub use error::FrameError;
use notify::Notify;
pub use options::Common;
pub use pid_file::PidFile;
use signals::{Signal, Signals};
pub use sockets::Sockets;

/// A daemon that stands in this frame.
pub trait Daemon {
    /// The name of the program.
    const NAME: &'static str;
    /// What it is, in a line; for `--help`.
    const ABOUT: &'static str;
    /// The sections of the configuration that it reads besides `[logging]`: at least those of every daemon on the bus.
    const SECTIONS: &'static [&'static str] = &[Tunneld::NAME, Http::NAME, Callback::NAME];
    /// The environment variable that stands in for `--log-level`.
    const LOG_VARIABLE: &'static str = "CTDB_DAEMON_LOG";
    /// How long it may take to stop; then it is ended.
    const STOP_WITHIN: Duration = Duration::from_secs(10);

    /// Its own options.
    type Options: Args;
    /// Why it could not go on: one line, also in the form `{:#}`.
    type Error: Display;

    /// Runs until [`Frame::poll`] says that it is to stop.
    fn run(options: Self::Options, frame: Frame) -> impl Future<Output = Result<(), Self::Error>>;
}

/// What is wanted of a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To stop.
    Stop,
    /// To go by the new settings of the frame. What has to wait for a start is not among them.
    Reloaded(Vec<Changed>),
    /// To go on as before: the files have mistakes, which the log tells.
    Refused(String),
}

/// The frame, as a running daemon sees it.
#[derive(Debug)]
pub struct Frame {
    sections: Vec<&'static str>,
    directory: PathBuf,
    settings: Settings,
    log: Log,
    signals: Signals,
    notify: Notify,
    sockets: Sockets,
    _pid_file: Option<PidFile>,
}

/// Runs a daemon: all of its `main`.
#[must_use]
pub fn main<D: Daemon>() -> ExitCode {
    if let Some(code) = init::stand_in(D::NAME) {
        return code;
    }
    let (common, options) = options::parse::<D::Options>(D::NAME, D::ABOUT, D::LOG_VARIABLE);
    match start::<D>(&common, options) {
        Ok(code) => code,
        Err(error) => {
            error.lines().for_each(|line| eprintln!("{}: {line}", D::NAME));
            error.exit_code()
        }
    }
}

fn start<D: Daemon>(common: &Common, options: D::Options) -> Result<ExitCode, FrameError> {
    // Before any other thread, which would be sent the signals otherwise.
    let blocked = signals::block()?;
    let sockets = Sockets::inherited();
    let directory = common.directory()?;
    let mut sections = D::SECTIONS.to_vec();
    sections.push(Logging::NAME);
    let (settings, doubts) = read(&directory, &sections)?;
    let logging: Logging = section(&settings)?;
    let log = Log::start(D::NAME, common.log_level.as_deref(), common.log_location()?, &logging)?;
    doubts.iter().for_each(|doubt| warn!("{doubt}"));
    let pid_file = common.pid_file.clone().map(PidFile::take).transpose()?;
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| FrameError::System { what: "cannot start", error })?;
    let on_stderr = log.is_on_stderr();
    let signals = blocked.listen(D::NAME, D::STOP_WITHIN)?;
    let result = tokio.block_on(async {
        let notify = Notify::from_environment();
        let frame =
            Frame { sections, directory, settings, log, signals, notify, sockets, _pid_file: pid_file };
        D::run(options, frame).await
    });
    // What still runs in a thread of its own, such as a lookup, does not hold up the end.
    tokio.shutdown_timeout(Duration::from_secs(1));
    Ok(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Whoever has started it by hand sees it in any case, and once.
            if !on_stderr {
                error!("{why:#}");
            }
            eprintln!("{}: {why:#}", D::NAME);
            ExitCode::FAILURE
        }
    })
}

/// The settings of these sections, and what there is to be warned of.
fn read(directory: &std::path::Path, sections: &[&str]) -> Result<(Settings, Vec<String>), FrameError> {
    let here = Here { directory: directory.to_owned(), samba: None };
    let line = |told: &config::Remark| format!("{}/{told}", directory.display());
    let sources = configuration::read(directory)?;
    match sources.settings(sections, &here) {
        Ok((settings, doubts)) => Ok((settings, doubts.iter().map(line).collect())),
        Err(Refused(wrong)) => Err(FrameError::Configuration(wrong.iter().map(line).collect())),
    }
}

fn section<S: Section>(settings: &Settings) -> Result<S, FrameError> {
    Ok(settings.section()?)
}

impl Frame {
    /// What the files of the configuration say, about the sections that the daemon reads.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// One section of the configuration.
    pub fn section<S: Section>(&self) -> Result<S, FrameError> {
        section(&self.settings)
    }

    /// The directory of the configuration.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// The sockets that somebody else has opened for this daemon.
    pub const fn sockets(&mut self) -> &mut Sockets {
        &mut self.sockets
    }

    /// The log, to change its level.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Tells whoever has started the daemon that it is ready, and in a line what it does.
    pub fn ready(&self, status: &str) {
        self.notify.ready(status);
    }

    /// Tells in a line what the daemon does now.
    pub fn status(&self, status: &str) {
        self.notify.status(status);
    }

    /// What is wanted of the daemon. To be polled in each turn of its loop, which wakes for the watchdog by this as well.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Asked> {
        self.notify.poll_watchdog(cx);
        match ready!(self.signals.poll(cx)) {
            Signal::Stop => {
                self.notify.stopping();
                Poll::Ready(Asked::Stop)
            }
            Signal::Reload => {
                self.notify.reloading();
                let changes = self.reload();
                self.notify.reloaded();
                Poll::Ready(changes.map_or_else(Asked::Refused, Asked::Reloaded))
            }
        }
    }

    /// The same for a loop that awaits. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Asked {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Takes a new configuration as a whole, or leaves the old one as a whole.
    fn reload(&mut self) -> Result<Vec<Changed>, String> {
        let taken = read(&self.directory, &self.sections).and_then(|(settings, doubts)| {
            let mut changes = settings.changes(&self.settings, &self.sections);
            let settings = settings.keeping(&self.settings, &changes);
            // A log file that was moved away is opened anew, whether or not its name has changed.
            self.log.apply(&section(&settings)?)?;
            doubts.iter().for_each(|doubt| warn!("{doubt}"));
            for change in changes.extract_if(.., |change| change.change == Change::AtStart) {
                let to = change.to.as_deref().unwrap_or("its default");
                warn!("[{}] '{}' is {to} after the next start only", change.section, change.option);
            }
            self.settings = settings;
            Ok(changes)
        });
        match taken {
            Ok(changes) => {
                info!(changes = changes.len(), "the configuration was read again");
                Ok(changes)
            }
            Err(refused) => {
                refused.lines().for_each(|line| error!("{line}"));
                error!("the configuration was not taken: the old one holds");
                Err(refused.to_string())
            }
        }
    }
}
