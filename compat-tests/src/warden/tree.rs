//! The tree warden, both ends: `guard` runs in the warden, [`Tree`] in the test.
//!
//! Lines from the warden: `pid N`, `done`, `exit TEXT`; then its standard output closes, and the tree is gone.
//! Lines to it: `signal main|all NUMBER`, `leave`. End of input means: kill everything, unless it was told to leave.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, setsid};

use super::say;
use crate::error::{Error, Result, io_at};
use crate::processes::descendants;

/// What the program gets as standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stdin {
    /// `/dev/null`.
    Null,
    /// A pipe that stays open as long as the warden lives: ctdbd in test mode exits when it closes.
    Pipe,
}

impl Stdin {
    pub(super) fn parse(word: &OsStr) -> io::Result<Self> {
        match word.to_str() {
            Some("null") => Ok(Self::Null),
            Some("pipe") => Ok(Self::Pipe),
            _ => Err(io::Error::other("STDIN is null or pipe")),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Pipe => "pipe",
        }
    }
}

/// Which processes of a tree a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The program that was started.
    Main,
    /// It and everything below it.
    All,
}

// ---- in the warden

struct Guarded {
    /// The program, until it has been reaped: its id cannot be reused before.
    main: Option<Pid>,
    /// Everything is to end.
    ending: bool,
}

pub(super) fn guard(
    lock: &Path,
    log: &Path,
    stdin: Stdin,
    program: &OsStr,
    args: impl Iterator<Item = OsString>,
) -> io::Result<()> {
    setsid().map_err(io::Error::from)?;
    set_child_subreaper(true).map_err(io::Error::from)?;
    // Held until this process ends: the site warden deletes the directory only when nobody holds it.
    let alive = File::open(lock)?;
    alive.lock_shared()?;
    let out = File::options().create(true).append(true).open(log)?;
    let child_stdin = match stdin {
        Stdin::Null => Stdio::null(),
        Stdin::Pipe => Stdio::piped(),
    };
    let mut child =
        Command::new(program).args(args).stdin(child_stdin).stdout(out.try_clone()?).stderr(out).spawn()?;
    let _open_pipe = child.stdin.take();
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    say(&format!("pid {pid}"));

    let guarded = Arc::new(Mutex::new(Guarded { main: Some(pid), ending: false }));
    let obeying = Arc::clone(&guarded);
    thread::spawn(move || obey(&obeying));
    reap(&guarded)
}

fn locked(guarded: &Mutex<Guarded>) -> MutexGuard<'_, Guarded> {
    guarded.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Collects what dies; once the program is dead or everything is to end, kills what is left until nothing is.
fn reap(guarded: &Mutex<Guarded>) -> io::Result<()> {
    loop {
        // Looks without collecting, so that the id stays taken until the state says that it is gone.
        let pid = match waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(status) => status.pid(),
            Err(Errno::EINTR) => continue,
            Err(Errno::ECHILD) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut state = locked(guarded);
        let status = waitpid(pid, Some(WaitPidFlag::WNOHANG)).map_err(io::Error::from)?;
        if state.main.is_some() && state.main == pid {
            state.main = None;
            state.ending = true;
            say(&format!("exit {}", describe(status)));
        }
        if state.ending {
            kill_all();
        }
    }
}

fn describe(status: WaitStatus) -> String {
    match status {
        WaitStatus::Exited(_, code) => format!("status {code}"),
        WaitStatus::Signaled(_, signal, _) => format!("signal {signal}"),
        other => format!("{other:?}"),
    }
}

fn kill_all() {
    for process in descendants(i32::try_from(std::process::id()).unwrap_or_default()) {
        // It may be gone by now; then there is nothing to do.
        let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
    }
}

/// Reads commands until the input closes.
fn obey(guarded: &Mutex<Guarded>) {
    let mut leave = false;
    for line in io::stdin().lines() {
        let Ok(line) = line else { break };
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["leave"] => leave = true,
            ["signal", "main", number] => {
                if let (Some(pid), Some(signal)) = (locked(guarded).main, parse_signal(number)) {
                    let _ = kill(pid, signal);
                }
            }
            ["signal", "all", number] => {
                if let Some(signal) = parse_signal(number) {
                    signal_all(guarded, signal);
                }
            }
            _ => {}
        }
        say("done");
    }
    if !leave {
        locked(guarded).ending = true;
        kill_all();
    }
}

fn parse_signal(number: &str) -> Option<Signal> {
    Signal::try_from(number.parse::<i32>().ok()?).ok()
}

