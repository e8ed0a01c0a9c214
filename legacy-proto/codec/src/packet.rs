//! A packet: 32 bytes of header, then what the operation says.
//!
//! Length, magic, version and operation follow from the content and are not kept apart from it. Lengths inside a packet
//! are checked against its bytes (HOST-04, HOST-05, HOST-06, HOST-20, HOST-21); bytes behind the last part are padding
//! to a multiple of 8 and are not looked at. Source: `struct ctdb_req_header` and the `*_old` structs of
//! `ctdb_protocol.h`.

use bytes::{Bytes, BytesMut};

use crate::abi::{Abi, round_up};
use crate::error::Error;
use crate::flags::ControlFlags;
use crate::ids::{ClientId, Dest, Generation, Pnn, ReqId, SrvId};
use crate::macros::wire;
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

wire! {
    /// `struct ctdb_req_control_old` behind the header.
    ReqControl {
        /// Number of the control.
        opcode: u32,
        /// A named filler of the C struct, the same on every machine; 0.
        pad: u32,
        /// An argument of some controls.
        srvid: SrvId,
        /// Filled in by ctdbd.
        client_id: ClientId,
        /// How to treat it, and an argument of some controls.
        flags: ControlFlags,
    }
    counted {
        /// The argument of most controls.
        data: Bytes,
    }
}

wire! {
    /// `struct ctdb_reply_control_old` behind the header.
    ReplyControl {
        /// 0, a negative failure, or the answer itself.
        status: i32,
    }
    counted {
        /// The answer of most controls.
        data: Bytes,
        /// What went wrong, in words; no NUL behind it.
        error: Bytes,
    }
}

wire! {
    /// `struct ctdb_req_message_old` behind the header.
    ReqMessage {
        /// Whom it is for.
        srvid: SrvId,
    }
    counted {
        /// What it says.
        data: Bytes,
    }
}

/// One line of the table of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationRow {
    /// Number in the header.
    pub number: u32,
    /// Name in C, without `CTDB_`.
    pub c_name: &'static str,
}

macro_rules! operations {
    (
        decoded { $( $(#[$meta:meta])* $op:literal $c_name:ident $body:ident; )+ }
        opaque { $( $oop:literal $oc_name:ident; )+ }
    ) => {
        /// What a packet asks or answers.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Operation {
            $( $(#[$meta])* $body($body), )+
            /// An operation that is not decoded.
            Unknown {
                /// Its number.
                op: u32,
                /// Everything behind the header.
                data: Bytes,
            },
        }

        impl Operation {
            /// The number in the header.
            #[must_use]
            pub fn number(&self) -> u32 {
                match self {
                    $( Self::$body(_) => $op, )+
                    Self::Unknown { op, .. } => *op,
                }
            }

            fn decode(op: u32, data: Bytes, abi: Abi) -> Result<Self, Error> {
                match op {
                    $( $op => $body::decode(&data, abi).map(|(body, _)| Self::$body(body)), )+
                    op => Ok(Self::Unknown { op, data }),
                }
            }

            fn put(&self, writer: &mut Writer) {
                match self {
                    $( Self::$body(body) => body.put(writer), )+
                    Self::Unknown { data, .. } => writer.slice(data),
                }
            }
        }

        /// All operations of CTDB, decoded here or not.
        pub static OPERATIONS: &[OperationRow] = &[
            $( OperationRow { number: $op, c_name: stringify!($c_name) }, )+
            $( OperationRow { number: $oop, c_name: stringify!($oc_name) }, )+
        ];
    };
}

operations! {
    decoded {
        /// A message for whoever registered its srvid.
        5 REQ_MESSAGE ReqMessage;
        /// A question or order to a daemon.
        7 REQ_CONTROL ReqControl;
        /// The answer to it.
        8 REPLY_CONTROL ReplyControl;
    }
    opaque {
        0 REQ_CALL;
        1 REPLY_CALL;
        2 REQ_DMASTER;
        3 REPLY_DMASTER;
        4 REPLY_ERROR;
        9 REQ_KEEPALIVE;
        10 REQ_TUNNEL;
    }
}

impl Operation {
    /// Name in C, without `CTDB_`; `None` for a number C does not have.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        let number = self.number();
        OPERATIONS.iter().find(|row| row.number == number).map(|row| row.c_name)
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
    let total = HEADER_LEN.saturating_add(ReqMessage::min_len(abi)).saturating_add(len);
    let padded = round_up(total.min(usize::MAX - PACKET_ALIGN), PACKET_ALIGN);
    let length = u32::from_ne_bytes(length_word(padded, Abi::NATIVE)?);
    let mut writer = Writer::new(abi);
    raw_header(length, 5, header).put(&mut writer);
    srvid.put(&mut writer);
    writer.count(len);
    Ok(MessageHead { head: writer.finish()?.bytes, padding: padded - total })
}

fn raw_header(length: u32, operation: u32, header: &Header) -> RawHeader {
    let Header { generation, dest, src, reqid } = *header;
    RawHeader { length, magic: MAGIC, version: VERSION, generation, operation, dest, src, reqid }
}

fn length_word(len: usize, abi: Abi) -> Result<[u8; 4], Error> {
    let Ok(length) = u32::try_from(len) else {
        return Err(Error::TooLong { path: crate::error::Path::default(), len }.within("packet"));
    };
    Ok(match abi.endian {
        crate::abi::Endian::Little => length.to_le_bytes(),
        crate::abi::Endian::Big => length.to_be_bytes(),
    })
}
