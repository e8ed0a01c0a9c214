//! Values of types on the wire, made by chance.

use bytes::Bytes;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use crate::event::ScriptResult;
use crate::*;

pub(super) fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

pub(super) fn addr() -> impl Strategy<Value = SockAddr> {
    prop_oneof![
        any::<(u32, u16)>().prop_map(|(ip, port)| SockAddr::V4(SocketAddrV4::new(Ipv4Addr::from(ip), port))),
        any::<(u128, u16, u32, u32)>().prop_map(|(ip, port, f, s)| SockAddr::V6(SocketAddrV6::new(
            Ipv6Addr::from(ip),
            port,
            f,
            s
        ))),
        any::<[u8; 26]>().prop_map(|data| SockAddr::Other { family: 0, data }),
    ]
}

pub(super) fn node() -> impl Strategy<Value = NodeAndFlags> {
    (any::<u32>(), any::<u32>(), addr()).prop_map(|(pnn, flags, addr)| NodeAndFlags {
        pnn: Pnn(pnn),
        flags: NodeFlags::from_bits_retain(flags),
        addr,
    })
}

pub(super) fn req_control() -> impl Strategy<Value = ReqControl> {
    (any::<(u32, u32, u64, u32, u32)>(), bytes()).prop_map(|((opcode, pad, srvid, client, flags), data)| {
        ReqControl {
            opcode,
            pad,
            srvid: SrvId(srvid),
            client_id: ClientId(client),
            flags: ControlFlags::from_bits_retain(flags),
            data,
        }
    })
}

/// Values of a type without an open end: any bytes are one. Made on a 32-bit machine, so that every `long` fits.
pub(super) fn fixed<T: Wire + std::fmt::Debug>() -> impl Strategy<Value = T> {
    let len = T::min_len(Abi::I386);
    prop::collection::vec(any::<u8>(), len..=len)
        .prop_map(|bytes| T::decode_exact(&Bytes::from(bytes), Abi::I386).unwrap())
}

pub(super) fn list<T: Wire + std::fmt::Debug>() -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(fixed(), 0..5)
}

pub(super) fn text() -> impl Strategy<Value = Text> {
    bytes().prop_map(Text::from)
}

pub(super) fn record() -> impl Strategy<Value = Record> {
    (any::<u32>(), bytes(), bytes()).prop_map(|(reqid, key, data)| Record { reqid, key, data })
}

pub(super) fn rec_buffer() -> impl Strategy<Value = RecBuffer> {
    (any::<u32>(), prop::collection::vec(record(), 0..4))
        .prop_map(|(db_id, records)| RecBuffer::new(DbId(db_id), &records).unwrap())
}

pub(super) fn script_result() -> impl Strategy<Value = ScriptResult> {
    (text(), fixed(), fixed(), any::<i32>(), text()).prop_map(|(name, begin, end, result, output)| {
        ScriptResult { name: Prefixed(name), begin, end, result, output: Prefixed(output) }
    })
}

pub(super) fn db_statistics() -> impl Strategy<Value = DbStatistics> {
    (fixed(), fixed(), fixed(), prop::collection::vec((any::<u32>(), bytes()), 10)).prop_map(
        |(locks, vacuum, hop_count_bucket, keys)| {
            let mut hot_keys = <[HotKey; 10]>::default();
            for (hot, (count, key)) in hot_keys.iter_mut().zip(keys) {
                *hot = HotKey { count, key };
            }
            DbStatistics {
                locks,
                vacuum,
                ro_delegations: 1,
                ro_revokes: 2,
                hop_count_bucket,
                num_hot_keys: 10,
                hot_keys,
            }
        },
    )
}

/// Some body for each number; those without a row stay as they are.
pub(super) fn operation(op: u32, data: &Bytes) -> Operation {
    let data = data.clone();
    let key = Bytes::from_static(b"key");
    let record_flags = Some(RecordFlags::MIGRATED_WITH_DATA);
    match op {
        0 => Operation::ReqCall(ReqCall {
            flags: CallFlags::IMMEDIATE_MIGRATION,
            db_id: DbId(1),
            call_id: CallId::FETCH,
            hop_count: 2,
            key,
            call_data: data,
        }),
        1 => Operation::ReplyCall(ReplyCall { status: 0, data }),
        2 => Operation::ReqDmaster(ReqDmaster {
            db_id: DbId(1),
            rsn: 2,
            dmaster: Pnn(3),
            key,
            data,
            record_flags,
        }),
        3 => Operation::ReplyDmaster(ReplyDmaster { db_id: DbId(1), rsn: 2, key, data, record_flags }),
        4 => Operation::ReplyError(ReplyError { status: -1, message: data.into() }),
        5 => Operation::ReqMessage(ReqMessage { srvid: SrvId(7), data }),
        7 => Operation::ReqControl(ReqControl {
            opcode: 999,
            pad: 0,
            srvid: SrvId(1),
            client_id: ClientId(0),
            flags: ControlFlags::NOREPLY,
            data,
        }),
        8 => Operation::ReplyControl(ReplyControl { status: -1, data: data.clone(), error: data }),
        9 => Operation::ReqKeepalive(ReqKeepalive {
            info: Some(KeepaliveInfo { version: 0x4_0011, uptime: 9 }),
        }),
        10 => Operation::ReqTunnel(ReqTunnel { tunnel_id: TunnelId(1), flags: TunnelFlags::REQUEST, data }),
        // An operation without a row keeps its padding: nobody knows where its content ends.
        op => Operation::Unknown { op, data: data.slice(..data.len() / 8 * 8) },
    }
}
