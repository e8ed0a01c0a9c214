//! The log of a daemon: tracing's events, in the levels of ctdb, at the place that the configuration names.
//!
//! | ctdb | tracing |
//! |---|---|
//! | ERROR | error |
//! | WARNING | warn |
//! | NOTICE | info |
//! | INFO | debug |
//! | DEBUG | trace |
//!
//! Both have five, so each has one; the journal and syslog get the priority of the same name. Level and place can change
//! while the daemon runs.

mod lines;
mod syslog;

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use config::{Level, Location, Logging, Take};
use tracing::level_filters::LevelFilter;
use tracing::warn;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::frame::FrameError;
use lines::Lines;
use syslog::Syslog;

type Output = Box<dyn Layer<Registry> + Send + Sync>;
type Filtered = tracing_subscriber::layer::Layered<reload::Layer<Output, Registry>, Registry>;

/// The running log.
pub struct Log {
    name: &'static str,
    output: reload::Handle<Output, Registry>,
    filter: reload::Handle<EnvFilter, Filtered>,
    /// Said on the command line, which the configuration does not change.
    level_is_fixed: bool,
    fixed_location: Option<Location>,
    on_stderr: AtomicBool,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("name", &self.name).finish_non_exhaustive()
    }
}

/// tracing's word for a level of ctdb.
#[must_use]
pub const fn filter_of(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warning => LevelFilter::WARN,
        Level::Notice => LevelFilter::INFO,
        Level::Info => LevelFilter::DEBUG,
        Level::Debug => LevelFilter::TRACE,
    }
}

/// ctdb's word for a level of tracing.
pub(crate) fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::INFO => Level::Notice,
        tracing::Level::DEBUG => Level::Info,
        _ => Level::Debug,
    }
}

/// Writes a line that a core has for the log.
pub fn line(level: machine::Level, line: &str) {
    match level {
        machine::Level::Error => tracing::error!("{line}"),
        machine::Level::Warning => warn!("{line}"),
        machine::Level::Notice => tracing::info!("{line}"),
        machine::Level::Info => tracing::debug!("{line}"),
        machine::Level::Debug => tracing::trace!("{line}"),
    }
}

/// What `--log-level` says: a level of ctdb in capital letters, or whatever tracing takes.
fn filter(text: &str) -> Result<EnvFilter, FrameError> {
    let capitals = text.chars().all(|c| c.is_ascii_uppercase());
    if capitals && let Ok(level) = Level::take(text) {
        return Ok(EnvFilter::default().add_directive(filter_of(level).into()));
    }
    let wrong = |why: &dyn ToString| FrameError::LogOption {
        option: "--log-level",
        value: text.to_owned(),
        why: why.to_string(),
    };
    EnvFilter::try_new(text).map_err(|why| wrong(&why))
}

/// Whether standard error is the journal's (`JOURNAL_STREAM`).
fn under_systemd() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(meta) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", meta.dev(), meta.ino())
}

impl Log {
    /// Starts it. What the command line says goes before the configuration, now and later.
    pub(crate) fn start(
        name: &'static str,
        level: Option<&str>,
        fixed_location: Option<Location>,
        logging: &Logging,
    ) -> Result<Self, FrameError> {
        let level_is_fixed = level.is_some();
        let first = match level {
            Some(text) => filter(text)?,
            None => EnvFilter::default().add_directive(filter_of(logging.level).into()),
        };
        let place = fixed_location.as_ref().or(logging.location.as_ref());
        let (layer, on_stderr, doubt) = output(name, place)?;
        let (output, reload_output) = reload::Layer::new(layer);
        let (filter, reload_filter) = reload::Layer::new(first);
        let log = Self {
            name,
            output: reload_output,
            filter: reload_filter,
            level_is_fixed,
            fixed_location,
            on_stderr: on_stderr.into(),
        };
        // Only a test has a log already; it keeps that.
        let _ = tracing_subscriber::registry().with(output).with(filter).try_init();
        if let Some(doubt) = doubt {
            warn!("{doubt}");
        }
        Ok(log)
    }

    /// Goes by new settings; opens a file again in any case.
    pub(crate) fn apply(&self, logging: &Logging) -> Result<(), FrameError> {
        let place = self.fixed_location.as_ref().or(logging.location.as_ref());
        let (layer, on_stderr, doubt) = output(self.name, place)?;
        let _ = self.output.reload(layer);
        self.on_stderr.store(on_stderr, Ordering::Relaxed);
        if !self.level_is_fixed {
            self.set_level(logging.level);
        }
        if let Some(doubt) = doubt {
            warn!("{doubt}");
        }
        Ok(())
    }

    /// Whether its lines go to standard error.
    pub(crate) fn is_on_stderr(&self) -> bool {
        self.on_stderr.load(Ordering::Relaxed)
    }

    /// Changes the level until the next change.
    pub fn set_level(&self, level: Level) {
        let _ = self.filter.reload(EnvFilter::default().add_directive(filter_of(level).into()));
    }
}

/// The layer that writes to a place, whether that is standard error, and what there is to be said when it is another place
/// than was wanted.
fn output(
    name: &'static str,
    place: Option<&Location>,
) -> Result<(Output, bool, Option<String>), FrameError> {
    let instead = |what: &str, error: io::Error| {
        (stderr(name), true, Some(format!("no {what} ({error}); the log goes to standard error")))
    };
    Ok(match place {
        Some(Location::Stderr) => (stderr(name), true, None),
        Some(Location::File(path)) => (file(name, path)?, false, None),
        Some(Location::Syslog(how)) => match Syslog::open(name, *how) {
            Ok(syslog) => {
                let lines = layer().with_writer(syslog).event_format(Lines::bare());
                (Box::new(lines.log_internal_errors(false)), false, None)
            }
            Err(error) => instead("syslog", error),
        },
        Some(Location::Journal) => match journal(name) {
            Ok(layer) => (layer, false, None),
            Err(error) => instead("journal", error),
        },
        None if under_systemd() => match journal(name) {
            Ok(layer) => (layer, false, None),
            Err(error) => instead("journal", error),
        },
        None => (stderr(name), true, None),
    })
}

fn stderr(name: &'static str) -> Output {
    let lines = layer().with_writer(io::stderr).event_format(Lines::with_time(name));
    Box::new(lines.log_internal_errors(false))
}

fn journal(name: &'static str) -> io::Result<Output> {
    Ok(Box::new(tracing_journald::layer()?.with_syslog_identifier(name.to_owned()).with_field_prefix(None)))
}

fn file(name: &'static str, path: &Path) -> Result<Output, FrameError> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let file = opened.map_err(|error| FrameError::Log { place: path.display().to_string(), error })?;
    let lines = layer().with_writer(std::sync::Arc::new(file)).event_format(Lines::with_time(name));
    Ok(Box::new(lines.log_internal_errors(false)))
}
