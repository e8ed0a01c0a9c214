//! The tunnel over real ctdbd with neighbours that lie: bytes that are no packets, packets that contradict themselves,
//! from the socket of the bus and from the cluster. All of it is counted and dropped, and good traffic goes on.

use std::collections::VecDeque;
use std::os::unix::net::UnixDatagram;

use crate::support::letters::Account;
use crate::support::{
    Peer, Posted, SOON, address, assert_never_lost, cluster, letters, memory_peak, tunnel_status, wait_way,
};
use bus::datagram::{self, Fragment, ToTunnel};
use bus::{Daemon, Failure, GatherWriter, Node};
use bytes::Bytes;
use compat_tests::wait_until;
use legacy_client::{Client, Options};
use legacy_codec::{Dest, SrvId};
use tunnel_core::envelope::{self, Channel, Frame, Head};

/// Bytes from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| u8::try_from(self.roll(256)).unwrap()).collect()
    }

    /// Cut off, with some bytes after `head` changed, or with others behind.
    fn spoil(&mut self, mut good: Vec<u8>, head: usize) -> Vec<u8> {
        match self.roll(3) {
            0 => good.truncate(head + self.roll(good.len() - head)),
            1 => {
                for _ in 0..=self.roll(4) {
                    let at = head + self.roll(good.len() - head);
                    good[at] = u8::try_from(self.roll(256)).unwrap();
                }
            }
            _ => {
                let len = 1 + self.roll(40);
                good.extend(self.bytes(len));
            }
        }
        good
    }
}

/// Letters that flow while something else happens.
struct Flow<'a> {
    from: &'a Peer,
    to: bus::Address,
    reader: &'a Peer,
    account: Account,
    under_way: VecDeque<(u64, Posted)>,
    sent: u64,
}

impl<'a> Flow<'a> {
    fn new(from: &'a Peer, to: bus::Address, reader: &'a Peer) -> Self {
        Self { from, to, reader, account: Account::default(), under_way: VecDeque::new(), sent: 0 }
    }

    fn step(&mut self) {
        while self.under_way.len() < 20 {
            self.under_way.push_back((self.sent, self.from.post(self.to, letters::letter(self.sent))));
            self.sent += 1;
        }
        self.collect();
    }

    fn collect(&mut self) {
        while let Some((number, result)) =
            self.under_way.front_mut().and_then(|(n, posted)| Some((*n, posted.peek()?)))
        {
            self.under_way.pop_front();
            self.account.result(number, result);
        }
        while let Some(notice) = self.reader.try_notice() {
            if let runtime::Notice::Message { body, .. } = notice {
                self.account.received(letters::number(&body));
            }
        }
    }

    /// Everything that was sent, came.
    #[track_caller]
    fn end(mut self) -> u64 {
        let sent = self.sent;
        let done = |flow: &Self| flow.under_way.is_empty() && u64::try_from(flow.account.came()) == Ok(sent);
        wait_until(SOON, "all letters came", || {
            self.collect();
            if done(&self) { Ok(()) } else { Err(format!("{} of {sent}", self.account.came())) }
        })
        .unwrap();
        let sum = self.account.settle(sent);
        assert_eq!(u64::try_from(sum.delivered), Ok(sent), "{sum:?}");
        sent
    }
}

#[test]
fn datagrams_that_make_no_sense_are_counted_and_change_nothing_host_40() {
    let cluster = cluster(2);
    let tunnelds = [cluster.start_tunneld(0).unwrap(), cluster.start_tunneld(1).unwrap()];
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));
    assert_eq!(b.message(SOON).1, &b"hello"[..]);
    let before = tunnel_status(cluster.node(0)).unwrap().counters.datagrams_bad;
    let socket = UnixDatagram::unbound().unwrap();
    socket.connect(cluster.node(0).bus_dir().join("tunnel")).unwrap();
    // It may register, by accident or not, and nobody reads what it is told.
    let liar = Daemon { name: "liar".parse().unwrap(), instance: 0 };
    let head = datagram::encode::<ToTunnel>(liar, &[]).len();
    let (mut dice, mut flow, mut senseless) = (Dice(1), Flow::new(&a, address(1, "b"), &b), 0);
    for round in 0..10_000_u64 {
        let bytes = match round % 4 {
            0 => {
                senseless += 1;
                let len = dice.roll(2000);
                dice.bytes(len)
            }
            1 => {
                senseless += 1;
                let mut bytes = datagram::encode::<ToTunnel>(liar, &[]).into_bytes().to_vec();
                bytes.extend(0x7fff_ffff_u32.to_be_bytes());
                let len = dice.roll(200);
                bytes.extend(dice.bytes(len));
                bytes
            }
            _ => {
                let data = Bytes::from(dice.bytes(60));
                let fragment = Fragment { total: 1 << 20, offset: 0, data };
                let frames = [
                    ToTunnel::Register { incarnation: round },
                    ToTunnel::Send { token: round, to: address(1, "b"), fragment },
                ];
                let skip = usize::from(round % 4 == 2);
                dice.spoil(datagram::encode(liar, &frames[skip..]).into_bytes().to_vec(), head)
            }
        };
        socket.send(&bytes).unwrap();
        if round % 10 == 0 {
            flow.step();
        }
    }
    let sent = flow.end();
    wait_until(SOON, "they are counted", || {
        match tunnel_status(cluster.node(0))?.counters.datagrams_bad - before {
            n if n >= senseless => Ok(()),
            n => Err(format!("{n} of {senseless}")),
        }
    })
    .unwrap();
    println!("{sent} letters meanwhile");
    assert!(tunnelds.iter().all(compat_tests::Daemon::is_running));
    assert!(memory_peak(tunnelds[0].pid()) < 100 << 10);
    assert_never_lost(&cluster, &[0, 1]);
}

