//! Laws that hold for every type on the wire and every machine type.
//!
//! A new type needs one line in `every_type!`; a struct without its line fails here.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::ABIS;
use crate::event::{EventHeader, RunRequest, ScriptRequest, ScriptResult, StatusReply, StatusRequest};
use crate::types::{DbStatisticsHead, HotKeySlot};
use crate::*;

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn addr() -> impl Strategy<Value = SockAddr> {
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

fn node() -> impl Strategy<Value = NodeAndFlags> {
    (any::<u32>(), any::<u32>(), addr()).prop_map(|(pnn, flags, addr)| NodeAndFlags {
        pnn: Pnn(pnn),
        flags: NodeFlags::from_bits_retain(flags),
        addr,
    })
}

fn req_control() -> impl Strategy<Value = ReqControl> {
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

fn holds<T: Wire + PartialEq + std::fmt::Debug>(value: &T) {
    for abi in ABIS {
        let encoded = value.encode(abi).unwrap();
        let bytes = encoded.bytes.clone();
        assert_eq!(&T::decode_exact(&bytes, abi).unwrap(), value, "round trip, {abi:?}");
        assert_eq!(value.encoded_len(abi), bytes.len(), "length, {abi:?}");
        assert!(T::min_len(abi) <= bytes.len(), "shortest value, {abi:?}");

        for cut in 0..bytes.len() {
            match T::decode(&bytes.slice(..cut), abi) {
                Err(Error::Short { .. }) => {}
                // An optional member may be missing; then the value is another one.
                Ok((other, _)) if OPTIONAL.contains(&T::NAME) => assert_ne!(&other, value),
                other => panic!("{cut} of {} bytes, {abi:?}: {other:?}", bytes.len()),
            }
        }

        let mut longer = BytesMut::from(&bytes[..]);
        longer.put_slice(&[0xAA; 3]);
        let longer = longer.freeze();
        assert_eq!(T::decode(&longer, abi).unwrap().1, 3, "trailing bytes, {abi:?}");
        assert!(matches!(T::decode_exact(&longer, abi), Err(Error::Trailing { left: 3, .. })), "{abi:?}");

        let mut dirty = BytesMut::from(&bytes[..]);
        for pad in &encoded.padding {
            dirty[pad.clone()].fill(0x55);
        }
        assert!(encoded.matches(&dirty), "padding is masked, {abi:?}");
        assert_eq!(
            &T::decode_exact(&dirty.freeze(), abi).unwrap(),
            value,
            "padding is not looked at, {abi:?}"
        );
    }
}

/// Tries the laws on generated values of one type; a failure is shrunk and printed.
fn try_type<S: Strategy>(strategy: &S)
where
    S::Value: Wire + PartialEq + std::fmt::Debug,
{
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(strategy, |value| {
        holds(&value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{}: {error}", S::Value::NAME);
    }
}

macro_rules! every_type {
    ($( $ty:ty: $strategy:expr; )+) => {
        #[test]
        fn every_type_keeps_the_laws_of_the_wire_on_every_machine() {
            $( try_type::<_>(&Strategy::prop_map($strategy, |value: $ty| value)); )+
        }

        /// The types that have a line.
        const NAMES: &[&str] = &[ $( <$ty as Wire>::NAME ),+ ];
    };
}

/// Types whose last member may be missing.
const OPTIONAL: &[&str] = &["ReqDmaster", "ReplyDmaster", "ReqKeepalive"];

/// Values of a type without an open end: any bytes are one. Made on a 32-bit machine, so that every `long` fits.
fn fixed<T: Wire + std::fmt::Debug>() -> impl Strategy<Value = T> {
    let len = T::min_len(Abi::I386);
    prop::collection::vec(any::<u8>(), len..=len)
        .prop_map(|bytes| T::decode_exact(&Bytes::from(bytes), Abi::I386).unwrap())
}

fn list<T: Wire + std::fmt::Debug>() -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(fixed(), 0..5)
}

fn text() -> impl Strategy<Value = Text> {
    bytes().prop_map(Text::from)
}

fn record() -> impl Strategy<Value = Record> {
    (any::<u32>(), bytes(), bytes()).prop_map(|(reqid, key, data)| Record { reqid, key, data })
}

fn rec_buffer() -> impl Strategy<Value = RecBuffer> {
    (any::<u32>(), prop::collection::vec(record(), 0..4))
        .prop_map(|(db_id, records)| RecBuffer::new(DbId(db_id), &records).unwrap())
}

fn script_result() -> impl Strategy<Value = ScriptResult> {
    (text(), fixed(), fixed(), any::<i32>(), text()).prop_map(|(name, begin, end, result, output)| {
        ScriptResult { name: Prefixed(name), begin, end, result, output: Prefixed(output) }
    })
}

fn db_statistics() -> impl Strategy<Value = DbStatistics> {
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

every_type! {
    u8: any::<u8>();
    u16: any::<u16>();
    u32: any::<u32>();
    i32: any::<i32>();
    u64: any::<u64>();
    CLong: fixed();
    CDouble: fixed();
    CBool: fixed();
    CName<18>: fixed();
    SockAddr: addr();
    Pnn: fixed();
    Dest: fixed();
    SrvId: fixed();
    ReqId: fixed();
    ClientId: fixed();
    Generation: fixed();
    Pid: fixed();
    RecMode: fixed();
    RunState: fixed();
    DbId: fixed();
    CallId: fixed();
    DebugLevel: fixed();
    TunnelId: fixed();
    NodeFlags: fixed();
    Capabilities: fixed();
    ControlFlags: fixed();
    DbFlags: fixed();
    RecordFlags: fixed();
    CallFlags: fixed();
    TunnelFlags: fixed();
    Timeval: fixed();
    UptimeInfo: fixed();
    NodeAndFlags: node();
    NodeMap: prop::collection::vec(node(), 0..5).prop_map(|nodes| NodeMap { nodes });
    VnnMap: (fixed(), list()).prop_map(|(generation, map)| VnnMap { generation, map });
    Iface: fixed();
    IfaceList: list().prop_map(|ifaces| IfaceList { ifaces });
    PublicIp: (fixed(), addr()).prop_map(|(pnn, addr)| PublicIp { pnn, addr });
    PublicIpList: prop::collection::vec((fixed(), addr()), 0..4)
        .prop_map(|ips| PublicIpList { ips: ips.into_iter().map(|(pnn, addr)| PublicIp { pnn, addr }).collect() });
    PublicIpInfo: (fixed(), addr(), any::<u32>(), list())
        .prop_map(|(pnn, addr, active, ifaces)| PublicIpInfo { ip: PublicIp { pnn, addr }, active, ifaces });
    AddrInfo: (addr(), any::<u32>(), text()).prop_map(|(addr, mask, iface)| AddrInfo { addr, mask, iface });
    Connection: (addr(), addr()).prop_map(|(src, dst)| Connection { src, dst });
    TickleList: (addr(), prop::collection::vec((addr(), addr()), 0..4)).prop_map(|(addr, ends)| TickleList {
        addr,
        connections: ends.into_iter().map(|(src, dst)| Connection { src, dst }).collect(),
    });
    DbIdAndFlags: fixed();
    DbMap: list().prop_map(|dbs| DbMap { dbs });
    PullDbArgs: fixed();
    PullDbExtArgs: fixed();
    TransDb: fixed();
    DbVacuumArgs: fixed();
    DbSeqnumArgs: fixed();
    TraverseStartArgs: fixed();
    TraverseStartExtArgs: fixed();
    TraverseAllArgs: fixed();
    TraverseAllExtArgs: fixed();
    LtdbHeader: fixed();
    KeyData: (fixed(), fixed(), bytes()).prop_map(|(db_id, header, key)| KeyData { db_id, header, key });
    PushedRecord: (fixed(), fixed(), fixed(), bytes(), bytes()).prop_map(|(generation, db_id, header, key, value)| {
        PushedRecord { generation, db_id, header, key: Prefixed(key), value: Prefixed(value) }
    });
    Record: record();
    RecBuffer: rec_buffer();
    TunableValue: (any::<u32>(), text()).prop_map(|(value, name)| TunableValue { value, name });
    TunableName: text().prop_map(|name| TunableName { name });
    TunableNames: text().prop_map(|names| TunableNames { names });
    Tunables: fixed();
    LatencyCounter: fixed();
    NodePackets: fixed();
    ClientPackets: fixed();
    TimeoutCounts: fixed();
    ReclockLatencies: fixed();
    LockStatistics: fixed();
    Statistics: fixed();
    StatisticsList: list().prop_map(|stats| StatisticsList { stats });
    HotKeySlot: fixed();
    DbStatisticsHead: fixed();
    DbStatistics: db_statistics();
    ElectionMessage: fixed();
    SrvidMessage: fixed();
    DisableMessage: fixed();
    NodeFlagChange: fixed();
    BanState: fixed();
    NotifyData: (fixed(), bytes()).prop_map(|(srvid, data)| NotifyData { srvid, data });
    PidSrvid: fixed();
    Echo: (any::<u32>(), bytes()).prop_map(|(timeout, data)| Echo { timeout, data });
    ServerId: fixed();
    GLock: fixed();
    Watcher: fixed();
    EventHeader: fixed();
    RunRequest: (text(), text(), text(), any::<[u32; 2]>()).prop_map(|(component, event, args, [timeout, flags])| {
        RunRequest {
            component: Prefixed(component), event: Prefixed(event), args: Prefixed(args), timeout, flags,
        }
    });
    StatusRequest: (text(), text())
        .prop_map(|(component, event)| StatusRequest { component: Prefixed(component), event: Prefixed(event) });
    ScriptRequest: (text(), text(), any::<u32>()).prop_map(|(component, script, action)| ScriptRequest {
        component: Prefixed(component), script: Prefixed(script), action,
    });
    ScriptResult: script_result();
    StatusReply: (any::<i32>(), prop::collection::vec(script_result(), 0..3))
        .prop_map(|(summary, scripts)| StatusReply { summary, scripts });
    RawHeader: fixed();
    ReqCall: (fixed(), fixed(), fixed(), any::<u32>(), bytes(), bytes()).prop_map(
        |(flags, db_id, call_id, hop_count, key, call_data)| ReqCall {
            flags, db_id, call_id, hop_count, key, call_data,
        });
    ReplyCall: (any::<i32>(), bytes()).prop_map(|(status, data)| ReplyCall { status, data });
    ReqDmaster: (fixed(), any::<u64>(), fixed(), bytes(), bytes(), prop::option::of(fixed())).prop_map(
        |(db_id, rsn, dmaster, key, data, record_flags)| ReqDmaster {
            db_id, rsn, dmaster, key, data, record_flags,
        });
    ReplyDmaster: (fixed(), any::<u64>(), bytes(), bytes(), prop::option::of(fixed())).prop_map(
        |(db_id, rsn, key, data, record_flags)| ReplyDmaster { db_id, rsn, key, data, record_flags });
    ReplyError: (any::<i32>(), text()).prop_map(|(status, message)| ReplyError { status, message });
    ReqMessage: (fixed(), bytes()).prop_map(|(srvid, data)| ReqMessage { srvid, data });
    ReqControl: req_control();
    ReplyControl: (any::<i32>(), bytes(), bytes())
        .prop_map(|(status, data, error)| ReplyControl { status, data, error });
    KeepaliveInfo: fixed();
    ReqKeepalive: prop::option::of(fixed()).prop_map(|info| ReqKeepalive { info });
    ReqTunnel: (fixed(), fixed(), bytes())
        .prop_map(|(tunnel_id, flags, data)| ReqTunnel { tunnel_id, flags, data });
}

/// Types that take all bytes that are left, so that no byte can be too many.
const UNBOUNDED: &[&str] = &["WatchedRecord", "SambaGLock", "SambaMessage"];

proptest! {
    #[test]
    fn no_bytes_make_a_packet_or_a_control_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let data = Bytes::from(data);
        for abi in ABIS {
            let _ = Packet::decode(&data, abi);
            for row in CONTROLS {
                let reply = ReplyControl { status: 0, data: data.clone(), error: Bytes::new() };
                if let Ok(decoded) = ControlReply::decode(row.opcode, &reply, abi) {
                    prop_assert!(decoded.matches(&reply, abi).unwrap());
                }
                let request = ReqControl {
                    opcode: row.opcode,
                    pad: 0,
                    srvid: SrvId(7),
                    client_id: ClientId(0),
                    flags: ControlFlags::NOREPLY,
                    data: data.clone(),
                };
                if let Ok(decoded) = ControlRequest::decode(&request, abi) {
                    prop_assert!(decoded.matches(&request, abi).unwrap());
                }
            }
            for row in MESSAGES {
                if let Ok(decoded) = Message::decode(row.srvid, &data, abi) {
                    prop_assert!(decoded.matches(row.srvid, &data, abi).unwrap());
                }
            }
        }
    }

    #[test]
    fn a_packet_of_any_operation_comes_back_as_it_was(op in 0_u32..12, data in bytes(), ids in any::<[u32; 4]>()) {
        let header =
            Header { generation: Generation(ids[0]), dest: Dest(ids[1]), src: Pnn(ids[2]), reqid: ReqId(ids[3]) };
        let packet = Packet { header, body: operation(op, &data) };
        for abi in ABIS {
            let encoded = packet.encode(abi).unwrap();
            let bytes = encoded.bytes.clone();
            prop_assert_eq!(bytes.len() % PACKET_ALIGN, 0);
            prop_assert_eq!(Packet::decode(&bytes, abi).unwrap(), packet.clone());
            let mut dirty = BytesMut::from(&bytes[..]);
            for pad in &encoded.padding {
                dirty[pad.clone()].fill(0x55);
            }
            prop_assert!(encoded.matches(&dirty));
            prop_assert_eq!(Packet::decode(&dirty.freeze(), abi).unwrap(), packet.clone());
        }
    }
}

/// Some body for each number; those without a row stay as they are.
fn operation(op: u32, data: &Bytes) -> Operation {
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

#[test]
fn a_time_beyond_2038_is_refused_for_a_32_bit_machine_and_kept_for_a_64_bit_one() {
    let late = Timeval { sec: CLong(1 << 33), usec: CLong(0) };
    assert_eq!(
        late.encode(Abi::I386).unwrap_err().to_string(),
        "Timeval: 8589934592 does not fit this machine type"
    );
    assert_eq!(Timeval::decode_exact(&late.encode(Abi::LP64_BE).unwrap().bytes, Abi::LP64_BE), Ok(late));
}

#[test]
fn every_struct_of_the_sources_has_its_line_here() {
    for name in super::structs() {
        assert!(NAMES.contains(&name) || UNBOUNDED.contains(&name), "{name} is missing in every_type!");
    }
}
