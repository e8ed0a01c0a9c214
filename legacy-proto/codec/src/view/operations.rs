//! Bodies of packets that a daemon sees often. Errors and keepalives are left to the tables.

use super::ALIGN8;
use super::macros::views;
use crate::abi::round_up;
use crate::flags::{CallFlags, ControlFlags, RecordFlags, TunnelFlags};
use crate::ids::{CallId, ClientId, DbId, Pnn, SrvId, TunnelId};
use crate::operation::Operation;

/// Where the version of a record stands behind the id of a database.
const RSN: usize = round_up(4, ALIGN8);

views! {
    /// Do something with a record.
    Call of ReqCall = 0, 24 => {
        flags: CallFlags = 0,
        db_id: DbId = 4,
        call_id: CallId = 8,
        hop_count: u32 = 12,
    } counted { key = 16, call_data = 20 };

    /// The answer to a [`Call`].
    CallAnswer of ReplyCall = 1, 8 => {
        status: i32 = 0,
    } counted { data = 4 };

    /// A record on its way to another data master, by way of the location master.
    Dmaster of ReqDmaster = 2, RSN + 20 => {
        db_id: DbId = 0,
        rsn: u64 = RSN,
        dmaster: Pnn = RSN + 8,
    } counted { key = RSN + 12, data = RSN + 16 } optional { record_flags: RecordFlags };

    /// A record that arrives at its data master.
    DmasterAnswer of ReplyDmaster = 3, RSN + 16 => {
        db_id: DbId = 0,
        rsn: u64 = RSN,
    } counted { key = RSN + 8, data = RSN + 12 } optional { record_flags: RecordFlags };

    /// A message for whoever registered its srvid.
    Message of ReqMessage = 5, 12 => {
        srvid: SrvId = 0,
    } counted { data = 8 };

    /// A question or order to a daemon.
    Control of ReqControl = 7, 28 => {
        opcode: u32 = 0,
        pad: u32 = 4,
        srvid: SrvId = 8,
        client_id: ClientId = 16,
        flags: ControlFlags = 20,
    } counted { data = 24 };

    /// The answer to a [`Control`].
    ControlAnswer of ReplyControl = 8, 12 => {
        status: i32 = 0,
    } counted { data = 4, error = 8 };

    /// A packet in a tunnel between clients.
    Tunnel of ReqTunnel = 10, 16 => {
        tunnel_id: TunnelId = 0,
        flags: TunnelFlags = 8,
    } counted { data = 12 };
}

macro_rules! bodies {
    ($($name:ident $table:ident)+) => {
        /// What stands behind a header, by the number of its operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Body<'a> {
            $(
                #[doc = concat!("See [`", stringify!($name), "`].")]
                $name($name<'a>),
            )+
            /// An operation that has no view.
            Other(&'a [u8]),
        }

        impl<'a> Body<'a> {
            /// Nothing when the lengths inside say more than there is.
            #[inline]
            #[must_use]
            pub fn read(operation: u32, body: &'a [u8]) -> Option<Self> {
                match operation {
                    $( $name::OPERATION => $name::read(body).map(Self::$name), )+
                    _ => Some(Self::Other(body)),
                }
            }

            /// What the table has decoded; nothing for an operation that has no view.
            #[must_use]
            pub fn of(decoded: &'a Operation) -> Option<Self> {
                match decoded {
                    $( Operation::$table(body) => Some(Self::$name(body.into())), )+
                    _ => None,
                }
            }
        }
    };
}

bodies! {
    Call ReqCall
    CallAnswer ReplyCall
    Dmaster ReqDmaster
    DmasterAnswer ReplyDmaster
    Message ReqMessage
    Control ReqControl
    ControlAnswer ReplyControl
    Tunnel ReqTunnel
}
