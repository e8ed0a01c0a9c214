//! One event daemon by itself, C's or ours, without a ctdbd: for comparisons, failures and measurements.
//!
//! It lives in a directory of its own in ctdb's test mode. Its end is ours: it watches this process, and dropping the
//! handle asks it to end and then kills it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use legacy_codec::Abi;
use legacy_codec::Text;
use legacy_codec::event::{
    EventFrames, EventReply, EventRequest, Request, RunRequest, ScriptRequest, StatusRequest,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::binaries::product;
use crate::error::{Error, Result, io_at};
use crate::packages::Tool;
use crate::tool::{ToolOutput, run};
use crate::wait::wait_until;

/// How long a start, an end or a tool may take.
const PROMPT: Duration = Duration::from_secs(30);
/// Bytes of the longest answer.
const LONGEST: usize = 64 << 20;

/// Which event daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Debian's.
    Theirs,
    /// That of this project.
    Ours,
}

impl Kind {
    /// The program.
    ///
    /// # Errors
    /// When it is not installed, or cannot be built.
    pub fn program(self) -> Result<PathBuf> {
        match self {
            Self::Theirs => Tool::Ctdbd.path().map(|_| PathBuf::from("/usr/libexec/ctdb/ctdb-eventd")),
            Self::Ours => product("ctdb-eventd"),
        }
    }
}

/// The directory of an event daemon, with its scripts.
#[derive(Debug)]
pub struct EventSite(tempfile::TempDir);

impl EventSite {
    /// A directory with an empty component `legacy`. Its last part is the same for all, for it is in the log.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self> {
        let site = Self(tempfile::tempdir().map_err(io_at("a temporary directory"))?);
        for part in ["run", "events/legacy"] {
            fs::create_dir_all(site.base().join(part)).map_err(io_at(part))?;
        }
        let conf =
            format!("[logging]\n\tlocation = file:{}/log\n\tlog level = NOTICE\n", site.base().display());
        site.write("ctdb.conf", &conf)?;
        Ok(site)
    }

    /// `CTDB_BASE`.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.0.path().join("node")
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When that fails.
    pub fn write(&self, name: &str, content: &str) -> Result<()> {
        let path = self.base().join(name);
        fs::write(&path, content).map_err(io_at(path.display()))
    }

    /// Writes a script of `legacy` that can be executed, for `/bin/sh`.
    ///
    /// # Errors
    /// When that fails.
    pub fn script(&self, name: &str, lines: &str) -> Result<PathBuf> {
        let name = format!("events/legacy/{name}.script");
        self.write(&name, &format!("#!/bin/sh\n{lines}\n"))?;
        let path = self.base().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(io_at(path.display()))?;
        Ok(path)
    }

    /// What was logged.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.base().join("log")).unwrap_or_default()).into_owned()
    }

    /// Starts an event daemon here.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub fn start(&self, kind: Kind) -> Result<EventDaemon> {
        self.start_as(Command::new(kind.program()?))
    }

    /// The same with a command that becomes an event daemon; the options are added to it.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub fn start_as(&self, command: Command) -> Result<EventDaemon> {
        self.start_below(command, std::process::id())
    }

    /// The same, and it ends with that process.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub fn start_below(&self, mut command: Command, parent: u32) -> Result<EventDaemon> {
        let socket = self.base().join("run/eventd.socket");
        command.args(["-P", &parent.to_string()]).env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", self.base());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(io_at("an event daemon"))?;
        let mut daemon = EventDaemon { child, base: self.base(), socket };
        let listens = wait_until(PROMPT, "the event daemon listens", || match daemon.child.try_wait() {
            Ok(Some(status)) => Ok(Err(status)),
            _ => UnixStream::connect(&daemon.socket).map(|_| Ok(())).map_err(|error| error.to_string()),
        })?;
        listens.map_err(|status| Error::Tool {
            command: "ctdb-eventd".to_owned(),
            status: status.to_string(),
            output: self.log(),
        })?;
        Ok(daemon)
    }
}

/// An event daemon that runs.
#[derive(Debug)]
pub struct EventDaemon {
    child: Child,
    base: PathBuf,
    socket: PathBuf,
}

