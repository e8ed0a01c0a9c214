//! The table of controls: opcode, names, the argument and where it travels, the reply and where it travels.
//!
//! From one row come the typed call, the arms of the request and reply enums, and the table for documentation. Who may
//! send a control, and who answers it, is not said here. Source: `enum ctdb_controls` and `ctdb_control_dispatch` of
//! Samba 4.17. An argument is in the data or in the srvid field; an answer in the data or in the status word.

use bytes::Bytes;

use crate::abi::Abi;
use crate::error::Error;
use crate::flags::{Capabilities, ControlFlags};
use crate::ids::{ClientId, Pid, Pnn, RecMode, RunState, SrvId};
use crate::packet::{ReplyControl, ReqControl};
use crate::types::{IfaceList, NodeMap, UptimeInfo, VnnMap};
use crate::wire::Payload;

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

    /// Whether a status word means failure. Where the answer is in the status, only negative values do.
    fn failed(status: i32) -> bool;

    /// The answer; [`Error::Refused`] when the status says so.
    fn reply(status: i32, data: &Bytes, abi: Abi) -> Result<Self::Reply, Error>;
}

/// An answer that travels in the status word.
pub trait InStatus: Sized {
    /// From a status word that is not negative.
    fn from_status(status: u32) -> Self;
    /// The status word that means this.
    fn to_status(&self) -> i32;
}

macro_rules! in_status {
    ($( $ty:ident |$n:ident| $from:expr, |$v:ident| $to:expr; )+) => { $(
        impl InStatus for $ty {
            fn from_status($n: u32) -> Self {
                $from
            }

            fn to_status(&self) -> i32 {
                let $v = self;
                $to
            }
        }
    )+ };
}

in_status! {
    u32 |n| n, |v| v.cast_signed();
    Pnn |n| Self(n), |v| v.0.cast_signed();
    RecMode |n| Self(n), |v| v.0.cast_signed();
    Pid |n| Self(n.cast_signed()), |v| v.0;
}

/// One line of the table, for documentation and for tests that go over all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRow {
    /// Number on the wire.
    pub opcode: u32,
    /// Name in C, without `CTDB_CONTROL_`.
    pub c_name: &'static str,
    /// Name here.
    pub rust_name: &'static str,
    /// Where the argument travels, and its type.
    pub argument: (&'static str, &'static str),
    /// Where the reply travels, and its type.
    pub reply: (&'static str, &'static str),
    /// What it does.
    pub doc: &'static str,
}

macro_rules! argument {
    (Data, encode $arg:expr, $request:ident, $abi:ident) => {
        $request.data = $arg.to_payload($abi)?
    };
    (Srvid, encode $arg:expr, $request:ident, $abi:ident) => {
        $request.srvid = *$arg
    };
    (Data, decode $ty:ty, $request:ident, $abi:ident) => {
        <$ty as Payload>::from_payload(&$request.data, $abi)?
    };
    (Srvid, decode $ty:ty, $request:ident, $abi:ident) => {
        $request.srvid
    };
}

macro_rules! answer {
    (Data, failed $status:ident) => {
        $status != 0
    };
    (Status, failed $status:ident) => {
        $status < 0
    };
    (Data, decode $ty:ty, $status:ident, $data:ident, $abi:ident) => {
        <$ty as Payload>::from_payload($data, $abi)
    };
    (Status, decode $ty:ty, $status:ident, $data:ident, $abi:ident) => {{
        let (_, _) = ($data, $abi);
        Ok(<$ty as InStatus>::from_status($status.cast_unsigned()))
    }};
    (Data, encode $reply:ident, $abi:ident) => {
        (0, $reply.to_payload($abi)?)
    };
    (Status, encode $reply:ident, $abi:ident) => {
        ($reply.to_status(), Bytes::new())
    };
}

