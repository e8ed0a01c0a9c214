//! What a peer may say and what it may not, frame by frame: channels that end, numbers from far ahead, lives that change.

use crate::bench::{Bench, PEER_BOOT, daemon, far, perhaps, surely, whole};
use bus::datagram::Fragment;
use bus::{Address, Daemon, Failure};
use bytes::Bytes;
use protocol::tunnel::PeerState;
use tunnel_core::Event;
use tunnel_core::envelope::{Channel, Frame};

/// The first number that is too far ahead for a peer that has not used any.
const FAR: u32 = (1 << 24) + 1;

/// Daemon `a` has sent one message after the other to `b` of the other node, on channel 1.
fn sent(messages: u64) -> Bench {
    let mut bench = Bench::new();
    bench.meet();
    bench.register("a");
    (0..messages).for_each(|token| bench.send(daemon("a"), token, far("b"), whole(&b"x"[..])));
    let data = |f: &&Frame| matches!(f, Frame::Data { channel: Channel(1), .. });
    assert_eq!(u64::try_from(bench.said.iter().filter(data).count()), Ok(messages));
    bench
}

fn reset(next: Option<u64>, reason: Failure) -> Frame {
    Frame::Reset { channel: Channel(1), next, reason }
}

fn ack(delivered: u64) -> Frame {
    Frame::Ack { channel: Channel(1), delivered, received: delivered, window: 1 << 20 }
}

#[test]
fn a_reset_without_a_reason_is_dropped_and_counted_and_the_channel_lives() {
    let mut bench = sent(1);
    // The frame behind it goes with it.
    bench.frames(PEER_BOOT, &[reset(Some(0), Failure::from_code(0)), ack(1)]);
    assert_eq!((bench.envelopes_bad(), bench.results(daemon("a"))), (1, vec![]));
    bench.frames(PEER_BOOT, &[ack(1)]);
    assert_eq!((bench.envelopes_bad(), bench.results(daemon("a"))), (1, vec![(0, Ok(()))]));
}

#[test]
fn a_reset_with_a_reason_of_a_newer_version_tells_the_sender_that_number() {
    let mut bench = sent(2);
    bench.frames(PEER_BOOT, &[reset(Some(1), Failure::from_code(4711))]);
    let expected = vec![(0, Ok(())), (1, surely(Failure::Unknown(4711)))];
    assert_eq!((bench.envelopes_bad(), bench.results(daemon("a"))), (0, expected));
}

#[test]
fn a_reset_that_cannot_be_true_is_counted_and_leaves_everything_in_doubt() {
    // More than was ever sent; less than was acknowledged before.
    for (acked, next) in [(0, 4), (0, u64::MAX), (2, 1), (2, 0)] {
        let mut bench = sent(2);
        let begun = Fragment { total: 9, offset: 0, data: Bytes::from_static(b"abc") };
        bench.send(daemon("a"), 7, far("b"), begun);
        bench.frames(PEER_BOOT, &[ack(acked), reset(Some(next), Failure::ReceiverGone)]);
        let told = |n: u64| if n < acked { Ok(()) } else { perhaps(Failure::ReceiverGone) };
        // The end of the last one was never sent, so that one surely did not arrive.
        let expected = vec![(0, told(0)), (1, told(1)), (7, surely(Failure::ReceiverGone))];
        assert_eq!((bench.envelopes_bad(), bench.results(daemon("a"))), (1, expected), "{acked} {next}");
        assert_eq!(bench.tunnel.kept(), 0);
    }
}

#[test]
fn an_acknowledgement_or_reset_of_a_channel_that_is_not_there_changes_nothing() {
    let mut bench = sent(1);
    let other = Channel(99);
    let frames = [
        Frame::Ack { channel: other, delivered: 1, received: 1, window: 0 },
        Frame::Reset { channel: other, next: Some(1), reason: Failure::NoSuchDaemon },
        Frame::Close { channel: other },
    ];
    bench.frames(PEER_BOOT, &frames);
    assert_eq!(bench.results(daemon("a")), []);
    bench.frames(PEER_BOOT, &[ack(1)]);
    assert_eq!(bench.results(daemon("a")), [(0, Ok(()))]);
}

