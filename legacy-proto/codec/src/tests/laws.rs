//! Laws that hold for every type on the wire and every machine type.
//!
//! A new type needs one line in `every_type!`; a struct without its line fails here.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::ABIS;
use crate::*;

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn long() -> impl Strategy<Value = CLong> {
    any::<i32>().prop_map(|n| CLong(n.into()))
}

fn timeval() -> impl Strategy<Value = Timeval> {
    (long(), long()).prop_map(|(sec, usec)| Timeval { sec, usec })
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

fn iface() -> impl Strategy<Value = Iface> {
    any::<([u8; 18], u16, u32)>().prop_map(|(name, link_state, references)| Iface {
        name: CName(name),
        link_state,
        references,
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

fn raw_header() -> impl Strategy<Value = RawHeader> {
    any::<[u32; 8]>().prop_map(|[length, magic, version, generation, operation, dest, src, reqid]| {
        RawHeader {
            length,
            magic,
            version,
            generation: Generation(generation),
            operation,
            dest: Dest(dest),
            src: Pnn(src),
            reqid: ReqId(reqid),
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
            let error = T::decode(&bytes.slice(..cut), abi).unwrap_err();
            assert!(matches!(error, Error::Short { .. }), "{cut} of {} bytes, {abi:?}: {error}", bytes.len());
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

every_type! {
    u16: any::<u16>();
    u32: any::<u32>();
    i32: any::<i32>();
    u64: any::<u64>();
    CLong: long();
    CName<18>: any::<[u8; 18]>().prop_map(CName);
    SockAddr: addr();
    Pnn: any::<u32>().prop_map(Pnn);
    Dest: any::<u32>().prop_map(Dest);
    SrvId: any::<u64>().prop_map(SrvId);
    ReqId: any::<u32>().prop_map(ReqId);
    ClientId: any::<u32>().prop_map(ClientId);
    Generation: any::<u32>().prop_map(Generation);
    Pid: any::<i32>().prop_map(Pid);
    RecMode: any::<u32>().prop_map(RecMode);
    RunState: any::<u32>().prop_map(RunState);
    NodeFlags: any::<u32>().prop_map(NodeFlags::from_bits_retain);
    Capabilities: any::<u32>().prop_map(Capabilities::from_bits_retain);
    ControlFlags: any::<u32>().prop_map(ControlFlags::from_bits_retain);
    Timeval: timeval();
    UptimeInfo: (timeval(), timeval(), timeval(), timeval()).prop_map(|(a, b, c, d)| UptimeInfo {
        current_time: a,
        ctdbd_start_time: b,
        last_recovery_started: c,
        last_recovery_finished: d,
    });
    NodeAndFlags: node();
    NodeMap: prop::collection::vec(node(), 0..5).prop_map(|nodes| NodeMap { nodes });
    VnnMap: (any::<u32>(), prop::collection::vec(any::<u32>().prop_map(Pnn), 0..9))
        .prop_map(|(generation, map)| VnnMap { generation: Generation(generation), map });
    Iface: iface();
    IfaceList: prop::collection::vec(iface(), 0..5).prop_map(|ifaces| IfaceList { ifaces });
    RawHeader: raw_header();
    ReqControl: req_control();
    ReplyControl: (any::<i32>(), bytes(), bytes())
        .prop_map(|(status, data, error)| ReplyControl { status, data, error });
    ReqMessage: (any::<u64>(), bytes()).prop_map(|(srvid, data)| ReqMessage { srvid: SrvId(srvid), data });
}

proptest! {
    #[test]
    fn no_bytes_make_a_packet_or_a_control_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let data = Bytes::from(data);
        for abi in ABIS {
            let _ = Packet::decode(&data, abi);
            for row in CONTROLS {
                let reply = ReplyControl { status: 0, data: data.clone(), error: Bytes::new() };
                if let Ok(decoded) = ControlReply::decode(row.opcode, &reply, abi) {
                    let again = decoded.encode(abi).unwrap();
                    prop_assert_eq!(ControlReply::decode(row.opcode, &again, abi).unwrap(), decoded);
                }
            }
        }
    }

    #[test]
    fn a_packet_of_any_operation_comes_back_as_it_was(op in 0_u32..12, data in bytes(), ids in any::<[u32; 4]>()) {
        let header =
            Header { generation: Generation(ids[0]), dest: Dest(ids[1]), src: Pnn(ids[2]), reqid: ReqId(ids[3]) };
        let body = match op {
            5 => Operation::ReqMessage(ReqMessage { srvid: SrvId(7), data }),
            7 => Operation::ReqControl(ControlRequest::Unknown {
                opcode: 999, srvid: SrvId(1), flags: ControlFlags::NOREPLY, data,
            }.encode(Abi::NATIVE).unwrap()),
            8 => Operation::ReplyControl(ReplyControl { status: -1, data: data.clone(), error: data }),
            // An operation that is not decoded keeps its padding: nobody knows where its content ends.
            op => Operation::Unknown { op, data: data.slice(..data.len() / 8 * 8) },
        };
        let packet = Packet { header, body };
        for abi in ABIS {
            let bytes = packet.encode(abi).unwrap().bytes;
            prop_assert_eq!(bytes.len() % PACKET_ALIGN, 0);
            prop_assert_eq!(Packet::decode(&bytes, abi).unwrap(), packet.clone());
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
    let sources = [
        include_str!("../packet.rs"),
        include_str!("../types/nodes.rs"),
        include_str!("../types/time.rs"),
        include_str!("../types/ifaces.rs"),
    ];
    let mut found = 0;
    for source in sources {
        for block in source.split("\nwire! {").skip(1) {
            let name = block
                .lines()
                .map(str::trim)
                .find(|l| !l.is_empty() && !l.starts_with("///") && !l.starts_with("#["))
                .and_then(|l| l.split_whitespace().next())
                .unwrap();
            assert!(NAMES.contains(&name), "{name} is missing in every_type!");
            found += 1;
        }
    }
    assert_eq!(found, 11);
}
