//! Traffic between all nodes: a small daemon on each, which sends to the daemons of all other nodes without a pause.
//!
//! It runs in a thread of its own, on the bus like any new daemon, and writes everything into the ledger. What happens
//! to the cluster meanwhile is not its business.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bus::{Address, Daemon, Node};
use compat_tests::Cluster;
use runtime::{BusClient, Inbox, Notice, Options};
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::ledger::{Counts, Ledger, Pair, message};

/// Messages without an answer that one direction may have; then it waits.
const UNDER_WAY: usize = 32;
/// How long the last messages may take to be delivered or reported.
const LAST: Duration = Duration::from_secs(30);
/// How long what was delivered may wait to be read.
const READ: Duration = Duration::from_secs(10);
/// How often is looked whether it has been.
const LOOK: Duration = Duration::from_millis(20);

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// One message of a direction so often.
    pub(crate) every: Duration,
    /// The sizes of the messages, in turn: mostly small.
    pub(crate) sizes: &'static [usize],
}

/// Traffic that flows until it is told to stop.
pub(crate) struct Traffic {
    ledger: Arc<Mutex<Ledger>>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Traffic {
    /// Starts the daemons and lets them talk.
    pub(crate) fn start(cluster: &Cluster, plan: Plan) -> Self {
        let nodes: Vec<(u32, PathBuf)> = cluster.nodes().iter().map(|n| (n.pnn(), n.bus_dir())).collect();
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let (stop, stopped) = watch::channel(false);
        let theirs = Arc::clone(&ledger);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(run(nodes, plan, theirs, stopped))
        });
        Self { ledger, stop, thread }
    }

    /// Totals of the directions that `wanted` takes, now. Fails when the traffic has broken down.
    pub(crate) fn counts(&self, wanted: impl Fn(Pair) -> bool) -> anyhow::Result<Counts> {
        if self.thread.is_finished() {
            return Err(anyhow!("the traffic has ended by itself"));
        }
        Ok(lock(&self.ledger).counts(wanted))
    }

    /// Stops sending, waits until everything was reported, and hands over the ledger.
    pub(crate) fn finish(self) -> anyhow::Result<Ledger> {
        // It has ended already: the join says why.
        let _ = self.stop.send(true);
        self.thread.join().map_err(|_| anyhow!("the traffic panicked"))??;
        Ok(std::mem::take(&mut *lock(&self.ledger)))
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

fn demo_on(node: u32) -> anyhow::Result<Address> {
    Ok(Address::new(Node(node), "demo".parse()?))
}

async fn run(
    nodes: Vec<(u32, PathBuf)>,
    plan: Plan,
    ledger: Arc<Mutex<Ledger>>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut clients = Vec::new();
    for (node, dir) in &nodes {
        let daemon = Daemon { name: "demo".parse()?, instance: 0 };
        let options = Options { dir: dir.clone(), daemon, patience: Duration::from_secs(5) };
        let (client, inbox) = BusClient::connect(options).await.with_context(|| format!("node {node}"))?;
        tokio::spawn(read(*node, inbox, Arc::clone(&ledger)));
        clients.push((*node, client));
    }
    let mut senders = Vec::new();
    for (from, client) in &clients {
        for (to, _) in nodes.iter().filter(|(to, _)| to != from) {
            let (client, address) = (client.clone(), demo_on(*to)?);
            let sender = send((*from, *to), client, address, plan, Arc::clone(&ledger), stopped.clone());
            senders.push(tokio::spawn(sender));
        }
    }
    for sender in senders {
        sender.await?;
    }
    // What was delivered is in the receivers' sockets or inboxes now.
    let all_read = timeout(READ, async {
        let mut looks = interval(LOOK);
        while lock(&ledger).missing() > 0 {
            looks.tick().await;
        }
    });
    // What is missing still is a fault that the ledger tells.
    let _ = all_read.await;
    Ok(())
}

/// Sends until it is told to stop, then waits until everything has been reported.
async fn send(
    pair: Pair,
    client: BusClient,
    to: Address,
    plan: Plan,
    ledger: Arc<Mutex<Ledger>>,
    stopped: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(UNDER_WAY));
    let mut pace = interval(plan.every);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sizes = plan.sizes.iter().cycle();
    while !*stopped.borrow() {
        pace.tick().await;
        let (Ok(permit), Some(len)) = (Arc::clone(&room).acquire_owned().await, sizes.next()) else { return };
        let number = lock(&ledger).send(pair, *len);
        let pending = client.post(to, message(pair.0, number, *len)).await;
        let ledger = Arc::clone(&ledger);
        tokio::spawn(async move {
            let fate = pending.result().await;
            lock(&ledger).report(pair, number, fate);
            drop(permit);
        });
    }
    // Whoever has not reported by then is a fault that the ledger tells.
    let all = u32::try_from(UNDER_WAY).unwrap_or(u32::MAX);
    let _ = timeout(LAST, room.acquire_many(all)).await;
}

async fn read(node: u32, mut inbox: Inbox, ledger: Arc<Mutex<Ledger>>) {
    while let Some(notice) = inbox.recv().await {
        if let Notice::Message { from, body } = notice {
            lock(&ledger).arrive(from.node.0, node, &body);
        }
    }
}
