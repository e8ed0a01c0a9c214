//! The bytes of every operation's body, written out by hand for 64-bit little endian machines.
//!
//! What C adds without saying it in a length (record flags) and what older daemons left out (keepalive) included.

use bytes::Bytes;

use super::values::{Hand, hand};
use crate::*;

fn values() -> Vec<(Operation, Hand)> {
    let key = Bytes::from_static(b"key");
    let data = Bytes::from_static(b"data");
    let record_flags = Some(RecordFlags::MIGRATED_WITH_DATA);
    vec![
        (
            Operation::ReqCall(ReqCall {
                flags: CallFlags::IMMEDIATE_MIGRATION,
                db_id: DbId(1),
                call_id: CallId::FETCH,
                hop_count: 2,
                key: key.clone(),
                call_data: Bytes::from_static(b"!"),
            }),
            hand().u32s([1, 1, 0xFF00_0002, 2, 3, 1]).text("key!").pad(4),
        ),
        (
            Operation::ReplyCall(ReplyCall { status: -1, data: data.clone() }),
            hand().u32s([u32::MAX, 4]).text("data").pad(4),
        ),
        (
            Operation::ReqDmaster(ReqDmaster {
                db_id: DbId(1),
                rsn: 9,
                dmaster: Pnn(2),
                key: key.clone(),
                data: data.clone(),
                record_flags,
            }),
            hand().u32(1).pad(4).u64(9).u32s([2, 3, 4]).text("keydata").u32(0x0001_0000).pad(1),
        ),
        (
            Operation::ReplyDmaster(ReplyDmaster {
                db_id: DbId(1),
                rsn: 9,
                key,
                data: data.clone(),
                record_flags,
            }),
            hand().u32(1).pad(4).u64(9).u32s([3, 4]).text("keydata").u32(0x0001_0000).pad(5),
        ),
        (
            Operation::ReplyError(ReplyError { status: -1, message: "bad".into() }),
            hand().u32s([u32::MAX, 4]).text("bad\0").pad(4),
        ),
        (
            Operation::ReqMessage(ReqMessage { srvid: SrvId(7), data: data.clone() }),
            hand().u64(7).u32(4).text("data"),
        ),
        (
            Operation::ReqControl(ReqControl {
                opcode: 35,
                pad: 0,
                srvid: SrvId(7),
                client_id: ClientId(8),
                flags: ControlFlags::NOREPLY,
                data: data.clone(),
            }),
            hand().u32s([35, 0]).u64(7).u32s([8, 1, 4]).text("data"),
        ),
        (
            Operation::ReplyControl(ReplyControl { status: 2, data, error: Bytes::from_static(b"no") }),
            hand().u32s([2, 4, 2]).text("datano").pad(6),
        ),
        (
            Operation::ReqKeepalive(ReqKeepalive {
                info: Some(KeepaliveInfo { version: 0x0004_0011, uptime: 9 }),
            }),
            hand().u32s([0x0004_0011, 9]),
        ),
        (Operation::ReqKeepalive(ReqKeepalive { info: None }), hand()),
        (
            Operation::ReqTunnel(ReqTunnel {
                tunnel_id: TunnelId(7),
                flags: TunnelFlags::REQUEST | TunnelFlags::NOREPLY,
                data: Bytes::from_static(b"t"),
            }),
            hand().u64(7).u32s([0x11, 1]).text("t").pad(7),
        ),
    ]
}

#[test]
fn every_operation_has_a_value_and_its_bytes() {
    let values = values();
    for row in OPERATIONS {
        assert!(values.iter().any(|(body, _)| body.number() == row.number), "{} has no value", row.c_name);
    }
    for (body, bytes) in values {
        let name = body.name().unwrap();
        let packet = Packet { header: Header::default(), body };
        let encoded = packet.encode(Abi::LP64_LE).unwrap();
        assert_eq!(encoded.bytes.slice(HEADER_LEN..), bytes.bytes(), "{name}");
        assert_eq!(Packet::decode(&encoded.bytes, Abi::LP64_LE).unwrap(), packet);
        for abi in super::ABIS {
            let encoded = packet.encode(abi).unwrap();
            assert_eq!(Packet::decode(&encoded.bytes, abi).unwrap(), packet, "{name} {abi:?}");
        }
    }
}

