//! Where a scene is played: a cluster, tcpdump beside it, and relays in front of sockets.
//!
//! Recordings grow in the cluster's directory and are taken when the scene is over: read, checked, and compared with
//! what the scene promised to show. A recording is put in its place as it came, also when a packet in it is not
//! understood; that is then said, and the program ends with a failure.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use captures::Capture;
use captures::check::check;
use captures::session::Session;
use compat_tests::rehearsal::Rehearsal;
use compat_tests::{Cluster, Daemon, Tool, ToolOutput, product, run};

use crate::scenes::Scene;

/// How long one step may take on a busy machine.
pub(crate) const STEP: Duration = Duration::from_secs(60);
/// Findings that are told of one recording.
const FINDINGS: usize = 12;

/// A cluster that is recorded.
pub(crate) struct Stage {
    pub(crate) cluster: Cluster,
    relays: RefCell<Vec<(Daemon, PathBuf)>>,
    others: RefCell<Vec<PathBuf>>,
    /// What the nodes say to each other.
    file: PathBuf,
    pub(crate) directory: tempfile::TempDir,
}

/// `4.17.12`, of the daemons that are installed.
pub(crate) fn version() -> anyhow::Result<String> {
    let mut command = Command::new(Tool::Ctdb.path()?);
    command.arg("version");
    let text = run(command, STEP)?.ok()?;
    let number = text.trim().split(['-', ' ']).next().unwrap_or_default();
    ensure!(number.contains('.'), "ctdb version says {text:?}");
    Ok(number.to_owned())
}

impl Stage {
    /// Starts the cluster of a scene, recorded from its first packet on.
    pub(crate) fn open(scene: &Scene) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("tablecloth-corpus-").tempdir()?;
        let file = directory.path().join("nodes.pcap");
        let builder = (scene.cluster)(Cluster::builder().record(file.clone()));
        let cluster = builder.start()?;
        Ok(Self { cluster, relays: RefCell::default(), others: RefCell::default(), directory, file })
    }

    /// The C tool on a node; `words` are its arguments with blanks between them.
    pub(crate) fn ctdb(&self, pnn: usize, words: &str) -> anyhow::Result<String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        Ok(self.cluster.node(pnn).ctdb(&words)?)
    }

    /// The same, whatever comes of it, through a relay of [`Stage::relay`].
    pub(crate) fn through(&self, relay: &Relay, words: &str) -> anyhow::Result<ToolOutput> {
        let mut command = Command::new(Tool::Ctdb.path()?);
        command.args(words.split_whitespace()).envs(self.cluster.node(relay.pnn).env());
        command.env("CTDB_SOCKET", &relay.socket);
        Ok(run(command, STEP)?)
    }

    /// Prepares the cluster, and puts a relay in front of the client that is to be recorded.
    pub(crate) fn rehearse(&self, rehearsal: &Rehearsal) -> anyhow::Result<Relay> {
        (rehearsal.prepare)(&self.cluster)?;
        self.relay(rehearsal.pnn)
    }

    /// Takes another recording of clients, out of a directory that goes with the cluster.
    pub(crate) fn also_take(&self, file: &Path) -> anyhow::Result<()> {
        let copy = self.directory.path().join("others.pcapng");
        std::fs::copy(file, &copy).with_context(|| file.display().to_string())?;
        self.others.borrow_mut().push(copy);
        Ok(())
    }

    /// Puts a relay in front of a node's ctdbd that records its clients. One for each stage.
    fn relay(&self, pnn: usize) -> anyhow::Result<Relay> {
        let socket = self.directory.path().join("relay");
        let file = self.directory.path().join("clients.pcapng");
        let daemon = self
            .cluster
            .daemon("relay", product("ctdbctl")?)
            .args(["capture", "record", "-v", "--listen"])
            .arg(&socket)
            .arg("--connect")
            .arg(self.cluster.node(pnn).socket())
            .arg("--out")
            .arg(&file)
            .start()?;
        daemon.wait(STEP, "the relay listens", || {
            if daemon.log().contains("passed on") { Ok(()) } else { Err(daemon.log()) }
        })?;
        self.relays.borrow_mut().push((daemon, file));
        Ok(Relay { pnn, socket })
    }

    /// Waits until the recording between the nodes shows something: the C name of an operation or a control.
    pub(crate) fn wait_shown(&self, what: &str) -> anyhow::Result<()> {
        self.cluster.wait(STEP, &format!("{what} is recorded"), || {
            let shown = shown(&read(&self.file)?);
            if shown.contains(what) { Ok(()) } else { Err(format!("{shown:?}")) }
        })?;
        Ok(())
    }

    /// Waits until a command of the C tool on a node prints something that `is_right`.
    pub(crate) fn wait_ctdb(
        &self,
        pnn: usize,
        words: &str,
        is_right: impl Fn(&str) -> bool,
    ) -> anyhow::Result<()> {
        self.cluster.wait(STEP, &format!("ctdb {words} says so"), || match self.ctdb(pnn, words) {
            Ok(text) if is_right(&text) => Ok(()),
            Ok(text) => Err(text),
            Err(error) => Err(error.to_string()),
        })?;
        Ok(())
    }

    /// Waits until all nodes are healthy again.
    pub(crate) fn healthy(&self) -> anyhow::Result<()> {
        Ok(self.cluster.wait_healthy(STEP)?)
    }

    /// Waits until the recording has come to now, so that nothing before is missing in it. Two nodes that run always
    /// have something to say to each other.
    fn wait_rest(&self) -> anyhow::Result<()> {
        if self.cluster.nodes().iter().filter(|node| node.is_running()).count() < 2 {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        self.cluster.wait(STEP, "the recording has come to now", || {
            let last = read(&self.file)?.packets.last().map(|packet| packet.time.as_nanos());
            if last.is_some_and(|last| u128::from(last) > now) { Ok(()) } else { Err(format!("{last:?}")) }
        })?;
        Ok(())
    }

    /// Ends the recordings.
    pub(crate) fn close(self) -> anyhow::Result<Taken> {
        self.wait_rest()?;
        let mut files = vec![(self.file, "pcap")];
        for (daemon, file) in self.relays.into_inner() {
            daemon.stop()?;
            files.push((file, "pcapng"));
        }
        files.extend(self.others.into_inner().into_iter().map(|file| (file, "pcapng")));
        self.cluster.stop_recording()?;
        Ok(Taken { net: self.cluster.net().to_owned(), files, _directory: self.directory })
    }
}