#[test]
fn a_peer_for_which_nothing_is_under_way_is_found_silent_too_and_is_there_again_when_it_answers() {
    let mut bench = Bench::new();
    bench.register("a");
    bench.meet_anew(PEER_BOOT);
    let told = |bench: &Bench| {
        let peer = |event: &Event| match event {
            Event::Peer(node, state) if *node == far("b").node => Some(*state),
            _ => None,
        };
        bench.events.iter().filter_map(peer).next_back()
    };
    // Greetings come each 5 s then, and 10 s of patience begin when one was due.
    bench.pass(14_000);
    assert_eq!(told(&bench), Some(PeerState::Up));
    bench.pass(2_000);
    assert_eq!(told(&bench), Some(PeerState::Silent));
    bench.send(daemon("a"), 1, far("b"), whole(&b"x"[..]));
    assert_eq!(bench.results(daemon("a")), [(1, surely(Failure::NodeUnreachable))], "at once");

    bench.pass(1_000);
    let stamp = bench.greeting.unwrap();
    bench.frames(PEER_BOOT, &[Frame::HelloAnswer { stamp }]);
    assert_eq!(told(&bench), Some(PeerState::Up));
    bench.send(daemon("a"), 2, far("b"), whole(&b"x"[..]));
    assert_eq!(bench.results(daemon("a")).len(), 1, "taken");
}

/// A message of the peer on a channel that it opens for it.
fn message(bench: &mut Bench, channel: u32, body: &'static str) {
    let channel = Channel(channel);
    let open = Frame::Open { channel, from: daemon("peer"), to: daemon("a") };
    let data = Frame::Data { channel, seq: 0, fragment: whole(body.as_bytes()) };
    bench.said.clear();
    bench.frames(PEER_BOOT, &[open, data]);
}

fn refused(bench: &Bench, channel: u32) -> bool {
    let reset = Frame::Reset { channel: Channel(channel), next: None, reason: Failure::PeerRestarted };
    bench.said.contains(&reset)
}

#[test]
fn an_older_channel_of_a_pair_is_late_while_the_newer_one_is_in_use() {
    let mut bench = Bench::new();
    bench.meet();
    bench.register("a");
    for (channel, body) in [(1, "first"), (2, "second"), (FAR, "far")] {
        message(&mut bench, channel, body);
    }
    message(&mut bench, 3, "late");
    assert!(refused(&bench, 3), "{:?}", bench.said);
    assert_eq!(bench.messages(daemon("a")), ["first", "second", "far"]);
    bench.pass(11_000);
    message(&mut bench, 4, "true");
    assert_eq!(bench.messages(daemon("a")).last().map(|m| &m[..]), Some(&b"true"[..]));
}

#[test]
fn numbers_begin_anew_with_each_life_of_the_peer_so_that_it_never_sees_a_leap() {
    let mut bench = sent(1);
    for n in 0..20 {
        let to = Address { daemon: Daemon { instance: n, ..daemon("others") }, ..far("others") };
        bench.send(daemon("a"), 100 + u64::from(n), to, whole(&b"x"[..]));
    }
    let opened = |bench: &Bench| {
        let of = |f: &Frame| if let Frame::Open { channel, .. } = f { Some(channel.0) } else { None };
        bench.said.iter().filter_map(of).max()
    };
    assert_eq!(opened(&bench), Some(21));
    bench.said.clear();
    bench.meet_anew(99);
    assert_eq!(bench.results(daemon("a")).len(), 21, "all of the old life is reported");
    bench.said.clear();
    bench.send(daemon("a"), 7, far("b"), whole(&b"x"[..]));
    assert_eq!(opened(&bench), Some(1));
    bench.frames(99, &[ack(1)]);
    assert_eq!(bench.results(daemon("a")).last(), Some(&(7, Ok(()))));
    // The old life speaks once more, of a channel of the same number.
    bench.send(daemon("a"), 8, far("b"), whole(&b"x"[..]));
    bench.frames(PEER_BOOT, &[reset(Some(0), Failure::NoSuchDaemon)]);
    assert_eq!(bench.results(daemon("a")).last(), Some(&(7, Ok(()))));
}
