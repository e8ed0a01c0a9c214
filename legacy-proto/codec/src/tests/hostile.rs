//! Lengths that lie, inside packets and inside what they carry.
//!
//! Rule ids (HOST-nn) are those of the hostile-input rules. Everything here must be an error with a place, and cost no
//! memory.

use bytes::{BufMut, Bytes, BytesMut};

use super::ABIS;
use crate::*;

fn packet(op: u32, body: &[u8], abi: Abi) -> Bytes {
    let mut writer = Writer::new(abi);
    RawHeader {
        length: u32::try_from(HEADER_LEN + body.len()).unwrap(),
        magic: MAGIC,
        version: VERSION,
        generation: Generation(0),
        operation: op,
        dest: Dest(0),
        src: Pnn(0),
        reqid: ReqId(1),
    }
    .put(&mut writer);
    writer.slice(body);
    writer.finish().unwrap().bytes
}

fn words(abi: Abi, words: &[u32]) -> Vec<u8> {
    let mut writer = Writer::new(abi);
    for word in words {
        word.put(&mut writer);
    }
    writer.finish().unwrap().bytes.to_vec()
}

/// Rule, operation, content in 32-bit words (8-byte fields are zero), and the message.
const LYING_LENGTHS: &[(&str, u32, &[u32], &str)] = &[
    ("HOST-01", 0, &[0, 0, 0, 0], "ReqCall.key.len: 0 bytes left, 4 needed"),
    ("HOST-01", 0, &[0, 0, 0, 0, 1, 0], "ReqCall.key: 0 bytes left, 1 needed"),
    ("HOST-01", 0, &[0, 0, 0, 0, u32::MAX, 0, 0], "ReqCall.key: 4 bytes left, 4294967295 needed"),
    ("HOST-01", 0, &[0, 0, 0, 0, 4, 1, 0], "ReqCall.call_data: 0 bytes left, 1 needed"),
    ("HOST-01", 0, &[0, 0, 0, 0, 4, u32::MAX, 0], "ReqCall.call_data: 0 bytes left, 4294967295 needed"),
    ("HOST-02", 1, &[0], "ReplyCall.data.len: 0 bytes left, 4 needed"),
    ("HOST-02", 1, &[0, 5, 0], "ReplyCall.data: 4 bytes left, 5 needed"),
    ("HOST-04", 5, &[0, 0, 1], "ReqMessage.data: 0 bytes left, 1 needed"),
    ("HOST-04", 5, &[0, 0, u32::MAX, 0], "ReqMessage.data: 4 bytes left, 4294967295 needed"),
    ("HOST-20", 5, &[0, 0], "ReqMessage.data.len: 0 bytes left, 4 needed"),
    ("HOST-05", 7, &[35, 0, 0, 0, 0, 0, 1], "ReqControl.data: 0 bytes left, 1 needed"),
    ("HOST-05", 7, &[35, 0, 0, 0, 0, 0, 9, 0, 0], "ReqControl.data: 8 bytes left, 9 needed"),
    ("HOST-20", 7, &[35, 0, 0, 0], "ReqControl.client_id: 0 bytes left, 4 needed"),
    ("HOST-06", 8, &[0, 1, 0], "ReplyControl.data: 0 bytes left, 1 needed"),
    ("HOST-06", 8, &[0, 0, 1], "ReplyControl.error: 0 bytes left, 1 needed"),
    ("HOST-06", 8, &[0, 4, 1, 0], "ReplyControl.error: 0 bytes left, 1 needed"),
    ("HOST-06", 8, &[0, 8, u32::MAX, 0, 0, 0], "ReplyControl.error: 4 bytes left, 4294967295 needed"),
    ("HOST-06", 8, &[0], "ReplyControl.data.len: 0 bytes left, 4 needed"),
    ("HOST-21", 4, &[0], "ReplyError.message.len: 0 bytes left, 4 needed"),
    ("HOST-21", 4, &[0, 5, 0], "ReplyError.message: 4 bytes left, 5 needed"),
    ("HOST-20", 10, &[0, 0, 0, 1], "ReqTunnel.data: 0 bytes left, 1 needed"),
    ("HOST-21", 10, &[0, 0, 0, u32::MAX, 0], "ReqTunnel.data: 4 bytes left, 4294967295 needed"),
    ("HOST-22", 10, &[], "ReqTunnel.tunnel_id: 0 bytes left, 8 needed"),
    ("HOST-22", 10, &[0, 0, 0], "ReqTunnel.data.len: 0 bytes left, 4 needed"),
];

#[test]
fn lengths_inside_a_packet_must_fit_it_host_01_02_04_05_06_20_21_22() {
    for (rule, op, content, message) in LYING_LENGTHS {
        for abi in ABIS {
            let error = Packet::decode(&packet(*op, &words(abi, content), abi), abi).unwrap_err();
            assert_eq!(error.to_string(), *message, "{rule}, {abi:?}");
        }
    }
}

#[test]
fn lengths_inside_a_dmaster_packet_must_fit_it_host_03() {
    // Two words of padding and of rsn come before the lengths; on i386 the padding is missing.
    let table: &[(u32, &[u32], &[u32], &str)] = &[
        (2, &[2, 5, 0], &[0], "ReqDmaster.key: 4 bytes left, 5 needed"),
        (2, &[2, 4, 5], &[0, 0], "ReqDmaster.data: 4 bytes left, 5 needed"),
        (2, &[2, u32::MAX, u32::MAX], &[0], "ReqDmaster.key: 4 bytes left, 4294967295 needed"),
        (2, &[2], &[], "ReqDmaster.key.len: 0 bytes left, 4 needed"),
        (3, &[5, 0], &[0], "ReplyDmaster.key: 4 bytes left, 5 needed"),
        (3, &[4, u32::MAX], &[0, 0], "ReplyDmaster.data: 4 bytes left, 4294967295 needed"),
        (3, &[], &[], "ReplyDmaster.key.len: 0 bytes left, 4 needed"),
    ];
    for (op, fixed, rest, message) in table {
        for abi in ABIS {
            let head: &[u32] = if abi == Abi::I386 { &[1, 0, 0] } else { &[1, 0, 0, 0] };
            let content = words(abi, &[head, *fixed, *rest].concat());
            let error = Packet::decode(&packet(*op, &content, abi), abi).unwrap_err();
            assert_eq!(error.to_string(), *message, "{abi:?}");
        }
    }
}

