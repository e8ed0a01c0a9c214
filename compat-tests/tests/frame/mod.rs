//! The frame of the daemons, seen from outside: a daemon that does nothing, as an administrator, systemd and the kernel
//! deal with it.

mod beside_c;
mod process_one;
mod reload;
mod start;
mod systemd;
mod tally;
mod units;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use compat_tests::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Nothing here takes longer unless it hangs.
const SOON: Duration = Duration::from_secs(30);

const PROGRAM: &str = env!("CARGO_BIN_EXE_frame-dummy");

/// The user who may do nothing.
const NOBODY: u32 = 65_534;

/// A directory with a configuration, and daemons that run with it.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("conf.d")).unwrap();
        Self { dir }
    }

    fn with(name: &str, text: &str) -> Self {
        let place = Self::new();
        place.write(name, text);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn command(&self) -> Command {
        self.command_of(Path::new(PROGRAM))
    }

    fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg("--config-dir").arg(self.dir.path()).current_dir("/").env_clear();
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command().args(words).output().unwrap()
    }

    /// Starts a daemon with its standard error in `stderr`, and waits until it is ready.
    fn start(&self, mut command: Command) -> Running<'_> {
        let log = fs::File::options().create(true).append(true).open(self.path("stderr")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Running { place: self, child }
    }

    fn started(&self, words: &[&str]) -> Running<'_> {
        let mut command = self.command();
        command.args(words);
        let running = self.start(command);
        running.logs("stderr", "ready");
        running
    }
}

/// A daemon; dropping it kills it.
struct Running<'a> {
    place: &'a Place,
    child: Child,
}

impl Running<'_> {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    fn end(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.ends()
    }

    fn ends(&mut self) -> ExitStatus {
        let child = &mut self.child;
        wait_until(SOON, "it ends", || child.try_wait().unwrap().ok_or("it runs")).unwrap()
    }

    /// Waits for words in a file, and gives back the file.
    fn logs(&self, file: &str, words: &str) -> String {
        let look = || {
            let text = self.place.text(file);
            if text.contains(words) { Ok(text) } else { Err(text) }
        };
        wait_until(SOON, words, look).unwrap()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of another user; nothing to test when this is not root.
fn as_nobody(command: &mut Command) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if root {
        command.uid(NOBODY).gid(NOBODY);
    }
    root
}
