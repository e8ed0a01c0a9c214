//! The tunnel over real ctdbd with neighbours that are slow: readers that do not read, processes that are stopped, the
//! largest messages. Whoever is quick must not notice, and no tunneld may lose its ctdbd over it.

use std::collections::VecDeque;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{
    Peer, Posted, SOON, address, assert_never_lost, letters, memory_peak, tunnel_status, wait_way,
};
use bus::datagram::{self, DATAGRAM_MAX, ToTunnel};
use bus::{Daemon, Failure, MESSAGE_MAX, Undelivered};
use bytes::Bytes;
use compat_tests::{Cluster, wait_until};
use nix::sys::signal::Signal;

/// Beyond this a ctdbd kills a client that does not read (CLI-06); the tunneld always does.
const CLIENT_QUEUE: u32 = 200;

fn cluster(nodes: u8) -> Cluster {
    let builder = Cluster::builder().nodes(nodes).tunable("MaxQueueDropMsg", CLIENT_QUEUE);
    builder.without_waiting().start().unwrap()
}

/// A daemon that registers and then does only what the test does.
struct Mute {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Mute {
    fn register(node: &compat_tests::Node, name: &str) -> Self {
        let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
        let path = node.bus_dir().join(format!("{name}.0"));
        let socket = UnixDatagram::bind(&path).unwrap();
        let register = datagram::encode(daemon, &[ToTunnel::Register { incarnation: 1 }]);
        socket.send_to(&register.into_bytes(), node.bus_dir().join("tunnel")).unwrap();
        let known = |name: &str| Ok::<_, String>(tunnel_status(node)?.daemons.iter().any(|d| d.name == name));
        wait_until(SOON, "it is registered", || if known(name)? { Ok(()) } else { Err("no".to_owned()) })
            .unwrap();
        Self { socket, path }
    }

    /// Reads whatever is there.
    fn drain(&self) -> usize {
        self.socket.set_nonblocking(true).unwrap();
        let mut buffer = vec![0; DATAGRAM_MAX];
        std::iter::from_fn(|| self.socket.recv(&mut buffer).ok()).count()
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Sends and awaits one message after the other; none may take long.
#[track_caller]
fn assert_brisk(from: &Peer, to: bus::Address, reader: &Peer, count: u64) {
    for number in 0..count {
        let begun = Instant::now();
        assert_eq!(from.send(to, letters::letter(number)), Ok(()), "message {number} to {to}");
        assert_eq!(letters::number(&reader.message(SOON).1), number);
        assert!(begun.elapsed() < Duration::from_secs(1), "message {number} took {:?}", begun.elapsed());
    }
}

#[test]
fn a_daemon_that_does_not_read_holds_up_nobody_else_and_costs_nobody_the_connection_to_ctdbd() {
    let cluster = cluster(2);
    let tunnelds = [cluster.start_tunneld(0).unwrap(), cluster.start_tunneld(1).unwrap()];
    let (a, quick) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "quick"));
    let full = Peer::connect(cluster.node(1), "full");
    let (slow, dead) = (Mute::register(cluster.node(1), "slow"), Mute::register(cluster.node(1), "dead"));
    wait_way(&a, address(1, "quick"));
    assert_eq!(quick.message(SOON).1, &b"hello"[..]);
    full.read(false);

