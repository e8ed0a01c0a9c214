//! Sending and receiving datagrams.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use bytes::Bytes;
use nix::sys::socket::{setsockopt, sockopt::PassCred};
use reactor::datagram::{Datagram, Inlet, Outlet, Rest, Rights, Sent};
use reactor::{Interest, Token};
use tempfile::TempDir;

use crate::{now, wait_for, watching};

const LARGEST: usize = 1000;

struct Peer {
    dir: TempDir,
    socket: UnixDatagram,
    inlet: Inlet,
}

impl Peer {
    fn new(rights: Rights) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(dir.path().join("socket")).unwrap();
        setsockopt(&socket, PassCred, &true).unwrap();
        Self { dir, socket, inlet: Inlet::new(LARGEST, rights) }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    fn outlet(&self) -> Outlet<Vec<Bytes>> {
        Outlet::connect(&self.path(), 1 << 20).unwrap()
    }

    fn turn(&mut self) -> (Vec<Datagram>, Rest) {
        let mut all = Vec::new();
        let rest = self.inlet.receive(&self.socket, &mut all).unwrap();
        (all, rest)
    }

    /// All that is there, and in how many turns.
    fn all(&mut self) -> (Vec<Datagram>, usize) {
        let mut all = Vec::new();
        for turn in 0.. {
            let (some, _) = self.turn();
            if some.is_empty() {
                return (all, turn);
            }
            all.extend(some);
        }
        (all, 0)
    }
}

/// A datagram in pieces.
fn datagram(n: u8, pieces: usize) -> Vec<Bytes> {
    vec![Bytes::from(vec![n; 3]); pieces]
}

fn fill(outlet: &mut Outlet<Vec<Bytes>>, count: u8) -> (Vec<u8>, Sent) {
    (0..count).for_each(|n| outlet.push(datagram(n, 1 + usize::from(n % 7)), None));
    go_on(outlet)
}

fn go_on(outlet: &mut Outlet<Vec<Bytes>>) -> (Vec<u8>, Sent) {
    let mut done = Vec::new();
    let sent = outlet.flush(|datagram| done.push(datagram[0][0])).unwrap();
    (done, sent)
}

fn numbers(datagrams: &[Datagram]) -> Vec<u8> {
    datagrams.iter().map(|datagram| datagram.bytes[0]).collect()
}

#[test]
fn datagrams_come_whole_and_in_order_with_their_sender_whichever_way_they_are_received() {
    for rights in [Rights::Refuse, Rights::Take] {
        let mut peer = Peer::new(rights);
        let mut outlet = peer.outlet();
        assert_eq!(fill(&mut outlet, 9), ((0..9).collect(), Sent::All));
        let (came, turns) = peer.all();
        assert_eq!(numbers(&came), Vec::from_iter(0..9));
        assert!(turns < 6, "{turns} turns for 9 datagrams");
        for (came, n) in came.iter().zip(0_u8..) {
            assert_eq!(came.bytes, datagram(n, 1 + usize::from(n % 7)).concat());
            let sender = came.sender.unwrap();
            assert_eq!(u32::try_from(sender.pid), Ok(std::process::id()));
            assert_eq!(sender.uid, nix::unistd::getuid().as_raw());
            assert!(!came.cut && came.files.is_empty());
        }
    }
}

#[test]
fn a_turn_asks_for_more_while_it_is_answered_in_full_and_says_what_is_left() {
    for rights in [Rights::Refuse, Rights::Take] {
        let mut peer = Peer::new(rights);
        let mut outlet = peer.outlet();
        assert_eq!(peer.turn().1, Rest::Nothing);
        fill(&mut outlet, 8);
        let mut seen = Vec::new();
        for _ in 0..5 {
            let (came, rest) = peer.turn();
            seen.push((came.len(), rest));
        }
        let (one, more, nothing) = (Rest::Unknown, Rest::More, Rest::Nothing);
        assert_eq!(seen, [(1, one), (2, more), (4, more), (1, nothing), (0, nothing)]);
    }
}

