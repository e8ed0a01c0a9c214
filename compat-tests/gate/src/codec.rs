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
    /// From the values to the packet's bytes.
    pub encode: Box<dyn Fn() -> Bytes>,
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
    Case {
        name: "REQ_CALL, key of 24 bytes".to_owned(),
        bytes: packet(call()),
        decode,
        encode: Box::new(move || packet(call())),
    }
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
    let bytes = packet(message());
    Case {
        name: format!("REQ_MESSAGE of {kib} KiB"),
        bytes,
        decode,
        encode: Box::new(move || packet(message())),
    }
}

fn node_map() -> Case {
    let node = |n: u8| NodeAndFlags {
        pnn: Pnn(n.into()),
        flags: NodeFlags::empty(),
        addr: std::net::SocketAddr::from(([10, 0, 0, n], 4379)).into(),
    };
    let reply = ControlReply::GetNodeMap(NodeMap { nodes: (0..16).map(node).collect() });
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
    Case { name: "GET_NODEMAP reply, 16 nodes".to_owned(), bytes: encode(), decode, encode: Box::new(encode) }
}

fn records(count: u32) -> Case {
    let record = |n: u32| {
        let key = Bytes::copy_from_slice(&[&n.to_le_bytes()[..], &[1; 20]].concat());
        Record { reqid: 0, key, data: Bytes::from(vec![2; 24 + 100]) }
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
    Case {
        name: format!("record buffer, {count} records"),
        bytes: encode(),
        decode,
        encode: Box::new(encode),
    }
}

/// The packets whose times and counts are of interest.
#[must_use]
pub fn cases() -> [Case; 4] {
    [req_call(), req_message(1), node_map(), records(1000)]
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
    cases().into_iter().map(decoding).chain(cases().into_iter().map(encoding)).collect()
}
