//! Bytes seen on the sockets of Samba 4.17.12.
//!
//! Here they are whole packets; a value for every row of the tables is in `values/` and `messages.rs`.

use bytes::Bytes;

use crate::*;

fn hex(text: &str) -> Bytes {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_request_to_register_a_srvid_is_the_one_ctdbd_was_seen_to_take_net_01() {
    let request = RegisterSrvid::request(SrvId::TUNNEL_NEW_PROTOCOL).encode(Abi::LP64_LE).unwrap();
    let packet = Packet {
        header: Header { dest: Dest::CURRENT_NODE, reqid: ReqId(0x3ea), ..Header::default() },
        body: Operation::ReqControl(request),
    };
    let bytes = hex("40000000 42445443 01000000 00000000 07000000 010000f0 00000000 ea030000
         17000000 00000000 000000004c4e547c 00000000 00000000 00000000 00000000");
    let encoded = packet.encode(Abi::LP64_LE).unwrap();
    assert_eq!(encoded.bytes, bytes);
    assert_eq!(encoded.padding.first(), Some(&(60..64)));
    assert_eq!(Packet::decode(&bytes, Abi::LP64_LE).unwrap(), packet);
}

#[test]
fn the_reply_to_it_is_the_one_ctdbd_was_seen_to_send() {
    let bytes = hex("30000000 42445443 01000000 e0997d44 08000000 00000000 01000000 ea030000
         00000000 00000000 00000000 00000000");
    let packet = Packet::decode(&bytes, Abi::LP64_LE).unwrap();
    assert_eq!(
        packet.header,
        Header { generation: Generation(0x447d_99e0), dest: Dest(0), src: Pnn(1), reqid: ReqId(0x3ea) }
    );
    let Operation::ReplyControl(reply) = &packet.body else { panic!("{packet:?}") };
    assert_eq!(ControlReply::decode(23, reply, Abi::LP64_LE), Ok(ControlReply::RegisterSrvid(())));
    assert_eq!(packet.encode(Abi::LP64_LE).unwrap().bytes, bytes);
}

#[test]
fn a_message_is_the_one_seen_between_two_clients() {
    let sent = hex("38000000 42445443 01000000 00000000 05000000 01000000 00000000 00000000
         000000004c4e547c 0c000000 68656c6c6f206e6f64652031");
    let header = Header { dest: Pnn(1).into(), ..Header::default() };
    let payload = Bytes::from_static(b"hello node 1");
    let head = message_head(&header, SrvId::TUNNEL_NEW_PROTOCOL, payload.len(), Abi::LP64_LE).unwrap();
    assert_eq!([&head.head[..], &payload].concat(), sent);
    assert_eq!(head.padding, 0);

    let delivered = hex("38000000 42445443 01000000 e0997d44 05000000 00000000 01000000 00000000
         000000004c4e547c 0c000000 68656c6c6f206e6f64652031");
    let packet = Packet::decode(&delivered, Abi::LP64_LE).unwrap();
    assert_eq!(packet.header.src, Pnn(1));
    assert_eq!(
        packet.body,
        Operation::ReqMessage(ReqMessage { srvid: SrvId::TUNNEL_NEW_PROTOCOL, data: payload })
    );
}

#[test]
fn the_head_of_a_message_and_the_whole_message_agree_for_every_length() {
    for abi in super::ABIS {
        for len in 0..33 {
            let data = Bytes::from(vec![7; len]);
            let header = Header { dest: Dest::CONNECTED, ..Header::default() };
            let whole = Packet {
                header,
                body: Operation::ReqMessage(ReqMessage { srvid: SrvId(42), data: data.clone() }),
            };
            let head = message_head(&header, SrvId(42), len, abi).unwrap();
            let pieces = [&head.head[..], &data, &vec![0; head.padding]].concat();
            assert_eq!(pieces, whole.encode(abi).unwrap().bytes, "{len} {abi:?}");
        }
    }
    assert!(message_head(&Header::default(), SrvId(1), usize::MAX, Abi::NATIVE).is_err());
    assert!(message_head(&Header::default(), SrvId(1), 0xFFFF_FFF0, Abi::NATIVE).is_err());
}

#[test]
fn a_control_without_a_row_passes_through_unchanged() {
    let request = ReqControl {
        opcode: 34,
        pad: 0,
        srvid: SrvId(9),
        client_id: ClientId(0),
        flags: ControlFlags::from_bits_retain(0x0002_0001),
        data: Bytes::from_static(b"abc"),
    };
    let decoded = ControlRequest::decode(&request, Abi::LP64_LE).unwrap();
    assert_eq!(decoded.encode(Abi::LP64_LE).unwrap(), request);
    let reply = ReplyControl { status: -1, data: Bytes::from_static(b"x"), error: Bytes::new() };
    assert_eq!(ControlReply::decode(34, &reply, Abi::LP64_LE).unwrap().encode(Abi::LP64_LE).unwrap(), reply);
    assert!(matches!(
        ControlReply::decode(5, &reply, Abi::LP64_LE),
        Ok(ControlReply::Failed { opcode: 5, .. })
    ));
}

/// Bytes of a 64-bit big endian machine, by the rules of its compiler: there is none here to ask.
#[test]
fn a_big_endian_machine_lays_its_packets_out_the_other_way_round() {
    let bytes = hex("00000048 43544442 00000001 447d99e0 00000002 00000001 00000000 000003ea
         4d2a432b 00000000 0000000000000009 00000002 00000003 00000001 6b657976 00010000 00000000");
    let packet = Packet::decode(&bytes, Abi::LP64_BE).unwrap();
    assert_eq!(Abi::detect(&bytes), Some(Abi::LP64_BE));
    assert_eq!(packet.header.generation, Generation(0x447d_99e0));
    let expected = ReqDmaster {
        db_id: DbId(0x4d2a_432b),
        rsn: 9,
        dmaster: Pnn(2),
        key: Bytes::from_static(b"key"),
        data: Bytes::from_static(b"v"),
        record_flags: Some(RecordFlags::MIGRATED_WITH_DATA),
    };
    assert_eq!(packet.body, Operation::ReqDmaster(expected));
    assert_eq!(packet.encode(Abi::LP64_BE).unwrap().bytes, bytes);
}

#[test]
fn structs_of_a_big_endian_machine_have_its_padding_and_its_byte_order() {
    let be = Abi::LP64_BE;
    let election = hex("00000003 00000000 0000000000000004 0000000000000005 00000001 00000008");
    let value = ElectionMessage {
        num_connected: 3,
        priority_time: Timeval { sec: CLong(4), usec: CLong(5) },
        pnn: Pnn(1),
        flags: NodeFlags::BANNED,
    };
    assert_eq!(value.encode(be).unwrap().bytes, election);
    let header = hex("0000000000000007 00000001 00000000 00010000 00000000");
    let value = LtdbHeader { rsn: 7, dmaster: Pnn(1), reserved: 0, flags: RecordFlags::MIGRATED_WITH_DATA };
    assert_eq!(value.encode(be).unwrap().bytes, header);
    // The family is in the machine's order, port and address are in the network's.
    let ip = hex("00000001 0002 01bd 0a000009 0000000000000000 000000000000000000000000");
    let addr = std::net::SocketAddr::from(([10, 0, 0, 9], 445)).into();
    assert_eq!(PublicIp { pnn: Pnn(1), addr }.encode(be).unwrap().bytes, ip);
    let records = hex("00000008 00000001 00000012 00000000 00000001 00000001 6b76");
    let buffer = RecBuffer::decode_exact(&records, be).unwrap();
    assert_eq!(buffer.records().next().unwrap().unwrap().key, Bytes::from_static(b"k"));
    let native = buffer.encode(Abi::LP64_LE).unwrap().bytes;
    assert_eq!(native, hex("08000000 01000000 12000000 00000000 01000000 01000000 6b76"), "translated");
    assert_eq!(RecBuffer::decode_exact(&native, Abi::LP64_LE).unwrap(), buffer, "the same records");
}
