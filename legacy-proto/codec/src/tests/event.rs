//! The event daemon's protocol: bytes seen on its socket, its framing, and lengths that lie.
//!
//! Texts stand behind their length and nothing is aligned.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::ABIS;
use super::values::{Hand, hand};
use crate::event::*;
use crate::*;

const ABI: Abi = Abi::LP64_LE;

fn run() -> (EventRequest, Hand) {
    let request = Request::Run(RunRequest {
        component: Prefixed("legacy".into()),
        event: Prefixed("init".into()),
        args: Prefixed(Text::NULL),
        timeout: 30,
        flags: 0,
    });
    let bytes = hand().u32s([0x30, 0, 2, 1, 7]).text("legacy\0").u32(5).text("init\0").u32s([0, 30, 0]);
    (EventRequest { version: 0, reqid: 2, request }, bytes)
}

fn requests() -> Vec<(EventRequest, Hand)> {
    let status =
        Request::Status(StatusRequest { component: Prefixed("a".into()), event: Prefixed("b".into()) });
    let script = Request::Script(ScriptRequest {
        component: Prefixed("a".into()),
        script: Prefixed("b".into()),
        action: 1,
    });
    let unknown = Request::Unknown { command: Command(9), data: Bytes::from_static(b"?") };
    let request = |request| EventRequest { version: 0, reqid: 7, request };
    let parts = || hand().u32(2).text("a\0").u32(2).text("b\0").bytes();
    let packet = |command, tail: Bytes| {
        let length = u32::try_from(16 + tail.len()).unwrap();
        tail.iter().fold(hand().u32s([length, 0, 7, command]), |bytes, byte| bytes.u8(*byte))
    };
    let script_tail = [parts(), hand().u32(1).bytes()].concat().into();
    vec![
        run(),
        (request(status), packet(2, parts())),
        (request(script), packet(3, script_tail)),
        (request(unknown), packet(9, Bytes::from_static(b"?"))),
    ]
}

fn replies() -> Vec<(EventReply, Hand)> {
    let reply = |command, result, answer| EventReply { version: 0, reqid: 7, command, result, answer };
    let time = |sec| Timeval { sec: CLong(sec), usec: CLong(5) };
    let script = ScriptResult {
        name: Prefixed("00.ctdb".into()),
        begin: time(1),
        end: time(2),
        result: -8,
        output: Prefixed(Text::NULL),
    };
    let status = Answer::Status(StatusReply { summary: 0, scripts: vec![script] });
    let status_bytes = hand()
        .u32s([20 + 8 + 12 + 32 + 8, 0, 7, 2, 0, 0, 1, 8])
        .text("00.ctdb\0")
        .u64(1)
        .u64(5)
        .u64(2)
        .u64(5)
        .u32s([(-8_i32).cast_unsigned(), 0]);
    vec![
        (reply(Command::RUN, 0, Answer::None), hand().u32s([20, 0, 7, 1, 0])),
        (reply(Command::RUN, 110, Answer::None), hand().u32s([20, 0, 7, 1, 110])),
        (reply(Command::STATUS, 22, Answer::None), hand().u32s([20, 0, 7, 2, 22])),
        (reply(Command::SCRIPT, 0, Answer::None), hand().u32s([20, 0, 7, 3, 0])),
        (reply(Command::STATUS, 0, status), status_bytes),
        (
            reply(Command(9), 0, Answer::Unknown(Bytes::from_static(b"?"))),
            hand().u32s([21, 0, 7, 9, 0]).text("?"),
        ),
    ]
}

#[test]
fn every_request_and_reply_has_the_bytes_that_were_seen_or_follow_from_the_rules() {
    for (request, bytes) in requests() {
        let bytes = bytes.bytes();
        assert_eq!(request.encode(ABI).unwrap(), bytes, "{request:?}");
        assert_eq!(EventRequest::decode(&bytes, ABI).unwrap(), request);
    }
    for (reply, bytes) in replies() {
        let bytes = bytes.bytes();
        assert_eq!(reply.encode(ABI).unwrap(), bytes, "{reply:?}");
        assert_eq!(EventReply::decode(&bytes, ABI).unwrap(), reply);
    }
}

