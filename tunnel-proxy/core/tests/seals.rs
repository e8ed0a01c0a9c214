//! A key for envelopes: what a forger can do no more, and how it comes to a cluster and is changed there.

use crate::bench::{BOOT, Bench, PEER_BOOT, daemon, far, whole};
use bus::Node;
use bytes::Bytes;
use proptest::prelude::*;
use tunnel_core::envelope::{self, Channel, Frame, Head};
use tunnel_core::seal::{KEY_LEN, KeyError, SEAL_LEN, Unheeded};
use tunnel_core::{Event, KeyUse, Keys};

const HEAD: Head = Head { from: Node(1), to: Node(0), from_boot: PEER_BOOT, to_boot: BOOT };

fn secret(of: u8) -> [u8; KEY_LEN] {
    std::array::from_fn(|n| of ^ u8::try_from(n).unwrap())
}

fn keys(how: KeyUse, secrets: &[u8]) -> Keys {
    let bytes: Vec<u8> = secrets.iter().flat_map(|of| secret(*of)).collect();
    Keys::read(how, &bytes).unwrap()
}

fn written(keys: &Keys, frames: &[Frame]) -> Bytes {
    let mut g = keys.begin(HEAD);
    frames.iter().for_each(|f| f.emit(&mut g));
    keys.finish(g).into_bytes()
}

fn data(channel: u32, seq: u64, text: &'static str) -> Frame {
    Frame::Data { channel: Channel(channel), seq, fragment: whole(text) }
}

fn open(channel: u32) -> Frame {
    Frame::Open { channel: Channel(channel), from: daemon("peer"), to: daemon("a") }
}

/// Whether a message from one to the other arrives.
fn hears(of: &Keys, by: &Keys) -> bool {
    let mut bench = Bench::with_keys(by.clone(), of.clone());
    bench.register("a");
    bench.meet();
    bench.frames(PEER_BOOT, &[open(1), data(1, 0, "x")]);
    bench.messages(daemon("a")).len() == 1
}

fn talk(a: &Keys, b: &Keys) -> bool {
    hears(a, b) && hears(b, a)
}

#[test]
fn without_a_key_envelopes_are_those_of_version_1() {
    for keys in [Keys::default(), keys(KeyUse::Accept, &[1])] {
        let mut g = envelope::begin(HEAD);
        data(1, 2, "three").emit(&mut g);
        assert_eq!(written(&keys, &[data(1, 2, "three")]), g.finish().into_bytes());
    }
}

#[test]
fn a_sealed_envelope_is_that_of_version_1_with_the_other_version_and_a_seal_behind_it() {
    let plain = written(&Keys::default(), &[data(1, 2, "three")]);
    let sealed = written(&keys(KeyUse::Seal, &[1]), &[data(1, 2, "three")]);
    assert_eq!(sealed.len(), plain.len() + SEAL_LEN);
    assert_eq!((&sealed[..4], &sealed[4..8]), (&plain[..4], &[0, 0, 0, 2][..]));
    assert_eq!(sealed[8..plain.len()], plain[8..]);
    let seal: String = sealed[plain.len()..].iter().map(|byte| format!("{byte:02x}")).collect();
    // Whoever changes this shuts out all that seal as before.
    assert_eq!(seal, "b56468191ba457a8341b86f965b7766d10c9dada7fec03938d097ee3c957a3887c83a29feb82b64c");
}

#[test]
fn a_large_message_is_sealed_where_it_lies_and_opened_as_it_was() {
    let (sealer, opener) = (keys(KeyUse::Require, &[1]), keys(KeyUse::Require, &[1]));
    let body = Bytes::from(vec![7; 65_533]);
    let frame = Frame::Data { channel: Channel(1), seq: 0, fragment: whole(body.clone()) };
    let mut g = sealer.begin(HEAD);
    frame.emit(&mut g);
    let sealed = sealer.finish(g);
    assert!(sealed.parts().iter().any(|part| part.as_ptr() == body.as_ptr()), "it was copied");
    let (head, mut frames) = opener.open(sealed.into_bytes()).unwrap();
    assert_eq!((head, Frame::take(&mut frames).unwrap()), (HEAD, frame));
    assert!(frames.is_empty(), "the seal is no frame");
}

#[test]
fn nodes_talk_in_every_step_by_which_a_key_comes_to_a_cluster() {
    let steps =
        [Keys::default(), keys(KeyUse::Accept, &[1]), keys(KeyUse::Seal, &[1]), keys(KeyUse::Require, &[1])];
    for pair in steps.windows(2) {
        assert!(talk(&pair[0], &pair[1]), "{pair:?}");
    }
    // A step that is left out is noticed, one way at least.
    for (n, a) in steps.iter().enumerate() {
        for b in steps.iter().skip(n + 2) {
            assert!(!talk(a, b), "{a:?} {b:?}");
        }
    }
}

