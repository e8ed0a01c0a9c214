//! What a tunneld keeps has an end, wherever it comes from, and who meets a bound is told: senders that ignore their
//! window, receivers that do not read, daemons without number, buffers that are mostly somebody else's.

use crate::bench::{Bench, PEER_BOOT, daemon, far, near, surely, whole};
use bus::datagram::{self, Fragment, ToDaemon, ToTunnel};
use bus::{Daemon, FRAGMENT_MAX, Failure, charge};
use bytes::Bytes;
use protocol::probe::{ProbeBody, ProbeWhat};
use protocol::xdr::Xdr;
use tunnel_core::Event;
use tunnel_core::envelope::{Channel, Frame};

const MIB: usize = 1 << 20;

fn full() -> Bytes {
    Bytes::from(vec![7; FRAGMENT_MAX])
}

/// Number `n` of many daemons.
fn one_of(n: u32) -> Daemon {
    Daemon { instance: n, ..daemon("many") }
}

fn register_many(bench: &mut Bench, count: u32) {
    (0..count).for_each(|n| bench.register_run(one_of(n), 1));
}

#[test]
fn senders_that_ignore_their_window_are_refused_surely_and_one_of_them_is_not_all() {
    let mut bench = Bench::new();
    bench.meet();
    register_many(&mut bench, 40);
    // The peer acknowledges nothing. One channel keeps 2 MiB.
    for token in 0..100 {
        bench.send(one_of(0), token, far("b"), whole(full()));
    }
    let refused = bench.results(one_of(0));
    assert_eq!(refused.len(), 100 - 31);
    assert!(refused.iter().all(|(_, result)| *result == surely(Failure::QueueFull)));
    bench.send(one_of(1), 1, far("b"), whole(&b"x"[..]));
    assert_eq!(bench.results(one_of(1)), []);

    // To many receivers each keeps 4 MiB, shares 64 MiB, and has room for a piece to each receiver beside that.
    let to = |n: u32| bus::Address { daemon: Daemon { instance: n, ..daemon("b") }, ..far("b") };
    for token in 0..30 {
        (0..100).for_each(|n| bench.send(one_of(2), token * 100 + u64::from(n), to(n), whole(full())));
    }
    let kept = bench.tunnel.largest_queue();
    assert!((64 * MIB..77 * MIB).contains(&kept), "{kept}");
    let first = bench.results(one_of(2)).len();
    assert!(first > 0);
    for token in 2..35 {
        (3..40).for_each(|n| bench.send(one_of(n), token, far("b"), whole(full())));
    }
    // Whoever has a part of its own is not refused because of that one: 2 MiB each, as above.
    assert_eq!((3..40).map(|n| bench.results(one_of(n)).len()).sum::<usize>(), 37 * (33 - 31));
    let posted = 100 + 1 + 3000 + 37 * 33;
    bench.pass(20_000);
    // It was heard once and then fell silent: everybody has one result for each message.
    let results: Vec<_> = (0..40).flat_map(|n| bench.results(one_of(n))).collect();
    assert_eq!(results.len(), posted);
    assert_eq!(bench.tunnel.kept(), 0);
}

#[test]
fn channels_to_one_peer_are_bounded_and_a_daemon_that_ends_gives_its_own_back() {
    let mut bench = Bench::new();
    bench.meet();
    register_many(&mut bench, 256);
    let to = |n: u64| {
        let instance = u32::try_from(n).unwrap();
        bus::Address { daemon: Daemon { instance, ..daemon("b") }, ..far("b") }
    };
    let open = |bench: &mut Bench, from: u32, count: u64| {
        (0..count).for_each(|n| bench.send(one_of(from), n, to(n), whole(&b"x"[..])));
        let refused = bench.results(one_of(from));
        assert!(refused.iter().all(|(_, result)| *result == surely(Failure::QueueFull)), "{refused:?}");
        count - refused.len() as u64
    };
    // Half of what is there to be shared and four of its own; the next one has half of the rest.
    assert_eq!(open(&mut bench, 0, 1030), 514);
    assert_eq!(open(&mut bench, 1, 1030), 259);
    (2..256).for_each(|n| assert!(open(&mut bench, n, 4) == 4, "sender {n} has none"));
    bench.input(tunnel_core::Input::Gone { daemon: one_of(0), incarnation: 1 });
    let more = bench.results(one_of(1)).len();
    bench.send(one_of(1), 2000, to(2000), whole(&b"x"[..]));
    assert_eq!(bench.results(one_of(1)).len(), more, "there is room again");
}