impl EventDaemon {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// A new connection.
    ///
    /// # Errors
    /// When it is refused.
    pub fn client(&self) -> Result<EventClient> {
        EventClient::connect(&self.socket)
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX));
        let _ = kill(pid, signal);
    }

    /// How it ended, once it has.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// When it does not.
    pub fn stop(&mut self) -> Result<std::process::ExitStatus> {
        self.signal(Signal::SIGTERM);
        wait_until(PROMPT, "the event daemon ends", || self.ended().ok_or("it runs"))
    }

    /// Runs the C tool here.
    ///
    /// # Errors
    /// When it is not installed, or does not end.
    pub fn ctdb(&self, args: &[&str]) -> Result<ToolOutput> {
        let mut command = Command::new(Tool::Ctdb.path()?);
        command.args(args).env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", &self.base);
        run(command, PROMPT)
    }

    /// Kibibytes of memory that it holds, with what it has in common with other programs.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Kibibytes of memory that it alone holds: without the text of the executable, which all daemons of a node share.
    #[must_use]
    pub fn own_memory(&self) -> u64 {
        self.status("RssAnon:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }
}

impl Drop for EventDaemon {
    fn drop(&mut self) {
        if self.stop().is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A client of an event daemon, one that waits for each answer unless told otherwise.
#[derive(Debug)]
pub struct EventClient {
    stream: UnixStream,
    frames: EventFrames,
    count: u32,
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    Error::Output { command: "ctdb-eventd".to_owned(), line: error.to_string() }
}

fn text(word: Option<&str>) -> Text {
    word.map_or(Text::NULL, Text::from)
}

impl EventClient {
    /// A new connection.
    ///
    /// # Errors
    /// When it is refused.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).map_err(io_at(socket.display()))?;
        stream.set_read_timeout(Some(PROMPT * 2)).map_err(io_at("a read timeout"))?;
        Ok(Self { stream, frames: EventFrames::new(Abi::NATIVE, LONGEST), count: 0 })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the other end is closed.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).map_err(io_at("writing to the event daemon"))
    }

    /// Sends a request and returns its number.
    ///
    /// # Errors
    /// When the other end is closed.
    pub fn send(&mut self, request: Request) -> Result<u32> {
        self.count += 1;
        let reqid = self.count;
        let packet = EventRequest { version: 0, reqid, request }.encode(Abi::NATIVE);
        let packet = packet.map_err(|error| unreadable(&error))?;
        self.send_bytes(&packet)?;
        Ok(reqid)
    }

    /// Waits for the next reply; `None`: the connection was closed.
    ///
    /// # Errors
    /// When none comes, or one that cannot be read.
    pub fn receive(&mut self) -> Result<Option<EventReply>> {
        loop {
            if let Some(frame) = self.frames.pop().map_err(|error| unreadable(&error))? {
                return EventReply::decode(&frame, Abi::NATIVE).map(Some).map_err(|error| unreadable(&error));
            }
            let mut chunk = vec![0; 64 << 10];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(None),
                Ok(count) => self.frames.push(&chunk[..count]),
                // It was closed with something unread in it.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(io_at("reading from the event daemon")(error)),
            }
        }
    }

    /// Asks and waits; `None`: the connection was closed instead.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn ask(&mut self, request: Request) -> Result<Option<EventReply>> {
        self.send(request)?;
        self.receive()
    }

    /// Runs an event and returns the result.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn run(&mut self, event: &str, args: &str, seconds: u32) -> Result<i32> {
        let request =
            run_request(Some("legacy"), Some(event), Some(args).filter(|a| !a.is_empty()), seconds, 0);
        let reply = self.ask(request)?.ok_or_else(|| unreadable(&"the connection was closed"))?;
        Ok(reply.result)
    }
}

/// A request to run an event; `None` stands for a null pointer.
#[must_use]
pub fn run_request(
    component: Option<&str>,
    event: Option<&str>,
    args: Option<&str>,
    timeout: u32,
    flags: u32,
) -> Request {
    let (component, event, args) = (text(component).into(), text(event).into(), text(args).into());
    Request::Run(RunRequest { component, event, args, timeout, flags })
}

/// A question how an event went.
#[must_use]
pub fn status_request(component: Option<&str>, event: Option<&str>) -> Request {
    Request::Status(StatusRequest { component: text(component).into(), event: text(event).into() })
}

/// A request to change the mode of a script.
#[must_use]
pub fn script_request(component: Option<&str>, script: Option<&str>, action: u32) -> Request {
    Request::Script(ScriptRequest { component: text(component).into(), script: text(script).into(), action })
}
