//! The wire of C CTDB: raw C structs, described once as tables, decoded and encoded for any machine type.
//!
//! This crate owns the layout of every packet. It never does I/O, keeps no state beyond a framing buffer, and
//! allocates nothing by a number that a peer sent. Three tables say everything: `wire!` (structs), `controls!`
//! (opcodes) and `messages!` (srvids). The facts are those of Samba 4.17: `ctdb/protocol/protocol.h` and
//! `ctdb/include/ctdb_protocol.h`.

mod abi;
mod addr;
mod control;
mod error;
mod flags;
mod frame;
mod ids;
mod macros;
mod message;
mod packet;
mod prim;
mod types;
mod wire;

#[cfg(test)]
mod tests;

pub use abi::{Abi, Endian, Word};
pub use addr::SockAddr;
pub use control::{
    CONTROLS, Control, ControlReply, ControlRequest, ControlRow, DeregisterSrvid, GetCapabilities, GetIfaces,
    GetNodeMap, GetPid, GetPnn, GetRecMode, GetRunState, GetVnnMap, InStatus, Ping, RegisterSrvid, Uptime,
};
pub use error::{Error, Path};
pub use flags::{Capabilities, ControlFlags, NodeFlags};
pub use frame::{DEFAULT_LIMIT, FrameBuf, FrameError, Framing, Rejected};
pub use ids::{ClientId, Dest, Generation, Pid, Pnn, RecMode, ReqId, RunState, SrvId};
pub use message::{MESSAGES, Message, MessageRow};
pub use packet::{
    HEADER_LEN, Header, MAGIC, MessageHead, OPERATIONS, Operation, OperationRow, PACKET_ALIGN, Packet,
    RawHeader, ReplyControl, ReqControl, ReqMessage, VERSION, message_head,
};
pub use prim::{CLong, CName};
pub use types::{Iface, IfaceList, NodeAndFlags, NodeMap, Timeval, UptimeInfo, VnnMap};
pub use wire::{Counted, Encoded, Payload, Reader, Wire, Writer};
