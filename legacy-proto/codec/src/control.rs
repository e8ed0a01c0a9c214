//! Controls: what one is, and where its argument and its answer travel.
//!
//! The rows are in `control/table.rs`; `control/macros.rs` makes of each row the typed call, the arms of the request and
//! reply enums, and the line of [`CONTROLS`]. An argument is in the data, the srvid field or the flags field; an answer
//! in the data or in the status word. Who may send a control, and who answers it, is not said here. Source: `enum
//! ctdb_controls` and `ctdb_control_dispatch`.

mod macros;
mod table;

use bytes::Bytes;

use crate::abi::Abi;
use crate::error::Error;
use crate::flags::{AttachFlags, ControlFlags, PublicIpFlags};
use crate::ids::{Pid, Pnn, RecMode, SrvId, TunnelId};
use crate::layout::{LaidOut, Layout};
use crate::operation::{ReplyControl, ReqControl};
use crate::wire::Encoded;

pub use table::*;

/// One control: the types of its argument and reply.
pub trait Control {
    /// Number on the wire.
    const OPCODE: u32;
    /// Name in C, without `CTDB_CONTROL_`.
    const C_NAME: &'static str;
    /// What it is asked with.
    type Arg;
    /// What it answers.
    type Reply;

    /// The request as one of all requests.
    fn request(arg: Self::Arg) -> ControlRequest;

    /// Whether a status word means failure. Where the answer is in the status, that depends on its type.
    fn failed(status: i32) -> bool;

    /// The answer; [`Error::Refused`] when the status says so.
    fn reply(status: i32, data: &Bytes, abi: Abi) -> Result<Self::Reply, Error>;
}

/// An answer that travels in the status word.
pub trait InStatus: Sized {
    /// From a status word; `None` when it means failure.
    fn from_status(status: i32) -> Option<Self>;
    /// The status word that means this.
    fn to_status(&self) -> i32;
}

macro_rules! in_status {
    ($( $ty:ident |$n:ident| $from:expr, |$v:ident| $to:expr; )+) => { $(
        impl InStatus for $ty {
            fn from_status($n: i32) -> Option<Self> {
                if $n < 0 { None } else { Some($from) }
            }

            fn to_status(&self) -> i32 {
                let $v = self;
                $to
            }
        }
    )+ };
}

in_status! {
    u32 |n| n.cast_unsigned(), |v| v.cast_signed();
    Pnn |n| Self(n.cast_unsigned()), |v| v.0.cast_signed();
    RecMode |n| Self(n.cast_unsigned()), |v| v.0.cast_signed();
    Pid |n| Self(n), |v| v.0;
}

/// Whether something is there: status 0 for yes, -1 for no.
///
/// A control that could not be carried out at all has status -1 as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exists(pub bool);

impl LaidOut for Exists {
    const LAYOUT: Layout = Layout::Named("Exists", &i32::LAYOUT);
}

impl InStatus for Exists {
    fn from_status(status: i32) -> Option<Self> {
        match status {
            0 => Some(Self(true)),
            -1 => Some(Self(false)),
            _ => None,
        }
    }

    fn to_status(&self) -> i32 {
        if self.0 { 0 } else { -1 }
    }
}

/// An argument that travels in the srvid field.
pub trait InSrvid: Sized {
    /// From the field.
    fn from_srvid(srvid: SrvId) -> Self;
    /// The field.
    fn to_srvid(&self) -> SrvId;
}

impl InSrvid for SrvId {
    fn from_srvid(srvid: SrvId) -> Self {
        srvid
    }

    fn to_srvid(&self) -> SrvId {
        *self
    }
}

impl InSrvid for TunnelId {
    fn from_srvid(srvid: SrvId) -> Self {
        Self(srvid.0)
    }

    fn to_srvid(&self) -> SrvId {
        SrvId(self.0)
    }
}

impl InSrvid for u64 {
    fn from_srvid(srvid: SrvId) -> Self {
        srvid.0
    }

    fn to_srvid(&self) -> SrvId {
        SrvId(*self)
    }
}

/// An argument that travels in the upper half of the flags field.
pub trait InFlags: Sized {
    /// From the field's upper half.
    fn from_flags(flags: ControlFlags) -> Self;
    /// The field's upper half.
    fn to_flags(&self) -> ControlFlags;
}