/// A socket whose clients are recorded.
pub(crate) struct Relay {
    pnn: usize,
    pub(crate) socket: PathBuf,
}

/// Recordings of a scene that is over.
pub(crate) struct Taken {
    net: String,
    files: Vec<(PathBuf, &'static str)>,
    _directory: tempfile::TempDir,
}

impl Taken {
    /// Puts the recordings in their place; says whether all that the scene promised is there and understood.
    pub(crate) fn keep(self, out: &Path, scene: &Scene, version: &str) -> anyhow::Result<bool> {
        let (mut good, mut seen) = (true, BTreeSet::new());
        for (file, extension) in &self.files {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            let capture = Capture::read(&bytes)?;
            if capture.counts.packets == 0 {
                // One node has nobody to talk to.
                continue;
            }
            let name = format!("{}-{version}.{extension}", scene.name);
            std::fs::write(out.join(&name), &bytes).with_context(|| name.clone())?;
            let (tally, findings) = check(&capture, FINDINGS);
            let counts = capture.counts;
            println!(
                "{name}: {} bytes, {} records, pdus={} decoded={} identical={} unknown={} unpaired={}; {} gaps, {} bytes lost, net {}",
                bytes.len(),
                counts.records,
                tally.pdus,
                tally.decoded,
                tally.identical,
                tally.unknown,
                tally.unpaired,
                counts.gaps,
                counts.lost_bytes,
                self.net
            );
            for finding in &findings {
                let raw = capture.packets.get(finding.index).map(|packet| hex(&packet.raw));
                println!("  packet {}: {}\n    {}", finding.index, finding.what, raw.unwrap_or_default());
            }
            good &= tally.is_perfect();
            seen.append(&mut shown(&capture));
        }
        let absent: Vec<_> = scene.shows.iter().filter(|name| !seen.contains(**name)).collect();
        if !absent.is_empty() {
            bail!("the recording shows no {absent:?}, but {seen:?}");
        }
        Ok(good)
    }
}

/// A recording that still grows.
fn read(file: &Path) -> Result<Capture, String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    Capture::read(&bytes).map_err(|error| error.to_string())
}

/// C names of the operations, controls and messages in a recording.
fn shown(capture: &Capture) -> BTreeSet<String> {
    let session = Session::new(capture);
    let packets = session.entries.iter().flat_map(|entry| [entry.operation(), entry.name()]);
    packets.chain(capture.events.iter().map(|event| event.name())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(400).map(|byte| format!("{byte:02x}")).collect()
}
