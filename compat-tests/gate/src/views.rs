//! The packets of `codec` by way of the views: what a daemon does in its hot path, in memory that is kept.

use std::cell::RefCell;

use bytes::Bytes;
use legacy_codec::view::{
    Body, Call, ControlAnswer, Frame, Message, Nodes, NodesOut, Out, Records, RecordsOut,
};
use legacy_codec::{CallFlags, CallId, DbId, Header, SrvId};

use crate::codec::{Case, nodes, record};

/// What is kept from packet to packet.
#[derive(Debug)]
struct Kept {
    out: Out,
    records: RecordsOut,
    nodes: NodesOut,
}

fn case(name: &str, decode: fn(&Bytes) -> usize, write: impl Fn(&mut Kept) + 'static) -> Case {
    let mut kept =
        Kept { out: Out::default(), records: RecordsOut::new(DbId(1)), nodes: NodesOut::default() };
    write(&mut kept);
    let (bytes, kept) = (Bytes::copy_from_slice(kept.out.bytes()), RefCell::new(kept));
    let encode = move || {
        let mut kept = kept.borrow_mut();
        kept.out.clear();
        write(&mut kept);
        kept.out.bytes().len()
    };
    Case { name: format!("{name}, view"), bytes, decode, encode: Box::new(encode) }
}

fn body(bytes: &Bytes) -> Body<'_> {
    let frame = Frame::read(bytes).expect("a packet of this program");
    Body::read(frame.operation, frame.body).expect("a packet of this program")
}

fn answer(bytes: &Bytes) -> &[u8] {
    match body(bytes) {
        Body::ControlAnswer(answer) => answer.data,
        other => panic!("{other:?}"),
    }
}

const FITS: &str = "a packet that fits";

fn answering(out: &mut Out, data: &[u8]) {
    out.push(&Header::default(), &ControlAnswer { status: 0, data, error: &[] }).expect(FITS);
}

fn call() -> Case {
    let decode = |bytes: &Bytes| match body(bytes) {
        Body::Call(call) => call.key.len(),
        other => panic!("{other:?}"),
    };
    case("REQ_CALL, key of 24 bytes", decode, |kept| {
        let call = Call {
            flags: CallFlags::empty(),
            db_id: DbId(0x42fe_72c5),
            call_id: CallId::NULL,
            hop_count: 0,
            key: b"a key of twenty-four by.",
            call_data: &[],
        };
        kept.out.push(&Header::default(), &call).expect(FITS);
    })
}

fn message() -> Case {
    let decode = |bytes: &Bytes| match body(bytes) {
        Body::Message(message) => message.data.len(),
        other => panic!("{other:?}"),
    };
    let payload = [7; 1 << 10];
    case("REQ_MESSAGE of 1 KiB", decode, move |kept| {
        let message = Message { srvid: SrvId::TUNNEL_NEW_PROTOCOL, data: &payload };
        kept.out.push(&Header::default(), &message).expect(FITS);
    })
}

fn node_map() -> Case {
    let decode = |bytes: &Bytes| {
        let nodes = Nodes::read(answer(bytes)).expect("a map of nodes");
        nodes.iter().filter(|node| node.flags.is_empty() && node.addr.ip().is_some()).count()
    };
    let nodes = nodes();
    case("GET_NODEMAP reply, 16 nodes", decode, move |kept| {
        kept.nodes.clear();
        nodes.iter().for_each(|node| kept.nodes.push(node).expect(FITS));
        answering(&mut kept.out, kept.nodes.bytes());
    })
}

fn records() -> Case {
    let decode = |bytes: &Bytes| {
        let records = Records::read(answer(bytes)).expect("a buffer of records");
        records.iter().map(|record| record.data.len()).sum()
    };
    let records: Vec<_> = (0..1000).map(record).collect();
    case("record buffer, 1000 records", decode, move |kept| {
        kept.records.clear(DbId(1));
        records.iter().for_each(|(key, data)| kept.records.push(0, None, key, data).expect(FITS));
        answering(&mut kept.out, kept.records.bytes());
    })
}

/// The cases, in the order of `codec`.
pub(crate) fn cases() -> [Case; 4] {
    [call(), message(), node_map(), records()]
}