#[test]
fn between_daemons_of_its_own_node_it_carries_nothing() {
    let mut bench = Bench::new();
    ["a", "b"].into_iter().for_each(|name| bench.register(name));
    let large = |offset, len| Fragment { total: 100_000, offset, data: Bytes::from(vec![7; len]) };
    bench.send(daemon("a"), 1, near("b"), large(0, FRAGMENT_MAX));
    assert_eq!(bench.results(daemon("a")), [(1, surely(Failure::NoSuchDaemon))]);
    bench.send(daemon("a"), 1, near("b"), large(65_536, 100_000 - FRAGMENT_MAX));
    assert_eq!(bench.results(daemon("a")).len(), 1, "said once");
    assert_eq!((bench.messages(daemon("b")).len(), bench.tunnel.kept()), (0, 0));
}

#[test]
fn answers_that_their_asker_does_not_read_are_bounded_and_those_left_out_are_counted() {
    let mut bench = Bench::new();
    bench.register("slow");
    bench.stalled.insert(daemon("slow"));
    let data = Bytes::from(vec![7; FRAGMENT_MAX - 64]);
    for id in 0..600 {
        let question = ProbeBody { id, what: ProbeWhat::Echo(data.clone()) }.to_bytes().unwrap();
        bench.send(daemon("slow"), id, near("probe"), whole(question));
    }
    assert!(bench.tunnel.kept() <= 33 * MIB, "{}", bench.tunnel.kept());
    assert!(bench.tunnel.status(machine::Time::ZERO).counters.answers_dropped > 50);
    bench.read_again(daemon("slow"));
    assert_eq!(bench.tunnel.kept(), 0);
}

#[test]
fn a_daemon_that_reads_nothing_for_half_a_minute_is_forgotten_and_its_senders_are_told() {
    let mut bench = Bench::new();
    bench.meet();
    ["slow", "quick"].into_iter().for_each(|name| bench.register(name));
    bench.stalled.insert(daemon("slow"));
    let open = Frame::Open { channel: Channel(1), from: daemon("peer"), to: daemon("slow") };
    let data = Frame::Data { channel: Channel(1), seq: 0, fragment: whole(&b"x"[..]) };
    bench.frames(PEER_BOOT, &[open, data]);
    bench.said.clear();
    bench.pass(29_000);
    assert!(!bench.said.iter().any(|f| matches!(f, Frame::Reset { .. })), "it has patience");
    bench.pass(2_000);
    let reset = Frame::Reset { channel: Channel(1), next: None, reason: Failure::ReceiverStalled };
    assert!(bench.said.contains(&reset), "{:?}", bench.said);
    assert_eq!(bench.tunnel.kept(), 0);

    // It reads again, says something, and hears that it has to begin anew.
    bench.read_again(daemon("slow"));
    bench.send(daemon("slow"), 1, near("probe"), whole(&b"x"[..]));
    assert_eq!(bench.rejected, [(daemon("slow"), ToDaemon::Forgotten)]);
    bench.register_run(daemon("slow"), 1);
    let open = Frame::Open { channel: Channel(2), from: daemon("peer"), to: daemon("slow") };
    let data = Frame::Data { channel: Channel(2), seq: 0, fragment: whole(&b"back"[..]) };
    bench.frames(PEER_BOOT, &[open, data]);
    assert_eq!(bench.messages(daemon("slow")).last(), Some(&Bytes::from_static(b"back")));
}

