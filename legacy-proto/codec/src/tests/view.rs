//! Views beside the tables: the same places, the same values, the same bytes, and the same refusals.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::view::{self, Body, Frame, Nodes, NodesOut, Out, Put, Records, RecordsOut};
use crate::*;

const ABI: Abi = Abi::NATIVE;

fn put(header: &Header, body: &Body<'_>, out: &mut Out) -> Result<(), Error> {
    match body {
        Body::Call(body) => out.push(header, body),
        Body::CallAnswer(body) => out.push(header, body),
        Body::Dmaster(body) => out.push(header, body),
        Body::DmasterAnswer(body) => out.push(header, body),
        Body::Message(body) => out.push(header, body),
        Body::Control(body) => body.put(header, out),
        Body::ControlAnswer(body) => body.put(header, out),
        Body::Tunnel(body) => body.put(header, out),
        Body::Other(_) => panic!("no view"),
    }
}

#[test]
fn every_number_of_a_view_stands_where_the_table_puts_it() {
    macro_rules! same {
        ($($view:ident $table:ident)+) => { $(
            let table: Vec<_> = $table::layout(ABI)
                .into_iter()
                .filter(|(_, _, size)| *size > 0)
                .map(|(name, at, _)| (name, at))
                .collect();
            assert_eq!(view::$view::PLACES, table, stringify!($view));
            assert_eq!(OPERATIONS.iter().find(|row| row.body == stringify!($table)).unwrap().number,
                view::$view::OPERATION);
        )+ };
    }
    same! {
        Call ReqCall
        CallAnswer ReplyCall
        Dmaster ReqDmaster
        DmasterAnswer ReplyDmaster
        Message ReqMessage
        Control ReqControl
        ControlAnswer ReplyControl
        Tunnel ReqTunnel
    }
}

