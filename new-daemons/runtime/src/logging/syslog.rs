//! syslog as C's `location = syslog...` reaches it: the socket of this machine, or its port 514.
//!
//! Over the socket the daemon of syslog adds the time; over the port it stands in the message (RFC 3164, RFC 5424).

use std::io::{self, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use config::{Level, Syslog as How};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use super::level_of;

const SOCKET: &str = "/dev/log";
const PORT: u16 = 514;

/// The facility `daemon`.
const FACILITY: u8 = 3;

#[derive(Debug)]
enum Connection {
    Socket(UnixDatagram),
    Port(UdpSocket),
}

/// Writes lines to syslog.
#[derive(Debug)]
pub(crate) struct Syslog {
    how: How,
    name: &'static str,
    host: String,
    socket: PathBuf,
    port: u16,
    connection: Mutex<Connection>,
}

fn connect(how: How, socket: &Path, port: u16) -> io::Result<Connection> {
    match how {
        How::Plain | How::Nonblocking => {
            let connection = UnixDatagram::unbound()?;
            connection.connect(socket)?;
            connection.set_nonblocking(how == How::Nonblocking)?;
            Ok(Connection::Socket(connection))
        }
        How::Udp | How::UdpRfc5424 => {
            let connection = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            connection.connect((Ipv4Addr::LOCALHOST, port))?;
            connection.set_nonblocking(true)?;
            Ok(Connection::Port(connection))
        }
    }
}

impl Syslog {
    pub(crate) fn open(name: &'static str, how: How) -> io::Result<Self> {
        Self::open_at(name, how, Path::new(SOCKET), PORT)
    }

    fn open_at(name: &'static str, how: How, socket: &Path, port: u16) -> io::Result<Self> {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = host.trim();
        let host = if host.is_empty() { "-" } else { host }.to_owned();
        let connection = Mutex::new(connect(how, socket, port)?);
        Ok(Self { how, name, host, socket: socket.to_owned(), port, connection })
    }

    /// What is sent for a line.
    fn message(&self, level: Level, time: &str, line: &str) -> String {
        let priority = FACILITY * 8
            + match level {
                Level::Error => 3,
                Level::Warning => 4,
                Level::Notice => 5,
                Level::Info => 6,
                Level::Debug => 7,
            };
        let (name, host, pid) = (self.name, &self.host, std::process::id());
        match self.how {
            How::Plain | How::Nonblocking => format!("<{priority}>{name}[{pid}]: {line}"),
            How::Udp => format!("<{priority}>{} {host} {name}[{pid}]: {line}", old_time(time)),
            How::UdpRfc5424 => format!("<{priority}>1 {time} {host} {name} {pid} - - {line}"),
        }
    }

    fn send(&self, message: &[u8]) -> io::Result<usize> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match &*connection {
            Connection::Socket(socket) => socket.send(message),
            Connection::Port(socket) => socket.send(message),
        };
        match sent {
            // Nobody listens just now, or there is no room: a log must not stop a daemon.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(_) if matches!(*connection, Connection::Socket(_)) => {
                *connection = connect(self.how, &self.socket, self.port)?;
                match &*connection {
                    Connection::Socket(socket) => socket.send(message),
                    Connection::Port(socket) => socket.send(message),
                }
            }
            other => other,
        }
    }
}

/// `2026-11-22T22:17:00.123456Z` as `Nov 22 22:17:00`.
fn old_time(time: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let part = |range| time.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let day = part(8..10).trim_start_matches('0');
    format!("{} {day:>2} {}", month.unwrap_or(&"Jan"), part(11..19))
}

/// One event's writer.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    to: &'a Syslog,
    level: Level,
}

impl<'a> MakeWriter<'a> for Syslog {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { to: self, level: Level::Notice }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line<'a> {
        Line { to: self, level: level_of(*meta.level()) }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut time = String::new();
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let text = String::from_utf8_lossy(line);
        self.to.send(self.to.message(self.level, &time, text.trim_end()).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(syslog: &Syslog, level: Level, text: &str) {
        let mut line = Line { to: syslog, level };
        line.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn each_form_of_syslog_has_its_priority_and_comes_to_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let socket = UnixDatagram::bind(&path).unwrap();
        let port = UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = port.local_addr().unwrap().port();
        port.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let open = |how| Syslog::open_at("x", how, &path, number).unwrap();
        let mut buffer = [0; 1024];
        let pid = std::process::id();

        say(&open(How::Plain), Level::Error, "no room\n");
        let len = socket.recv(&mut buffer).unwrap();
        assert_eq!(String::from_utf8_lossy(&buffer[..len]), format!("<27>x[{pid}]: no room"));

        let old = open(How::Udp);
        say(&old, Level::Notice, "up\n");
        let len = port.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
        assert!(text.starts_with("<29>") && text.ends_with(&format!(" {} x[{pid}]: up", old.host)), "{text}");

        let new = open(How::UdpRfc5424);
        say(&new, Level::Debug, "all\n");
        let len = port.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
        assert!(
            text.starts_with("<31>1 20") && text.ends_with(&format!("Z {} x {pid} - - all", new.host)),
            "{text}"
        );
        assert_eq!(old_time("2026-01-02T03:04:05.000001Z"), "Jan  2 03:04:05");
    }

    #[test]
    fn a_syslog_that_was_restarted_is_found_again_and_a_full_one_stops_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let first = UnixDatagram::bind(&path).unwrap();
        let syslog = Syslog::open_at("x", How::Nonblocking, &path, 0).unwrap();
        drop(first);
        std::fs::remove_file(&path).unwrap();
        assert!(syslog.send(b"nobody").is_err());
        let second = UnixDatagram::bind(&path).unwrap();
        say(&syslog, Level::Info, "back");
        let mut buffer = [0; 64];
        let len = second.recv(&mut buffer).unwrap();
        assert!(buffer[..len].ends_with(b"back"));
        for _ in 0..10_000 {
            say(&syslog, Level::Info, "again and again");
        }
        assert!(Syslog::open_at("x", How::Plain, &dir.path().join("none"), 0).is_err());
    }
}