#[test]
fn what_peers_have_waiting_here_is_bounded_and_their_windows_close() {
    let mut bench = Bench::new();
    bench.meet();
    bench.register("slow");
    bench.stalled.insert(daemon("slow"));
    // Sixty channels, each with a window of 1 MiB, and a peer that sends on whatever it is told.
    let (channels, each) = (60_u32, 15_u64);
    for channel in 1..=channels {
        let from = Daemon { instance: channel, ..daemon("peer") };
        bench.frames(PEER_BOOT, &[Frame::Open { channel: Channel(channel), from, to: daemon("slow") }]);
    }
    for seq in 0..each {
        for channel in (1..=channels).map(Channel) {
            bench.frames(PEER_BOOT, &[Frame::Data { channel, seq, fragment: whole(full()) }]);
        }
    }
    let kept = bench.tunnel.kept();
    // What waits counts twice, for its peer and for its daemon.
    assert!(kept > 31 * MIB && kept <= 2 * (32 * MIB + 60 * charge(FRAGMENT_MAX)), "{kept}");
    let window = |bench: &mut Bench, channel| {
        bench.said.clear();
        bench.frames(PEER_BOOT, &[Frame::Ask { channel }]);
        bench.pass(10);
        let acknowledged = |f: &Frame| match f {
            Frame::Ack { channel: c, window, .. } if *c == channel => Some(*window as usize),
            _ => None,
        };
        bench.said.iter().find_map(acknowledged).expect("an acknowledgement")
    };
    let left = window(&mut bench, Channel(1));
    assert!((charge(FRAGMENT_MAX)..MIB * 3 / 4).contains(&left), "{left}");

    bench.read_again(daemon("slow"));
    assert_eq!(bench.tunnel.kept(), 0);
    assert_eq!(window(&mut bench, Channel(1)), MIB);
}

#[test]
fn daemons_that_do_not_read_hold_up_nobody_but_those_who_write_to_them() {
    let mut bench = Bench::new();
    bench.meet();
    register_many(&mut bench, 200);
    bench.register("quick");
    let mut sent = 0;
    let mut open = |bench: &mut Bench, channel, to, len| {
        let from = Daemon { instance: channel, ..daemon("peer") };
        let data = whole(vec![7; len]);
        let open = Frame::Open { channel: Channel(channel), from, to };
        bench.frames(PEER_BOOT, &[open, Frame::Data { channel: Channel(channel), seq: 0, fragment: data }]);
        sent += 1;
    };
    for n in 0..200 {
        bench.stalled.insert(one_of(n));
        open(&mut bench, n + 1, one_of(n), FRAGMENT_MAX);
        for seq in 1..16 {
            let data = Frame::Data { channel: Channel(n + 1), seq, fragment: whole(full()) };
            bench.frames(PEER_BOOT, &[data]);
        }
        // Those who read get what is sent to them, on a new channel as on an old one.
        open(&mut bench, n + 1001, daemon("quick"), FRAGMENT_MAX);
        assert_eq!(bench.messages(daemon("quick")).len(), n as usize + 1);
    }
    let kept = bench.tunnel.largest_queue();
    assert!(kept < 32 * MIB + 200 * charge(FRAGMENT_MAX), "{kept}");
    assert!(!bench.said.iter().any(|f| matches!(f, Frame::Reset { .. })), "{:?}", bench.said);
}

#[test]
fn a_sender_that_is_started_anew_over_and_over_does_not_fill_the_buffers() {
    let mut bench = Bench::new();
    bench.meet();
    ["slow", "other"].into_iter().for_each(|name| bench.register(name));
    bench.stalled.insert(daemon("slow"));
    for channel in (1..2000).map(Channel) {
        let open = Frame::Open { channel, from: daemon("peer"), to: daemon("slow") };
        let data = (0..3).map(|seq| Frame::Data { channel, seq, fragment: whole(vec![7; 20_000]) });
        let frames: Vec<_> = [open].into_iter().chain(data).chain([Frame::Close { channel }]).collect();
        bench.frames(PEER_BOOT, &frames);
    }
    assert!(bench.tunnel.largest_queue() <= MIB, "{}", bench.tunnel.largest_queue());
    let (channel, fragment) = (Channel(2000), whole(&b"x"[..]));
    let open = Frame::Open { channel, from: daemon("peer"), to: daemon("other") };
    bench.frames(PEER_BOOT, &[open, Frame::Data { channel, seq: 0, fragment }]);
    assert_eq!(bench.messages(daemon("other")).len(), 1);
    bench.read_again(daemon("slow"));
    assert_eq!(bench.tunnel.kept(), 0);
}

