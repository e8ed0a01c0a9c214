//! What the configuration says to the event daemon.
//!
//! In ctdbd's service that is `ctdb.conf`, as C reads it: `[logging] location`, `[logging] log level`, `[event] debug script`.
//! A value that C refuses is refused here too, and the daemon does not start: ctdbd would not start with it either. What
//! only the new daemons know ([`Ours`]) is read from conf.d too, and never keeps it from starting.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use config::{Callback, Document, Event, Eventd, Http, Mistake, Section, Tunneld};
use event::OUTPUT;
use runtime::callbacks::{Row, from_settings};
use runtime::configuration::{self, Here};
use runtime::frame::{Frame, Sockets};
use runtime::presence::Site;

use crate::legacy::paths::Paths;

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

/// What only the new daemons know.
#[derive(Clone, Debug)]
pub(crate) struct Ours {
    /// Runs of each script that are remembered; none: the usual number.
    pub(crate) history: Option<usize>,
    /// Bytes of the output of a script that are kept.
    pub(crate) output: usize,
    /// The directory of the bus, when it is not beside the socket of ctdbd.
    pub(crate) bus: Option<PathBuf>,
    /// The door, unless nothing is known of it.
    pub(crate) door: Option<(Http, Option<SocketAddr>)>,
    /// Programs that are run on its events.
    pub(crate) callbacks: Vec<Row>,
}

impl Ours {
    /// The address of the door.
    pub(crate) fn listen(&self) -> Option<SocketAddr> {
        self.door.as_ref().and_then(|(_, listen)| *listen)
    }

    /// Where the daemon is to be found below ctdbd.
    pub(crate) fn site(&self, paths: &Paths) -> Site {
        let (door, callbacks) = (self.door.clone(), self.callbacks.clone());
        let (dir, configuration) = (paths.bus(self.bus.as_deref()), paths.etc(""));
        Site { dir, door, sockets: Sockets::default(), configuration, callbacks }
    }

    /// The sections that it comes from.
    pub(crate) const SECTIONS: &'static [&'static str] =
        &[Event::NAME, Eventd::NAME, Tunneld::NAME, Http::NAME, Callback::NAME];

    pub(crate) fn of(settings: &config::Settings) -> Result<Self, Mistake> {
        let (event, tunnel) = (settings.section::<Eventd>()?, settings.section::<Tunneld>()?);
        let history = usize::try_from(event.history).ok();
        let door = Some((settings.section::<Http>()?, event.http_listen));
        let (output, bus) = (event.output_limit.bytes(), tunnel.bus_directory);
        Ok(Self { history, output, bus, door, callbacks: from_settings(settings)? })
    }

    /// From the files; with mistakes in them what holds without them, and a line about it.
    pub(crate) fn read(paths: &Paths) -> (Self, Option<String>) {
        let directory = paths.etc("");
        let read = || -> Result<Self, String> {
            let here = Here { directory: directory.clone(), samba: None };
            let sources = configuration::read(&directory).map_err(|error| error.to_string())?;
            let (settings, _) = sources.settings(Self::SECTIONS, &here).map_err(|refused| {
                let first = refused.0.first().map(ToString::to_string).unwrap_or_default();
                format!("{}{first}", directory.display())
            })?;
            Self::of(&settings).map_err(|mistake| config::Remark::from(mistake).to_string())
        };
        match read() {
            Ok(ours) => (ours, None),
            Err(why) => {
                let (history, bus, door, callbacks) = (None, None, None, Vec::new());
                (Self { history, output: OUTPUT, bus, door, callbacks }, Some(why))
            }
        }
    }
}

impl Settings {
    /// Without ctdbd, where others see to the log.
    pub(crate) fn of_frame(frame: &Frame, paths: &Paths) -> Result<(Self, Ours), String> {
        let event: Event = frame.section().map_err(|error| error.to_string())?;
        let ours = Ours::of(frame.settings()).map_err(|mistake| config::Remark::from(mistake).to_string())?;
        let name = event.debug_script.as_deref().filter(|name| !name.is_empty());
        let refuse = |why: &str| format!("[event] debug script = {}: {why}", name.unwrap_or_default());
        let hook = name.map(|name| hook(paths, name)).transpose().map_err(refuse)?;
        Ok((Self { location: String::new(), level: NOTICE, hook }, ours))
    }

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