macro_rules! controls {
    ($(
        #[doc = $doc:literal]
        $opcode:literal $c_name:ident $name:ident ($place:ident $arg:ty) -> $rplace:ident $reply:ty;
    )+) => {
        $(
            #[doc = $doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl Control for $name {
                const OPCODE: u32 = $opcode;
                const C_NAME: &'static str = stringify!($c_name);
                type Arg = $arg;
                type Reply = $reply;

                fn request(arg: $arg) -> ControlRequest {
                    ControlRequest::$name(arg)
                }

                fn failed(status: i32) -> bool {
                    answer!($rplace, failed status)
                }

                fn reply(status: i32, data: &Bytes, abi: Abi) -> Result<$reply, Error> {
                    if Self::failed(status) {
                        return Err(Error::Refused { control: Self::C_NAME, status });
                    }
                    answer!($rplace, decode $reply, status, data, abi)
                        .map_err(|e: Error| e.within(stringify!($name)))
                }
            }
        )+

        /// The argument of any control.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ControlRequest {
            $( #[doc = $doc] $name($arg), )+
            /// A control without a row.
            Unknown {
                /// Its number.
                opcode: u32,
                /// The srvid field.
                srvid: SrvId,
                /// The flags field.
                flags: ControlFlags,
                /// The data.
                data: Bytes,
            },
        }

        impl ControlRequest {
            /// Number on the wire.
            #[must_use]
            pub fn opcode(&self) -> u32 {
                match self {
                    $( Self::$name(_) => $opcode, )+
                    Self::Unknown { opcode, .. } => *opcode,
                }
            }

            /// What the packet says.
            pub fn decode(request: &ReqControl, abi: Abi) -> Result<Self, Error> {
                Ok(match request.opcode {
                    $( $opcode => Self::$name(argument!($place, decode $arg, request, abi)), )+
                    opcode => {
                        let ReqControl { srvid, flags, data, .. } = request.clone();
                        Self::Unknown { opcode, srvid, flags, data }
                    }
                })
            }

            /// The packet's content, with the client id and flags 0 where the control has no use for them.
            pub fn encode(&self, abi: Abi) -> Result<ReqControl, Error> {
                let mut request = ReqControl {
                    opcode: self.opcode(),
                    pad: 0,
                    srvid: SrvId(0),
                    client_id: ClientId(0),
                    flags: ControlFlags::empty(),
                    data: Bytes::new(),
                };
                match self {
                    $( Self::$name(arg) => argument!($place, encode arg, request, abi), )+
                    Self::Unknown { srvid, flags, data, .. } => {
                        request.srvid = *srvid;
                        request.flags = *flags;
                        request.data = data.clone();
                    }
                }
                Ok(request)
            }
        }

        /// The answer to any control.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ControlReply {
            $( #[doc = $doc] $name($reply), )+
            /// The daemon refused, or failed.
            Failed {
                /// Number of the control.
                opcode: u32,
                /// Status word.
                status: i32,
                /// What came along.
                data: Bytes,
            },
            /// Answer to a control without a row.
            Unknown {
                /// Number of the control.
                opcode: u32,
                /// Status word.
                status: i32,
                /// The data.
                data: Bytes,
            },
        }

        impl ControlReply {
            /// What the packet says. The opcode is that of the request: a reply does not carry it.
            pub fn decode(opcode: u32, reply: &ReplyControl, abi: Abi) -> Result<Self, Error> {
                let status = reply.status;
                match opcode {
                    $(
                        $opcode if <$name as Control>::failed(status) => {
                            Ok(Self::Failed { opcode, status, data: reply.data.clone() })
                        }
                        $opcode => $name::reply(status, &reply.data, abi).map(Self::$name),
                    )+
                    opcode => Ok(Self::Unknown { opcode, status, data: reply.data.clone() }),
                }
            }

            /// Number of the control.
            #[must_use]
            pub fn opcode(&self) -> u32 {
                match self {
                    $( Self::$name(_) => $opcode, )+
                    Self::Failed { opcode, .. } | Self::Unknown { opcode, .. } => *opcode,
                }
            }

            /// The packet's content, without an error text.
            pub fn encode(&self, abi: Abi) -> Result<ReplyControl, Error> {
                let (status, data) = match self {
                    $( Self::$name(reply) => answer!($rplace, encode reply, abi), )+
                    Self::Failed { status, data, .. } | Self::Unknown { status, data, .. } => {
                        (*status, data.clone())
                    }
                };
                Ok(ReplyControl { status, data, error: Bytes::new() })
            }
        }

        /// All rows, by opcode.
        pub static CONTROLS: &[ControlRow] = &[ $(
            ControlRow {
                opcode: $opcode,
                c_name: stringify!($c_name),
                rust_name: stringify!($name),
                argument: (stringify!($place), stringify!($arg)),
                reply: (stringify!($rplace), stringify!($reply)),
                doc: $doc.trim_ascii(),
            },
        )+ ];
    };
}

controls! {
    /// Whether the daemon lives; answers the number of its clients.
    3 PING Ping (Data ()) -> Status u32;
    /// The nodes that hold records.
    5 GETVNNMAP GetVnnMap (Data ()) -> Data VnnMap;
    /// Whether a recovery is going on.
    15 GET_RECMODE GetRecMode (Data ()) -> Status RecMode;
    /// Sends the caller the messages for a srvid from now on; once more for each time it is asked.
    23 REGISTER_SRVID RegisterSrvid (Srvid SrvId) -> Data ();
    /// Ends one registration; status 2 when there is none.
    24 DEREGISTER_SRVID DeregisterSrvid (Srvid SrvId) -> Data ();
    /// Process id of the daemon.
    30 GET_PID GetPid (Data ()) -> Status Pid;
    /// Number of the node.
    35 GET_PNN GetPnn (Data ()) -> Status Pnn;
    /// When the daemon started, and when it last recovered.
    69 UPTIME Uptime (Data ()) -> Data UptimeInfo;
    /// What the node may be asked to do.
    80 GET_CAPABILITIES GetCapabilities (Data ()) -> Data Capabilities;
    /// All nodes and what is wrong with them.
    91 GET_NODEMAP GetNodeMap (Data ()) -> Data NodeMap;
    /// The interfaces that may carry public addresses.
    124 GET_IFACES GetIfaces (Data ()) -> Data IfaceList;
    /// How far the daemon's start has come.
    138 GET_RUNSTATE GetRunState (Data ()) -> Data RunState;
}
