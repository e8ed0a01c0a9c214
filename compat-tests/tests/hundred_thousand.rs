//! One hundred thousand letters from node 0 to node 1 of a real cluster, while the cluster recovers, stops and continues
//! the receiving node, bans and unbans it, and its ctdbd is killed and started again.
//!
//! The promise: each is delivered once, in order and unchanged, or its sender is told that it was not. The account in
//! `support::letters` checks every one of them.

mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bus::Daemon;
use compat_tests::{Cluster, Node};
use protocol::tunnel::PeerState;
use runtime::{BusClient, Inbox, Notice, Options, Pending};
use support::letters::{Account, letter, number};
use support::{SOON, address, tunnel_status};
use tokio::sync::{mpsc, watch};

const LETTERS: u64 = 100_000;
/// As long as the cluster is being disturbed, so many go in each tick: they must not run out before it is over.
const PER_TICK: u64 = 25;
const TICK: Duration = Duration::from_millis(10);
/// From here on only one in each tick, until the last disturbance is over; then the rest goes as fast as it can.
const RESERVE: u64 = 80_000;
/// Letters without a result, at most.
const UNDER_WAY: usize = 2000;
/// Letters that have to come before and during each disturbance, and after it.
const SOME: u64 = 1000;

/// What the threads tell one another.
#[derive(Default)]
struct Progress {
    sent: AtomicU64,
    received: AtomicU64,
    calm: AtomicBool,
    account: Mutex<Account>,
}

impl Progress {
    fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    fn received(&self) -> u64 {
        self.received.load(Ordering::SeqCst)
    }
}

/// Runs a daemon on the bus in a thread of its own.
fn daemon<F>(node: &Node, name: &str, work: F) -> JoinHandle<()>
where
    F: AsyncFnOnce(BusClient, Inbox) + Send + 'static,
{
    let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
    let options = Options { dir: node.bus_dir(), daemon, patience: SOON };
    let live = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, inbox) = BusClient::connect(options).await.unwrap();
            work(client, inbox).await;
        });
    };
    thread::Builder::new().name(name.to_owned()).spawn(live).unwrap()
}

/// Sends all letters, at a steady pace as long as the cluster is disturbed.
async fn write(client: BusClient, progress: Arc<Progress>) {
    let (under_way, results) = mpsc::channel(UNDER_WAY);
    let noting = tokio::spawn(note(results, progress.clone()));
    let mut ticks = tokio::time::interval(TICK);
    for next in 0..LETTERS {
        let burst = if next < RESERVE { PER_TICK } else { 1 };
        if next % burst == 0 && !progress.calm.load(Ordering::SeqCst) {
            ticks.tick().await;
        }
        let pending = client.post(address(1, "reader"), letter(next)).await;
        assert!(under_way.send((next, pending)).await.is_ok(), "nobody notes the results");
        progress.sent.store(next + 1, Ordering::SeqCst);
    }
    drop(under_way);
    noting.await.unwrap();
}

/// Notes what the sender is told about each letter.
async fn note(mut results: mpsc::Receiver<(u64, Pending)>, progress: Arc<Progress>) {
    while let Some((number, pending)) = results.recv().await {
        let result = pending.result().await;
        progress.account.lock().unwrap().result(number, result);
    }
}

/// Checks and notes whatever comes, until it is over.
async fn read(mut inbox: Inbox, progress: Arc<Progress>, mut over: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            notice = inbox.recv() => match notice {
                Some(Notice::Message { from, body }) => {
                    assert_eq!(from, address(0, "writer"));
                    progress.account.lock().unwrap().received(number(&body));
                    progress.received.fetch_add(1, Ordering::SeqCst);
                }
                Some(_) => {}
                None => panic!("the connection to the bus has ended"),
            },
            _ = over.changed() => return,
        }
    }
}

/// The cluster and the letters in it.
struct Scene<'a> {
    cluster: &'a Cluster,
    progress: &'a Progress,
    begun: Instant,
}

impl Scene<'_> {
    fn say(&self, what: &str) {
        let (sent, received) = (self.progress.sent(), self.progress.received());
        println!("{:5.1} s: {what}: {sent} sent, {received} received", self.begun.elapsed().as_secs_f64());
    }

    /// Waits until so many more have come, and says when that is.
    #[track_caller]
    fn flows(&self, while_: &str) {
        let wanted = self.progress.received() + SOME;
        self.cluster
            .wait(SOON, &format!("letters come {while_}"), || match self.progress.received() {
                n if n >= wanted => Ok(()),
                n => Err(format!("{n} of {wanted} came, {} sent", self.progress.sent())),
            })
            .unwrap();
        self.say(while_);
        assert!(self.progress.sent() < LETTERS, "the letters ran out before the disturbances");
    }
}