#[test]
fn a_keepalive_with_half_of_its_content_has_none_host_21_net_23() {
    for (len, info) in [(0, false), (4, false), (8, true), (16, true)] {
        let decoded = Packet::decode(&packet(9, &vec![0; len], Abi::LP64_LE), Abi::LP64_LE).unwrap();
        let Operation::ReqKeepalive(keepalive) = &decoded.body else { panic!("{decoded:?}") };
        assert_eq!(keepalive.info.is_some(), info, "{len} bytes");
    }
}

#[test]
fn a_key_may_be_empty_host_28() {
    let content = words(Abi::LP64_LE, &[0, 1, 0xFF00_0002, 0, 0, 0]);
    let decoded = Packet::decode(&packet(0, &content, Abi::LP64_LE), Abi::LP64_LE).unwrap();
    assert!(matches!(&decoded.body, Operation::ReqCall(call) if call.key.is_empty()));
}

#[test]
fn sender_and_destination_are_told_and_not_judged_host_23() {
    let header = Header { dest: Dest(u32::MAX), src: Pnn(1000), ..Header::default() };
    let body = Operation::ReqKeepalive(ReqKeepalive { info: None });
    let bytes = Packet { header, body }.encode(Abi::LP64_LE).unwrap().bytes;
    assert_eq!(Packet::decode(&bytes, Abi::LP64_LE).unwrap().header, header);
}

#[test]
fn the_two_lengths_of_a_reply_are_added_without_overflow_host_06() {
    let content = words(Abi::LP64_LE, &[0, u32::MAX, u32::MAX]);
    let error = Packet::decode(&packet(8, &content, Abi::LP64_LE), Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "ReplyControl.data: 0 bytes left, 4294967295 needed");
}

#[test]
fn an_operation_without_a_row_is_kept_whole_and_not_looked_into_host_48() {
    for op in [6, 11, 4711, u32::MAX] {
        let bytes = packet(op, &[0xFF; 8], Abi::LP64_LE);
        let decoded = Packet::decode(&bytes, Abi::LP64_LE).unwrap();
        assert_eq!(decoded.body, Operation::Unknown { op, data: Bytes::from_static(&[0xFF; 8]) });
        assert_eq!(decoded.encode(Abi::LP64_LE).unwrap().bytes, bytes);
    }
}

#[test]
fn an_error_says_where_it_was_seen() {
    let map = NodeMap {
        nodes: (0..4)
            .map(|i| NodeAndFlags {
                pnn: Pnn(i),
                flags: NodeFlags::empty(),
                addr: SockAddr::Other { family: 0, data: [0; 26] },
            })
            .collect(),
    };
    let bytes = map.encode(Abi::LP64_LE).unwrap().bytes;
    let error = NodeMap::decode(&bytes.slice(..4 + 3 * 36 + 6), Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "NodeMap.nodes[3].flags: 2 bytes left, 4 needed");
}

#[test]
fn a_header_must_state_the_packets_own_length() {
    let mut bytes = BytesMut::from(&packet(9, &[0; 8], Abi::LP64_LE)[..]);
    bytes.put_slice(&[0; 8]);
    let error = Packet::decode(&bytes.freeze(), Abi::LP64_LE).unwrap_err();
    assert_eq!(error, Error::PacketLength { stated: 40, actual: 48 });
    let error = Packet::decode(&Bytes::from_static(&[0; 31]), Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "RawHeader.reqid: 3 bytes left, 4 needed");
}

#[test]
fn payloads_are_slices_of_the_packet() {
    let message = ReqMessage { srvid: SrvId(1), data: Bytes::from_static(b"payload") };
    let packet = Packet { header: Header::default(), body: Operation::ReqMessage(message) };
    let bytes = packet.encode(Abi::NATIVE).unwrap().bytes;
    let Operation::ReqMessage(decoded) = Packet::decode(&bytes, Abi::NATIVE).unwrap().body else { panic!() };
    assert!(bytes.as_ptr_range().contains(&decoded.data.as_ptr()));
}

#[test]
fn a_refused_control_is_an_answer_and_not_malformed() {
    let none = Bytes::new();
    assert_eq!(
        GetVnnMap::reply(-1, &none, Abi::NATIVE),
        Err(Error::Refused { control: "GETVNNMAP", status: -1 })
    );
    assert_eq!(
        DeregisterSrvid::reply(2, &none, Abi::NATIVE),
        Err(Error::Refused { control: "DEREGISTER_SRVID", status: 2 })
    );
    assert_eq!(GetPnn::reply(2, &none, Abi::NATIVE), Ok(Pnn(2)), "the answer is the status");
    assert_eq!(GetPnn::reply(-1, &none, Abi::NATIVE), Err(Error::Refused { control: "GET_PNN", status: -1 }));
    assert_eq!(
        GetRunState::reply(0, &Bytes::from_static(&[0; 5]), Abi::NATIVE).unwrap_err().to_string(),
        "GetRunState.RunState: 1 bytes follow the value"
    );
}