#[test]
fn record_flags_that_a_sender_left_out_pass_for_0_when_there_is_room_for_them_in_the_padding_net_23() {
    let body = |key| {
        Operation::ReplyDmaster(ReplyDmaster {
            db_id: DbId(1),
            rsn: 9,
            key: Bytes::from_static(key),
            data: Bytes::new(),
            record_flags: None,
        })
    };
    for (key, flags) in [(&b"12345678"[..], None), (b"1234567", None), (b"1234", Some(RecordFlags::empty()))]
    {
        let packet = Packet { header: Header::default(), body: body(key) };
        let bytes = packet.encode(Abi::LP64_LE).unwrap().bytes;
        let decoded = Packet::decode(&bytes, Abi::LP64_LE).unwrap();
        let Operation::ReplyDmaster(reply) = &decoded.body else { panic!("{decoded:?}") };
        assert_eq!(reply.record_flags, flags, "as C decides it");
        assert_eq!(decoded.encode(Abi::LP64_LE).unwrap().bytes, bytes, "and the bytes are the same");
    }
}

#[test]
fn a_value_for_fetch_with_header_is_split_from_its_header() {
    let data = hand().u64(3).u32s([1, 0, 0x0200_0000]).pad(4).text("value").bytes();
    let (header, value) = LtdbHeader::split(&data, Abi::LP64_LE).unwrap();
    assert_eq!((header.rsn, header.dmaster), (3, Pnn(1)));
    assert_eq!(header.flags, RecordFlags::RO_HAVE_READONLY);
    assert_eq!(&value[..], b"value");
    let error = LtdbHeader::split(&data.slice(..23), Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "LtdbHeader: 3 bytes left, 4 needed", "REC-02, HOST-24");
    assert_eq!(LtdbHeader::split(&data.slice(..20), Abi::I386).unwrap().1, Bytes::new(), "20 bytes on i386");
}

#[test]
fn a_daemon_sends_at_least_the_size_of_the_struct_and_a_client_does_not() {
    let tunnel = ReqTunnel { tunnel_id: TunnelId(7), flags: TunnelFlags::NOREPLY, data: Bytes::new() };
    let call = ReplyCall { status: 0, data: Bytes::new() };
    let error = ReplyError { status: -1, message: Text::NULL };
    let message = ReqMessage { srvid: SrvId(7), data: Bytes::new() };
    for (body, client, daemon) in [
        (Operation::ReplyCall(call), 40, 48),
        (Operation::ReplyError(error), 40, 48),
        (Operation::ReqTunnel(tunnel), 48, 56),
        (Operation::ReqMessage(message), 48, 48),
        (Operation::ReqKeepalive(ReqKeepalive { info: None }), 32, 32),
    ] {
        let packet = Packet { header: Header::default(), body };
        let bytes = packet.encode(Abi::LP64_LE).unwrap().bytes;
        assert_eq!(bytes.len(), client);
        let mut longer = bytes.to_vec();
        longer.resize(daemon, 0);
        longer[0] = u8::try_from(daemon).unwrap();
        let longer = Bytes::from(longer);
        assert_eq!(Packet::decode(&longer, Abi::LP64_LE).unwrap(), packet);
        assert!(packet.matches(&bytes, Abi::LP64_LE).unwrap());
        assert!(packet.matches(&longer, Abi::LP64_LE).unwrap(), "{packet:?}");
        let mut too_long = longer.to_vec();
        too_long.resize(daemon + 8, 0);
        too_long[0] += 8;
        assert!(!packet.matches(&too_long, Abi::LP64_LE).unwrap());
        let mut other = longer.to_vec();
        other[28] ^= 1;
        assert!(!packet.matches(&other, Abi::LP64_LE).unwrap(), "another reqid");
    }
}
