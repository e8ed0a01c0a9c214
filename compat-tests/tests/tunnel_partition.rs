//! The tunnel while the network between real ctdbd is cut, for less and for more than its patience: each message comes
//! once and in order, or its sender is told. Each node has a network namespace of its own, which takes root.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::support::letters::{self, Account, Sum};
use crate::support::{Peer, Posted, SOON, address, assert_never_lost, tunnel_status, wait_way};
use bus::{Address, Failure};
use compat_tests::{Cluster, wait_until};
use protocol::tunnel::PeerState;

/// Letters from one daemon to another that are kept under way all the time.
struct Flow<'a> {
    from: &'a Peer,
    to: Address,
    under_way: VecDeque<(u64, Posted)>,
    sent: u64,
    account: Account,
    reasons: Vec<Failure>,
}

impl<'a> Flow<'a> {
    fn new(from: &'a Peer, to: Address) -> Self {
        let (under_way, account) = (VecDeque::new(), Account::default());
        Self { from, to, under_way, sent: 0, account, reasons: Vec::new() }
    }

    /// Sends on, and notes results.
    fn step(&mut self, more: bool) {
        while more && self.under_way.len() < 50 {
            self.under_way.push_back((self.sent, self.from.post(self.to, letters::letter(self.sent))));
            self.sent += 1;
        }
        let Self { under_way, account, reasons, .. } = self;
        under_way.retain_mut(|(number, posted)| match posted.peek() {
            Some(result) => {
                account.result(*number, result);
                reasons.extend(result.err().map(|e| e.reason));
                false
            }
            None => true,
        });
    }
}

/// Takes what came to a daemon; the flow that it belongs to is the one of its sender.
fn read(reader: &Peer, flows: &mut [(&str, &mut Flow)]) {
    while let Some(notice) = reader.try_notice() {
        if let runtime::Notice::Message { from, body } = notice
            && let Some((_, flow)) = flows.iter_mut().find(|(name, _)| *name == from.daemon.name.as_str())
            && body != "hello"
        {
            flow.account.received(letters::number(&body));
        }
    }
}

fn cluster(nodes: u8) -> Cluster {
    assert!(nix::unistd::geteuid().is_root(), "only root may make network namespaces: run this test as root");
    Cluster::builder().nodes(nodes).namespaces().without_waiting().start().unwrap()
}

struct Scene<'a> {
    cluster: &'a Cluster,
    a: &'a Peer,
    b: &'a Peer,
    c: &'a Peer,
    /// There, back, and between the two nodes that stay together.
    there: Flow<'a>,
    back: Flow<'a>,
    beside: Flow<'a>,
}

impl Scene<'_> {
    fn step(&mut self, more: bool) {
        [&mut self.there, &mut self.back, &mut self.beside].into_iter().for_each(|flow| flow.step(more));
        read(self.b, &mut [("a", &mut self.there)]);
        read(self.a, &mut [("b", &mut self.back)]);
        read(self.c, &mut [("a", &mut self.beside)]);
    }

    fn came(&self) -> [usize; 3] {
        [&self.there, &self.back, &self.beside].map(|flow| flow.account.came())
    }

    /// Traffic goes on until the condition holds.
    fn until(&mut self, limit: Duration, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let outcome = self.cluster.wait(limit, what, || {
            self.step(true);
            if done(self) { Ok(()) } else { Err(format!("{:?} came", self.came())) }
        });
        outcome.unwrap();
    }

    /// All three flow, from now on.
    fn until_all_flow(&mut self) {
        let before = self.came();
        self.until(Duration::from_secs(60), "letters flow", |scene| {
            scene.came().iter().zip(before).all(|(now, before)| *now > before + 200)
        });
    }

    /// What became of everything, once it is quiet.
    fn settle(mut self) -> [Sum; 3] {
        wait_until(SOON, "every letter has a result", || {
            self.step(false);
            let waiting = [&self.there, &self.back, &self.beside].map(|flow| flow.under_way.len());
            if waiting == [0; 3] { Ok(()) } else { Err(format!("{waiting:?} wait")) }
        })
        .unwrap();
        // Delivered means in the socket of the reader.
        wait_until(SOON, "what was delivered is read", || {
            self.step(false);
            let read = |flow: &Flow| flow.account.last() >= flow.account.last_delivered();
            if [&self.there, &self.back, &self.beside].into_iter().all(read) {
                Ok(())
            } else {
                Err("not yet")
            }
        })
        .unwrap();
        [&self.there, &self.back, &self.beside].map(|flow| flow.account.settle(flow.sent))
    }
}

