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
];

#[test]
fn lengths_inside_a_packet_must_fit_it_host_04_05_06_20() {
    for (rule, op, content, message) in LYING_LENGTHS {
        for abi in ABIS {
            let error = Packet::decode(&packet(*op, &words(abi, content), abi), abi).unwrap_err();
            assert_eq!(error.to_string(), *message, "{rule}, {abi:?}");
        }
    }
}

#[test]
fn the_two_lengths_of_a_reply_are_added_without_overflow_host_06() {
    let content = words(Abi::LP64_LE, &[0, u32::MAX, u32::MAX]);
    let error = Packet::decode(&packet(8, &content, Abi::LP64_LE), Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "ReplyControl.data: 0 bytes left, 4294967295 needed");
}

#[test]
fn an_operation_that_is_not_decoded_is_kept_whole_and_not_looked_into_host_21() {
    for op in [0, 1, 2, 3, 4, 6, 9, 10, 11, 4711] {
        let bytes = packet(op, &[0xFF; 8], Abi::LP64_LE);
        let decoded = Packet::decode(&bytes, Abi::LP64_LE).unwrap();
        assert_eq!(decoded.body, Operation::Unknown { op, data: Bytes::from_static(&[0xFF; 8]) });
        assert_eq!(decoded.encode(Abi::LP64_LE).unwrap().bytes, bytes);
    }
}

#[test]
fn a_count_never_decides_how_much_memory_is_taken_host_12_13() {
    for abi in ABIS {
        let claim = Bytes::from(words(abi, &[u32::MAX, 0, 0, 0]));
        let error = GetNodeMap::reply(0, &claim, abi).unwrap_err();
        assert_eq!(error.to_string(), "GetNodeMap.NodeMap.nodes[0].addr: 4 bytes left, 28 needed");
        let error = GetIfaces::reply(0, &claim, abi).unwrap_err();
        assert_eq!(error.to_string(), "GetIfaces.IfaceList.ifaces[0].name: 12 bytes left, 18 needed");
        let claim = Bytes::from(words(abi, &[7, u32::MAX, 0]));
        let error = GetVnnMap::reply(0, &claim, abi).unwrap_err();
        assert_eq!(error.to_string(), "GetVnnMap.VnnMap.map[1]: 0 bytes left, 4 needed");
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
fn an_interface_name_without_nul_ends_with_its_array_host_34() {
    assert_eq!(CName([b'x'; 18]).to_string(), "x".repeat(18));
    assert_eq!(CName::<18>::new("a-name-that-is-far-too-long").as_bytes().len(), 17);
    assert_eq!(CName::<18>::new("eth0").to_string(), "eth0");
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