#[test]
fn every_packet_comes_back_on_every_machine_and_fails_when_cut() {
    for abi in ABIS {
        for (request, _) in requests() {
            let bytes = request.encode(abi).unwrap();
            assert_eq!(EventRequest::decode(&bytes, abi).unwrap(), request);
            for cut in 0..bytes.len() {
                assert!(EventRequest::decode(&bytes.slice(..cut), abi).is_err());
            }
        }
        for (reply, _) in replies() {
            let bytes = reply.encode(abi).unwrap();
            assert_eq!(EventReply::decode(&bytes, abi).unwrap(), reply);
            for cut in 0..bytes.len() {
                assert!(EventReply::decode(&bytes.slice(..cut), abi).is_err());
            }
        }
    }
}

#[test]
fn lengths_inside_an_event_packet_must_fit_it_host_12() {
    let request = |bytes: Hand| EventRequest::decode(&bytes.bytes(), ABI).unwrap_err().to_string();
    let reply = |bytes: Hand| EventReply::decode(&bytes.bytes(), ABI).unwrap_err().to_string();
    assert_eq!(request(hand().u32s([20, 0, 7, 2, 5])), "StatusRequest.component: 0 bytes left, 5 needed");
    assert_eq!(
        request(hand().u32s([24, 0, 7, 1, 0, u32::MAX])),
        "RunRequest.event: 0 bytes left, 4294967295 needed"
    );
    assert_eq!(request(hand().u32s([28, 0, 7, 2, 0, 0, 0])), "EventRequest: 4 bytes follow the value");
    assert_eq!(request(hand().u32s([16, 0, 7])), "packet of 12 bytes says that it has 16");
    assert_eq!(request(hand().u32s([12, 0, 7])), "command: 0 bytes left, 4 needed");
    assert_eq!(
        reply(hand().u32s([28, 0, 7, 2, 0, 0, u32::MAX])),
        "StatusReply.scripts[0].name.len: 0 bytes left, 4 needed"
    );
    assert_eq!(reply(hand().u32s([24, 0, 7, 1, 0, 0])), "EventReply: 4 bytes follow the value");
}

#[test]
fn a_stream_of_events_is_cut_into_packets_however_it_arrives() {
    let stream: Vec<u8> = requests().into_iter().flat_map(|(_, bytes)| bytes.bytes()).collect();
    for step in [1, 2, 5, 47, stream.len()] {
        let mut frames = EventFrames::new(ABI, 1024);
        let mut found = Vec::new();
        for piece in stream.chunks(step) {
            frames.push(piece);
            while let Some(frame) = frames.pop().unwrap() {
                found.push(EventRequest::decode(&frame, ABI).unwrap());
            }
        }
        assert_eq!(found, requests().into_iter().map(|(request, _)| request).collect::<Vec<_>>());
        assert!(frames.is_empty());
    }
}

#[test]
fn a_length_that_cannot_be_ends_the_stream_and_takes_no_memory() {
    for (length, error) in [
        (0, EventFrameError::Short(0)),
        (11, EventFrameError::Short(11)),
        (u32::MAX, EventFrameError::TooLong { len: u32::MAX, limit: 1024 }),
    ] {
        let mut frames = EventFrames::new(ABI, 1024);
        frames.push(&hand().u32(length).bytes());
        assert_eq!(frames.pop(), Err(error));
    }
    let mut frames = EventFrames::new(Abi::LP64_BE, 1024);
    frames.push(&[0, 0, 0, 12]);
    assert_eq!((frames.pop(), frames.len()), (Ok(None), 4), "waits for the rest");
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoders_of_events_panic(data in prop::collection::vec(any::<u8>(), 0..120)) {
        for abi in ABIS {
            let mut frame = BytesMut::from(&data[..]);
            if frame.len() >= 4 {
                let len = u32::try_from(frame.len()).unwrap();
                frame[..4].copy_from_slice(&if abi.endian() == Endian::Big { len.to_be_bytes() } else { len.to_le_bytes() });
            }
            let frame = frame.freeze();
            if let Ok(request) = EventRequest::decode(&frame, abi) {
                prop_assert_eq!(request.encode(abi).unwrap(), frame.clone());
            }
            if let Ok(reply) = EventReply::decode(&frame, abi) {
                prop_assert_eq!(reply.encode(abi).unwrap(), frame.clone());
            }
        }
    }
}
