//! The table of operations: what stands behind the header of a packet.
//!
//! Lengths inside a packet are checked against its bytes before anything is taken (HOST-01 to HOST-06, HOST-20 to
//! HOST-22). Keys and payloads are slices of the packet. Whether a key, a sender or a destination makes sense is the
//! reader's business (HOST-23, HOST-28). Source: the `*_old` structs of `ctdb_protocol.h`.

use bytes::Bytes;

use crate::abi::Abi;
use crate::describe::{Describe, Value};
use crate::error::Error;
use crate::flags::{CallFlags, ControlFlags, RecordFlags, TunnelFlags};
use crate::ids::{CallId, ClientId, DbId, Pnn, SrvId, TunnelId};
use crate::layout::{LaidOut, Layout};
use crate::macros::wire;
use crate::text::Text;
use crate::wire::{Wire, Writer};

wire! {
    /// `struct ctdb_req_call_old` behind the header.
    ReqCall {
        /// How to treat it.
        flags: CallFlags,
        /// The database.
        db_id: DbId,
        /// What to do with the record.
        call_id: CallId,
        /// Nodes it has passed.
        hop_count: u32,
    }
    counted {
        /// Key of the record.
        key: Bytes,
        /// Argument of the call.
        call_data: Bytes,
    }
}

wire! {
    /// `struct ctdb_reply_call_old` behind the header.
    ReplyCall {
        /// 0, or what the call failed with.
        status: i32,
    }
    counted {
        /// The answer; for a fetch with header the record's header stands before its data.
        data: Bytes,
    }
}

wire! {
    /// `struct ctdb_req_dmaster_old` behind the header: hands a record to the location master.
    ReqDmaster {
        /// The database.
        db_id: DbId,
        /// Version of the record.
        rsn: u64,
        /// Who becomes its data master.
        dmaster: Pnn,
    }
    counted {
        /// Key of the record.
        key: Bytes,
        /// Its content, without the header.
        data: Bytes,
    }
    optional {
        /// Flags of the record: sent without alignment, outside of all lengths, and by daemons of today always.
        // C quirk: whether they are there is told from the length of the packet, so padding passes for flags of 0.
        record_flags: RecordFlags,
    }
}

wire! {
    /// `struct ctdb_reply_dmaster_old` behind the header: hands a record to its new data master.
    ReplyDmaster {
        /// The database.
        db_id: DbId,
        /// Version of the record.
        rsn: u64,
    }
    counted {
        /// Key of the record.
        key: Bytes,
        /// Its content, without the header.
        data: Bytes,
    }
    optional {
        /// Flags of the record, as in [`ReqDmaster`].
        record_flags: RecordFlags,
    }
}

wire! {
    /// `struct ctdb_reply_error_old` behind the header: a call failed.
    ReplyError {
        /// What it failed with.
        status: i32,
    }
    counted {
        /// In words; a NUL ends them, counted or not.
        message: Text,
    }
}

wire! {
    /// What a keepalive tells about its sender.
    KeepaliveInfo {
        /// Samba's major version in the upper 16 bits, its minor in the lower.
        version: u32,
        /// Seconds since the daemon started.
        uptime: u32,
    }
}

wire! {
    /// `struct ctdb_req_keepalive_old` behind the header; daemons of long ago sent the header alone.
    ReqKeepalive {}
    optional {
        /// Version and age of the sender.
        info: KeepaliveInfo,
    }
}

wire! {
    /// `struct ctdb_req_tunnel_old` behind the header.
    ReqTunnel {
        /// Which tunnel.
        tunnel_id: TunnelId,
        /// Request or reply.
        flags: TunnelFlags,
    }
    counted {
        /// What it carries.
        data: Bytes,
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
    /// Type of what stands behind the header.
    pub body: &'static str,
    /// Layout of that type.
    pub layout: Layout,
    /// What it is for.
    pub doc: &'static str,
}

macro_rules! operations {
    (
        decoded { $( $(#[doc = $doc:literal])+ $op:literal $c_name:ident $body:ident; )+ }
    ) => {
        /// What a packet asks or answers.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Operation {
            $( $(#[doc = $doc])+ $body($body), )+
            /// An operation without a row.
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

            pub(crate) fn decode(op: u32, data: Bytes, abi: Abi) -> Result<Self, Error> {
                match op {
                    $( $op => $body::decode(&data, abi).map(|(body, _)| Self::$body(body)), )+
                    op => Ok(Self::Unknown { op, data }),
                }
            }

            /// The least that ctdbd allocates for the body, whatever is in it.
            pub(crate) fn size_in_c(&self, abi: Abi) -> usize {
                match self {
                    $( Self::$body(_) => $body::size_in_c(abi), )+
                    Self::Unknown { .. } => 0,
                }
            }

            pub(crate) fn put(&self, writer: &mut Writer) {
                match self {
                    $( Self::$body(body) => body.put(writer), )+
                    Self::Unknown { data, .. } => writer.slice(data),
                }
            }
        }

        impl Describe for Operation {
            /// The body alone, payloads as bytes.
            fn describe(&self, abi: Abi) -> Value {
                match self {
                    $( Self::$body(body) => body.describe(abi), )+
                    Self::Unknown { data, .. } => data.describe(abi),
                }
            }
        }

        /// All operations of CTDB. There is no number 6.
        pub static OPERATIONS: &[OperationRow] = &[
            $( OperationRow {
                number: $op,
                c_name: stringify!($c_name),
                body: stringify!($body),
                layout: <$body as LaidOut>::LAYOUT,
                doc: concat!($($doc),+).trim_ascii(),
            }, )+
        ];
    };
}

operations! {
    decoded {
        /// Do something with a record, wherever it is.
        0 REQ_CALL ReqCall;
        /// The answer to it.
        1 REPLY_CALL ReplyCall;
        /// A record on its way to another data master, by way of the location master.
        2 REQ_DMASTER ReqDmaster;
        /// A record that arrives at its data master.
        3 REPLY_DMASTER ReplyDmaster;
        /// A call failed.
        4 REPLY_ERROR ReplyError;
        /// A message for whoever registered its srvid.
        5 REQ_MESSAGE ReqMessage;
        /// A question or order to a daemon.
        7 REQ_CONTROL ReqControl;
        /// The answer to it.
        8 REPLY_CONTROL ReplyControl;
        /// A sign of life between nodes.
        9 REQ_KEEPALIVE ReqKeepalive;
        /// A packet in a tunnel between clients.
        10 REQ_TUNNEL ReqTunnel;
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