    // 25 MB for each of two that read nothing at all, 60 MB for one whose program leaves its inbox alone.
    let begun = Instant::now();
    let body = Bytes::from(vec![3; 64 << 10]);
    let post = |name: &str, count| -> VecDeque<Posted> {
        (0..count).map(|_| a.post(address(1, name), body.clone())).collect()
    };
    let (mut to_slow, mut to_dead, mut to_full) = (post("slow", 400), post("dead", 400), post("full", 960));
    wait_until(SOON, "the inbox is full and its senders feel it", || {
        while to_full.front_mut().and_then(Posted::peek).is_some_and(|result| result.is_ok()) {
            to_full.pop_front();
        }
        let queued =
            tunnel_status(cluster.node(1))?.daemons.iter().find(|d| d.name == "full").map(|d| d.queued);
        let taken = 960 - to_full.len();
        if queued > Some(0) && taken > 400 { Ok(()) } else { Err(format!("{queued:?} wait, {taken} taken")) }
    })
    .unwrap();
    assert_brisk(&a, address(1, "quick"), &quick, 300);
    assert!(begun.elapsed() < Duration::from_secs(25), "all of this is before anybody is given up");
    let pending = to_slow.iter_mut().chain(&mut to_dead).map(Posted::peek).filter(Option::is_none).count();
    assert!(pending > 700, "{pending}");
    for (node, tunneld) in tunnelds.iter().enumerate() {
        let kib = memory_peak(tunneld.pid());
        assert!(kib < 100 << 10, "tunneld {node} used {kib} KiB");
    }
    let queued = tunnel_status(cluster.node(0)).unwrap().peers[0].queued_bytes;
    assert!(queued < 8 << 20, "the senders have the rest, the tunneld {queued} bytes");