#[test]
fn nodes_talk_in_every_step_by_which_a_key_is_changed() {
    let steps: [&[u8]; 4] = [&[1], &[1, 2], &[2, 1], &[2]];
    let steps = steps.map(|secrets| keys(KeyUse::Require, secrets));
    for pair in steps.windows(2) {
        assert!(talk(&pair[0], &pair[1]), "{pair:?}");
    }
    assert!(
        !hears(&steps[0], &steps[3]) && !hears(&steps[3], &steps[0]),
        "the old key is of no use any more"
    );
}

#[test]
fn who_has_no_key_forges_nothing_is_counted_and_is_told_once_a_minute() {
    let key = keys(KeyUse::Require, &[1]);
    let mut bench = Bench::with_keys(key.clone(), key.clone());
    bench.register("a");
    bench.meet();
    bench.frames(PEER_BOOT, &[open(1), data(1, 0, "true")]);
    for minute in 1..=3 {
        for forger in [Keys::default(), keys(KeyUse::Seal, &[2])] {
            // The number from far ahead that makes the true ones late, and what ends or answers for a true channel.
            bench.envelope(written(&forger, &[open(0x7800_0000), data(0x7800_0000, 0, "false")]));
            bench.envelope(written(&forger, &[Frame::Close { channel: Channel(1) }, data(1, 1, "false")]));
        }
        let told = |e: &&Event| matches!(e, Event::Unsealed(Node(1), _));
        assert_eq!(bench.events.iter().filter(told).count(), minute, "{:?}", bench.events);
        assert_eq!(bench.envelopes_bad(), 4 * u64::try_from(minute).unwrap());
        bench.pass(60_000);
        bench.meet();
    }
    bench.frames(PEER_BOOT, &[data(1, 1, "still true")]);
    assert_eq!(bench.messages(daemon("a")), ["true", "still true"]);
    assert_eq!(bench.tunnel.status(bench.now).peers[0].channels_in, 1);
}

#[test]
fn a_key_is_taken_while_messages_are_under_way_and_none_is_lost() {
    let mut bench = Bench::new();
    bench.register("a");
    bench.meet();
    for (n, key) in [keys(KeyUse::Accept, &[1]), keys(KeyUse::Seal, &[1]), keys(KeyUse::Require, &[2, 1])]
        .iter()
        .enumerate()
    {
        let token = u64::try_from(n).unwrap();
        bench.send(daemon("a"), token, far("b"), whole("x"));
        // The other node has come as far as this one in each step.
        bench.far_keys = key.clone();
        bench.tunnel.set_keys(key.clone());
        let ack =
            Frame::Ack { channel: Channel(1), delivered: token + 1, received: token + 1, window: 1 << 20 };
        bench.frames(PEER_BOOT, &[ack]);
        assert_eq!(bench.results(daemon("a")).last(), Some(&(token, Ok(()))));
    }
    assert_eq!(bench.envelopes_bad(), 0);
}

#[test]
fn what_is_no_key_is_said() {
    let read = |bytes: &[u8]| Keys::read(KeyUse::Require, bytes).map(|keys| format!("{keys:?}"));
    assert_eq!(read(b""), Err(KeyError::Length(0)));
    assert_eq!(read(&secret(1)[..31]), Err(KeyError::Length(31)));
    assert_eq!(read(&[secret(1).as_slice(), b"\n"].concat()), Err(KeyError::Length(33)));
    assert_eq!(read(&[0; KEY_LEN]), Err(KeyError::Weak(1)));
    assert_eq!(read(&[secret(1), secret(1)].concat()), Err(KeyError::Weak(2)));
    assert_eq!(read(&[1, 2, 3, 4, 5].map(secret).concat()), Err(KeyError::Many));
    assert_eq!(read(&[1, 2, 3, 4].map(secret).concat()).unwrap(), "Keys(Require, 4)", "and no key is told");
}

proptest! {
    #[test]
    fn no_bit_of_a_sealed_envelope_can_be_changed(at in any::<prop::sample::Index>(), bit in 0u8..8, text in any::<[u8; 9]>()) {
        let key = keys(KeyUse::Require, &[1]);
        let frame = Frame::Data { channel: Channel(1), seq: 0, fragment: whole(text.to_vec()) };
        let mut sealed = written(&key, &[frame]).to_vec();
        prop_assert!(key.open(sealed.clone().into()).is_ok());
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(key.open(sealed.into()).is_err(), "bit {} of byte {}", bit, at);
    }

    #[test]
    fn a_cut_of_a_sealed_envelope_is_not_heeded(len in any::<prop::sample::Index>()) {
        let key = keys(KeyUse::Require, &[1]);
        let sealed = written(&key, &[data(1, 0, "x"), Frame::Ask { channel: Channel(1) }]);
        let cut = len.index(sealed.len());
        let refused = key.open(sealed.slice(..cut)).map(|_| ()).unwrap_err();
        prop_assert!(cut < 32 || refused.head().is_some() || matches!(refused, Unheeded::Malformed(_)));
    }
}
