//! The clients of a run: `compat-client` once for each node and workload, killed and started again.
//!
//! Each has a history of its own, which its successors continue; what becomes of one who cannot say so himself is said in
//! the driver's [`Journal`]. A killed client is stopped first, then its end is written down, then it is killed: so no line
//! of his can be younger than his end, and no lock of his is free before.

mod journal;
mod outside;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use judge::history::{Line, ProcId, Process, Source, What, Workload};
use nix::sys::signal::Signal;

pub use journal::Journal;
pub use outside::{AUDITS_RUNNING, AUDITS_STOPPED, Sampler};

use crate::binaries::binary;
use crate::cluster::Cluster;
use crate::daemon::Daemon;
use crate::error::{Result, io_at};

/// An event script for clusters in namespaces: puts public addresses on their interfaces and takes them off.
pub const ADDRESSES_SCRIPT: &str = include_str!("addresses.sh");
/// The numbers of processes of the history that one client may use.
const BLOCK: u32 = 64;

/// How long a client may take to end: what it waits for has its own patience.
const END: Duration = Duration::from_secs(30);

/// What all clients of a run have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The seed of the run.
    pub seed: u64,
    /// How many records a workload uses.
    pub keys: u32,
    /// The pause between two acts of a client.
    pub pace: Duration,
    /// Connections of W8 that do nothing, on each node.
    pub idle: u32,
    /// The workload that is done wrongly.
    pub wrong: Option<Workload>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 1, keys: 20, pace: Duration::from_millis(1), idle: 200, wrong: None }
    }
}

/// One client.
#[derive(Debug)]
struct Client {
    node: u32,
    workload: Workload,
    /// The first of its numbers in the history; its forerunners had smaller ones.
    proc: u32,
    history: PathBuf,
    daemon: Daemon,
    /// It was killed from here, and not started again.
    killed: bool,
}

/// All clients of a run. Dropping them kills them.
#[derive(Debug)]
pub struct Clients<'a> {
    cluster: &'a Cluster,
    journal: &'a Journal,
    settings: Settings,
    program: PathBuf,
    dir: PathBuf,
    all: Mutex<Vec<Client>>,
    next: Mutex<u32>,
    /// Histories of others than clients.
    others: Mutex<Vec<PathBuf>>,
}

impl<'a> Clients<'a> {
    /// None yet.
    ///
    /// # Errors
    /// When the program cannot be built, or there is no place for histories.
    pub fn new(cluster: &'a Cluster, journal: &'a Journal, settings: Settings) -> Result<Self> {
        let program = binary("compat-client", "compat-client")?;
        let dir = cluster.dir().join("clients");
        fs::create_dir_all(&dir).map_err(io_at(dir.display()))?;
        let (all, next, others) = (Mutex::default(), Mutex::new(BLOCK), Mutex::default());
        Ok(Self { cluster, journal, settings, program, dir, all, next, others })
    }

