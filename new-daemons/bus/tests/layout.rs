//! The datagram by hand and the datagram as `frames.x` describes it are the same bytes.
//!
//! The hand-written codec gathers fragments without copying them, and refuses more: names with other letters, pieces
//! outside their message, refusals without a reason. Nothing else may differ.

use bus::datagram::{self, Fragment, Frame as _, ToDaemon, ToTunnel};
use bus::{Address, Daemon, FRAGMENT_MAX, Failure, GatherWriter, MESSAGE_MAX, Node, Undelivered};
use bytes::Bytes;
use proptest::prelude::*;
use protocol::xdr::{Reader, Xdr};
use protocol::{common, frames};

fn daemon() -> impl Strategy<Value = Daemon> {
    ("[a-z][a-z0-9-]{0,14}", any::<u32>())
        .prop_map(|(name, instance)| Daemon { name: name.parse().unwrap(), instance })
}

fn address() -> impl Strategy<Value = Address> {
    (any::<u32>(), daemon()).prop_map(|(node, daemon)| Address { node: Node(node), daemon })
}

fn fragment() -> impl Strategy<Value = Fragment> {
    let data = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..40),
        (4090_usize..4100).prop_map(|len| vec![7; len]),
        Just(vec![9; FRAGMENT_MAX]),
    ];
    (data, any::<u32>(), any::<u32>(), any::<bool>()).prop_map(|(data, offset, behind, empty)| {
        if empty {
            return Fragment { total: 0, offset: 0, data: Bytes::new() };
        }
        let (most, len) = (u32::try_from(MESSAGE_MAX).unwrap(), u32::try_from(data.len()).unwrap());
        let offset = offset % (most - len + 1);
        let total = offset + len + behind % (most - len - offset + 1);
        Fragment { total, offset, data: data.into() }
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![proptest::sample::select(Failure::ALL), (1..=u32::MAX).prop_map(Failure::from_code)]
}

fn to_tunnel() -> impl Strategy<Value = ToTunnel> {
    prop_oneof![
        any::<u64>().prop_map(|incarnation| ToTunnel::Register { incarnation }),
        Just(ToTunnel::Deregister),
        (any::<u64>(), address(), fragment()).prop_map(|(token, to, fragment)| ToTunnel::Send {
            token,
            to,
            fragment
        }),
    ]
}

fn known(node: u32) -> Option<Node> {
    Some(Node(node)).filter(|node| *node != Node::LOCAL)
}

fn to_daemon() -> impl Strategy<Value = ToDaemon> {
    let node = prop_oneof![Just(u32::MAX), any::<u32>()];
    let undelivered =
        (failure(), any::<bool>()).prop_map(|(reason, in_doubt)| Err(Undelivered { reason, in_doubt }));
    prop_oneof![
        (any::<u64>(), any::<u64>(), node.clone(), any::<bool>()).prop_map(
            |(incarnation, boot, node, attached)| {
                ToDaemon::Registered { incarnation, boot, node: known(node), attached }
            }
        ),
        (any::<u64>(), failure()).prop_map(|(incarnation, reason)| ToDaemon::Refused { incarnation, reason }),
        (address(), any::<u64>(), fragment()).prop_map(|(from, message, fragment)| ToDaemon::Deliver {
            from,
            message,
            fragment
        }),
        (any::<u64>(), any::<u32>()).prop_map(|(token, upto)| ToDaemon::Accepted { token, upto }),
        (any::<u64>(), prop_oneof![Just(Ok(())), undelivered])
            .prop_map(|(token, result)| ToDaemon::Completed { token, result }),
        (daemon(), any::<u64>(), fragment()).prop_map(|(from, message, fragment)| ToDaemon::Direct {
            from,
            message,
            fragment
        }),
        (daemon(), 0..=u32::try_from(MESSAGE_MAX).unwrap())
            .prop_map(|(from, len)| ToDaemon::Passed { from, len }),
        Just(ToDaemon::Alive),
        Just(ToDaemon::Forgotten),
        (node, any::<bool>()).prop_map(|(node, attached)| ToDaemon::Link { node: known(node), attached }),
    ]
}

fn described_daemon(d: Daemon) -> common::Daemon {
    common::Daemon { name: d.name.to_string(), instance: d.instance }
}

fn described_address(a: Address) -> common::Address {
    common::Address { node: common::Node(a.node.0), daemon: described_daemon(a.daemon) }
}

fn described_fragment(f: &Fragment) -> frames::Fragment {
    frames::Fragment { total: f.total, offset: f.offset, data: f.data.clone() }
}

fn described_failure(code: u32) -> frames::Failure {
    frames::Failure::from_value(code.cast_signed())
}

fn described_node(node: Option<Node>) -> common::Node {
    common::Node(node.unwrap_or(Node::LOCAL).0)
}

fn described_up(frame: &ToTunnel) -> frames::ToTunnel {
    match frame {
        ToTunnel::Register { incarnation } => {
            frames::ToTunnel::Register(frames::Register { incarnation: *incarnation })
        }
        ToTunnel::Deregister => frames::ToTunnel::Deregister,
        ToTunnel::Send { token, to, fragment } => frames::ToTunnel::Send(frames::Send {
            token: *token,
            receiver: described_address(*to),
            fragment: described_fragment(fragment),
        }),
    }
}

fn described_down(frame: &ToDaemon) -> frames::ToDaemon {
    match frame {
        ToDaemon::Registered { incarnation, boot, node, attached } => {
            frames::ToDaemon::Registered(frames::Registered {
                incarnation: *incarnation,
                boot: *boot,
                node: described_node(*node),
                attached: *attached,
            })
        }
        ToDaemon::Refused { incarnation, reason } => frames::ToDaemon::Refused(frames::Refused {
            incarnation: *incarnation,
            reason: described_failure(reason.code()),
        }),
        ToDaemon::Deliver { from, message, fragment } => frames::ToDaemon::Deliver(frames::Deliver {
            sender: described_address(*from),
            message: *message,
            fragment: described_fragment(fragment),
        }),
        ToDaemon::Accepted { token, upto } => {
            frames::ToDaemon::Accepted(frames::Accepted { token: *token, upto: *upto })
        }
        ToDaemon::Completed { token, result } => frames::ToDaemon::Completed(frames::Completed {
            token: *token,
            reason: described_failure(result.map_or_else(|e| e.reason.code(), |()| 0)),
            in_doubt: result.is_err_and(|e| e.in_doubt),
        }),
        ToDaemon::Direct { from, message, fragment } => frames::ToDaemon::Direct(frames::Direct {
            sender: described_daemon(*from),
            message: *message,
            fragment: described_fragment(fragment),
        }),
        ToDaemon::Passed { from, len } => {
            frames::ToDaemon::Passed(frames::Passed { sender: described_daemon(*from), length: *len })
        }
        ToDaemon::Alive => frames::ToDaemon::Alive,
        ToDaemon::Forgotten => frames::ToDaemon::Forgotten,
        ToDaemon::Link { node, attached } => {
            frames::ToDaemon::Link(frames::Link { node: described_node(*node), attached: *attached })
        }
    }
}

fn by_hand<F: datagram::Frame>(frame: &F) -> Bytes {
    let mut g = GatherWriter::default();
    frame.emit(&mut g);
    g.finish().into_bytes()
}

proptest! {
    #[test]
    fn heads_of_datagrams_are_as_described(daemon in daemon()) {
        let described = frames::DatagramHead {
            magic: frames::DATAGRAM_MAGIC,
            layout: frames::DATAGRAM_LAYOUT,
            daemon: described_daemon(daemon),
        };
        let hand = datagram::begin(daemon).finish().into_bytes();
        prop_assert_eq!(&described.to_bytes().unwrap(), &hand);
        prop_assert_eq!(datagram::open(hand).unwrap().0, daemon);
    }

    #[test]
    fn frames_of_daemons_are_as_described(frame in to_tunnel()) {
        let hand = by_hand(&frame);
        prop_assert_eq!(&described_up(&frame).to_bytes().unwrap(), &hand);
        prop_assert_eq!(frames::ToTunnel::from_bytes(&hand).unwrap(), described_up(&frame));
        prop_assert_eq!(ToTunnel::take(&mut Reader::new(hand)).unwrap(), frame);
    }

    #[test]
    fn frames_of_the_tunneld_are_as_described(frame in to_daemon()) {
        let hand = by_hand(&frame);
        prop_assert_eq!(&described_down(&frame).to_bytes().unwrap(), &hand);
        prop_assert_eq!(frames::ToDaemon::from_bytes(&hand).unwrap(), described_down(&frame));
        prop_assert_eq!(ToDaemon::take(&mut Reader::new(hand)).unwrap(), frame);
    }

    #[test]
    fn what_is_read_by_hand_is_also_read_as_described(
        frame in prop_oneof![to_daemon().prop_map(|f| by_hand(&f)), to_tunnel().prop_map(|f| by_hand(&f))],
        at in any::<usize>(), byte in any::<u8>(),
    ) {
        let mut bytes = frame.to_vec();
        let len = bytes.len();
        bytes[at % len] = byte;
        let bytes = Bytes::from(bytes);
        if let Ok(frame) = ToDaemon::take(&mut Reader::new(bytes.clone())) {
            let mut r = Reader::new(bytes.clone());
            prop_assert_eq!(frames::ToDaemon::decode(&mut r).unwrap(), described_down(&frame));
        }
        if let Ok(frame) = ToTunnel::take(&mut Reader::new(bytes.clone())) {
            let mut r = Reader::new(bytes);
            prop_assert_eq!(frames::ToTunnel::decode(&mut r).unwrap(), described_up(&frame));
        }
    }
}

#[test]
fn reasons_bounds_and_marks_are_as_described() {
    for failure in Failure::ALL {
        let word = described_failure(failure.code()).word().unwrap();
        let name: String = format!("{failure:?}");
        assert_eq!(word.replace('_', ""), name.to_lowercase());
    }
    assert_eq!(frames::Failure::NAMED.len(), Failure::ALL.len() + 1, "and none at all");
    assert_eq!((frames::DATAGRAM_MAGIC, frames::DATAGRAM_LAYOUT), (datagram::MAGIC, datagram::VERSION));
    assert_eq!(usize::try_from(frames::MESSAGE_MAX), Ok(MESSAGE_MAX));
    assert_eq!(usize::try_from(frames::FRAGMENT_MAX), Ok(FRAGMENT_MAX));
    let overhead = protocol::probe::ProbeBody { id: 0, what: protocol::probe::ProbeWhat::Echo(Bytes::new()) };
    let largest = usize::try_from(protocol::probe::PROBE_DATA_MAX).unwrap() + overhead.encoded_len();
    assert_eq!(largest, MESSAGE_MAX, "the largest question fills a message");
}
