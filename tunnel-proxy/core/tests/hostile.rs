//! The tunnel under arbitrary input: from daemons, from ctdbd, inside envelopes. It must not panic, its invariants must
//! hold after each step, what it keeps must stay within its limits, and honest traffic must still pass.

use crate::bench::{ABI, BOOT, Bench, PEER_BOOT, daemon};
use bus::datagram::{self, Fragment, ToDaemon, ToTunnel};
use bus::{Address, Daemon, GatherWriter, Node};
use bytes::Bytes;
use legacy_codec::{DEFAULT_LIMIT, FrameBuf, Framing};
use proptest::prelude::*;
use tunnel_core::envelope::{self, Channel, Frame, Head};
use tunnel_core::{Input, session};

fn any_daemon() -> impl Strategy<Value = Daemon> {
    prop::sample::select(vec!["a", "b", "probe", "nobody"]).prop_map(daemon)
}

fn any_fragment() -> impl Strategy<Value = Fragment> {
    (0u32..200_000, 0u32..200_000, 0usize..70_000).prop_map(|(total, offset, len)| {
        let (offset, len) = (offset.min(total), len.min(65_536));
        let len = len.min((total - offset) as usize);
        Fragment { total, offset, data: Bytes::from(vec![9; len]) }
    })
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let channel = || (0u32..6).prop_map(Channel);
    let seq = || prop_oneof![0u64..6, any::<u64>()];
    prop_oneof![
        any::<u64>().prop_map(|stamp| Frame::Hello { stamp }),
        any::<u64>().prop_map(|stamp| Frame::HelloAnswer { stamp }),
        (channel(), any_daemon(), any_daemon()).prop_map(|(channel, from, to)| Frame::Open {
            channel,
            from,
            to
        }),
        (channel(), seq(), any_fragment()).prop_map(|(channel, seq, fragment)| Frame::Data {
            channel,
            seq,
            fragment
        }),
        (channel(), seq(), seq(), any::<u32>()).prop_map(|(channel, delivered, received, window)| {
            Frame::Ack { channel, delivered, received, window }
        }),
        channel().prop_map(|channel| Frame::Ask { channel }),
        (channel(), prop::option::of(seq()), any::<u32>()).prop_map(|(channel, next, code)| Frame::Reset {
            channel,
            next,
            reason: bus::Failure::from_code(code)
        }),
        channel().prop_map(|channel| Frame::Close { channel }),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Frames(u64, Vec<Frame>),
    Garbage(Vec<u8>),
    Send(Daemon, u64, Address, Fragment),
    Register(Daemon, u64),
    Leave(Daemon),
    Datagram(Vec<u8>),
    Gone(Daemon),
    Reconnect,
    Pass(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let boots = || prop::sample::select(vec![PEER_BOOT, PEER_BOOT, PEER_BOOT, 99, u64::MAX]);
    let address = (0u32..3, any_daemon()).prop_map(|(node, daemon)| Address { node: Node(node), daemon });
    prop_oneof![
        6 => (boots(), prop::collection::vec(any_frame(), 0..6)).prop_map(|(boot, f)| Step::Frames(boot, f)),
        1 => prop::collection::vec(any::<u8>(), 0..120).prop_map(Step::Garbage),
        5 => (any_daemon(), 0u64..4, address, any_fragment()).prop_map(|(d, t, a, f)| Step::Send(d, t, a, f)),
        2 => (any_daemon(), 0u64..3).prop_map(|(d, i)| Step::Register(d, i)),
        1 => any_daemon().prop_map(Step::Leave),
        1 => prop::collection::vec(any::<u8>(), 0..120).prop_map(Step::Datagram),
        1 => any_daemon().prop_map(Step::Gone),
        1 => Just(Step::Reconnect),
        3 => (0u64..3000).prop_map(Step::Pass),
    ]
}

fn take(bench: &mut Bench, step: Step) {
    let frames = |d: Daemon, f: ToTunnel| Input::Datagram(datagram::encode(d, &[f]).into_bytes());
    match step {
        Step::Frames(boot, f) => drop(bench.frames(boot, &f)),
        Step::Garbage(bytes) => drop(bench.envelope(bytes.into())),
        Step::Send(d, token, to, fragment) => bench.input(frames(d, ToTunnel::Send { token, to, fragment })),
        Step::Register(d, incarnation) => bench.input(frames(d, ToTunnel::Register { incarnation })),
        Step::Leave(d) => bench.input(frames(d, ToTunnel::Deregister)),
        Step::Datagram(bytes) => bench.input(Input::Datagram(bytes.into())),
        Step::Gone(daemon) => bench.input(Input::Gone { daemon, incarnation: 1 }),
        Step::Reconnect => {
            bench.frames = FrameBuf::new(ABI, Framing::Client, DEFAULT_LIMIT);
            bench.input(Input::Ctdbd(session::Input::Closed("test".into())));
            bench.pass(2000);
            bench.input(Input::Ctdbd(session::Input::Connected));
        }
        Step::Pass(millis) => bench.pass(millis),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_peers_and_daemons_break_nothing(steps in prop::collection::vec(any_step(), 1..60)) {
        let mut bench = Bench::new();
        for step in steps {
            take(&mut bench, step);
        }
        bench.assert_alive(4_000_000);
    }

    #[test]
    fn an_envelope_with_any_byte_changed_breaks_nothing(at in any::<usize>(), byte in any::<u8>(), frames in prop::collection::vec(any_frame(), 1..5)) {
        let mut bench = Bench::new();
        bench.register("a");
        let mut g: GatherWriter = envelope::begin(Head { from: Node(1), to: Node(0), from_boot: PEER_BOOT, to_boot: BOOT });
        frames.iter().for_each(|f| f.emit(&mut g));
        let mut bytes = g.finish().into_bytes().to_vec();
        let n = bytes.len();
        bytes[at % n] = byte;
        bench.envelope(bytes.into());
        bench.assert_alive(4_000_000);
    }
}

#[test]
fn envelopes_that_are_not_for_this_node_are_dropped_and_counted() {
    let mut bench = Bench::new();
    for (from, to) in [(1, 1), (7, 0), (0, 0), (u32::MAX, 0)] {
        let g = envelope::begin(Head { from: Node(from), to: Node(to), from_boot: 5, to_boot: BOOT });
        bench.envelope(g.finish().into_bytes());
    }
    assert_eq!(bench.tunnel.status(bench.now).counters.envelopes_bad, 4);
    bench.assert_alive(1);
}

#[test]
fn a_peer_that_opens_channels_without_end_is_bounded() {
    let mut bench = Bench::new();
    bench.register("a");
    for n in 1..3000 {
        let from = Daemon { name: "x".parse().unwrap(), instance: n };
        bench.frames(PEER_BOOT, &[Frame::Open { channel: Channel(n), from, to: daemon("a") }]);
    }
    assert_eq!(bench.tunnel.status(bench.now).peers[0].channels_in, 2048);
}

#[test]
fn a_message_to_nobody_is_refused_at_once_and_surely() {
    let mut bench = Bench::new();
    bench.register("a");
    bench.frames(PEER_BOOT, &[Frame::Hello { stamp: 1 }]);
    let to = Address { node: Node(7), daemon: daemon("b") };
    let fragment = Fragment { total: 1, offset: 0, data: Bytes::from_static(b"x") };
    let send = ToTunnel::Send { token: 5, to, fragment };
    bench.input(Input::Datagram(datagram::encode(daemon("a"), &[send]).into_bytes()));
    let refused = |(_, f): &(Daemon, ToDaemon)| match f {
        ToDaemon::Completed { token: 5, result: Err(e) } => {
            e.reason == bus::Failure::NoSuchNode && !e.in_doubt
        }
        _ => false,
    };
    assert!(bench.delivered.iter().any(refused), "{:?}", bench.delivered);
}

#[test]
fn a_made_up_boot_id_does_not_displace_the_true_one() {
    let mut bench = Bench::new();
    bench.assert_alive(1);
    for made_up in 100..200 {
        bench.frames(made_up, &[Frame::Hello { stamp: 1 }, Frame::HelloAnswer { stamp: made_up }]);
        bench.pass(30);
    }
    assert_eq!(
        bench.tunnel.status(bench.now).peers[0].boot.as_ref().map(|b| &*b.0),
        Some("000000000000b007")
    );
    bench.assert_alive(2);
}

#[test]
fn a_forged_channel_from_far_ahead_closes_no_direction() {
    let mut bench = Bench::new();
    bench.meet();
    bench.register("a");
    let forged = |channel, from: &str, to: &str| {
        let (channel, from, to) = (Channel(channel), daemon(from), daemon(to));
        [Frame::Open { channel, from, to }]
    };
    // As somebody who knows the boot ids can send it: to nobody, and to somebody, as far ahead as numbers go.
    for channel in [100_000, 1 << 24, u32::MAX] {
        bench.frames(PEER_BOOT, &forged(channel, "x", "y"));
        bench.frames(PEER_BOOT, &forged(channel - 1, "x", "a"));
    }
    let message = |channel, from: &str, text: &'static [u8]| {
        let fragment =
            Fragment { total: u32::try_from(text.len()).unwrap(), offset: 0, data: Bytes::from_static(text) };
        let open = forged(channel, from, "a")[0].clone();
        [open, Frame::Data { channel: Channel(channel), seq: 0, fragment }]
    };
    for channel in 1..20 {
        let from = Daemon { instance: channel, ..daemon("peer") };
        let [_, data] = message(channel, "peer", b"true");
        let open = Frame::Open { channel: Channel(channel), from, to: daemon("a") };
        bench.frames(PEER_BOOT, &[open, data]);
        assert_eq!(bench.messages(daemon("a")).len(), channel as usize, "channel {channel} is not heard");
    }
    // In the name of a pair that speaks: it is cut, which is counted, and heard again by itself.
    bench.frames(PEER_BOOT, &forged(u32::MAX - 9, "peer", "a"));
    let bad = bench.envelopes_bad();
    bench.frames(PEER_BOOT, &message(40, "peer", b"cut"));
    assert_eq!((bench.messages(daemon("a")).len(), bench.envelopes_bad()), (19, bad + 1));
    bench.pass(11_000);
    bench.frames(PEER_BOOT, &message(41, "peer", b"again"));
    assert_eq!(bench.messages(daemon("a")).last(), Some(&Bytes::from_static(b"again")));
}

#[test]
fn a_late_packet_of_a_channel_that_has_ended_is_not_delivered_again() {
    let mut bench = Bench::new();
    bench.meet();
    bench.register("a");
    let (channel, from, to) = (Channel(7), daemon("peer"), daemon("a"));
    let fragment = Fragment { total: 2, offset: 0, data: Bytes::from_static(b"ok") };
    let packet = [Frame::Open { channel, from, to }, Frame::Data { channel, seq: 0, fragment }];
    bench.frames(PEER_BOOT, &packet);
    bench.frames(PEER_BOOT, &[Frame::Close { channel }]);
    bench.pass(20_000);
    for other in 100..3000 {
        let from = Daemon { instance: other, ..daemon("other") };
        let open = Frame::Open { channel: Channel(other), from, to };
        bench.frames(PEER_BOOT, &[open, Frame::Close { channel: Channel(other) }]);
    }
    bench.frames(PEER_BOOT, &packet);
    assert_eq!(bench.messages(daemon("a")).len(), 1);
}