#[test]
fn a_daemon_that_never_hears_what_became_of_its_messages_is_forgotten() {
    let mut bench = Bench::new();
    bench.register("deaf");
    bench.register("well");
    bench.stalled.insert(daemon("deaf"));
    let send = |token| ToTunnel::Send { token, to: near("nobody"), fragment: whole(&b"x"[..]) };
    let mut sent: u64 = 0;
    let gone = |e: &Event| matches!(e, Event::DaemonGone(d, _) if *d == daemon("deaf"));
    while !bench.events.iter().any(gone) {
        assert!(sent < 140_000, "{sent} results wait for a daemon that does not read");
        let frames: Vec<_> = (sent..sent + 500).map(send).collect();
        sent += 500;
        bench.input(tunnel_core::Input::Datagram(datagram::encode(daemon("deaf"), &frames).into_bytes()));
    }
    assert!(sent > 1 << 17, "{sent} is too early");
    assert_eq!(bench.rejected.first(), Some(&(daemon("deaf"), ToDaemon::Forgotten)));
    bench.send(daemon("well"), 1, near("nobody"), whole(&b"x"[..]));
    assert_eq!(bench.results(daemon("well")), [(1, surely(Failure::NoSuchDaemon))]);
}

#[test]
fn one_daemon_too_many_is_refused_with_the_reason_until_another_one_ends() {
    let mut bench = Bench::new();
    bench.meet();
    register_many(&mut bench, 256);
    bench.register_run(daemon("late"), 5);
    let refusal = ToDaemon::Refused { incarnation: 5, reason: Failure::TooManyDaemons };
    assert_eq!(bench.rejected, [(daemon("late"), refusal)]);
    assert!(bench.events.contains(&Event::TooManyDaemons(daemon("late"))));
    let hello = |channel| {
        let open = Frame::Open { channel, from: daemon("peer"), to: daemon("late") };
        [open, Frame::Data { channel, seq: 0, fragment: whole(&b"hello"[..]) }]
    };
    bench.frames(PEER_BOOT, &hello(Channel(1)));
    bench.pass(10);
    let refusal = Frame::Reset { channel: Channel(1), next: Some(0), reason: Failure::NoSuchDaemon };
    assert!(bench.said.contains(&refusal), "{:?}", bench.said);

    // One that is registered may repeat it, and may be started anew.
    bench.register_run(one_of(3), 1);
    bench.register_run(one_of(3), 2);
    assert_eq!(bench.rejected.len(), 1);
    bench.input(tunnel_core::Input::Gone { daemon: one_of(9), incarnation: 1 });
    bench.register_run(daemon("late"), 5);
    assert_eq!(bench.rejected.len(), 1);
    bench.frames(PEER_BOOT, &hello(Channel(2)));
    assert_eq!(bench.messages(daemon("late")), ["hello"]);
}

#[test]
fn small_fragments_that_wait_do_not_keep_the_buffers_alive_in_which_they_came() {
    let mut bench = Bench::new();
    bench.meet();
    ["a", "slow"].into_iter().for_each(|name| bench.register(name));
    bench.stalled.insert(daemon("slow"));
    // From a daemon to a peer that acknowledges nothing.
    let send = |token| ToTunnel::Send { token, to: far("b"), fragment: whole(vec![1; 4000]) };
    let datagram = datagram::encode(daemon("a"), &(0..15).map(send).collect::<Vec<_>>()).into_bytes();
    bench.input(tunnel_core::Input::Datagram(datagram.clone()));
    assert!(datagram.is_unique(), "a whole datagram waits for its smallest piece");
    assert!(bench.tunnel.kept() > 15 * 4000);

    // From a peer: what the driver holds may lie where it was read, and one more. The rest is copied.
    let (channel, from) = (Channel(1), daemon("peer"));
    bench.frames(PEER_BOOT, &[Frame::Open { channel, from, to: daemon("slow") }]);
    let mut read = Vec::new();
    for seq in 0..14 {
        read.push(bench.frames(PEER_BOOT, &[Frame::Data { channel, seq, fragment: whole(full()) }]));
    }
    let kept = read.iter().filter(|bytes| !bytes.is_unique()).count();
    assert!(kept <= 5, "{kept} of 14 read buffers are kept");
    bench.read_again(daemon("slow"));
    assert_eq!(bench.messages(daemon("slow")).len(), 14);
}
