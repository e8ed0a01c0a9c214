//! `config`: the configuration files of this node: checked, shown, made from an old one. No daemon is asked.

mod check;
mod import;
mod show;

use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::row::rows;
use crate::error::{Error, system};
use crate::host::paths;

rows! {
    "config" "check": None, "Check the configuration files of this node; exit status 1 when ctdbd would not start with them",
        [], check::Wanted => check::Checked = check::run;
    "config" "show": None, "Show the options of ctdb.conf with the values that hold", [],
        show::Wanted => show::Values = show::run;
    "config" "import": None, "Make today's configuration files from the one file of before Samba 4.9", [],
        import::Wanted => import::Made = import::run;
}

/// The directory that is meant.
fn directory(named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(paths::etc_dir)
}

/// The text of a file; none when there is none.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Error::File { path: path.into(), message: "it is not all text in UTF-8".into() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::File { path: path.into(), message: system(&error) }),
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
