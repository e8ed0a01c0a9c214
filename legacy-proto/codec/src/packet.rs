//! A packet: 32 bytes of header, then what the operation says.
//!
//! Length, magic, version and operation follow from the content and are not kept apart from it. Bytes behind the last
//! part of the content are padding to a multiple of 8 and are not looked at. What stands behind the header is described
//! in `operation.rs`. Source: `struct ctdb_req_header`.

use bytes::{Bytes, BytesMut};

use crate::abi::{Abi, round_up};
use crate::error::Error;
use crate::ids::{Dest, Generation, Pnn, ReqId, SrvId};
use crate::macros::wire;
use crate::operation::{Operation, ReqMessage};
use crate::wire::{Encoded, Wire, Writer};

/// `CTDB_MAGIC`; on a little endian machine the bytes are `BDTC`.
pub const MAGIC: u32 = 0x4354_4442;
/// `CTDB_PROTOCOL`.
pub const VERSION: u32 = 1;
/// Bytes of a header.
pub const HEADER_LEN: usize = 32;
/// Packets are padded to a multiple of this: `CTDB_DS_ALIGNMENT`.
pub const PACKET_ALIGN: usize = 8;

wire! {
    /// `struct ctdb_req_header`, all of it.
    RawHeader {
        /// Bytes of the packet, this header included.
        length: u32,
        /// [`MAGIC`].
        magic: u32,
        /// [`VERSION`].
        version: u32,
        /// The recovery the sender lives in.
        generation: Generation,
        /// Number of the operation.
        operation: u32,
        /// Where it goes.
        dest: Dest,
        /// Where it comes from.
        src: Pnn,
        /// Pairs reply and request.
        reqid: ReqId,
    }
}

/// What the header says beyond the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The recovery the sender lives in; clients send 0.
    pub generation: Generation,
    /// Where it goes.
    pub dest: Dest,
    /// Where it comes from. ctdbd overwrites what a client says.
    pub src: Pnn,
    /// Pairs reply and request.
    pub reqid: ReqId,
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where from, where to, which request.
    pub header: Header,
    /// The content.
    pub body: Operation,
}

impl Packet {
    /// Decodes a packet as [`crate::FrameBuf`] cut it out. Payloads are slices of `frame`.
    pub fn decode(frame: &Bytes, abi: Abi) -> Result<Self, Error> {
        let (raw, _) = RawHeader::decode(frame, abi)?;
        if usize::try_from(raw.length).ok() != Some(frame.len()) {
            return Err(Error::PacketLength { stated: raw.length, actual: frame.len() });
        }
        let body = Operation::decode(raw.operation, frame.slice(HEADER_LEN..), abi)?;
        let header = Header { generation: raw.generation, dest: raw.dest, src: raw.src, reqid: raw.reqid };
        Ok(Self { header, body })
    }

    /// The packet's bytes, padded to a multiple of 8.
    pub fn encode(&self, abi: Abi) -> Result<Encoded, Error> {
        let mut writer = Writer::new(abi);
        raw_header(0, self.body.number(), &self.header).put(&mut writer);
        self.body.put(&mut writer);
        writer.align_to(PACKET_ALIGN);
        let encoded = writer.finish()?;
        let len = encoded.bytes.len();
        let mut bytes = encoded.bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
        bytes[..4].copy_from_slice(&length_word(len, abi)?);
        Ok(Encoded { bytes: bytes.freeze(), padding: encoded.padding })
    }
}

impl Packet {
    /// Whether a frame says just this. Padding is not looked at.
    ///
    // C quirk: `ctdb_transport_allocate` and `ctdbd_allocate_pkt` send at least `sizeof` of the struct, so that a packet
    // without data from a daemon may be 8 bytes longer than one from the client library.
    pub fn matches(&self, frame: &[u8], abi: Abi) -> Result<bool, Error> {
        let own = self.encode(abi)?;
        if own.bytes.len() == frame.len() {
            return Ok(own.starts(frame));
        }
        let least = round_up(HEADER_LEN + self.body.size_in_c(abi), PACKET_ALIGN);
        let behind_length = Encoded {
            bytes: own.bytes.clone(),
            padding: std::iter::once(0..4).chain(own.padding.iter().cloned()).collect(),
        };
        Ok(own.bytes.len() < least
            && frame.len() == least
            && frame.get(..4) == Some(&length_word(least, abi)?[..])
            && behind_length.starts(frame))
    }
}

/// What goes before and behind the payload of a message, so that the payload itself is not copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHead {
    /// The bytes before the payload.
    pub head: Bytes,
    /// Zero bytes behind the payload, 0 to 7.
    pub padding: usize,
}

/// Everything of a message but its `len` bytes of payload.
pub fn message_head(header: &Header, srvid: SrvId, len: usize, abi: Abi) -> Result<MessageHead, Error> {
    let (writer, padding) = begin_message(header, srvid, len, 0, abi)?;
    Ok(MessageHead { head: writer.finish()?.bytes, padding })
}

/// A whole message in one piece of memory. The payload, in pieces, is copied: for small ones.
pub fn message(header: &Header, srvid: SrvId, payload: &[Bytes], abi: Abi) -> Result<Bytes, Error> {
    let len = payload.iter().map(Bytes::len).sum();
    let (mut writer, padding) = begin_message(header, srvid, len, len + PACKET_ALIGN, abi)?;
    payload.iter().for_each(|piece| writer.slice(piece));
    writer.slice(&[0; PACKET_ALIGN][..padding]);
    Ok(writer.finish()?.bytes)
}

/// The head of a message in a writer with room for `room` bytes more, and the bytes of padding behind the payload.
fn begin_message(
    header: &Header,
    srvid: SrvId,
    len: usize,
    room: usize,
    abi: Abi,
) -> Result<(Writer, usize), Error> {
    let head = HEADER_LEN.saturating_add(ReqMessage::min_len(abi));
    let total = head.saturating_add(len);
    let padded = round_up(total.min(usize::MAX - PACKET_ALIGN), PACKET_ALIGN);
    let length = u32::from_ne_bytes(length_word(padded, Abi::NATIVE)?);
    let mut writer = Writer::with_capacity(abi, head + room);
    raw_header(length, 5, header).put(&mut writer);
    srvid.put(&mut writer);
    writer.count(len);
    Ok((writer, padded - total))
}

fn raw_header(length: u32, operation: u32, header: &Header) -> RawHeader {
    let Header { generation, dest, src, reqid } = *header;
    RawHeader { length, magic: MAGIC, version: VERSION, generation, operation, dest, src, reqid }
}

fn length_word(len: usize, abi: Abi) -> Result<[u8; 4], Error> {
    let Ok(length) = u32::try_from(len) else {
        return Err(Error::TooLong { path: crate::error::Path::default(), len }.within("packet"));
    };
    Ok(match abi.endian() {
        crate::abi::Endian::Little => length.to_le_bytes(),
        crate::abi::Endian::Big => length.to_be_bytes(),
    })
}
