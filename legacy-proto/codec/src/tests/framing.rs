//! Cutting streams into packets.
//!
//! Any pieces give the same packets; bad headers are treated by the rules of the connection they come on.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;

use crate::*;

fn packet(len: usize, fill: u8) -> Bytes {
    let header = RawHeader {
        length: u32::try_from(len).unwrap(),
        magic: MAGIC,
        version: VERSION,
        generation: Generation(0),
        operation: 5,
        dest: Dest(0),
        src: Pnn(0),
        reqid: ReqId(0),
    };
    let mut bytes = BytesMut::from(&header.encode(Abi::LP64_LE).unwrap().bytes[..]);
    bytes.put_bytes(fill, len - HEADER_LEN);
    bytes.freeze()
}

fn raw(words: [u32; 8]) -> Bytes {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

fn client() -> FrameBuf {
    FrameBuf::new(Abi::LP64_LE, Framing::Client, DEFAULT_LIMIT)
}

fn node() -> FrameBuf {
    FrameBuf::new(Abi::LP64_LE, Framing::Node, DEFAULT_LIMIT)
}

proptest! {
    // NET-03.
    #[test]
    fn pieces_of_any_size_give_the_packets_that_were_sent(
        lens in prop::collection::vec(32_usize..3000, 1..20),
        cuts in prop::collection::vec((1_usize..5000, any::<bool>()), 1..40),
        runs in any::<bool>(),
    ) {
        let sent: Vec<Bytes> = lens.iter().zip(0..).map(|(len, fill)| packet(*len, fill)).collect();
        let mut stream = Bytes::from(sent.concat());
        let mut frames = client();
        let mut got = BytesMut::new();
        let mut popped = Vec::new();
        for (cut, direct) in cuts.iter().cycle() {
            if stream.is_empty() {
                break;
            }
            let piece = stream.split_to((*cut).min(stream.len()));
            if *direct {
                frames.spare_mut().extend_from_slice(&piece);
            } else {
                frames.push(piece);
            }
            while let Some(next) = if runs { frames.pop_run() } else { frames.pop() }.unwrap() {
                got.extend_from_slice(&next);
                popped.push(next);
            }
        }
        prop_assert!(frames.is_empty());
        prop_assert_eq!(&got[..], &sent.concat()[..]);
        if !runs {
            prop_assert_eq!(popped, sent);
        }
    }

    #[test]
    fn garbage_never_panics_and_never_gives_a_packet_with_a_bad_header(
        garbage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..10),
        strict in any::<bool>(),
    ) {
        let mut frames = if strict { node() } else { client() };
        for piece in garbage {
            frames.push(Bytes::from(piece));
            loop {
                match frames.pop() {
                    Ok(Some(frame)) => prop_assert_eq!(Abi::detect(&frame), Some(Abi::LP64_LE)),
                    Ok(None) => break,
                    Err(rejected) if rejected.fatal => return Ok(()),
                    Err(_) => {}
                }
            }
        }
    }
}

#[test]
fn a_whole_packet_in_one_piece_is_not_copied() {
    let bytes = Bytes::from([packet(40, 1), packet(48, 2)].concat());
    let mut frames = client();
    frames.push(bytes.clone());
    let run = frames.pop_run().unwrap().unwrap();
    assert_eq!((run.as_ptr(), run.len()), (bytes.as_ptr(), 88));
}

/// Rule, header words (length, magic, version, ...), the complaint.
const BAD: &[(&str, [u32; 8], FrameError)] = &[
    ("HOST-41", [31, MAGIC, 1, 0, 5, 0, 0, 0], FrameError::Short(31)),
    ("HOST-41", [8, MAGIC, 1, 0, 5, 0, 0, 0], FrameError::Short(8)),
    ("HOST-41", [40, 0x1234, 1, 0, 5, 0, 0, 0], FrameError::Magic(0x1234)),
    ("HOST-41", [40, MAGIC, 2, 0, 5, 0, 0, 0], FrameError::Version(2)),
];

#[test]
fn a_bad_header_closes_a_connection_between_nodes_host_41() {
    for (rule, words, error) in BAD {
        let mut frames = node();
        frames.push(raw(*words));
        assert_eq!(frames.pop(), Err(Rejected { error: *error, fatal: true }), "{rule}");
    }
    let mut frames = node();
    frames.push(packet(36, 0));
    assert_eq!(frames.pop(), Err(Rejected { error: FrameError::Unaligned(36), fatal: true }), "HOST-41");
}

#[test]
fn a_bad_header_on_the_client_socket_costs_its_packet_only_cli_03() {
    for (_, words, error) in BAD {
        let len = usize::try_from(words[0]).unwrap();
        let mut stream = BytesMut::from(&raw(*words)[..]);
        stream.resize(len.max(HEADER_LEN), 0);
        stream.truncate(len);
        stream.extend_from_slice(&packet(40, 9));
        for cut in 1..stream.len() {
            let mut stream = stream.clone().freeze();
            let mut frames = client();
            let mut seen = (None, None);
            for piece in [stream.split_to(cut), stream] {
                frames.push(piece);
                loop {
                    match frames.pop() {
                        Ok(Some(frame)) => assert_eq!(seen.1.replace(frame), None),
                        Ok(None) => break,
                        Err(rejected) => assert_eq!(seen.0.replace(rejected), None),
                    }
                }
            }
            assert_eq!(
                seen,
                (Some(Rejected { error: *error, fatal: false }), Some(packet(40, 9))),
                "cut {cut}"
            );
        }
    }
    let mut frames = client();
    frames.push(packet(36, 0));
    assert_eq!(frames.pop(), Ok(Some(packet(36, 0))), "odd lengths are taken");
}

#[test]
fn length_0_closes_every_connection_host_40_cli_03_net_02() {
    for mut frames in [client(), node()] {
        frames.push(raw([0, MAGIC, 1, 0, 5, 0, 0, 0]));
        for _ in 0..2 {
            assert_eq!(frames.pop(), Err(Rejected { error: FrameError::ZeroLength, fatal: true }));
        }
    }
}

#[test]
fn a_claim_of_200_mb_takes_no_memory_until_bytes_arrive_host_42_net_02() {
    let mut frames = node();
    frames.push(raw([200 << 20, MAGIC, 1, 0, 5, 0, 0, 0]));
    assert_eq!(frames.pop(), Ok(None));
    assert!(frames.spare_mut().capacity() <= 128 << 10);
    for _ in 0..10_000 {
        frames.spare_mut().put_bytes(0, 64);
        assert_eq!(frames.pop(), Ok(None));
        let arrived = frames.len();
        assert!(frames.spare_mut().capacity() <= 2 * arrived + (128 << 10), "{arrived}");
    }
}

#[test]
fn a_length_above_the_limit_is_refused_at_once() {
    let mut frames = client();
    let len = u32::try_from(DEFAULT_LIMIT + 8).unwrap();
    frames.push(Bytes::copy_from_slice(&len.to_le_bytes()));
    let error = FrameError::TooLong { len, limit: DEFAULT_LIMIT };
    assert_eq!(frames.pop(), Err(Rejected { error, fatal: true }));
}

#[test]
fn a_packet_in_the_other_byte_order_is_seen_by_its_length_or_magic() {
    let other = Packet { header: Header::default(), body: Operation::Unknown { op: 9, data: Bytes::new() } };
    let bytes = other.encode(Abi::LP64_BE).unwrap().bytes;
    assert_eq!(Abi::detect(&bytes), Some(Abi::LP64_BE));
    let mut frames = client();
    frames.push(bytes);
    assert!(frames.pop().unwrap_err().fatal);
}
