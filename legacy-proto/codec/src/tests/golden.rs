//! Bytes seen on the sockets of Samba 4.17.12, and one value for every row of the tables.
//!
//! A row without a value fails here, so a new row brings its bytes with it.

use bytes::Bytes;

use crate::*;

fn hex(text: &str) -> Bytes {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_request_to_register_a_srvid_is_the_one_ctdbd_was_seen_to_take() {
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

/// For every row: the request and its bytes (srvid field, data), the reply and its status and data.
fn samples() -> Vec<(ControlRequest, u64, &'static str, ControlReply, i32, &'static str)> {
    use ControlReply as A;
    use ControlRequest as Q;
    let time = |sec| Timeval { sec: CLong(sec), usec: CLong(5) };
    let node = |pnn, flags, last| NodeAndFlags {
        pnn: Pnn(pnn),
        flags,
        addr: SockAddr::V4(std::net::SocketAddrV4::new([127, 0, 0, last].into(), 4379)),
    };
    vec![
        (Q::Ping(()), 0, "", A::Ping(6), 6, ""),
        (
            Q::GetVnnMap(()),
            0,
            "",
            A::GetVnnMap(VnnMap { generation: Generation(0x447d_99e0), map: vec![Pnn(0), Pnn(2)] }),
            0,
            "e0997d44 02000000 00000000 02000000",
        ),
        (Q::GetRecMode(()), 0, "", A::GetRecMode(RecMode::ACTIVE), 1, ""),
        (Q::RegisterSrvid(SrvId(0xF101 << 48)), 0xF101 << 48, "", A::RegisterSrvid(()), 0, ""),
        (Q::DeregisterSrvid(SrvId(3)), 3, "", A::DeregisterSrvid(()), 0, ""),
        (Q::GetPid(()), 0, "", A::GetPid(Pid(4711)), 4711, ""),
        (Q::GetPnn(()), 0, "", A::GetPnn(Pnn(2)), 2, ""),
        (
            Q::Uptime(()),
            0,
            "",
            A::Uptime(UptimeInfo {
                current_time: time(4),
                ctdbd_start_time: time(1),
                last_recovery_started: time(2),
                last_recovery_finished: time(3),
            }),
            0,
            "0400000000000000 0500000000000000 0100000000000000 0500000000000000
             0200000000000000 0500000000000000 0300000000000000 0500000000000000",
        ),
        (
            Q::GetCapabilities(()),
            0,
            "",
            A::GetCapabilities(
                Capabilities::LEADER
                    | Capabilities::LMASTER
                    | Capabilities::PARALLEL_RECOVERY
                    | Capabilities::FRAGMENTED_CONTROLS,
            ),
            0,
            "03000300",
        ),
        (
            Q::GetNodeMap(()),
            0,
            "",
            A::GetNodeMap(NodeMap {
                nodes: vec![
                    node(0, NodeFlags::empty(), 1),
                    node(1, NodeFlags::DISCONNECTED | NodeFlags::UNHEALTHY, 2),
                ],
            }),
            0,
            "02000000
             00000000 00000000 0200111b7f000001 0000000000000000 000000000000000000000000
             01000000 03000000 0200111b7f000002 0000000000000000 000000000000000000000000",
        ),
        (
            Q::GetIfaces(()),
            0,
            "",
            A::GetIfaces(IfaceList {
                ifaces: vec![Iface { name: CName::new("eth0"), link_state: 1, references: 2 }],
            }),
            0,
            "01000000 6574683000000000 0000000000000000 0000 0100 02000000",
        ),
        (Q::GetRunState(()), 0, "", A::GetRunState(RunState::RUNNING), 0, "05000000"),
    ]
}

#[test]
fn every_row_of_the_controls_has_a_value_and_its_bytes() {
    let samples = samples();
    for row in CONTROLS {
        assert!(samples.iter().any(|s| s.0.opcode() == row.opcode), "{} has no test value", row.c_name);
        assert!(!row.doc.trim().is_empty(), "{} has no doc line", row.c_name);
    }
    assert_eq!(samples.len(), CONTROLS.len());
    for (request, srvid, data, reply, status, answer) in samples {
        let body = request.encode(Abi::LP64_LE).unwrap();
        assert_eq!((body.srvid, &body.data), (SrvId(srvid), &hex(data)), "{request:?}");
        assert_eq!(ControlRequest::decode(&body, Abi::LP64_LE).unwrap(), request);

        let body = reply.encode(Abi::LP64_LE).unwrap();
        assert_eq!((body.status, &body.data), (status, &hex(answer)), "{reply:?}");
        assert_eq!(ControlReply::decode(request.opcode(), &body, Abi::LP64_LE).unwrap(), reply);
        assert_eq!(reply.opcode(), request.opcode());
    }
}

#[test]
fn a_control_without_a_row_passes_through_unchanged() {
    let request = ReqControl {
        opcode: 161,
        pad: 0,
        srvid: SrvId(9),
        client_id: ClientId(0),
        flags: ControlFlags::from_bits_retain(0x0002_0001),
        data: Bytes::from_static(b"abc"),
    };
    let decoded = ControlRequest::decode(&request, Abi::LP64_LE).unwrap();
    assert_eq!(decoded.encode(Abi::LP64_LE).unwrap(), request);
    let reply = ReplyControl { status: -1, data: Bytes::from_static(b"x"), error: Bytes::new() };
    assert_eq!(ControlReply::decode(161, &reply, Abi::LP64_LE).unwrap().encode(Abi::LP64_LE).unwrap(), reply);
    assert!(matches!(
        ControlReply::decode(5, &reply, Abi::LP64_LE),
        Ok(ControlReply::Failed { opcode: 5, .. })
    ));
}

#[test]
fn every_row_of_the_messages_has_a_value_and_its_bytes() {
    let values = [
        (Message::Leader(Pnn(2)), SrvId::LEADER, hex("02000000")),
        (
            Message::TunnelNewProtocol(Bytes::from_static(b"any")),
            SrvId::TUNNEL_NEW_PROTOCOL,
            Bytes::from_static(b"any"),
        ),
    ];
    for row in MESSAGES {
        assert!(values.iter().any(|v| v.1 == row.srvid), "{} has no test value", row.c_name);
    }
    for (message, srvid, data) in values {
        assert_eq!(message.encode(Abi::LP64_LE).unwrap(), (srvid, data.clone()));
        assert_eq!(Message::decode(srvid, &data, Abi::LP64_LE).unwrap(), message);
    }
    let error = Message::decode(SrvId::LEADER, &hex("0200"), Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "Leader.Pnn: 2 bytes left, 4 needed", "HOST-15");
    let other = Message::decode(SrvId(5), &hex("0200"), Abi::LP64_LE).unwrap();
    assert_eq!(other, Message::Unknown { srvid: SrvId(5), data: hex("0200") });
}
