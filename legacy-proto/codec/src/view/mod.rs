//! Packets read where they lie, and written where they go: the hot path of a daemon.
//!
//! Only packets of this machine's own type are looked at. Fields stand at places that the compiler knows, keys and payloads
//! stay slices of the packet, and nothing is allocated. The tables stay the truth: a view is had exactly when the table's
//! decoder accepts the same bytes, and says the same; tests hold the two against each other. A view does not say *why* bytes
//! are refused: the decoder does, for whoever wants to know.

mod macros;
mod nodes;
mod operations;
mod out;
mod records;

pub use nodes::{NodeRows, Nodes, NodesOut};
pub use operations::{
    Body, Call, CallAnswer, Control, ControlAnswer, Dmaster, DmasterAnswer, Message, Tunnel,
};
pub use out::{Out, Put};
pub use records::{RecIter, Record, Records, RecordsOut};

use crate::abi::Abi;
use crate::flags::{CallFlags, ControlFlags, NodeFlags, RecordFlags, TunnelFlags};
use crate::ids::{CallId, ClientId, DbId, Dest, Generation, Pnn, ReqId, SrvId, TunnelId};
use crate::packet::{HEADER_LEN, Header, RawHeader};

/// Where scalars of eight bytes are aligned to.
pub(crate) const ALIGN8: usize = Abi::NATIVE.align8();

/// Where a struct of `len` bytes with a scalar of eight bytes in it ends.
pub(crate) const fn round_up_native(len: usize) -> usize {
    crate::abi::round_up(len, ALIGN8)
}

/// A number at a place that is known.
pub(crate) trait Cell: Copy {
    /// Reads it. A place outside of `from` gives 0; all places here are inside, which the compiler sees.
    fn load(from: &[u8], at: usize) -> Self;
    /// Writes it.
    fn store(self, to: &mut [u8], at: usize);
}

macro_rules! scalars {
    ($($ty:ident)+) => { $(
        impl Cell for $ty {
            #[inline(always)]
            fn load(from: &[u8], at: usize) -> Self {
                let bytes = from.get(at..).and_then(|bytes| bytes.first_chunk());
                bytes.copied().map_or(0, Self::from_ne_bytes)
            }

            #[inline(always)]
            fn store(self, to: &mut [u8], at: usize) {
                if let Some(place) = to.get_mut(at..).and_then(|bytes| bytes.first_chunk_mut()) {
                    *place = self.to_ne_bytes();
                }
            }
        }
    )+ };
}

scalars! { u16 u32 i32 u64 }

macro_rules! numbers {
    ($($name:ident as $ty:ident: $get:expr, $new:expr;)+) => { $(
        impl Cell for $name {
            #[inline(always)]
            fn load(from: &[u8], at: usize) -> Self {
                $new($ty::load(from, at))
            }

            #[inline(always)]
            fn store(self, to: &mut [u8], at: usize) {
                let number: $ty = $get(self);
                number.store(to, at);
            }
        }
    )+ };
}

numbers! {
    Pnn as u32: |n: Pnn| n.0, Pnn;
    Dest as u32: |n: Dest| n.0, Dest;
    ReqId as u32: |n: ReqId| n.0, ReqId;
    ClientId as u32: |n: ClientId| n.0, ClientId;
    Generation as u32: |n: Generation| n.0, Generation;
    DbId as u32: |n: DbId| n.0, DbId;
    CallId as u32: |n: CallId| n.0, CallId;
    SrvId as u64: |n: SrvId| n.0, SrvId;
    TunnelId as u64: |n: TunnelId| n.0, TunnelId;
    CallFlags as u32: |f: CallFlags| f.bits(), CallFlags::from_bits_retain;
    ControlFlags as u32: |f: ControlFlags| f.bits(), ControlFlags::from_bits_retain;
    NodeFlags as u32: |f: NodeFlags| f.bits(), NodeFlags::from_bits_retain;
    RecordFlags as u32: |f: RecordFlags| f.bits(), RecordFlags::from_bits_retain;
    TunnelFlags as u32: |f: TunnelFlags| f.bits(), TunnelFlags::from_bits_retain;
}

/// A packet as [`crate::FrameBuf`] cut it out: its header, and what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Number of the operation.
    pub operation: u32,
    /// Where from, where to, which request.
    pub header: Header,
    /// What stands behind the header.
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Nothing when these are not the bytes of one packet. Magic and version are the framing's business.
    #[inline]
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEADER_LEN>()?;
        if usize::try_from(u32::load(head, 0)).ok() != Some(bytes.len()) {
            return None;
        }
        let header = Header {
            generation: Generation::load(head, 12),
            dest: Dest::load(head, 20),
            src: Pnn::load(head, 24),
            reqid: ReqId::load(head, 28),
        };
        Some(Self { operation: u32::load(head, 16), header, body })
    }
}

/// Writes all fields of a header.
#[inline(always)]
pub(crate) fn store_header(raw: &RawHeader, to: &mut [u8]) {
    raw.length.store(to, 0);
    raw.magic.store(to, 4);
    raw.version.store(to, 8);
    raw.generation.store(to, 12);
    raw.operation.store(to, 16);
    raw.dest.store(to, 20);
    raw.src.store(to, 24);
    raw.reqid.store(to, 28);
}