    fn all(&self) -> MutexGuard<'_, Vec<Client>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a client; it begins to work when its node lets it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, workload: Workload, node: u32) -> Result<()> {
        let history = self.dir.join(format!("{workload}.{node}.json"));
        let (proc, daemon) = self.launch(workload, node, &history)?;
        self.all().push(Client { node, workload, proc, history, daemon, killed: false });
        Ok(())
    }

    fn launch(&self, workload: Workload, node: u32, history: &Path) -> Result<(u32, Daemon)> {
        let proc = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next += BLOCK;
            *next
        };
        let place = self.cluster.node(usize::try_from(node).unwrap_or(usize::MAX));
        let Settings { seed, keys, pace, idle, wrong } = &self.settings;
        let words = [
            ("--workload", workload.to_string()),
            ("--node", node.to_string()),
            ("--proc", proc.to_string()),
            ("--seed", seed.to_string()),
            ("--keys", keys.to_string()),
            ("--pace-us", pace.as_micros().to_string()),
            ("--idle", idle.to_string()),
        ];
        let words = words.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        let builder = self
            .cluster
            .daemon(&format!("{workload} on node {node}"), self.program.clone())
            .arg("work")
            .args(words.map(OsString::from))
            .arg("--socket")
            .arg(place.socket())
            .arg("--history")
            .arg(history);
        let builder = if *wrong == Some(workload) { builder.arg("--wrong") } else { builder };
        Ok((proc, builder.start()?))
    }

    /// Kills clients, wherever they are in their work.
    ///
    /// # Errors
    /// When one does not go, or its history cannot be read.
    pub fn kill(&self, which: impl Fn(Workload, u32) -> bool) -> Result<()> {
        for client in self.all().iter_mut().filter(|client| which(client.workload, client.node)) {
            if client.daemon.is_running() {
                client.daemon.signal(Signal::SIGSTOP)?;
                self.ended_by(client, Process::Killed, "")?;
                client.killed = true;
                client.daemon.kill9()?;
            }
        }
        Ok(())
    }

    /// Sends a signal to clients that run.
    ///
    /// # Errors
    /// When a warden does not answer.
    pub fn signal(&self, signal: Signal, which: impl Fn(Workload, u32) -> bool) -> Result<()> {
        let all = self.all();
        let mut some = all.iter().filter(|client| which(client.workload, client.node));
        some.by_ref().filter(|client| client.daemon.is_running()).try_for_each(|c| c.daemon.signal(signal))
    }

    /// Starts clients again that do not run. One that ended without a word was broken, unless it was killed from here.
    ///
    /// # Errors
    /// When one cannot be started, or its history cannot be read.
    pub fn tend(&self, which: impl Fn(Workload, u32) -> bool) -> Result<()> {
        for client in self.all().iter_mut().filter(|client| which(client.workload, client.node)) {
            if let Some(how) = client.daemon.ended() {
                if !client.killed {
                    self.ended_by(client, Process::Broken, &format!("ended without a word: {how}"))?;
                }
                (client.proc, client.daemon) = self.launch(client.workload, client.node, &client.history)?;
                client.killed = false;
            }
        }
        Ok(())
    }

    /// Asks all clients to end and waits until they have.
    ///
    /// # Errors
    /// When one does not end.
    pub fn stop(&self) -> Result<()> {
        let all = self.all();
        for client in all.iter().filter(|client| client.daemon.is_running()) {
            client.daemon.signal(Signal::SIGTERM)?;
        }
        for client in all.iter().filter(|client| !client.killed) {
            let how = client.daemon.wait_ended(END)?;
            self.ended_by(client, Process::Broken, &format!("ended without a word: {how}"))?;
        }
        Ok(())
    }

    /// Says what became of the processes that have not said so themselves.
    fn ended_by(&self, client: &Client, state: Process, why: &str) -> Result<()> {
        let all = still_open(&read(&client.history)?);
        for proc in all.into_iter().filter(|proc| proc.0 >= client.proc) {
            let (node, workload, why) = (client.node, client.workload, why.to_owned());
            self.journal.say(What::Process { proc, node, workload, state, why })?;
        }
        Ok(())
    }

    /// How much each client has done so far: calls that returned, messages that arrived, locks that were given back.
    ///
    /// # Errors
    /// When a history cannot be read.
    pub fn done(&self) -> Result<Vec<(Workload, u32, usize)>> {
        let all = self.all();
        let done = all.iter().map(|client| {
            let text = read(&client.history)?;
            let is = |line: &&str| WORK.iter().any(|word| line.contains(word));
            Ok((client.workload, client.node, text.lines().filter(is).count()))
        });
        done.collect()
    }

    /// The histories of all clients and of those who looked, to be merged with that of the driver.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn sources(&self) -> Result<Vec<Source>> {
        let all = self.all();
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = all.iter().map(|client| (&client.history, client.killed));
        let all = clients.chain(others.iter().map(|path| (path, false)));
        all.map(|(path, killed)| Ok(Source { text: read(path)?, killed })).collect()
    }
}

/// Words of lines by which a workload has done something.
const WORK: [&str; 3] = ["\"ev\":\"return\"", "\"ev\":\"received\"", "\"ev\":\"leave\""];

/// What a client has written; nothing when it has not begun.
fn read(path: &Path) -> Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(io_at(path.display())(error)),
    }
}

/// The processes that were started and have not ended. A torn last line says nothing.
fn still_open(text: &str) -> Vec<ProcId> {
    let mut open = Vec::new();
    for line in text.lines().filter(|line| line.contains("\"ev\":\"process\"")) {
        let Ok(Line { what: What::Process { proc, state, .. }, .. }) = serde_json::from_str(line) else {
            continue;
        };
        open.retain(|other| *other != proc);
        if state == Process::Started {
            open.push(proc);
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_said_that_he_ended_is_still_there() {
        let say = |proc, state| {
            let (proc, why) = (ProcId(proc), String::new());
            let what = What::Process { proc, node: 0, workload: Workload::W9, state, why };
            serde_json::to_string(&Line { t: 1, what }).unwrap() + "\n"
        };
        let all = say(1, Process::Started) + &say(2, Process::Started) + &say(1, Process::Ended);
        assert_eq!(still_open(&all), [ProcId(2)]);
        let torn = say(3, Process::Started);
        assert_eq!(still_open(&(all + &torn[..torn.len() - 2])), [ProcId(2)], "a torn line");
    }
}