#[test]
fn envelopes_that_lie_are_counted_and_change_nothing_host_40() {
    // Nobody's window bounds what a stranger sends, so here ctdbd's own limit is in force.
    let cluster = cluster(2);
    let tunnelds = [cluster.start_tunneld(0).unwrap(), cluster.start_tunneld(1).unwrap()];
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));
    assert_eq!(b.message(SOON).1, &b"hello"[..]);
    let boot = |node| u64::from_str_radix(&tunnel_status(cluster.node(node)).unwrap().boot, 16).unwrap();
    let head = Head { from: Node(0), to: Node(1), from_boot: boot(0), to_boot: boot(1) };
    let before = tunnel_status(cluster.node(1)).unwrap().counters.envelopes_bad;
    let (mut dice, mut flow, mut senseless) = (Dice(2), Flow::new(&a, address(1, "b"), &b), 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::connect(cluster.node(0).socket(), Options::default()).await.unwrap();
        for round in 0..10_000_u64 {
            let (bytes, bad) = lie(&mut dice, head, round);
            senseless += u64::from(bad);
            client.send(Dest(1), SrvId::TUNNEL_NEW_PROTOCOL, Bytes::from(bytes)).await.unwrap();
            if round % 10 == 0 {
                flow.step();
                tokio::task::yield_now().await;
            }
        }
        // Its last messages are on their way when a later answer is there.
        client.call::<legacy_codec::Ping>(Dest(1), ()).await.unwrap();
    });
    let sent = flow.end();
    wait_until(SOON, "they are counted", || {
        match tunnel_status(cluster.node(1))?.counters.envelopes_bad - before {
            n if n >= senseless => Ok(()),
            n => Err(format!("{n} of {senseless}")),
        }
    })
    .unwrap();
    println!("{sent} letters meanwhile");
    assert!(tunnelds.iter().all(compat_tests::Daemon::is_running));
    assert!(memory_peak(tunnelds[1].pid()) < 100 << 10);
    assert_never_lost(&cluster, &[0, 1]);
}

/// The payload of a message that only looks like one of the tunneld of `head`, and whether it must be counted.
/// Its frames name no channel that is in use.
fn lie(dice: &mut Dice, head: Head, round: u64) -> (Vec<u8>, bool) {
    let channel = Channel(0x4000_0000);
    let finish = |g: GatherWriter| g.finish().into_bytes().to_vec();
    let frame = |frame: Frame| {
        let mut g = envelope::begin(head);
        frame.emit(&mut g);
        finish(g)
    };
    let fragment = Fragment { total: 1 << 24, offset: 0, data: Bytes::from_static(b"not asked for") };
    match round % 8 {
        0 => {
            let len = dice.roll(2000);
            (dice.bytes(len), true)
        }
        1 => {
            let mut bytes = finish(envelope::begin(head));
            bytes.extend(0x7fff_ffff_u32.to_be_bytes());
            let len = dice.roll(200);
            bytes.extend(dice.bytes(len));
            (bytes, true)
        }
        2 => (finish(envelope::begin(Head { to: Node(9), ..head })), true),
        3 => (finish(envelope::begin(Head { from: Node(9), ..head })), true),
        4 => (frame(Frame::Ack { channel, delivered: u64::MAX, received: 3, window: u32::MAX }), false),
        5 => (frame(Frame::Data { channel, seq: u64::MAX, fragment }), false),
        6 => {
            (frame(Frame::Reset { channel, next: Some(u64::MAX), reason: Failure::Unknown(u32::MAX) }), false)
        }
        _ => (frame(Frame::HelloAnswer { stamp: u64::MAX }), false),
    }
}

#[test]
fn a_made_up_boot_id_is_not_believed_and_a_tunneld_started_anew_is() {
    let cluster = cluster(2);
    let mut near = cluster.start_tunneld(0).unwrap();
    let far = cluster.start_tunneld(1).unwrap();
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));
    wait_way(&b, address(0, "a"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::connect(cluster.node(0).socket(), Options::default()).await.unwrap();
        let mut g = envelope::begin(Head { from: Node(0), to: Node(1), from_boot: 0xdead, to_boot: 0 });
        Frame::Hello { stamp: 7 }.emit(&mut g);
        client.send(Dest(1), SrvId::TUNNEL_NEW_PROTOCOL, g.finish().into_bytes()).await.unwrap();
        client.call::<legacy_codec::Ping>(Dest(1), ()).await.unwrap();
    });
    let posted = [a.post(address(1, "b"), &b"there"[..]), b.post(address(0, "a"), &b"back"[..])];
    for result in posted.map(Posted::result) {
        result.unwrap();
    }
    near.restart().unwrap();
    wait_way(&a, address(1, "b"));
    wait_way(&b, address(0, "a"));
    assert!(far.is_running());
    assert_never_lost(&cluster, &[0, 1]);
}
