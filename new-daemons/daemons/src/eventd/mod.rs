//! `ctdb-eventd`: runs the scripts of events, in place of the program of this name in C CTDB.
//!
//! Started by ctdbd with `-P pid -S fd`, it serves ctdbd, the C tools and `ctdbctl` on `eventd.socket`, and ends when ctdbd
//! does (`below`). In both this role and the one without ctdbd (`alone`) it serves other daemons on the bus. This file reads
//! the options and prepares everything; what happens is in `event` (decisions), `scripts` (programs), `shell`
//! (effects) and `crate::legacy` (ctdbd's socket). The truth about the role: `event_daemon.c`, `sock_daemon.c`.

mod alone;
mod below;
mod desk;
mod numbers;
mod settings;
mod shell;

use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use event::Level;
use nix::errno::Errno;
use nix::unistd::Pid;
use runtime::frame::PidFile;

use self::settings::Settings;
use crate::legacy::log::Log;
use crate::legacy::paths::Paths;

/// Runs the event scripts of CTDB.
///
/// Takes the place of the program of the same name in C CTDB: name it in the environment variable CTDB_EVENTD of ctdbd (up to
/// Samba 4.24), or put it into ctdb's helper directory (Samba 4.25 and later).
#[derive(Debug, Parser)]
#[command(name = protocol::daemons::EVENT.program, version)]
struct Options {
    /// Process whose end ends this one
    #[arg(short = 'P', long = "pid", value_name = "PID")]
    pid: Option<i32>,

    /// Descriptor at which the start is told: four zero bytes
    #[arg(short = 'S', long = "startup-fd", value_name = "FD")]
    startup_fd: Option<i32>,

    /// Without ctdbd: no eventd.socket, only the bus; as first option. Add --help for what it takes then
    #[arg(long)]
    bus_only: bool,

    /// Ignored, as C ignores it
    #[arg(hide = true)]
    rest: Vec<String>,
}

/// The descriptor that ctdbd gave, as a file of our own that no script gets. Its number is closed.
fn startup(fd: Option<i32>) -> std::io::Result<Option<File>> {
    let Some(fd) = fd else { return Ok(None) };
    let own = File::options().write(true).open(format!("/proc/self/fd/{fd}"))?;
    nix::unistd::close(fd)?;
    Ok(Some(own))
}

fn run(options: &Options, mut startup: Option<File>) -> Result<(), i32> {
    let paths = Paths::from_environment();
    let settings = Settings::read(&paths).map_err(|error| {
        eprintln!("ctdb-eventd: {error}");
        Errno::EINVAL as i32
    })?;
    let log = Log::open(protocol::daemons::EVENT.program, (&settings.location, settings.level), &paths)
        .map_err(|error| {
            eprintln!("ctdb-eventd: log {}: {error}", settings.location);
            Errno::EINVAL as i32
        })?;
    let _pid_file = PidFile::take(paths.run("eventd.pid")).map_err(|error| {
        log.line(Level::Error, &format!("pid file {error}"));
        Errno::EEXIST as i32
    })?;
    let parent = options.pid.filter(|pid| *pid > 1).map(Pid::from_raw);
    if parent == Some(nix::unistd::getppid()) {
        // Quicker than a look every second. Who started this through another program does without.
        let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM);
    }
    log.line(Level::Notice, &format!("daemon started, pid={}", std::process::id()));
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio = tokio.map_err(|error| {
        log.line(Level::Error, &format!("startup failed, {error}"));
        Errno::EIO as i32
    })?;
    let ready = move |log: &Log| {
        if let Some(file) = &mut startup
            && file.write_all(&[0; 4]).is_err()
        {
            log.line(Level::Warning, "Failed to write zero to pipe FD");
        }
        // It stays open: its end tells ctdbd that the event daemon is gone.
        startup
    };
    tokio.block_on(below::run(&paths, settings, log, parent, ready))
}

/// The program: reads its command line, and runs until it is to end.
#[must_use]
pub fn main() -> ExitCode {
    // A role with options of its own.
    if std::env::args_os().nth(1).is_some_and(|first| first == "--bus-only") {
        return runtime::frame::main::<alone::Alone>();
    }
    let options = Options::parse();
    let keep: Vec<i32> = options.startup_fd.into_iter().collect();
    let prepared = runtime::process::close_inherited(&keep).and_then(|()| startup(options.startup_fd));
    let code = match prepared {
        Ok(startup) => run(&options, startup).err().unwrap_or(0),
        Err(error) => {
            eprintln!("ctdb-eventd: startup descriptor: {error}");
            1
        }
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
