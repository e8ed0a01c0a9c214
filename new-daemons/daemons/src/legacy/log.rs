//! The log, line by line as C's programs write it, so that whoever watches ctdbd's log finds what it is used to.
//!
//! To a file, standard error or syslog, in the forms of `common/logging.c` and `lib/util/debug.c`. A line that cannot be
//! written is dropped: a full disk or a slow reader never stops an event.

use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event::Level;
use jiff::Zoned;
use machine::OneLine;

use super::paths::Paths;

/// A syslog packet is at most this long (RFC 3164).
const PACKET: usize = 1024;
/// The facility `daemon`.
const DAEMON: u8 = 3 << 3;

#[derive(Debug)]
enum Sink {
    Stderr,
    File(PathBuf, Option<File>),
    Syslog(UnixDatagram),
    Udp {
        socket: UdpSocket,
        rfc5424: bool,
    },
    /// The frame's log, which has its own levels.
    Frame,
}

#[derive(Debug)]
struct Writer {
    program: &'static str,
    host: String,
    level: u8,
    sink: Sink,
}

/// An open log. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<Mutex<Writer>>);

/// The number of a level in C.
fn number(level: Level) -> u8 {
    match level {
        Level::Error => 0,
        Level::Warning => 1,
        Level::Notice => 3,
        Level::Info => 5,
        Level::Debug => 10,
    }
}

/// The priority of a level in syslog, as `debug_level_to_priority` has it.
fn priority(level: Level) -> u8 {
    DAEMON
        | match level {
            Level::Error => 3,
            Level::Warning => 4,
            Level::Notice | Level::Info => 5,
            Level::Debug => 7,
        }
}

fn append(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

impl Sink {
    fn open(location: &str) -> io::Result<Self> {
        // As strtok takes it apart: empty parts do not count.
        let mut parts = location.split(':').filter(|part| !part.is_empty());
        match (parts.next(), parts.next()) {
            (Some("file"), None | Some("-")) => Ok(Self::Stderr),
            (Some("file"), Some(path)) => Ok(Self::File(path.into(), Some(append(Path::new(path))?))),
            (Some("syslog"), None | Some("nonblocking")) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect("/dev/log")?;
                socket.set_nonblocking(true)?;
                Ok(Self::Syslog(socket))
            }
            (Some("syslog"), Some(kind @ ("udp" | "udp-rfc5424"))) => {
                let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
                socket.connect((Ipv4Addr::LOCALHOST, 514))?;
                Ok(Self::Udp { socket, rfc5424: kind == "udp-rfc5424" })
            }
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "write syslog, or file: and a path")),
        }
    }
}

impl Log {
    /// At a location and with a level as C's configuration has them.
    pub(crate) fn open(
        program: &'static str,
        (location, level): (&str, u8),
        paths: &Paths,
    ) -> io::Result<Self> {
        let sink = match Sink::open(location) {
            // Without a syslog daemon C logs nowhere; here at least to standard error.
            Err(_) if location.starts_with("syslog") => Sink::Stderr,
            sink => sink?,
        };
        Ok(Self::new(Writer { program, host: paths.host(), level, sink }))
    }

    fn new(writer: Writer) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log of the frame.
    pub(crate) fn of_frame(program: &'static str) -> Self {
        Self::new(Writer { program, host: String::new(), level: u8::MAX, sink: Sink::Frame })
    }

    /// From now on this level.
    pub(crate) fn set_level(&self, level: u8) {
        let mut writer = self.writer();
        if !matches!(writer.sink, Sink::Frame) {
            writer.level = level;
        }
    }

    /// Opens the file anew, as after it was rotated away.
    pub(crate) fn reopen(&self) -> io::Result<()> {
        if let Sink::File(path, file) = &mut self.writer().sink {
            *file = Some(append(path)?);
        }
        Ok(())
    }

    /// Writes one line, whatever stands in it: names of scripts and words of clients come from outside.
    pub(crate) fn line(&self, level: Level, text: &str) {
        self.writer().line(level, text);
    }
}

impl Writer {
    fn line(&mut self, level: Level, text: &str) {
        if number(level) > self.level {
            return;
        }
        let text = OneLine(text);
        let (program, host, pid) = (self.program, self.host.as_str(), std::process::id());
        let stamp = || Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string();
        // One call for one line, so that lines of several programs do not mix.
        let _ = match &mut self.sink {
            Sink::Frame => {
                match level {
                    Level::Error => tracing::error!("{text}"),
                    Level::Warning => tracing::warn!("{text}"),
                    Level::Notice | Level::Info => tracing::info!("{text}"),
                    Level::Debug => tracing::debug!("{text}"),
                }
                Ok(())
            }
            Sink::Stderr => io::stderr().write_all(format!("{text}\n").as_bytes()),
            Sink::File(_, None) => Ok(()),
            Sink::File(_, Some(file)) => {
                file.write_all(format!("{} {host} {program}[{pid}]: {text}\n", stamp()).as_bytes())
            }
            Sink::Syslog(socket) => socket
                .send(packet(format!("<{}>{program}[{pid}]: {text}", priority(level))).as_bytes())
                .map(drop),
            Sink::Udp { socket, rfc5424: false } => socket
                .send(packet(format!("<{}>{program}[{pid}]: {text}", priority(level))).as_bytes())
                .map(drop),
            Sink::Udp { socket, rfc5424: true } => {
                let line = format!("<{}>1 {} {host} {program} {pid} - - {text}", priority(level), stamp());
                socket.send(packet(line).as_bytes()).map(drop)
            }
        };
    }
}

fn packet(mut line: String) -> String {
    let mut end = line.len().min(PACKET - 1);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}
