//! Laws that hold for every type on the wire and every machine type.
//!
//! A new type needs one line in `every_type!`; a struct without its line fails here.

mod samples;

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::ABIS;
use crate::event::{EventHeader, RunRequest, ScriptRequest, ScriptResult, StatusReply, StatusRequest};
use crate::types::{DbStatisticsHead, HotKeySlot};
use crate::*;
use samples::*;

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