fn disturb(scene: &Scene) {
    let (cluster, receiver) = (scene.cluster, scene.cluster.node(1));
    let healthy = || cluster.wait_healthy(Duration::from_secs(60)).unwrap();
    scene.flows("in a healthy cluster");

    let generation = receiver.status().unwrap().generation;
    let before = scene.progress.received();
    receiver.recover().unwrap();
    assert_ne!(receiver.status().unwrap().generation, generation, "it did recover");
    assert!(scene.progress.received() > before, "letters came during the recovery");
    scene.flows("after the recovery");

    receiver.stop().unwrap();
    scene.flows("while the receiving node is stopped");
    assert!(receiver.node_status().unwrap().node(1).unwrap().has("STOPPED"));
    receiver.continue_().unwrap();
    healthy();
    scene.flows("after it has continued");

    receiver.ban(300).unwrap();
    scene.flows("while the receiving node is banned");
    assert!(receiver.node_status().unwrap().node(1).unwrap().has("BANNED"));
    receiver.unban().unwrap();
    healthy();
    scene.flows("after the ban");

    let pid = receiver.pid().unwrap();
    receiver.kill9().unwrap();
    scene.say("the receiving ctdbd is killed");
    let (sent, received) = (scene.progress.sent(), scene.progress.received());
    let more = || if scene.progress.sent() > sent + SOME { Ok(()) } else { Err(scene.progress.sent()) };
    cluster.wait(SOON, "letters are sent without a ctdbd at the other end", more).unwrap();
    let late = scene.progress.received() - received;
    assert!(late < SOME, "{late} letters came through a ctdbd that does not run");
    receiver.start().unwrap();
    assert_ne!(receiver.pid().unwrap(), pid);
    scene.flows("after it was started again");
    healthy();
    scene.flows("in a healthy cluster again");
}

#[test]
fn a_hundred_thousand_letters_are_delivered_once_and_in_order_or_reported_whatever_happens_to_the_cluster() {
    let cluster = Cluster::builder().start().unwrap();
    let tunnelds: Vec<_> = (0..3).map(|pnn| cluster.start_tunneld(pnn).unwrap()).collect();
    for (pnn, tunneld) in tunnelds.iter().enumerate() {
        let attached = || match tunnel_status(cluster.node(pnn)) {
            Ok(status)
                if status.peers.iter().all(|peer| peer.state == PeerState::Up)
                    && !status.peers.is_empty() =>
            {
                Ok(())
            }
            other => Err(format!("{other:?}")),
        };
        tunneld.wait(SOON, "it knows the others", attached).unwrap();
    }
    let begun = Instant::now();
    let progress = Arc::new(Progress::default());
    let (over, is_over) = watch::channel(false);
    let p = progress.clone();
    let reader = daemon(cluster.node(1), "reader", async move |_client, inbox| read(inbox, p, is_over).await);
    tunnelds[1]
        .wait(SOON, "the reader is registered", || match tunnel_status(cluster.node(1)) {
            Ok(status) if status.daemons.iter().any(|daemon| daemon.name == "reader") => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .unwrap();
    let p = progress.clone();
    // The writer's inbox stays open, or its connection would end.
    let writer = daemon(cluster.node(0), "writer", async move |client, _inbox| write(client, p).await);

    let scene = Scene { cluster: &cluster, progress: &progress, begun };
    disturb(&scene);
    progress.calm.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    scene.say("all letters have a result");
    // What was reported as delivered is in the reader's socket at least.
    let last = progress.account.lock().unwrap().last_delivered().expect("something was delivered");
    cluster
        .wait(SOON, "the last letter that was delivered is read", || {
            match progress.account.lock().unwrap().last() {
                Some(seen) if seen >= last => Ok(()),
                seen => Err(format!("{seen:?} of {last}")),
            }
        })
        .unwrap();
    over.send_replace(true);
    reader.join().unwrap();

    let sum = progress.account.lock().unwrap().settle(LETTERS);
    let took = begun.elapsed();
    println!(
        "{LETTERS} letters in {:.1} s: {} delivered, {} in doubt ({} of them came), {} refused; {} received",
        took.as_secs_f64(),
        sum.delivered,
        sum.in_doubt,
        sum.in_doubt_and_received,
        sum.refused,
        sum.received
    );
    assert_eq!(sum.received, sum.delivered + sum.in_doubt_and_received);
    assert!(sum.delivered > 90_000, "what the tunneld can repeat it does not report: {sum:?}");
    let attached = |pnn| tunnel_status(cluster.node(pnn)).unwrap().ctdbd.attached;
    assert_eq!([attached(0), attached(1), attached(2)], [1, 2, 1]);
    assert!(tunnelds.iter().all(compat_tests::Daemon::is_running));
    assert!(took < Duration::from_secs(180), "{took:?}");
}
