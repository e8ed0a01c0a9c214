//! One function for each decoder: takes any bytes, and checks what must hold for all of them.
//!
//! Nothing may panic, loop for ever or take memory that the bytes do not account for; what was decoded must encode to
//! the same bytes, padding aside. The first byte of an input selects the machine type. The fuzz targets call these
//! functions, and so does the ordinary test of legacy-codec that goes over the corpus.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use bytes::Bytes;
use legacy_codec::event::{EventFrames, EventReply, EventRequest};
use legacy_codec::{
    Abi, CONTROLS, ClientId, ControlFlags, ControlReply, ControlRequest, Dest, Endian, FrameBuf, Framing,
    GLockList, Generation, HEADER_LEN, LtdbHeader, MAGIC, MESSAGES, Message, Packet, Payload, Pnn, RawHeader,
    RecBuffer, ReplyControl, ReqControl, ReqId, SambaGLock, SrvId, VERSION, WatchedRecord, Wire,
};

/// Takes any bytes.
type Target = fn(&[u8]);

/// Name and function of every target.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("client_frames", client_frames),
    ("node_frames", node_frames),
    ("packet", packet),
    ("operation", operation),
    ("control_request", control_request),
    ("control_reply", control_reply),
    ("message", message),
    ("event", event),
    ("event_frames", event_frames),
    ("rec_buffer", rec_buffer),
    ("values", values),
];

fn abi(byte: u8) -> Abi {
    [Abi::LP64_LE, Abi::LP64_BE, Abi::I386][usize::from(byte) % 3]
}

fn word(n: usize, abi: Abi) -> [u8; 4] {
    let n = u32::try_from(n).unwrap();
    if abi.endian() == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() }
}

/// `machine, step, stream`: a stream from a client, arriving in pieces of that many bytes.
pub(crate) fn client_frames(data: &[u8]) {
    frames(data, Framing::Client);
}

/// `machine, step, stream`: a stream from a node, arriving in pieces of that many bytes.
pub(crate) fn node_frames(data: &[u8]) {
    frames(data, Framing::Node);
}

fn frames(data: &[u8], framing: Framing) {
    let [machine, step, stream @ ..] = data else { return };
    let abi = abi(*machine);
    let mut buffer = FrameBuf::new(abi, framing, 1 << 20);
    let mut given = 0;
    for (i, piece) in stream.chunks(usize::from(*step).max(1)).enumerate() {
        if i % 2 == 0 {
            buffer.push(Bytes::copy_from_slice(piece));
        } else {
            buffer.spare_mut().extend_from_slice(piece);
        }
        loop {
            match buffer.pop() {
                Ok(Some(frame)) => {
                    assert!(frame.len() >= HEADER_LEN);
                    given += frame.len();
                    assert!(given <= stream.len());
                    let _ = Packet::decode(&frame, abi);
                }
                Ok(None) => break,
                Err(rejected) if rejected.fatal => return,
                Err(_) => {}
            }
        }
        assert!(buffer.len() <= stream.len());
    }
}

/// `machine, frame`: a whole packet; its length is put right.
pub(crate) fn packet(data: &[u8]) {
    let [machine, frame @ ..] = data else { return };
    let abi = abi(*machine);
    let mut frame = frame.to_vec();
    if frame.len() >= HEADER_LEN {
        let len = word(frame.len(), abi);
        frame[..4].copy_from_slice(&len);
    }
    check_packet(&frame.into(), abi);
}

/// `machine, operation, body`: what stands behind a good header.
pub(crate) fn operation(data: &[u8]) {
    let [machine, op, body @ ..] = data else { return };
    let abi = abi(*machine);
    let header = RawHeader {
        length: u32::try_from(HEADER_LEN + body.len()).unwrap(),
        magic: MAGIC,
        version: VERSION,
        generation: Generation(2),
        operation: u32::from(*op),
        dest: Dest(0),
        src: Pnn(1),
        reqid: ReqId(3),
    };
    let frame = [&header.encode(abi).unwrap().bytes, body].concat();
    check_packet(&frame.into(), abi);
}

fn check_packet(frame: &Bytes, abi: Abi) {
    let Ok(packet) = Packet::decode(frame, abi) else { return };
    let encoded = packet.encode(abi).unwrap();
    let again = Packet::decode(&encoded.bytes, abi).unwrap();
    // What followed the content of the first is gone or turned to padding; record flags may be made of it.
    let twice = again.encode(abi).unwrap();
    assert_eq!(twice.bytes, encoded.bytes);
    assert_eq!(Packet::decode(&twice.bytes, abi).unwrap(), again);
}

/// `machine, opcode, data`: the argument of a control.
pub(crate) fn control_request(data: &[u8]) {
    let [machine, opcode, data @ ..] = data else { return };
    let abi = abi(*machine);
    let request = ReqControl {
        opcode: u32::from(*opcode),
        pad: 0,
        srvid: SrvId(5),
        client_id: ClientId(6),
        flags: ControlFlags::from_bits_retain(0x0003_0001),
        data: Bytes::copy_from_slice(data),
    };
    let Ok(decoded) = ControlRequest::decode(&request, abi) else { return };
    assert_eq!(decoded.opcode(), request.opcode);
    assert!(decoded.matches(&request, abi).unwrap());
    let again = decoded.encode(abi).unwrap();
    assert_eq!(ControlRequest::decode(&again, abi).unwrap(), decoded);
}

