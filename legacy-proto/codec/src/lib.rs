//! The wire of C CTDB: raw C structs, described once as tables, decoded and encoded for any machine type.
//!
//! This crate owns the layout of every packet. It never does I/O, keeps no state beyond framing buffers, and allocates
//! nothing by a number that a peer sent. Tables say everything: `wire!` (structs), `operations!` (what a packet is),
//! `controls!` (opcodes) and `messages!` (srvids). The event daemon's socket has a protocol of its own in [`event`], and
//! the pipes to helpers one in [`helper`]. The facts are those of Samba 4.8 to 4.25: `ctdb/protocol/protocol.h` and
//! `ctdb/include/ctdb_protocol.h`.

mod abi;
mod addr;
mod control;
mod describe;
mod error;
pub mod event;
mod flags;
mod frame;
mod hash;
pub mod helper;
mod ids;
mod layout;
mod macros;
mod message;
mod operation;
mod packet;
mod prim;
mod server_id;
mod text;
mod types;
pub mod view;
mod wire;

#[cfg(test)]
mod tests;

pub use abi::{Abi, Endian, UnverifiedAbi, Word};
pub use addr::SockAddr;
pub use control::*;
pub use describe::{Describe, Value};
pub use error::{Error, Path};
pub use flags::{
    AttachFlags, CallFlags, Capabilities, ControlFlags, DbFlags, NodeFlags, PublicIpFlags, RecordFlags,
    TunnelFlags,
};
pub use frame::{DEFAULT_LIMIT, FrameBuf, FrameError, Framing, Rejected};
pub use hash::{hash, lmaster};
pub use ids::{
    CallId, ClientId, DbId, DebugLevel, Dest, Generation, Pid, Pnn, RecMode, ReqId, RunState, SrvId, TunnelId,
};
pub use layout::{LaidOut, Layout, Member, StructLayout};
pub use message::{MESSAGES, Message, MessageRow};
pub use operation::{
    KeepaliveInfo, OPERATIONS, Operation, OperationRow, ReplyCall, ReplyControl, ReplyDmaster, ReplyError,
    ReqCall, ReqControl, ReqDmaster, ReqKeepalive, ReqMessage, ReqTunnel,
};
pub use packet::{
    HEADER_LEN, Header, MAGIC, MessageHead, PACKET_ALIGN, Packet, RawHeader, VERSION, message, message_head,
};
pub use prim::{CBool, CDouble, CLong, CName};
pub use server_id::{GLock, GLockList, SambaGLock, SambaMessage, ServerId, WatchedRecord, Watcher};
pub use text::{Prefixed, Text};
pub use types::*;
pub use wire::{Counted, Encoded, Payload, Reader, Wire, Writer};
