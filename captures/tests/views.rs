//! Views of packets beside the tables, over all recordings and all lengths at which a packet may be cut.

use std::collections::BTreeSet;

use bytes::Bytes;
use legacy_codec::view::{Body, Frame, Nodes, Records};
use legacy_codec::{Abi, NodeMap, Operation, Packet, RecBuffer, ReplyControl, ReqControl, ReqMessage, Wire};

use crate::corpus::{read, recordings};

const ABI: Abi = Abi::NATIVE;

/// Cuts of a packet that are tried at its start and at its end; between them one of so many.
const ENDS: usize = 160;
const STEP: usize = 61;

/// Whether both accept these bytes; what they say of them has to be the same.
fn accepted(frame: &Bytes) -> bool {
    let view = Frame::read(frame).and_then(|frame| Some((frame, Body::read(frame.operation, frame.body)?)));
    match (Packet::decode(frame, ABI), view) {
        (Ok(table), Some((frame, body))) => {
            assert_eq!((table.header, table.body.number()), (frame.header, frame.operation));
            if let Some(twin) = Body::of(&table.body) {
                assert_eq!(twin, body);
            }
            true
        }
        (Err(_), None) => false,
        // Errors and keepalives have no view: what stands in them is the table's business.
        (Err(_), Some((_, Body::Other(_)))) => false,
        (table, view) => panic!("the table says {table:?}, the view {view:?}"),
    }
}

/// The payload of a packet that may be a buffer of records or a map of nodes, read by both.
fn payload(of: &Operation) -> (usize, usize) {
    let (Operation::ReqControl(ReqControl { data, .. })
    | Operation::ReplyControl(ReplyControl { data, .. })
    | Operation::ReqMessage(ReqMessage { data, .. })) = of
    else {
        return (0, 0);
    };
    let (table, view) = (RecBuffer::decode_exact(data, ABI), Records::read(data));
    assert_eq!(table.is_ok(), view.is_some());
    let records = view.map_or(0, |view| view.iter().count());
    for (table, view) in table.iter().flat_map(RecBuffer::records).zip(view.iter().flat_map(Records::iter)) {
        let table = table.unwrap();
        assert_eq!((table.reqid, &table.key[..], &table.data[..]), (view.reqid, view.key, view.data));
    }
    let (table, view) = (NodeMap::decode_exact(data, ABI), Nodes::read(data));
    assert_eq!(table.is_ok(), view.is_some());
    let nodes = view.map_or(0, |view| view.count());
    assert!(view.iter().flat_map(Nodes::iter).eq(table.into_iter().flat_map(|map| map.nodes)));
    (records, nodes)
}

#[test]
fn every_recorded_packet_and_every_cut_of_it_is_read_as_by_the_table() {
    let (mut seen, mut whole, mut cuts, mut records, mut nodes) = (BTreeSet::new(), 0, 0, 0, 0);
    for path in recordings() {
        for captured in read(&path).packets {
            let Ok(packet) = &captured.packet else { continue };
            let frame = &captured.raw;
            if captured.abi != ABI {
                continue;
            }
            assert!(accepted(frame), "{}", path.display());
            whole += 1;
            let (more_records, more_nodes) = payload(&packet.body);
            records += more_records;
            nodes += more_nodes;
            // Packets that differ in numbers alone are cut once.
            if !seen.insert(shape(frame, &packet.body)) {
                continue;
            }
            let mut cut = frame.to_vec();
            for len in (4..frame.len()).rev() {
                cut.truncate(len);
                if (ENDS..frame.len().saturating_sub(ENDS)).contains(&len) && len % STEP != 0 {
                    continue;
                }
                cut[..4].copy_from_slice(&u32::try_from(len).unwrap().to_ne_bytes());
                accepted(&Bytes::copy_from_slice(&cut));
                cuts += 1;
            }
        }
    }
    println!("{whole} packets, {cuts} cuts, {records} records, {nodes} nodes");
    assert!(whole > 10_000 && records > 400 && nodes > 100, "too little to compare");
}

/// Operation, length, and the numbers that say how long the parts are.
fn shape(frame: &Bytes, body: &Operation) -> (u32, usize, Vec<usize>) {
    let parts = match body {
        Operation::ReqCall(body) => vec![body.key.len(), body.call_data.len()],
        Operation::ReqDmaster(body) => vec![body.key.len(), body.data.len()],
        Operation::ReplyDmaster(body) => vec![body.key.len(), body.data.len()],
        Operation::ReqControl(body) => vec![usize::try_from(body.opcode).unwrap(), body.data.len()],
        Operation::ReplyControl(body) => vec![body.data.len(), body.error.len()],
        Operation::ReqMessage(body) => vec![body.data.len()],
        _ => Vec::new(),
    };
    (body.number(), frame.len(), parts)
}
