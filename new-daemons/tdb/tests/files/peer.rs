//! Another process that uses the same file: this test program again, told by the environment what to do.
//!
//! It says one line on its standard output for each thing that it did, and goes on when it reads a line.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tdb::{OpenFlags, Stop, Store, Tdb, What};

const ROLE: &str = "TDB_PEER_ROLE";
const FILE: &str = "TDB_PEER_FILE";
const FLAGS: &str = "TDB_PEER_FLAGS";
/// Tells its lines from those of the test framework.
const MARK: &str = "peer: ";

pub(crate) struct Peer {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start(role: &str, path: &Path, flags: OpenFlags) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "peer::peer_process", "--ignored", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(FILE, path)
            .env(FLAGS, flags.bits().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, stdin, stdout: BufReader::new(stdout) }
    }

    /// What the peer says next.
    pub(crate) fn says(&mut self) -> String {
        let mut line = String::new();
        while self.stdout.read_line(&mut line).unwrap() > 0 {
            if let Some((_, said)) = line.trim_end().split_once(MARK) {
                return said.to_owned();
            }
            line.clear();
        }
        panic!("the peer ended without a word: {:?}", self.child.wait());
    }

    /// Lets the peer go on.
    pub(crate) fn go_on(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // One that was killed is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number of records that a process sees which opens the file now.
pub(crate) fn records_for_the_next_opener(path: &Path, flags: OpenFlags) -> String {
    Peer::start("count", path, flags).says()
}

fn say(text: impl std::fmt::Display) {
    println!("{MARK}{text}");
    std::io::stdout().flush().unwrap();
}

fn wait() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
#[ignore = "run by the other tests as a process of its own"]
fn peer_process() {
    let role = std::env::var(ROLE).expect("a role");
    let path = std::env::var(FILE).unwrap();
    let flags = OpenFlags::from_bits_retain(std::env::var(FLAGS).unwrap().parse().unwrap());
    if role == "opener" {
        return open_and_close(&path, flags);
    }
    let tdb = Tdb::open(path, flags).unwrap();
    match role.as_str() {
        "count" => say(tdb.traverse(|_, _| ControlFlow::Continue(())).unwrap()),
        "hold" => {
            let lock = tdb.lock(b"key1").unwrap();
            say("locked");
            wait();
            drop(lock);
            say("unlocked");
            wait();
        }
        "try" => say(if tdb.try_lock(b"key1").unwrap().is_some() { "free" } else { "busy" }),
        "freelist" => say(if tdb.try_freelist().unwrap().is_some() { "free" } else { "busy" }),
        // Locks that were taken outside the handle end with their process, too.
        "whole" => {
            let held = tdb.outside().unwrap().lock(What::Whole, &Stop::default()).unwrap();
            say("locked");
            wait();
            drop(held);
            say("unlocked");
            wait();
        }
        "hold counter" => {
            let _lock = tdb.lock(b"counter").unwrap();
            say("locked");
            wait();
        }
        "increment" => {
            for _ in 0..INCREMENTS {
                increment(&tdb);
            }
            say("done");
        }
        other => panic!("no role {other}"),
    }
}

/// Opens and closes the file again and again, until it is killed. It touches no record, and so waits for no freeze.
fn open_and_close(path: &str, flags: OpenFlags) {
    for opened in 0_u64.. {
        drop(Tdb::open(path, flags).unwrap());
        if opened == 0 {
            say("opened");
        }
    }
}

pub(crate) const INCREMENTS: u64 = 2000;

/// Adds one to a record under its lock.
pub(crate) fn increment(tdb: &Tdb) {
    let _lock = tdb.lock(b"counter").unwrap();
    let old = tdb.fetch(b"counter").unwrap().map_or(0, |v| u64::from_le_bytes(v.try_into().unwrap()));
    tdb.store(b"counter", &[&(old + 1).to_le_bytes()], Store::Replace).unwrap();
}
