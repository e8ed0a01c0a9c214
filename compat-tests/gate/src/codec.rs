//! Packets of the legacy wire of the sizes that count, to decode and to encode.
//!
//! "Decode" goes from the packet's bytes to its payload's values, "encode" from the values to the packet's bytes. No packet
//! is taken from a cluster.

use std::hint::black_box;
use std::rc::Rc;

use bytes::Bytes;
use legacy_codec::{
    Abi, CallFlags, CallId, ControlReply, DbId, Header, Message, NodeAndFlags, NodeFlags, NodeMap, Operation,
    Packet, Pnn, RecBuffer, Record, ReplyControl, ReqCall, ReqMessage, SrvId,
};

use crate::Work;

const ABI: Abi = Abi::LP64_LE;

/// One kind of packet and what is done to it.
pub struct Case {
    /// For people.
    pub name: String,
    /// The packet.
    pub bytes: Bytes,
    /// From the packet's bytes to the values of its payload; a number that depends on them.
    pub decode: fn(&Bytes) -> usize,
    /// From the values to the packet's bytes; how many they are.
    pub encode: Box<dyn Fn() -> usize>,
}

impl Case {
    fn new(name: String, decode: fn(&Bytes) -> usize, encode: impl Fn() -> Bytes + 'static) -> Self {
        Self { name, bytes: encode(), decode, encode: Box::new(move || encode().len()) }
    }
}

/// Key and data of a record, the data with room for its header.
pub(crate) fn record(n: u32) -> ([u8; 24], [u8; 124]) {
    let mut key = [1; 24];
    key[..4].copy_from_slice(&n.to_le_bytes());
    (key, [2; 124])
}

/// Sixteen nodes.
pub(crate) fn nodes() -> Vec<NodeAndFlags> {
    let node = |n: u8| NodeAndFlags {
        pnn: Pnn(n.into()),
        flags: NodeFlags::empty(),
        addr: std::net::SocketAddr::from(([10, 0, 0, n], 4379)).into(),
    };
    (0..16).map(node).collect()
}

fn packet(body: Operation) -> Bytes {
    Packet { header: Header::default(), body }.encode(ABI).expect("a packet that fits").bytes
}

fn body(bytes: &Bytes) -> Operation {
    Packet::decode(bytes, ABI).expect("a packet of this program").body
}

fn req_call() -> Case {
    let call = || {
        Operation::ReqCall(ReqCall {
            flags: CallFlags::empty(),
            db_id: DbId(0x42fe_72c5),
            call_id: CallId::NULL,
            hop_count: 0,
            key: Bytes::from_static(b"a key of twenty-four by."),
            call_data: Bytes::new(),
        })
    };
    let decode = |bytes: &Bytes| match body(bytes) {
        Operation::ReqCall(call) => call.key.len(),
        other => panic!("{other:?}"),
    };
    Case::new("REQ_CALL, key of 24 bytes".to_owned(), decode, move || packet(call()))
}

fn req_message(kib: usize) -> Case {
    let payload = Bytes::from(vec![7; kib << 10]);
    let message = move || {
        Operation::ReqMessage(ReqMessage { srvid: SrvId::TUNNEL_NEW_PROTOCOL, data: payload.clone() })
    };
    let decode = |bytes: &Bytes| match body(bytes) {
        Operation::ReqMessage(message) => match Message::decode(message.srvid, &message.data, ABI) {
            Ok(Message::TunnelNewProtocol(payload)) => payload.len(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    Case::new(format!("REQ_MESSAGE of {kib} KiB"), decode, move || packet(message()))
}

fn node_map() -> Case {
    let reply = ControlReply::GetNodeMap(NodeMap { nodes: nodes() });
    let opcode = reply.opcode();
    assert_eq!(opcode, 91);
    let encode = move || packet(Operation::ReplyControl(reply.encode(ABI).expect("a reply that fits")));
    let decode = |bytes: &Bytes| match body(bytes) {
        Operation::ReplyControl(reply) => match ControlReply::decode(91, &reply, ABI) {
            Ok(ControlReply::GetNodeMap(map)) => map.nodes.len(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    Case::new("GET_NODEMAP reply, 16 nodes".to_owned(), decode, encode)
}

fn records(count: u32) -> Case {
    let record = |n: u32| {
        let (key, data) = record(n);
        Record { reqid: 0, key: Bytes::copy_from_slice(&key), data: Bytes::copy_from_slice(&data) }
    };
    let records: Vec<Record> = (0..count).map(record).collect();
    let encode = move || {
        let buffer = RecBuffer::new(DbId(1), &records).expect("a buffer that fits");
        let data = ControlReply::PullDb(buffer).encode(ABI).expect("a reply that fits").data;
        packet(Operation::ReplyControl(ReplyControl { status: 0, data, error: Bytes::new() }))
    };
    let decode = |bytes: &Bytes| match body(bytes) {
        Operation::ReplyControl(reply) => match ControlReply::decode(13, &reply, ABI) {
            Ok(ControlReply::PullDb(buffer)) => {
                buffer.records().map(|record| record.map_or(0, |record| record.data.len())).sum()
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    Case::new(format!("record buffer, {count} records"), decode, encode)
}

/// The packets whose times and counts are of interest.
#[must_use]
pub fn cases() -> [Case; 4] {
    [req_call(), req_message(1), node_map(), records(1000)]
}

/// The same by way of the views.
#[must_use]
pub fn seen() -> [Case; 4] {
    let views = crate::views::cases();
    for (table, view) in cases().iter().zip(&views) {
        assert_eq!(table.bytes, view.bytes, "{}", view.name);
    }
    views
}

/// Pairs of a small and a large packet whose decoding has to allocate the same.
#[must_use]
pub fn growing() -> [(Case, Case); 2] {
    [(req_message(1), req_message(1024)), (records(10), records(1000))]
}

/// Decoding of a packet.
#[must_use]
pub fn decoding(case: Case) -> Work {
    let case = Rc::new(case);
    Work {
        name: format!("decode {}", case.name),
        times: (20, 120),
        prepare: Box::new(move || {
            let case = Rc::clone(&case);
            Box::new(move || {
                black_box((case.decode)(black_box(&case.bytes)));
            })
        }),
    }
}

/// Encoding of a packet.
#[must_use]
pub fn encoding(case: Case) -> Work {
    let case = Rc::new(case);
    Work {
        name: format!("encode {}", case.name),
        times: (20, 120),
        prepare: Box::new(move || {
            let case = Rc::clone(&case);
            Box::new(move || {
                black_box((case.encode)());
            })
        }),
    }
}

pub(crate) fn works() -> Vec<Work> {
    let all = || cases().into_iter().chain(seen());
    all().map(decoding).chain(all().map(encoding)).collect()
}
