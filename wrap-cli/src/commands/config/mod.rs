//! `config`: the configuration files of this node: checked, shown, made from an old one. No daemon is asked.

mod check;
mod import;
mod show;

use std::path::{Path, PathBuf};

use runtime::configuration::{self, Unreadable};
use schemars::JsonSchema;
use serde::Serialize;

use super::row::rows;
use crate::error::{Error, system};
use crate::host::paths;

rows! {
    "config" "check": None Asks, "Check the configuration files of this node; exit status 1 when a daemon would not start with them",
        [], check::CheckArgs => check::Checked = check::run;
    "config" "show": None Asks, "Show all options with the values that hold, and the file and line that say so", [],
        show::ShowArgs => show::Values = show::run;
    "config" "import": None Changes, "Make today's configuration files, for C's daemons and the new ones, from those of an older CTDB", [],
        import::ImportArgs => import::Made = import::run;
}

/// The directory that is meant.
fn directory(named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(paths::etc_dir)
}

/// The text of a file; none when there is none.
fn read(path: &Path) -> Result<Option<String>, Error> {
    configuration::text(path).map_err(unreadable)
}

/// `ctdb.conf` and the files of conf.d.
fn sources(directory: &Path) -> Result<config::Sources, Error> {
    configuration::read(directory).map_err(unreadable)
}

fn unreadable(why: Unreadable) -> Error {
    let message = |text: &str| text.to_owned();
    match why {
        Unreadable::System { path, error } => Error::File { path, message: system(&error) },
        Unreadable::NotText(path) => Error::File { path, message: message("it is not all text in UTF-8") },
        Unreadable::TooLong(path) => Error::File { path, message: message("it is longer than 1 MiB") },
        Unreadable::TooMany(path) => Error::File { path, message: message("there are more than 256 files") },
        other => Error::File { path: PathBuf::new(), message: other.to_string() },
    }
}

/// Something about a line of a file.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// Number of the line, from 1.
    pub(crate) line: usize,
    /// `error` or `warning`.
    pub(crate) severity: &'static str,
    pub(crate) message: String,
}

impl From<config::Finding> for Finding {
    fn from(found: config::Finding) -> Self {
        let severity = match found.severity {
            config::Severity::Error => "error",
            config::Severity::Warning => "warning",
        };
        Self { line: found.line, severity, message: found.message }
    }
}
