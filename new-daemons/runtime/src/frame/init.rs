//! Process 1: in a container the daemon may be the first process, and orphans become its children.
//!
//! Then it starts itself once more as a child, and does nothing but what process 1 has to: it reaps whoever ends, passes on
//! signals, and ends with its child's exit status, which ends the rest.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What is passed on to the child.
const PASSED_ON: [Signal; 5] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1];

/// Stands in for process 1 when this is it; then the status with which it ends.
pub(crate) fn stand_in(name: &str) -> Option<ExitCode> {
    if std::process::id() != 1 {
        return None;
    }
    Some(run().unwrap_or_else(|why| {
        eprintln!("{name}: as process 1: {why}");
        ExitCode::FAILURE
    }))
}

fn run() -> std::io::Result<ExitCode> {
    let mut set = SigSet::empty();
    PASSED_ON.into_iter().chain([Signal::SIGCHLD]).for_each(|signal| set.add(signal));
    set.thread_block()?;
    let mut words = std::env::args_os();
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    let child = command.args(words).spawn()?;
    let child = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    loop {
        match set.wait()? {
            Signal::SIGCHLD => {
                if let Some(code) = reap(child) {
                    return Ok(code);
                }
            }
            // It may have ended just now; that is told by SIGCHLD.
            signal => drop(kill(child, signal)),
        }
    }
}

/// Reaps all that have ended; the status of the child when it is among them.
fn reap(child: Pid) -> Option<ExitCode> {
    let low = |number: i32| u8::try_from(number & 0xff).unwrap_or(u8::MAX);
    let mut ended = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => ended = Some(low(status)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                ended = Some(low(128 + signal as i32))
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return ended.map(ExitCode::from),
            Ok(_) | Err(_) => {}
        }
    }
}
