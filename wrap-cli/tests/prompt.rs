//! The prompt, at a pseudo-terminal: words, TAB, stepping in and out of nouns, history, and how it ends.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::{Fake, healthy, program};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};

const SOON: Duration = Duration::from_secs(20);

/// The program with a person before it.
struct Person {
    keys: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    child: Child,
}

/// Starts the program at a terminal of its own; the other end is the person's.
fn terminal(fake: &Fake, home: &std::path::Path) -> (File, Child) {
    let size = Winsize { ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).unwrap();
    // The program must not hold the person's end, or it would never see it go.
    fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    let slave = File::from(pty.slave);
    let end = || Stdio::from(slave.try_clone().unwrap());
    let mut command = program();
    command.arg("--socket").arg(fake.socket()).env("XDG_STATE_HOME", home).env("TERM", "xterm");
    command.env("CTDB_SOCKET", fake.socket());
    let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    (File::from(pty.master), child)
}

/// Waits for the end of the program, and ends it when that takes too long.
fn wait_end(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + SOON;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    panic!("it still runs")
}

impl Person {
    fn at(fake: &Fake, home: &std::path::Path) -> Self {
        let (keys, child) = terminal(fake, home);
        let (seen, screen) = channel();
        let mut master = keys.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = master.read(&mut bytes) {
                if seen.send(bytes[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { keys, screen, seen: String::new(), child }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen shows a text behind what was waited for before.
    fn sees(&mut self, text: &str) {
        let deadline = Instant::now() + SOON;
        while !self.seen.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("no {text:?} on the screen: {:?}", self.seen),
            }
        }
        let end = self.seen.find(text).unwrap() + text.len();
        self.seen.drain(..end);
    }

    fn leaves(mut self) -> i32 {
        wait_end(&mut self.child).unwrap()
    }
}

impl Drop for Person {
    /// Also when a test has failed, nothing runs on.
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn a_person_steps_through_the_nouns_completes_words_and_leaves() {
    let fake = Fake::start(healthy);
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::at(&fake, home.path());
    person.sees("ctdbctl> ");
    person.types("node\r");
    person.sees("ctdbctl node> ");
    person.types("pin\t -n \t\t");
    person.sees("all");
    person.types("0-1\r");
    person.sees("10.0.0.2");
    person.sees("ctdbctl node> ");
    person.types("cluster list\r");
    person.sees("10.0.0.3");
    person.types("bogus\r");
    person.sees("unrecognized subcommand 'bogus'");
    person.types("?\r");
    person.sees("shutdown");
    person.types("..\r");
    person.sees("ctdbctl> ");
    person.types("\u{1b}[A");
    person.types("\u{1b}[A\u{1b}[A\u{1b}[A");
    person.sees("cluster list");
    person.types("\u{3}");
    person.sees("ctdbctl> ");
    person.types("\u{4}");
    assert_eq!(person.leaves(), 0);
    let history = std::fs::read_to_string(home.path().join("ctdbctl/history")).unwrap();
    assert!(history.contains("cluster list"), "{history}");
}

#[test]
fn what_destroys_asks_and_takes_nothing_but_yes() {
    let fake = Fake::start(healthy);
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::at(&fake, home.path());
    person.sees("ctdbctl> ");
    person.types("node shutdown\r");
    person.sees("Type 'yes' to go on: ");
    person.types("y\r");
    person.sees("nothing was done");
    person.sees("ctdbctl> ");
    person.types("exit\r");
    assert_eq!(person.leaves(), 0);
}

#[test]
fn a_terminal_that_is_closed_ends_the_prompt() {
    let fake = Fake::start(healthy);
    let home = tempfile::tempdir().unwrap();
    let (mut keys, mut child) = terminal(&fake, home.path());
    let (mut seen, mut bytes) = (String::new(), [0; 4096]);
    while !seen.contains("ctdbctl> ") {
        let n = keys.read(&mut bytes).unwrap();
        seen.push_str(&String::from_utf8_lossy(&bytes[..n]));
    }
    drop(keys);
    wait_end(&mut child);
}