    // One begins to read: all of it comes. The other one is given up after half a minute.
    let all_done = |posted: &mut VecDeque<Posted>| {
        while posted.front_mut().and_then(Posted::peek).is_some() {
            posted.pop_front();
        }
        if posted.is_empty() { Ok(()) } else { Err(format!("{} wait", posted.len())) }
    };
    let mut answers = Vec::new();
    wait_until(SOON, "the slow one has everything", || {
        slow.drain();
        while let Some(result) = to_slow.front_mut().and_then(Posted::peek) {
            answers.push(result);
            to_slow.pop_front();
        }
        if to_slow.is_empty() { Ok(()) } else { Err(to_slow.len()) }
    })
    .unwrap();
    assert!(answers.iter().all(|result| result.is_ok()), "{answers:?}");
    full.read(true);
    wait_until(SOON, "the full inbox is read", || all_done(&mut to_full)).unwrap();
    let first = to_dead.pop_front().unwrap().result();
    assert!(matches!(first, Err(Undelivered { reason: Failure::ReceiverStalled, .. }) | Ok(())), "{first:?}");
    let mut reasons = Vec::new();
    for posted in to_dead {
        reasons.push(posted.result());
    }
    let stalled =
        reasons.iter().filter(|r| matches!(r, Err(e) if e.reason == Failure::ReceiverStalled)).count();
    assert!(stalled > 0, "{reasons:?}");
    assert!(
        reasons.iter().all(|r| r.is_ok()
            || matches!(r, Err(e) if matches!(e.reason, Failure::ReceiverStalled | Failure::NoSuchDaemon))),
        "{reasons:?}"
    );
    assert_brisk(&a, address(1, "quick"), &quick, 20);
    assert_never_lost(&cluster, &[0, 1]);
    drop(dead);
}

#[test]
fn a_process_that_is_stopped_holds_up_nobody_else_and_goes_on_where_it_was() {
    let cluster = cluster(3);
    let tunnelds: Vec<_> = (0..3).map(|pnn| cluster.start_tunneld(pnn).unwrap()).collect();
    let a = Peer::connect(cluster.node(0), "a");
    let (b, c) = (Peer::connect(cluster.node(1), "b"), Peer::connect(cluster.node(2), "c"));
    wait_way(&a, address(1, "b"));
    wait_way(&a, address(2, "c"));
    assert_eq!((b.message(SOON).1, c.message(SOON).1), (Bytes::from("hello"), Bytes::from("hello")));

    // A program that asks on and on, stopped in the middle of it: the answers to it pile up, and nothing else.
    let ping = compat_tests::product("ctdbctl").unwrap();
    let node = cluster.node(0);
    let pinger =
        cluster.daemon("pinger", ping).args(["tunnel", "ping", "1", "--count", "3000", "--size", "60000"]);
    let pinger =
        pinger.arg("--socket").arg(node.socket()).arg("--run-dir").arg(node.bus_dir()).start().unwrap();
    let registered = || {
        Ok::<_, String>(
            tunnel_status(node)?
                .daemons
                .iter()
                .any(|d| d.name == "ctdbctl" && i64::from(d.instance) == i64::from(pinger.pid())),
        )
    };
    pinger
        .wait(SOON, "it is registered", || if registered()? { Ok(()) } else { Err("no".to_owned()) })
        .unwrap();
    pinger.signal(Signal::SIGSTOP).unwrap();
    assert_brisk(&a, address(1, "b"), &b, 100);
    pinger.signal(Signal::SIGCONT).unwrap();
    assert_eq!(pinger.wait_ended(SOON).unwrap(), "status 0", "{}", pinger.log());

    // A tunneld that is stopped: whoever sends to it waits, whoever sends elsewhere does not.
    tunnelds[1].signal(Signal::SIGSTOP).unwrap();
    let mut waiting: VecDeque<_> =
        (0..500).map(|n| (n, a.post(address(1, "b"), letters::letter(n)))).collect();
    assert_brisk(&a, address(2, "c"), &c, 100);
    assert!(waiting.iter_mut().all(|(_, posted)| posted.peek().is_none()));
    tunnelds[1].signal(Signal::SIGCONT).unwrap();
    for (number, posted) in waiting {
        assert_eq!(posted.result(), Ok(()), "letter {number}");
        assert_eq!(letters::number(&b.message(SOON).1), number);
    }

    // For longer than the patience of its neighbours: given up, and found again.
    tunnelds[1].signal(Signal::SIGSTOP).unwrap();
    let begun = Instant::now();
    let given_up = a.send(address(1, "b"), &b"x"[..]);
    assert_eq!(given_up, Err(Undelivered { reason: Failure::NodeUnreachable, in_doubt: true }));
    println!("given up after {:?}", begun.elapsed());
    assert!((9..15).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    tunnelds[1].signal(Signal::SIGCONT).unwrap();
    wait_way(&a, address(1, "b"));
    assert_never_lost(&cluster, &[0, 1, 2]);
}

#[test]
fn sixteen_mebibytes_go_there_and_back_and_one_byte_more_is_refused() {
    let cluster = cluster(2);
    let _tunnelds = [cluster.start_tunneld(0).unwrap(), cluster.start_tunneld(1).unwrap()];
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));
    assert_eq!(b.message(SOON).1, &b"hello"[..]);
    let body: Bytes =
        (0..MESSAGE_MAX).map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap()).collect();
    let begun = Instant::now();
    let there = a.post(address(1, "b"), body.clone());
    let (from, came) = b.message(SOON);
    assert!(came == body && from == address(0, "a"), "{} bytes of {from}", came.len());
    let back = b.post(from, came);
    let (from, came) = a.message(SOON);
    assert!(came == body && from == address(1, "b"), "{} bytes of {from}", came.len());
    println!("16 MiB there and back: {:?}", begun.elapsed());
    assert_eq!((there.result(), back.result()), (Ok(()), Ok(())));

    let refused = Err(Undelivered { reason: Failure::BadMessage, in_doubt: false });
    for to in [address(1, "b"), address(0, "a"), address(1, "nobody")] {
        assert_eq!(a.send(to, vec![0; MESSAGE_MAX + 1]), refused, "{to}");
    }
    let echo = |size: usize| {
        let size = size.to_string();
        cluster
            .node(0)
            .ctdbctl(&["tunnel", "ping", "1", "--count", "2", "--size", &size, "-t", "30"])
            .unwrap()
    };
    assert_eq!(echo(MESSAGE_MAX - 64).code, Some(0));
    assert_eq!(echo(MESSAGE_MAX - 63).code, Some(2), "what can never go is a wrong argument");
    wait_way(&a, address(1, "b"));
    assert_never_lost(&cluster, &[0, 1]);
}
