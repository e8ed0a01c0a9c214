//! Faults of the network, as packets see them.

use std::fs::File;
use std::net::UdpSocket;
use std::path::Path;
use std::thread;
use std::time::Duration;

use compat_tests::{Cluster, Node};
use judge::plan::Fault;
use nix::sched::{CloneFlags, setns};

use crate::scene::{SOON, Scene, during};

/// Tries of a packet: some links lose a fifth.
const TRIES: u8 = 10;

/// A socket on a node's network.
fn socket(node: &Node) -> UdpSocket {
    let (space, address) = (node.namespace().unwrap().to_owned(), node.address().to_owned());
    let enter = move |space: &Path| setns(File::open(space).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
    // A thread of its own, for a thread that has entered a namespace does not come back.
    let made = thread::spawn(move || {
        enter(&space);
        UdpSocket::bind((address.as_str(), 0)).unwrap()
    });
    made.join().unwrap()
}

/// Whether a packet of one node arrives at another.
fn arrives(from: &UdpSocket, to: &UdpSocket) -> bool {
    let target = to.local_addr().unwrap();
    (0..TRIES).for_each(|_| assert_eq!(from.send_to(b"hello", target).unwrap(), 5));
    to.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
    let heard = to.recv(&mut [0; 8]).is_ok();
    to.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    // Late ones, so that they are not taken for those of the next question.
    while heard && to.recv(&mut [0; 8]).is_ok() {}
    heard
}

/// The ways on which nothing arrives.
fn silent(cluster: &Cluster) -> Vec<(usize, usize)> {
    let sockets: Vec<UdpSocket> = cluster.nodes().iter().map(socket).collect();
    let mut all = Vec::new();
    for (from, sender) in sockets.iter().enumerate() {
        for (to, receiver) in sockets.iter().enumerate() {
            if from != to && !arrives(sender, receiver) {
                all.push((from, to));
            }
        }
    }
    all
}

#[test]
fn what_is_said_to_be_cut_lets_nothing_through_and_all_else_does() {
    let scene = Scene::new(3);
    let stage = scene.stage();
    let cluster = stage.cluster;
    assert_eq!(silent(cluster), []);
    for fault in [Fault::F6, Fault::F8] {
        during(&stage, fault, 1, || {
            assert_eq!(silent(cluster), [(0, 1), (1, 0), (1, 2), (2, 1)], "{fault}");
        });
    }
    during(&stage, Fault::F7, 1, || {
        let cut = silent(cluster);
        assert!(cut.len() == 1 && cut[0].0 == 1, "{cut:?}");
    });
    during(&stage, Fault::F9, 1, || assert_eq!(silent(cluster).len(), 4));
    assert_eq!(silent(cluster), []);
}

#[test]
fn bad_links_lose_some_packets_and_hostile_packets_arrive() {
    let scene = Scene::new(4);
    let stage = scene.stage();
    let cluster = stage.cluster;
    let before = cluster.packets().unwrap();
    during(&stage, Fault::F10, 1, || {
        let lost = || match cluster.packets().unwrap().dropped - before.dropped {
            0..10 => Err("hardly any packet was lost"),
            _ => Ok(()),
        };
        cluster.wait(SOON, "packets are lost", lost).unwrap();
        assert_eq!(silent(cluster), [], "they are not cut");
    });
    during(&stage, Fault::F22, 1, || {
        let hostile = || {
            let running = compat_tests::processes().into_iter().any(|process| process.name == "faults");
            if running { Ok(()) } else { Err("nobody is hostile") }
        };
        cluster.wait(SOON, "somebody is hostile", hostile).unwrap();
    });
}