/// Signals the whole tree. A stop is repeated until a look finds nobody who still runs, because a process may have
/// forked between the look and its own stop. The looks are limited: a parent in `vfork` waits unstopped for its child.
fn signal_all(guarded: &Mutex<Guarded>, signal: Signal) {
    let me = i32::try_from(std::process::id()).unwrap_or_default();
    for _ in 0..200 {
        let state = locked(guarded);
        let running: Vec<i32> = descendants(me)
            .iter()
            .filter(|p| signal != Signal::SIGSTOP || p.state != 'T')
            .map(|p| p.pid)
            .collect();
        for pid in &running {
            let _ = kill(Pid::from_raw(*pid), signal);
        }
        drop(state);
        if signal != Signal::SIGSTOP || running.is_empty() {
            return;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
}

// ---- in the test

/// A program to run under a warden.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) stdin: Stdin,
    /// Gets its standard output and standard error, appended.
    pub(crate) log: PathBuf,
}

/// How a tree ended: `status 0`, `signal SIGKILL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended(pub(crate) String);

#[derive(Default)]
struct Seen {
    pid: Option<i32>,
    done: u64,
    exit: Option<String>,
    complaint: Option<String>,
    gone: bool,
}

struct Commands {
    /// Closed to end the tree.
    pipe: Option<ChildStdin>,
    sent: u64,
    /// The tree was told to live on.
    left: bool,
}

/// A program and everything that it started. Dropping it kills all of that.
pub(crate) struct Tree {
    name: String,
    pid: i32,
    commands: Mutex<Commands>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    warden: Mutex<Child>,
}

/// How long a warden may take for what needs no waiting.
const PROMPT: Duration = Duration::from_secs(20);

impl Tree {
    pub(crate) fn start(warden: &Path, lock: &Path, spec: &Spec) -> Result<Self> {
        let mut command = Command::new(warden);
        command
            .arg("tree")
            .args([lock, &spec.log])
            .arg(spec.stdin.word())
            .arg(&spec.program)
            .args(&spec.args);
        command.envs(spec.env.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut warden = command.spawn().map_err(io_at(warden.display()))?;
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        if let Some(out) = warden.stdout.take() {
            let seen = Arc::clone(&seen);
            thread::spawn(move || listen(out, &seen));
        }
        let commands = Mutex::new(Commands { pipe: warden.stdin.take(), sent: 0, left: false });
        let mut tree = Self { name: spec.name.clone(), pid: 0, commands, seen, warden: Mutex::new(warden) };
        tree.pid = tree
            .wait(PROMPT, |seen| seen.pid.or(if seen.gone { Some(0) } else { None }))
            .filter(|pid| *pid != 0)
            .ok_or_else(|| tree.complaint("did not start"))?;
        Ok(tree)
    }

    /// The program's process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Sends a signal; returns when it has been sent.
    pub(crate) fn signal(&self, whom: Whom, signal: Signal) -> Result<()> {
        let whom = match whom {
            Whom::Main => "main",
            Whom::All => "all",
        };
        self.command(&format!("signal {whom} {}", signal as i32))
    }

    /// Lets the tree live on when the test ends.
    pub(crate) fn leave(&self) -> Result<()> {
        self.command("leave")?;
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).left = true;
        Ok(())
    }

    fn command(&self, line: &str) -> Result<()> {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pipe) = &mut commands.pipe else { return Err(self.complaint("is being ended")) };
        writeln!(pipe, "{line}")
            .map_err(io_at(format!("command {line:?} to the warden of {}", self.name)))?;
        commands.sent += 1;
        let count = commands.sent;
        drop(commands);
        self.wait(PROMPT, |seen| (seen.done >= count || seen.gone).then_some(()))
            .ok_or_else(|| self.complaint("does not answer"))
    }

    /// How the tree ended, once all of it is gone; `None` while it is not.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.wait_gone(Duration::ZERO)
    }

    /// Waits until all of the tree is gone.
    pub(crate) fn wait_gone(&self, limit: Duration) -> Option<Ended> {
        self.wait(limit, |seen| {
            seen.gone.then(|| Ended(seen.exit.clone().unwrap_or_else(|| "ended by its warden".to_owned())))
        })
    }

    /// Kills everything.
    pub(crate) fn kill(&self) {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).pipe = None;
    }

    fn wait<T>(&self, limit: Duration, mut look: impl FnMut(&Seen) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + limit;
        let (seen, changed) = &*self.seen;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = look(&seen) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            seen = changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn complaint(&self, otherwise: &str) -> Error {
        let seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        let said = seen.complaint.clone().unwrap_or_else(|| otherwise.to_owned());
        Error::Warden { name: self.name.clone(), said }
    }
}

fn listen(out: impl io::Read, seen: &(Mutex<Seen>, Condvar)) {
    let (state, changed) = seen;
    let update = |apply: &dyn Fn(&mut Seen)| {
        apply(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_all();
    };
    for line in BufReader::new(out).lines().map_while(io::Result::ok) {
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("pid", pid) => update(&|seen| seen.pid = pid.parse().ok()),
            ("done", _) => update(&|seen| seen.done += 1),
            ("exit", how) => update(&|seen| seen.exit = Some(how.to_owned())),
            ("error", text) => update(&|seen| seen.complaint = Some(text.to_owned())),
            _ => {}
        }
    }
    update(&|seen| seen.gone = true);
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.kill();
        let left = self.commands.lock().unwrap_or_else(PoisonError::into_inner).left;
        if !left && self.wait_gone(PROMPT).is_some() {
            let _ = self.warden.lock().unwrap_or_else(PoisonError::into_inner).wait();
        }
    }
}