/// `machine, opcode, status, data`: the answer to a control.
pub(crate) fn control_reply(data: &[u8]) {
    let [machine, opcode, status, data @ ..] = data else { return };
    let abi = abi(*machine);
    let reply = ReplyControl {
        status: i32::from(status.cast_signed()),
        data: Bytes::copy_from_slice(data),
        error: Bytes::new(),
    };
    let Ok(decoded) = ControlReply::decode(u32::from(*opcode), &reply, abi) else { return };
    assert!(decoded.matches(&reply, abi).unwrap());
    let again = decoded.encode(abi).unwrap();
    assert_eq!(ControlReply::decode(u32::from(*opcode), &again, abi).unwrap(), decoded);
}

/// `machine, row, data`: the payload of a message, by its line in the table; past its end an id without a row.
pub(crate) fn message(data: &[u8]) {
    let [machine, row, data @ ..] = data else { return };
    let abi = abi(*machine);
    let srvid = MESSAGES.get(usize::from(*row)).map_or(SrvId(0x1234_5678_9ABC_DEF0), |row| row.srvid);
    let data = Bytes::copy_from_slice(data);
    let Ok(decoded) = Message::decode(srvid, &data, abi) else { return };
    assert!(decoded.matches(srvid, &data, abi).unwrap());
}

/// `machine, frame`: a packet of the event daemon, taken as request and as reply; its length is put right.
pub(crate) fn event(data: &[u8]) {
    let [machine, frame @ ..] = data else { return };
    let abi = abi(*machine);
    let mut frame = frame.to_vec();
    if frame.len() >= 4 {
        let len = word(frame.len(), abi);
        frame[..4].copy_from_slice(&len);
    }
    let frame = Bytes::from(frame);
    if let Ok(request) = EventRequest::decode(&frame, abi) {
        assert_eq!(request.encode(abi).unwrap(), frame);
    }
    if let Ok(reply) = EventReply::decode(&frame, abi) {
        assert_eq!(reply.encode(abi).unwrap(), frame);
    }
}

/// `machine, step, stream`: a stream of the event daemon, arriving in pieces of that many bytes.
pub(crate) fn event_frames(data: &[u8]) {
    let [machine, step, stream @ ..] = data else { return };
    let abi = abi(*machine);
    let mut frames = EventFrames::new(abi, 1 << 16);
    for piece in stream.chunks(usize::from(*step).max(1)) {
        frames.push(piece);
        loop {
            match frames.pop() {
                Ok(Some(frame)) => {
                    let _ = EventRequest::decode(&frame, abi);
                    let _ = EventReply::decode(&frame, abi);
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(frames.len() <= stream.len());
    }
}

/// `machine, data`: records of a database.
pub(crate) fn rec_buffer(data: &[u8]) {
    let [machine, data @ ..] = data else { return };
    let abi = abi(*machine);
    let data = Bytes::copy_from_slice(data);
    let Ok(buffer) = RecBuffer::decode_exact(&data, abi) else { return };
    assert_eq!(buffer.encode(abi).unwrap().bytes, data);
    let records: Vec<_> = buffer.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), usize::try_from(buffer.count()).unwrap());
    for record in &records {
        let _ = record.split(abi);
    }
    let native = RecBuffer::new(buffer.db_id, &records).unwrap();
    assert_eq!(native, buffer);
    assert_eq!(native.encode(abi).unwrap().bytes, data);
}

/// `machine, which, data`: values of records.
pub(crate) fn values(data: &[u8]) {
    let [machine, which, data @ ..] = data else { return };
    let abi = abi(*machine);
    let data = Bytes::copy_from_slice(data);
    match which % 4 {
        0 => {
            if let Ok(record) = WatchedRecord::stored(&data)
                && !data.is_empty()
            {
                assert_eq!(record.to_stored().unwrap(), data);
                let _ = SambaGLock::stored(&record.data);
            }
        }
        1 => {
            if let Ok(Some(lock)) = SambaGLock::stored(&data) {
                assert_eq!(lock.to_stored().unwrap(), data);
            }
        }
        2 => {
            if let Ok(list) = GLockList::from_payload(&data, abi) {
                assert!(list.to_payload(abi).unwrap().matches(&data));
            }
        }
        _ => {
            if let Ok((header, rest)) = LtdbHeader::split(&data, abi) {
                assert!(header.encode(abi).unwrap().matches(&data[..data.len() - rest.len()]));
            }
        }
    }
}

/// The opcodes of all controls, for whoever makes inputs.
pub(crate) fn opcodes() -> impl Iterator<Item = u8> {
    CONTROLS.iter().filter_map(|row| u8::try_from(row.opcode).ok())
}