#[test]
fn a_node_that_is_cut_off_and_comes_back_gets_each_letter_once_or_its_sender_is_told() {
    let cluster = cluster(3);
    let tunnelds: Vec<_> = (0..3).map(|pnn| cluster.start_tunneld(pnn).unwrap()).collect();
    let [a, b, c] = [(0, "a"), (1, "b"), (2, "c")].map(|(n, name)| Peer::connect(cluster.node(n), name));
    for (from, to) in [(&a, address(1, "b")), (&b, address(0, "a")), (&a, address(2, "c"))] {
        wait_way(from, to);
    }
    // Before its first recovery a ctdbd has no opinion of its neighbours.
    cluster.wait_healthy(Duration::from_secs(60)).unwrap();
    let mut scene = Scene {
        cluster: &cluster,
        a: &a,
        b: &b,
        c: &c,
        there: Flow::new(&a, address(1, "b")),
        back: Flow::new(&b, address(0, "a")),
        beside: Flow::new(&a, address(2, "c")),
    };
    scene.until_all_flow();

    // Long enough for ctdbd to notice and to drop what is under way, too short for the tunnel to give up.
    let begun = Instant::now();
    cluster.cut_off(1).unwrap();
    let beside = scene.came()[2];
    let disconnected = || {
        let seen = cluster.node(0).node_status();
        seen.is_ok_and(|status| status.node(1).is_some_and(|line| line.has("DISCONNECTED")))
    };
    scene.until(SOON, "ctdbd has noticed", |_| disconnected());
    let noticed = begun.elapsed();
    assert!(scene.came()[2] > beside, "the others go on");
    cluster.plug_in(1).unwrap();
    scene.until_all_flow();
    println!("cut for {noticed:?}, flowing after {:?}", begun.elapsed());

    // Long enough for everybody.
    let begun = Instant::now();
    cluster.cut_off(1).unwrap();
    let given_up = |scene: &Scene| {
        [&scene.there, &scene.back].iter().all(|flow| flow.reasons.contains(&Failure::NodeUnreachable))
    };
    scene.until(SOON, "both sides are told", given_up);
    let told = begun.elapsed();
    let state = tunnel_status(cluster.node(0)).unwrap().peers[0].state;
    assert_eq!(state, PeerState::Silent);
    let came = scene.came();
    cluster.plug_in(1).unwrap();
    scene.until_all_flow();
    println!("cut for {told:?}, flowing after {:?}", begun.elapsed());
    assert!(scene.came()[2] > came[2], "the others go on");

    let reasons: Vec<_> = [&scene.there, &scene.back].iter().flat_map(|flow| flow.reasons.clone()).collect();
    assert!(reasons.iter().all(|reason| *reason == Failure::NodeUnreachable), "{reasons:?}");
    let sums = scene.settle();
    println!("there, back, beside: {sums:?}");
    assert!(sums[0].in_doubt > 0 && sums[1].in_doubt > 0, "what was under way is in doubt");
    assert_eq!((sums[2].in_doubt, sums[2].refused), (0, 0), "the others have lost nothing");
    assert!(tunnelds.iter().all(compat_tests::Daemon::is_running));
    assert_never_lost(&cluster, &[0, 1, 2]);
}

#[test]
fn a_cluster_in_namespaces_leaves_none_of_them_behind() {
    let cluster = cluster(2);
    let dir = cluster.dir().to_owned();
    let namespace = |pid: i32| std::fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
    let nodes = [0, 1].map(|pnn| namespace(cluster.node(pnn).pid().unwrap()));
    assert_ne!(nodes[0], nodes[1]);
    cluster.cut_off(0).unwrap();
    drop(cluster);
    assert!(!dir.exists());
    let all = compat_tests::processes();
    let left =
        all.iter().filter_map(|p| Some((p, std::fs::read_link(format!("/proc/{}/ns/net", p.pid)).ok()?)));
    let left: Vec<_> = left.filter(|(_, its)| nodes.contains(its)).collect();
    assert!(left.is_empty(), "{left:?}");
}
