//! What the tests of the tunnel share: a daemon on the bus that can be used from a thread that also steers a cluster,
//! letters whose content follows from their number, and the state of a tunneld.
//!
//! The calls block, and each has a deadline. Nothing here decides what is right.

#![allow(dead_code)] // Each test program uses a part.

pub(crate) mod letters;
pub(crate) mod watching;

use std::os::unix::net::UnixDatagram;
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use bus::{Address, Daemon, Name, Node, Undelivered};
use bytes::Bytes;
use compat_tests::{Cluster, wait_until};
use protocol::tunnel::{LinkState, Status};
use runtime::{BusClient, Notice, Options};
use tokio::sync::{mpsc, oneshot, watch};

/// No answer takes longer, unless the cluster itself has to change.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// Instance 0 of `name` on node `node`.
pub(crate) fn address(node: u32, name: &str) -> Address {
    Address::new(Node(node), name.parse::<Name>().unwrap())
}

enum Command {
    Post { to: Address, body: Bytes, result: oneshot::Sender<Result<(), Undelivered>> },
}

/// A daemon on the bus, living in a thread of its own.
pub(crate) struct Peer {
    commands: Option<mpsc::UnboundedSender<Command>>,
    notices: std_mpsc::Receiver<Notice>,
    reading: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

/// The result of a message, once there is one.
pub(crate) struct Posted {
    receiver: oneshot::Receiver<Result<(), Undelivered>>,
    result: Option<Result<(), Undelivered>>,
}

impl Posted {
    /// Waits for the result.
    pub(crate) fn result(mut self) -> Result<(), Undelivered> {
        wait_until(Duration::from_secs(60), "the message has a result", || self.peek().ok_or("none yet"))
            .unwrap()
    }

    /// The result, if there is one.
    pub(crate) fn peek(&mut self) -> Option<Result<(), Undelivered>> {
        self.result = self.result.or_else(|| self.receiver.try_recv().ok());
        self.result
    }
}

impl Peer {
    /// Registers as `name` at the tunneld of a node, which may have been started just now.
    pub(crate) fn connect(node: &compat_tests::Node, name: &str) -> Self {
        let socket = node.bus_dir().join("tunnel");
        wait_until(SOON, "tunneld listens", || UnixDatagram::unbound().and_then(|s| s.connect(&socket)))
            .unwrap();
        let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
        let options = Options { dir: node.bus_dir(), daemon, patience: SOON };
        let (commands, queue) = mpsc::unbounded_channel();
        let (notice, notices) = std_mpsc::channel();
        let (ready, is_ready) = std_mpsc::channel();
        let (reading, may_read) = watch::channel(true);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(live(options, queue, notice, may_read, ready));
        });
        is_ready.recv_timeout(SOON).expect("the tunneld answers").unwrap();
        Self { commands: Some(commands), notices, reading, thread: Some(thread.unwrap()) }
    }

    /// Hands a message over.
    pub(crate) fn post(&self, to: Address, body: impl Into<Bytes>) -> Posted {
        let (result, receiver) = oneshot::channel();
        let command = Command::Post { to, body: body.into(), result };
        assert!(self.commands.as_ref().unwrap().send(command).is_ok(), "the peer's thread has ended");
        Posted { receiver, result: None }
    }

    /// Sends a message and waits for its result.
    pub(crate) fn send(&self, to: Address, body: impl Into<Bytes>) -> Result<(), Undelivered> {
        let (result, posted) = oneshot::channel();
        let command = Command::Post { to, body: body.into(), result };
        assert!(self.commands.as_ref().unwrap().send(command).is_ok(), "the peer's thread has ended");
        posted.blocking_recv().expect("a result")
    }

    /// The next notice.
    pub(crate) fn notice(&self, limit: Duration) -> Notice {
        self.notices.recv_timeout(limit).expect("a notice in time")
    }

    /// The next message; passes over other notices.
    pub(crate) fn message(&self, limit: Duration) -> (Address, Bytes) {
        loop {
            if let Notice::Message { from, body } = self.notice(limit) {
                return (from, body);
            }
        }
    }

    /// The next notice that is no message.
    pub(crate) fn news(&self, limit: Duration) -> Notice {
        loop {
            match self.notice(limit) {
                Notice::Message { .. } => {}
                other => return other,
            }
        }
    }

    /// A notice that is there already.
    pub(crate) fn try_notice(&self) -> Option<Notice> {
        self.notices.try_recv().ok()
    }

    /// Reads its inbox from now on, or leaves it alone.
    pub(crate) fn read(&self, yes: bool) {
        self.reading.send_replace(yes);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the peer's thread panicked");
        }
    }
}

async fn live(
    options: Options,
    mut commands: mpsc::UnboundedReceiver<Command>,
    notices: std_mpsc::Sender<Notice>,
    mut may_read: watch::Receiver<bool>,
    ready: std_mpsc::Sender<Result<(), runtime::BusError>>,
) {
    let (client, mut inbox) = match BusClient::connect(options).await {
        Ok(connected) => connected,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    loop {
        let reads = *may_read.borrow_and_update();
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Post { to, body, result }) => {
                    let client = client.clone();
                    tokio::spawn(async move {
                        let _ = result.send(client.send(to, body).await);
                    });
                }
                None => break,
            },
            notice = inbox.recv(), if reads => match notice {
                Some(notice) => drop(notices.send(notice)),
                None => break,
            },
            _ = may_read.changed() => {}
        }
    }
}

/// The state of a node's tunneld, as `ctdbctl` shows it.
pub(crate) fn tunnel_status(node: &compat_tests::Node) -> Result<Status, String> {
    let run = node.ctdbctl(&["tunnel", "status", "-o", "json"]).map_err(|e| e.to_string())?;
    if run.code != Some(0) {
        return Err(format!("{run:?}"));
    }
    serde_json::from_str(&run.stdout).map_err(|e| e.to_string())
}

/// A cluster that need not be healthy: messages flow before its first recovery.
pub(crate) fn cluster(nodes: u8) -> Cluster {
    Cluster::builder().nodes(nodes).without_waiting().start().unwrap()
}

/// Waits until `from`'s message to `to` is delivered: both tunnelds are attached and know each other.
#[track_caller]
pub(crate) fn wait_way(from: &Peer, to: Address) {
    wait_until(SOON, &format!("there is a way to {to}"), || from.send(to, &b"hello"[..])).unwrap();
}

/// Each of these tunnelds has kept the connection to its ctdbd that it had at first.
#[track_caller]
pub(crate) fn assert_never_lost(cluster: &Cluster, nodes: &[usize]) {
    for node in nodes {
        let status = tunnel_status(cluster.node(*node)).unwrap();
        assert_eq!((status.ctdbd.state, status.ctdbd.attached), (LinkState::Attached, 1), "{status:?}");
    }
}

/// The most memory that a process has ever had, in KiB.
pub(crate) fn memory_peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