macro_rules! in_flags {
    ($( $ty:ident )+) => { $(
        impl InFlags for $ty {
            fn from_flags(flags: ControlFlags) -> Self {
                Self::from_bits_retain((flags & ControlFlags::OPCODE_SPECIFIC).bits())
            }

            fn to_flags(&self) -> ControlFlags {
                ControlFlags::from_bits_retain(self.bits()) & ControlFlags::OPCODE_SPECIFIC
            }
        }
    )+ };
}

in_flags! { PublicIpFlags AttachFlags }

/// Where a part of an argument or a reply travels, and its type: `("Data", "NodeMap")`.
pub type Part = (&'static str, &'static str);

/// One line of the table, for documentation and for tests that go over all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRow {
    /// Number on the wire.
    pub opcode: u32,
    /// Name in C, without `CTDB_CONTROL_`.
    pub c_name: &'static str,
    /// Name here; `None` for a control that no covered version of Samba answers.
    pub rust_name: Option<&'static str>,
    /// Where the argument travels, and its type. Empty for an obsolete control.
    pub argument: &'static [Part],
    /// Where the reply travels, and its type; `None` for an obsolete control.
    pub reply: Option<Part>,
    /// The layout of each part of the argument.
    pub argument_layout: &'static [Layout],
    /// The layout of the reply.
    pub reply_layout: Option<Layout>,
    /// Minor version of the first Samba 4 that has it; 8 stands for 4.8 and before.
    pub since: u16,
    /// Minor version of the last Samba 4 that answers it; `None` for "still".
    pub until: Option<u16>,
    /// What it does, or did.
    pub doc: &'static str,
}

impl ControlRow {
    /// The row of a number; `None` for a number that C does not have.
    #[must_use]
    pub fn find(opcode: u32) -> Option<&'static Self> {
        let at = CONTROLS.binary_search_by_key(&opcode, |row| row.opcode).ok()?;
        CONTROLS.get(at)
    }

    /// Whether some covered version of Samba answers it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.rust_name.is_some()
    }

    /// The rows in the order of their numbers. Does not compile when there are not `N`.
    const fn sorted<const N: usize>(rows: &[Self]) -> [Self; N] {
        assert!(rows.len() == N, "the table has another number of rows");
        let mut sorted = [rows[0]; N];
        let mut next = 1;
        while next < N {
            let mut at = next;
            while at > 0 && sorted[at - 1].opcode > rows[next].opcode {
                sorted[at] = sorted[at - 1];
                at -= 1;
            }
            sorted[at] = rows[next];
            next += 1;
        }
        sorted
    }
}

impl ControlRequest {
    /// The packet's content, with the client id and what the control has no use for 0.
    pub fn encode(&self, abi: Abi) -> Result<ReqControl, Error> {
        self.encode_masked(abi).map(|(request, _)| request)
    }

    /// Whether a packet's content says just this. Padding is not looked at, nor is a field that the control has no use
    /// for: there the sender may have anything.
    pub fn matches(&self, seen: &ReqControl, abi: Abi) -> Result<bool, Error> {
        let (own, data) = self.encode_masked(abi)?;
        let places = ControlRow::find(seen.opcode).map_or(&[][..], |row| row.argument);
        let travels = |place| places.is_empty() || places.iter().any(|part| part.0 == place);
        let special = |request: &ReqControl| request.flags & ControlFlags::OPCODE_SPECIFIC;
        Ok(own.opcode == seen.opcode
            && (!travels("Srvid") || own.srvid == seen.srvid)
            && (!travels("Flags") || special(&own) == special(seen))
            && data.matches(&seen.data))
    }
}

impl ControlReply {
    /// The packet's content, without an error text.
    pub fn encode(&self, abi: Abi) -> Result<ReplyControl, Error> {
        let (status, data) = self.encode_masked(abi)?;
        Ok(ReplyControl { status, data: data.bytes, error: Bytes::new() })
    }

    /// Whether a packet's content says just this. Padding and the error text are not looked at.
    pub fn matches(&self, seen: &ReplyControl, abi: Abi) -> Result<bool, Error> {
        let (status, data) = self.encode_masked(abi)?;
        Ok(status == seen.status && data.matches(&seen.data))
    }

    fn in_status(status: i32) -> (i32, Encoded) {
        (status, Encoded { bytes: Bytes::new(), padding: Vec::new() })
    }
}
