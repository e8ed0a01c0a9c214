//! The program `ctdb-tunneld` alone in a directory, with no ctdbd or one that is none: what it says when it cannot start,
//! what it does with datagrams that it should not get, and what its clients see of each other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod clients;
mod ctdbd;
mod datagrams;
mod door;
mod raw;
mod start;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bus::{Address, Daemon};
use bytes::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::probe::{ProbeBody, ProbeWhat};
use protocol::tunnel::Status;
use protocol::xdr::Xdr;
use runtime::{BusClient, BusError, Inbox, Notice, Options};

/// Nothing here takes longer unless it hangs.
const SOON: Duration = Duration::from_secs(30);

const PROGRAM: &str = env!("CARGO_BIN_EXE_ctdb-tunneld");

/// A condition that comes true, or the test fails with what was seen last.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + SOON;
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    loop {
        match look().await {
            Ok(value) => return value,
            Err(last) => assert!(Instant::now() < deadline, "not within {SOON:?}: {what}; last seen: {last}"),
        }
        turn.tick().await;
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("this hangs")
}

/// A running tunneld and its directory. Dropping it kills it.
struct Tunneld {
    child: Child,
    dir: tempfile::TempDir,
}

impl Tunneld {
    /// Starts one whose ctdbd is at `ctdbd.socket` of its directory, and waits until it listens.
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("ctdbd.socket");
        Self::start_with(dir, &socket).await
    }

    async fn start_with(dir: tempfile::TempDir, ctdbd: &Path) -> Self {
        let child = spawn(dir.path(), ctdbd);
        let mut tunneld = Self { child, dir };
        tunneld.listens().await;
        tunneld
    }

    async fn listens(&mut self) {
        let path = self.socket();
        until("it listens", async || {
            assert!(self.child.try_wait().unwrap().is_none(), "{}", self.log());
            UnixDatagram::unbound().and_then(|s| s.connect(&path)).map_err(|e| e.to_string())
        })
        .await;
    }

    /// Starts another one in the place of one that has ended, and waits until that listens.
    async fn start_again(&mut self) {
        self.child = self.spawn_another();
        self.listens().await;
    }

    fn spawn_another(&self) -> Child {
        spawn(self.dir.path(), &self.dir.path().join("ctdbd.socket"))
    }

    fn end(&mut self, signal: Signal) -> std::process::ExitStatus {
        kill(self.pid(), signal).unwrap();
        self.child.wait().unwrap()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    fn bus(&self) -> PathBuf {
        self.dir.path().join("bus")
    }

    fn socket(&self) -> PathBuf {
        self.bus().join("tunnel")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    async fn try_client(&self, name: &str) -> Result<Client, BusError> {
        let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
        let options = Options { dir: self.bus(), daemon, patience: SOON };
        BusClient::connect(options).await.map(|(bus, inbox)| Client { bus, inbox })
    }

    /// Registers, when an earlier one of the name has let go of its socket.
    async fn client(&self, name: &str) -> Client {
        until("the name is free", async || match self.try_client(name).await {
            Err(BusError::Listen { path, error }) => Err(format!("{}: {error}", path.display())),
            other => Ok(other.unwrap()),
        })
        .await
    }

    /// What it says of itself.
    async fn status(&self) -> Status {
        let mut asker = self.client("asker").await;
        let question = ProbeBody { id: 1, what: ProbeWhat::Status }.to_bytes().unwrap();
        asker.bus.send(local("probe"), question).await.unwrap();
        match ProbeBody::from_bytes(&asker.message().await).unwrap() {
            ProbeBody { id: 1, what: ProbeWhat::StatusAnswer(json) } => {
                serde_json::from_slice(&json).unwrap()
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Tunneld {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            eprintln!("--- the end of its log, backwards:\n{}", tail.join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(dir: &Path, ctdbd: &Path) -> Child {
    let log = fs::File::options().create(true).append(true).open(dir.join("log")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("--run-dir").arg(dir.join("bus")).arg("--ctdb-socket").arg(ctdbd);
    // Nothing of what this machine's own configuration says.
    command.arg("--config-dir").arg(dir).args(["--log-location", "stderr"]);
    command.args(["--log-level", "debug"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().unwrap()
}

/// A daemon on the bus.
struct Client {
    bus: BusClient,
    inbox: Inbox,
}

impl Client {
    /// The next message; passes over other notices.
    async fn message(&mut self) -> Bytes {
        loop {
            if let Notice::Message { body, .. } = self.notice().await {
                return body;
            }
        }
    }

    async fn notice(&mut self) -> Notice {
        within(self.inbox.recv()).await.expect("the connection lives")
    }
}

/// A daemon of this node.
fn local(name: &str) -> Address {
    Address { node: bus::Node::LOCAL, daemon: Daemon { name: name.parse().unwrap(), instance: 0 } }
}

/// A message goes from one to the other and is delivered.
async fn assert_ways(tunneld: &Tunneld) {
    let (one, mut two) = (tunneld.client("one").await, tunneld.client("two").await);
    assert_eq!(one.bus.send(local("two"), Bytes::from_static(b"hello")).await, Ok(()));
    assert_eq!(two.message().await, "hello");
}