fn bytes(most: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

prop_compose! {
    fn header()(generation: u32, dest: u32, src: u32, reqid: u32) -> Header {
        Header { generation: Generation(generation), dest: Dest(dest), src: Pnn(src), reqid: ReqId(reqid) }
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let numbers = (any::<[u32; 5]>(), any::<u64>());
    (0..8, numbers, bytes(30), bytes(30), any::<Option<u32>>()).prop_map(
        |(which, numbers, key, data, flags)| {
            let ([a, b, c, d, e], long) = numbers;
            let record_flags = flags.map(RecordFlags::from_bits_retain);
            match which {
                0 => Operation::ReqCall(ReqCall {
                    flags: CallFlags::from_bits_retain(a),
                    db_id: DbId(b),
                    call_id: CallId(c),
                    hop_count: d,
                    key,
                    call_data: data,
                }),
                1 => Operation::ReplyCall(ReplyCall { status: a.cast_signed(), data }),
                2 => Operation::ReqDmaster(ReqDmaster {
                    db_id: DbId(a),
                    rsn: long,
                    dmaster: Pnn(b),
                    key,
                    data,
                    record_flags,
                }),
                3 => Operation::ReplyDmaster(ReplyDmaster {
                    db_id: DbId(a),
                    rsn: long,
                    key,
                    data,
                    record_flags,
                }),
                4 => Operation::ReqMessage(ReqMessage { srvid: SrvId(long), data }),
                5 => Operation::ReqControl(ReqControl {
                    opcode: a,
                    pad: b,
                    srvid: SrvId(long),
                    client_id: ClientId(c),
                    flags: ControlFlags::from_bits_retain(d),
                    data,
                }),
                6 => Operation::ReplyControl(ReplyControl { status: e.cast_signed(), data, error: key }),
                _ => Operation::ReqTunnel(ReqTunnel {
                    tunnel_id: TunnelId(long),
                    flags: TunnelFlags::from_bits_retain(a),
                    data,
                }),
            }
        },
    )
}

/// Both readings of a packet: the same, or both refuse.
fn agree(packet: &Bytes) {
    let seen = Frame::read(packet).and_then(|frame| Some((frame, Body::read(frame.operation, frame.body)?)));
    match (Packet::decode(packet, ABI), seen) {
        (Ok(table), Some((frame, body))) => {
            assert_eq!((table.header, table.body.number()), (frame.header, frame.operation));
            assert_eq!(Body::of(&table.body).unwrap(), body);
        }
        (Err(_), None) => {}
        (table, view) => panic!("{packet:?}: the table says {table:?}, the view {view:?}"),
    }
}

proptest! {
    #[test]
    fn a_packet_is_written_and_read_as_by_the_table(header in header(), body in operation()) {
        let packet = Packet { header, body };
        let table = packet.encode(ABI).unwrap().bytes;
        let mut out = Out::default();
        put(&header, &Body::of(&packet.body).unwrap(), &mut out).unwrap();
        prop_assert_eq!(out.bytes(), &table[..]);
        agree(&table);
        // A second one goes behind it.
        put(&header, &Body::of(&packet.body).unwrap(), &mut out).unwrap();
        prop_assert_eq!(&out.bytes()[table.len()..], &table[..]);
    }

    #[test]
    fn a_packet_that_is_cut_or_changed_is_refused_by_both_or_by_none(
        body in operation(),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let whole = Packet { header: Header::default(), body }.encode(ABI).unwrap().bytes;
        for len in 0..=whole.len() {
            agree(&whole.slice(..len));
            let mut cut = whole[..len].to_vec();
            if let Some(word) = cut.first_chunk_mut() {
                *word = u32::try_from(len).unwrap().to_ne_bytes();
            }
            agree(&cut.into());
        }
        let mut changed = whole.to_vec();
        // Not the operation: one without a view is another matter.
        let at = at.index(changed.len());
        if !(16..20).contains(&at) {
            changed[at] = byte;
            agree(&changed.into());
        }
    }

    #[test]
    fn records_are_built_and_walked_as_by_the_table(
        records in vec((any::<u32>(), any::<Option<(u64, u32, u32)>>(), bytes(20), bytes(40)), 0..6),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let (mut all, mut out) = (Vec::new(), RecordsOut::new(DbId(1)));
        for (reqid, header, key, data) in records {
            let header = header.map(|(rsn, dmaster, flags)| LtdbHeader {
                rsn,
                dmaster: Pnn(dmaster),
                reserved: 0,
                flags: RecordFlags::from_bits_retain(flags),
            });
            out.push(reqid, header.as_ref(), &key, &data).unwrap();
            let before = header.map_or_else(Bytes::new, |header| header.encode(ABI).unwrap().bytes);
            all.push(Record { reqid, key, data: [before, data].concat().into() });
        }
        let table = RecBuffer::new(DbId(1), &all).unwrap().encode(ABI).unwrap().bytes;
        prop_assert_eq!(out.bytes(), &table[..]);
        records_agree(&table);
        for len in 0..table.len() {
            records_agree(&table.slice(..len));
        }
        let mut changed = table.to_vec();
        let at = at.index(changed.len());
        changed[at] = byte;
        records_agree(&changed.into());
        records_agree(&[&table[..], &[0]].concat().into());
    }

    #[test]
    fn nodes_are_built_and_read_as_by_the_table(
        nodes in vec((any::<u32>(), any::<u32>(), any::<std::net::SocketAddr>(), any::<bool>()), 0..5),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let node = |(pnn, flags, addr, known): (u32, u32, std::net::SocketAddr, bool)| NodeAndFlags {
            pnn: Pnn(pnn),
            flags: NodeFlags::from_bits_retain(flags),
            addr: if known { addr.into() } else { SockAddr::Other { family: 0, data: [7; 26] } },
        };
        let map = NodeMap { nodes: nodes.into_iter().map(node).collect() };
        let table = map.encode(ABI).unwrap().bytes;
        let mut out = NodesOut::default();
        for _ in 0..2 {
            out.clear();
            map.nodes.iter().for_each(|node| out.push(node).unwrap());
            prop_assert_eq!(out.bytes(), &table[..]);
        }
        nodes_agree(&table);
        for len in 0..table.len() {
            nodes_agree(&table.slice(..len));
        }
        let mut changed = table.to_vec();
        let at = at.index(changed.len());
        changed[at] = byte;
        nodes_agree(&changed.into());
    }
}

fn records_agree(payload: &Bytes) {
    match (RecBuffer::decode_exact(payload, ABI), Records::read(payload)) {
        (Ok(table), Some(view)) => {
            assert_eq!((table.db_id, table.count()), (view.db_id, view.count()));
            assert_eq!(view.iter().count(), usize::try_from(view.count()).unwrap());
            for (table, view) in table.records().zip(&view) {
                let table = table.unwrap();
                assert_eq!((table.reqid, &table.key[..], &table.data[..]), (view.reqid, view.key, view.data));
                let (split, seen) = (table.split(ABI).ok(), view.split());
                assert_eq!(split.as_ref().map(|(header, data)| (*header, &data[..])), seen);
            }
        }
        (Err(_), None) => {}
        (table, view) => panic!("{payload:?}: the table says {table:?}, the view {view:?}"),
    }
}

fn nodes_agree(payload: &Bytes) {
    match (NodeMap::decode_exact(payload, ABI), Nodes::read(payload)) {
        (Ok(table), Some(view)) => {
            assert_eq!((table.nodes.len(), view.iter().len()), (view.count(), view.count()));
            assert!(view.iter().eq(table.nodes));
        }
        (Err(_), None) => {}
        (table, view) => panic!("{payload:?}: the table says {table:?}, the view {view:?}"),
    }
}

#[test]
fn what_is_cleared_keeps_its_memory() {
    let message = view::Message { srvid: SrvId(1), data: &[7; 1000] };
    let mut out = Out::default();
    out.push(&Header::default(), &message).unwrap();
    let memory = out.capacity();
    out.clear();
    out.push(&Header::default(), &message).unwrap();
    assert_eq!((out.capacity(), out.bytes().len()), (memory, 1048));
    assert_eq!(out.take().len(), 1048);
    assert!(out.bytes().is_empty());
}