#[test]
fn what_is_too_long_is_marked_as_cut() {
    for rights in [Rights::Refuse, Rights::Take] {
        let mut peer = Peer::new(rights);
        let mut outlet = peer.outlet();
        for len in [LARGEST, LARGEST + 1, 1] {
            outlet.push(vec![Bytes::from(vec![1; len])], None);
        }
        assert_eq!(go_on(&mut outlet).1, Sent::All);
        let came: Vec<_> = peer.all().0.iter().map(|d| (d.bytes.len(), d.cut)).collect();
        assert_eq!(came, [(LARGEST, false), (LARGEST, true), (1, false)]);
    }
}

#[test]
fn what_somebody_keeps_of_a_datagram_does_not_change_when_others_come() {
    let mut peer = Peer::new(Rights::Refuse);
    let mut outlet = peer.outlet();
    let mut kept = Vec::new();
    for n in 0..100 {
        outlet.push(vec![Bytes::from(vec![n; LARGEST])], None);
        go_on(&mut outlet);
        kept.extend(peer.turn().0);
    }
    for (datagram, n) in kept.iter().zip(0_u8..) {
        assert_eq!(datagram.bytes, vec![n; LARGEST]);
    }
    assert_eq!(kept.len(), 100);
}

#[test]
fn a_peer_that_never_reads_fills_its_own_queue_and_holds_up_no_other() {
    let (mut deaf, mut other) = (Peer::new(Rights::Refuse), Peer::new(Rights::Refuse));
    let (mut to_deaf, mut to_other) = (deaf.outlet(), other.outlet());
    let (first, sent) = fill(&mut to_deaf, 200);
    assert!(!first.is_empty() && first.len() < 200 && sent == Sent::Full);
    assert_eq!(to_deaf.len(), 200 - first.len());
    assert_eq!(go_on(&mut to_deaf), (Vec::new(), Sent::Full));
    let mut reactor = watching(&to_deaf, Interest::Write);
    assert_eq!(now(&mut reactor), [], "there is no room");
    assert_eq!(fill(&mut to_other, 5).1, Sent::All);
    assert_eq!(other.all().0.len(), 5);
    // It reads after all.
    let (mut came, mut done) = (Vec::new(), first);
    while done.len() < 200 {
        came.extend(numbers(&deaf.all().0));
        assert!(wait_for(&mut reactor, Token(7)).writable);
        done.extend(go_on(&mut to_deaf).0);
    }
    came.extend(numbers(&deaf.all().0));
    let expected: Vec<u8> = (0..200).collect();
    assert!(came == expected && done == expected && to_deaf.is_empty());
}

#[test]
fn a_peer_that_is_gone_is_an_error_and_the_first_that_waits_is_what_it_did_not_take() {
    let peer = Peer::new(Rights::Refuse);
    let mut outlet = peer.outlet();
    assert_eq!(fill(&mut outlet, 2).1, Sent::All);
    drop(peer);
    outlet.push(datagram(3, 1), None);
    outlet.push(datagram(4, 1), None);
    let refused = outlet.flush(|_| panic!("nobody took it")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(outlet.skip(), Some(datagram(3, 1)));
    assert_eq!(outlet.len(), 1);
    let nowhere = Outlet::<Vec<Bytes>>::connect(&PathBuf::from("/nonexistent/socket"), 1000);
    assert_eq!(nowhere.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn files_come_with_the_datagram_they_were_sent_with() {
    let mut peer = Peer::new(Rights::Take);
    let mut outlet = peer.outlet();
    for n in 0..5 {
        let file = (n % 2 == 1).then(|| OwnedFd::from(File::open("/proc/self/status").unwrap()));
        outlet.push(datagram(n, 1), file);
    }
    assert_eq!(go_on(&mut outlet), ((0..5).collect(), Sent::All));
    let came = peer.all().0;
    assert_eq!(numbers(&came), [0, 1, 2, 3, 4]);
    assert_eq!(came.iter().map(|d| d.files.len()).collect::<Vec<_>>(), [0, 1, 0, 1, 0]);
    let mut text = String::new();
    let file = came.into_iter().nth(1).and_then(|mut datagram| datagram.files.pop()).unwrap();
    File::from(file).read_to_string(&mut text).unwrap();
    assert!(text.starts_with("Name:"));
}
