//! What decoding and encoding of the legacy wire costs, beside copying the same bytes, in one run.
//!
//! Every figure is the best of several rounds of the same work, because other programs of the machine can only add to it.
//! "Decode" goes from the packet's bytes to its payload's values, "encode" from the values to the packet's bytes;
//! "copy" is a memcpy into a buffer that is there already. No packet is taken from a cluster: sizes are those that count.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use legacy_codec::{
    Abi, CallFlags, CallId, ControlReply, DbId, Header, Message, NodeAndFlags, NodeFlags, NodeMap, Operation,
    Packet, Pnn, RecBuffer, Record, ReplyControl, ReqCall, ReqMessage, SrvId,
};

const ABI: Abi = Abi::LP64_LE;
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(40);

/// One kind of packet and what is done to it.
struct Case {
    name: &'static str,
    bytes: Bytes,
    decode: fn(&Bytes) -> usize,
    encode: Box<dyn Fn() -> Bytes>,
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
        name: "REQ_CALL, key of 24 bytes",
        bytes: packet(call()),
        decode,
        encode: Box::new(move || packet(call())),
    }
}

fn req_message() -> Case {
    let payload = Bytes::from(vec![7; 1024]);
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
    Case { name: "REQ_MESSAGE of 1 KiB", bytes, decode, encode: Box::new(move || packet(message())) }
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
    Case { name: "GET_NODEMAP reply, 16 nodes", bytes: encode(), decode, encode: Box::new(encode) }
}

fn records() -> Case {
    let record = |n: u32| {
        let key = Bytes::copy_from_slice(&[&n.to_le_bytes()[..], &[1; 20]].concat());
        Record { reqid: 0, key, data: Bytes::from(vec![2; 24 + 100]) }
    };
    let records: Vec<Record> = (0..1000).map(record).collect();
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
    Case { name: "record buffer, 1,000 records", bytes: encode(), decode, encode: Box::new(encode) }
}

/// Nanoseconds of one time of `work`: the best round.
fn measure(mut work: impl FnMut()) -> f64 {
    let mut times = 1_u32;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        loop {
            let start = Instant::now();
            for _ in 0..times {
                work();
            }
            let took = start.elapsed();
            if took < ROUND / 2 && times < u32::MAX / 2 {
                times *= 2;
                continue;
            }
            best = best.min(took.as_secs_f64() * 1e9 / f64::from(times));
            break;
        }
    }
    best
}

fn main() {
    println!("{:<30} {:>8}  {:>21}  {:>21}  {:>21}", "", "", "decode", "encode", "copy");
    println!(
        "{:<30} {:>8}  {:>11} {:>9}  {:>11} {:>9}  {:>11} {:>9}",
        "packet", "bytes", "ns", "GB/s", "ns", "GB/s", "ns", "GB/s"
    );
    for case in [req_call(), req_message(), node_map(), records()] {
        assert_eq!((case.encode)(), case.bytes, "{}: encode gives other bytes", case.name);
        let mut buffer = vec![0; case.bytes.len()];
        let figures = [
            measure(|| {
                black_box((case.decode)(black_box(&case.bytes)));
            }),
            measure(|| {
                black_box((case.encode)());
            }),
            measure(|| black_box(&mut buffer).copy_from_slice(black_box(&case.bytes))),
        ];
        let size = u32::try_from(case.bytes.len()).map_or(0.0, f64::from);
        let cells: Vec<_> = figures.iter().map(|ns| format!("{ns:>11.1} {:>9.2}", size / ns)).collect();
        println!("{:<30} {:>8}  {}", case.name, case.bytes.len(), cells.join("  "));
    }
}
