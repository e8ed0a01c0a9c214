//! What `ctdb.conf` says to the event daemon: `[logging] location`, `[logging] log level`, `[event] debug script`.
//!
//! A value that C refuses is refused here too, and the daemon does not start: ctdbd would not start with it either.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use config::Document;

use crate::paths::Paths;

/// Where C's packages log when nothing is said.
const LOCATION: &str = "file:/var/log/ctdb/log.ctdb";

/// Levels as C numbers them.
const ERROR: u8 = 0;
const NOTICE: u8 = 3;

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) location: String,
    /// As C numbers it.
    pub(crate) level: u8,
    /// The program that looks at scripts that hang.
    pub(crate) hook: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn read(paths: &Paths) -> Result<Self, String> {
        let file = paths.etc("ctdb.conf");
        let text = match fs::read(&file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        let conf = Document::parse(&text);
        let refuse =
            |name: &str, value: &str, why: &str| format!("{}: {name} = {value}: {why}", file.display());
        let level = match conf.get("logging", "log level") {
            None => ERROR,
            Some(word) => config::level(word)
                .ok_or_else(|| refuse("log level", word, "write ERROR, WARNING, NOTICE, INFO or DEBUG"))?,
        };
        let hook = match conf.get("event", "debug script").filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => Some(hook(paths, name).map_err(|why| refuse("debug script", name, why))?),
        };
        // Interactively, and so does ctdbd then, everything goes to standard error.
        if std::env::var_os("CTDB_INTERACTIVE").is_some() {
            return Ok(Self { location: "file:".to_owned(), level: NOTICE, hook });
        }
        let location = conf.get("logging", "location").unwrap_or(LOCATION).to_owned();
        Ok(Self { location, level, hook })
    }
}

/// C looks for the last part of the name in the directory of `ctdb.conf`, and then runs the whole name there, which fails for
/// a path. Here what was looked at is what runs.
fn hook(paths: &Paths, name: &str) -> Result<PathBuf, &'static str> {
    let path = paths.etc(Path::new(name).file_name().ok_or("write the name of a file")?);
    match fs::metadata(&path) {
        Err(_) => Err("there is no such file beside ctdb.conf"),
        Ok(meta) if !meta.is_file() => Err("it is not a file"),
        Ok(meta) if meta.permissions().mode() & 0o100 == 0 => Err("it is not executable"),
        Ok(_) => Ok(path),
    }
}
