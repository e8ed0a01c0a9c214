//! The envelope by hand and the envelope as `frames.x` describes it are the same bytes.
//!
//! The hand-written codec gathers fragments without copying them, and refuses more. Nothing else may differ.

use bus::datagram::Fragment;
use bus::{Daemon, Failure, GatherWriter, Node};
use bytes::Bytes;
use proptest::prelude::*;
use protocol::xdr::{Reader, Xdr};
use protocol::{common, frames};
use tunnel_core::envelope::{self, Channel, Frame, HEAD_LEN, Head};
use tunnel_core::seal::{KEY_LEN, SEAL_LEN};
use tunnel_core::{KeyUse, Keys};

fn daemon() -> impl Strategy<Value = Daemon> {
    ("[a-z][a-z0-9-]{0,14}", any::<u32>())
        .prop_map(|(name, instance)| Daemon { name: name.parse().unwrap(), instance })
}

fn frame() -> impl Strategy<Value = Frame> {
    let channel = || any::<u32>().prop_map(Channel);
    let data = prop_oneof![proptest::collection::vec(any::<u8>(), 1..40), Just(vec![3; 5000])];
    let fragment = (data, 0_u32..1 << 20, 0_u32..1 << 20).prop_map(|(data, offset, behind)| {
        let total = offset + u32::try_from(data.len()).unwrap() + behind;
        Fragment { total, offset, data: data.into() }
    });
    prop_oneof![
        any::<u64>().prop_map(|stamp| Frame::Hello { stamp }),
        any::<u64>().prop_map(|stamp| Frame::HelloAnswer { stamp }),
        (channel(), daemon(), daemon()).prop_map(|(channel, from, to)| Frame::Open { channel, from, to }),
        (channel(), any::<u64>(), fragment).prop_map(|(channel, seq, fragment)| Frame::Data {
            channel,
            seq,
            fragment
        }),
        (channel(), any::<u64>(), any::<u64>(), any::<u32>()).prop_map(
            |(channel, delivered, received, window)| Frame::Ack { channel, delivered, received, window }
        ),
        channel().prop_map(|channel| Frame::Ask { channel }),
        (channel(), any::<Option<u64>>(), 1..=u32::MAX).prop_map(|(channel, next, reason)| Frame::Reset {
            channel,
            next,
            reason: Failure::from_code(reason)
        }),
        channel().prop_map(|channel| Frame::Close { channel }),
    ]
}

fn described_daemon(d: Daemon) -> common::Daemon {
    common::Daemon { name: d.name.to_string(), instance: d.instance }
}

fn described(frame: &Frame) -> frames::Frame {
    match frame {
        Frame::Hello { stamp } => frames::Frame::Hello(*stamp),
        Frame::HelloAnswer { stamp } => frames::Frame::HelloAnswer(*stamp),
        Frame::Open { channel, from, to } => frames::Frame::Open(frames::Open {
            channel: channel.0,
            sender: described_daemon(*from),
            receiver: described_daemon(*to),
        }),
        Frame::Data { channel, seq, fragment } => {
            let (total, offset, data) = (fragment.total, fragment.offset, fragment.data.clone());
            let fragment = frames::Fragment { total, offset, data };
            frames::Frame::Data(frames::Data { channel: channel.0, seq: *seq, fragment })
        }
        Frame::Ack { channel, delivered, received, window } => frames::Frame::Ack(frames::Ack {
            channel: channel.0,
            delivered: *delivered,
            received: *received,
            window: *window,
        }),
        Frame::Ask { channel } => frames::Frame::Ask(channel.0),
        Frame::Reset { channel, next, reason } => frames::Frame::Reset(frames::Reset {
            channel: channel.0,
            next: *next,
            reason: frames::Failure::from_value(reason.code().cast_signed()),
        }),
        Frame::Close { channel } => frames::Frame::Close(channel.0),
    }
}

fn by_hand(frame: &Frame) -> Bytes {
    let mut g = GatherWriter::default();
    frame.emit(&mut g);
    g.finish().into_bytes()
}

proptest! {
    #[test]
    fn heads_of_envelopes_are_as_described(
        from in any::<u32>(), to in any::<u32>(), from_boot in 1..=u64::MAX, to_boot in any::<u64>()
    ) {
        let head = Head { from: Node(from), to: Node(to), from_boot, to_boot };
        let described = frames::EnvelopeHead {
            magic: frames::ENVELOPE_MAGIC,
            layout: frames::ENVELOPE_LAYOUT,
            sender: common::Node(from),
            receiver: common::Node(to),
            sender_boot: from_boot,
            receiver_boot: to_boot,
        };
        let hand = envelope::begin(head).finish().into_bytes();
        prop_assert_eq!(&described.to_bytes().unwrap(), &hand);
        prop_assert_eq!(envelope::open(hand).unwrap().0, head);
    }

    #[test]
    fn seals_of_envelopes_are_as_described(secret in any::<[u8; KEY_LEN]>(), frame in frame()) {
        let keys = Keys::read(KeyUse::Require, &secret).unwrap();
        let head = Head { from: Node(1), to: Node(2), from_boot: 3, to_boot: 4 };
        let mut g = keys.begin(head);
        frame.emit(&mut g);
        let hand = keys.finish(g).into_bytes();
        let mut r = Reader::new(hand.clone());
        let described = frames::EnvelopeHead::decode(&mut r).unwrap();
        prop_assert_eq!((described.magic, described.layout), (frames::ENVELOPE_MAGIC, frames::ENVELOPE_SEALED));
        let seal = frames::EnvelopeSeal::from_bytes(&hand.slice(hand.len() - SEAL_LEN..)).unwrap();
        prop_assert_eq!(seal.to_bytes().unwrap().len(), SEAL_LEN);
        prop_assert_eq!(hand.slice(HEAD_LEN..hand.len() - SEAL_LEN), by_hand(&frame));
    }

    #[test]
    fn frames_of_envelopes_are_as_described(frame in frame()) {
        let hand = by_hand(&frame);
        prop_assert_eq!(&described(&frame).to_bytes().unwrap(), &hand);
        prop_assert_eq!(frames::Frame::from_bytes(&hand).unwrap(), described(&frame));
        prop_assert_eq!(Frame::take(&mut Reader::new(hand)).unwrap(), frame);
    }

    #[test]
    fn what_is_read_by_hand_is_also_read_as_described(frame in frame(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = by_hand(&frame).to_vec();
        let len = bytes.len();
        bytes[at % len] = byte;
        let bytes = Bytes::from(bytes);
        if let Ok(frame) = Frame::take(&mut Reader::new(bytes.clone())) {
            prop_assert_eq!(frames::Frame::decode(&mut Reader::new(bytes)).unwrap(), described(&frame));
        }
    }
}
