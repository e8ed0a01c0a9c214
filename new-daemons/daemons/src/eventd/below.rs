//! The event daemon below ctdbd: it serves `eventd.socket` and the bus, and ends when ctdbd does.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use event::Level;
use nix::errno::Errno;
use nix::unistd::Pid;
use runtime::driver::{Driver, desk};
use runtime::presence::{CONFIGURATION, Presence, Where};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use super::desk::face;
use super::settings::{Ours, Settings};
use super::shell::Shell;
use crate::legacy::clients::Listener;
use crate::legacy::log::Log;
use crate::legacy::paths::Paths;

/// How often to look whether ctdbd is still there.
const LOOK: Duration = Duration::from_secs(1);

struct Signals {
    hangup: Signal,
    user1: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            user1: signal(SignalKind::user_defined1())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.user1.recv() => SignalKind::user_defined1(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        }
    }
}

/// Serves until it is told to end. `ready` is called once clients can connect, and what it returns is kept to the end.
pub(crate) async fn run(
    paths: &Paths,
    settings: Settings,
    log: Log,
    parent: Option<Pid>,
    ready: impl FnOnce(&Log) -> Option<File>,
) -> Result<(), i32> {
    let failed = |why: String| {
        log.line(Level::Error, &why);
        Errno::EIO as i32
    };
    let mut signals = Signals::new().map_err(|error| failed(format!("startup failed, {error}")))?;
    log.line(Level::Notice, "startup completed successfully");
    let path = paths.run("eventd.socket");
    let bound = Listener::bind(&path);
    let listener =
        bound.map_err(|error| failed(format!("socket bind failed - {}: {error}", path.display())))?;
    log.line(Level::Notice, &format!("listening on {}", path.display()));
    let (desk, wishes) = desk();
    let (ours, doubt) = read(paths, &log);
    let (site, to) = (ours.site(paths), log.clone());
    let say = Arc::new(move |level: tracing::Level, line: &str| to.line(level_of(level), line));
    let presence = Presence::start(site, face(&desk, true), Where::Apart, say);
    let presence = presence.map_err(|error| failed(format!("startup failed, {error}")))?;
    let _kept = ready(&log);
    if std::process::id() == 1 {
        tokio::spawn(runtime::process::adopt());
    }
    presence.ill(CONFIGURATION, doubt);
    let mut driver = Driver::new(Shell::new(paths, log.clone(), settings, &ours, presence), wishes);
    let serving = listener.serve(parent.map(Pid::as_raw), desk, log.clone());
    let code = serve(&mut driver, serving, &mut signals, parent, paths).await;
    log.line(Level::Notice, "Shutting down");
    driver.shell().presence.stop().await;
    code
}

const fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warning,
        _ => Level::Notice,
    }
}

async fn serve(
    driver: &mut Driver<Shell>,
    serving: impl Future<Output = ()>,
    signals: &mut Signals,
    parent: Option<Pid>,
    paths: &Paths,
) -> Result<(), i32> {
    tokio::pin!(serving);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            kind = signals.next() => {
                let log = driver.shell().log.clone();
                log.line(Level::Notice, &format!("Received signal {}", kind.as_raw_value()));
                if kind == SignalKind::hangup() {
                    reopen(&log);
                    renew(driver, &log, paths);
                } else if kind == SignalKind::user_defined1() {
                    reload(driver, &log, paths);
                } else {
                    return Ok(());
                }
            }
            () = driver.turn() => {}
            _ = look.tick() => {
                let gone = |pid: &Pid| nix::sys::signal::kill(*pid, None) == Err(Errno::ESRCH);
                if let Some(pid) = parent.filter(gone) {
                    driver.shell().log.line(Level::Error, &format!("PID {pid} gone away, exiting"));
                    return Err(Errno::ESRCH as i32);
                }
            }
            () = &mut serving => {}
        }
    }
}

fn reopen(log: &Log) {
    match log.reopen() {
        Ok(()) => log.line(Level::Notice, "reopen logs completed successfully"),
        Err(error) => log.line(Level::Error, &format!("reopen logs: {error}")),
    }
}

/// What only the new daemons know, and what of it is not taken.
fn read(paths: &Paths, log: &Log) -> (Ours, Option<String>) {
    let (ours, doubt) = Ours::read(paths);
    if let Some(doubt) = &doubt {
        log.line(Level::Warning, &format!("Configuration of the new daemons: {doubt}"));
    }
    (ours, doubt)
}

/// Goes by what only the new daemons know, as the files say it now: SIGHUP has each of them do so. With a mistake in them
/// nothing changes.
fn renew(driver: &mut Driver<Shell>, log: &Log, paths: &Paths) {
    let (ours, doubt) = read(paths, log);
    let (shell, taken) = (driver.shell(), doubt.is_none());
    shell.presence.refused(doubt);
    if taken {
        shell.presence.configure(ours.callbacks.clone());
        let input = shell.heed(&ours);
        input.into_iter().for_each(|input| driver.feed(input));
    }
}

/// Level, debug hook and what only the new daemons know may change while the daemon runs.
fn reload(driver: &mut Driver<Shell>, log: &Log, paths: &Paths) {
    log.line(Level::Notice, &format!("Re-reading config file {}", paths.etc("ctdb.conf").display()));
    match Settings::read(paths) {
        Ok(settings) => {
            let input = driver.shell().go_by(settings);
            driver.feed(input);
            renew(driver, log, paths);
            log.line(Level::Notice, "reconfigure completed successfully");
        }
        Err(error) => log.line(Level::Warning, &format!("Configuration reload failed: {error}")),
    }
}
